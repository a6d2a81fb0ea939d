"""Runs the site on a port of this machine until it is interrupted."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "[::1]")


def serve(root: Path, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serves the studies in a folder.

    Args:
        root: the folder of studies.
        host: address to listen on.
        port: 0 takes one that is free.
        ready: called with the site's address once it can be asked.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder is a study itself.
        OSError: the address or the port cannot be had.
    """
    import uvicorn

    from paretobert.browse.site import site

    check_folder(root)
    with listening(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        ready(f"http://{name}:{listener.getsockname()[1]}/")
        application = site(root, _LOCAL_NAMES if is_local(host) else ("*",))
        uvicorn.Server(uvicorn.Config(application, log_level="warning")).run(sockets=[listener])


def check_folder(root: Path) -> None:
    """Raises what `serve` does of a folder that cannot be served."""
    if not root.is_dir():
        raise FileNotFoundError(
            f"no folder {root}; begin a study with paretobert search, or name the folder of studies"
        )
    if (root / "study.db").is_file():
        raise ValueError(f"{root} is a study; name the folder that holds it: paretobert browse {root.parent}")


def is_local(host: str) -> bool:
    """Whether nobody but this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises `OSError`, whose message says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left may be taken again at once
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OSError(f"port {port} of {host}: {reason}; choose another with --port, 0 takes a free one") from None
    return listener
