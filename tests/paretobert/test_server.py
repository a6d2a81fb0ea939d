from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from paretobert.browse.server import is_local, listening


def test_a_port_in_use_is_said_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            OSError, match=f"port {port} of 127.0.0.1: Address already in use; choose another with --port"
        ):
            listening("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("example", False)],
)
def test_what_others_can_reach_is_told_from_what_they_cannot(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_the_command_says_where_it_is_answers_there_and_ends_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "paretobert", "browse", str(tmp_path), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address, timeout=30) as answer:
            assert "There is no study here yet" in answer.read().decode()
        server.send_signal(signal.SIGINT)
        rest, told = server.communicate(timeout=30)
    finally:
        server.kill()
    assert (rest, told, server.returncode) == ("", "Ctrl-C ends it\n", 130)
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_trains_is_imported_to_browse() -> None:
    code = "import sys, paretobert.browse; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
