"""`browse`: the studies of a folder as a site on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paretobert.output import messages, results


def browse(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of studies.")] = Path("studies"),
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine's let others read.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes one that is free.")] = 8000,
) -> None:
    """Show the studies of a folder in a browser, and follow those that run. It changes nothing; Ctrl-C ends it."""
    from paretobert.browse.server import is_local, serve

    def ready(address: str) -> None:
        results().print(address, soft_wrap=True)
        messages().print("Ctrl-C ends it")
        if not is_local(host):
            messages().print("whoever reaches this machine by the network can read these studies")

    serve(folder, host=host, port=port, ready=ready)
