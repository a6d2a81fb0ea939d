from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from squad_files import REAL_SQUAD

from evaluators.squad import OFFICIAL_FILES, RemoteFile, fetch

CONTENT = b'{"data": []}' * 50_000  # several chunks


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of one file, `small.json`."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "small.json").write_bytes(CONTENT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def small(address: str, content: bytes = CONTENT, name: str = "small.json") -> RemoteFile:
    return RemoteFile("train-v1.1.json", f"{address}/{name}", hashlib.sha256(content).hexdigest())


def ignore(*_: object) -> None: ...


def test_a_file_comes_whole_with_its_progress(tmp_path: Path, address: str) -> None:
    calls: list[tuple[str, int, int | None]] = []
    (path,) = fetch(tmp_path / "new" / "squad", lambda *call: calls.append(call), [small(address)])
    assert path == tmp_path / "new" / "squad" / "train-v1.1.json"
    assert path.read_bytes() == CONTENT
    assert len(calls) > 1
    assert calls[-1] == ("train-v1.1.json", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)


def test_a_file_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "train-v1.1.json").write_bytes(CONTENT)
    nobody_listens = small("http://127.0.0.1:9")
    assert fetch(tmp_path, ignore, [nobody_listens]) == (tmp_path / "train-v1.1.json",)


def test_a_wrong_checksum_leaves_nothing_behind(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "squad"
    with pytest.raises(ValueError, match=r"small\.json: sha256 .* expected .* nothing was kept"):
        fetch(folder, ignore, [small(address, b"other content")])
    assert list(folder.iterdir()) == []


def test_a_missing_address_is_named_and_leaves_nothing_behind(tmp_path: Path, address: str) -> None:
    folder = tmp_path / "squad"
    with pytest.raises(OSError, match=r"cannot fetch http://127\.0\.0\.1:\d+/absent\.json: .*404"):
        fetch(folder, ignore, [small(address, name="absent.json")])
    assert list(folder.iterdir()) == []


def test_an_address_that_does_not_answer_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(
        OSError, match=r"cannot fetch http://127\.0\.0\.1:9/small\.json: \[Errno \d+\] Connection refused"
    ):
        fetch(tmp_path, ignore, [small("http://127.0.0.1:9")])
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_users_own_is_never_overwritten(tmp_path: Path, address: str) -> None:
    (tmp_path / "train-v1.1.json").write_text("mine")
    with pytest.raises(ValueError, match="move it away"):
        fetch(tmp_path, ignore, [small(address)])
    assert (tmp_path / "train-v1.1.json").read_text() == "mine"


@pytest.mark.skipif(not REAL_SQUAD.is_dir(), reason="the SQuAD files are not at ../shared/data/squad")
def test_the_official_checksum_is_that_of_the_development_file() -> None:
    (official,) = (file for file in OFFICIAL_FILES if file.name == "dev-v1.1.json")
    assert hashlib.sha256((REAL_SQUAD / official.name).read_bytes()).hexdigest() == official.sha256
