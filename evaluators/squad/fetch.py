"""Fetching the official SQuAD v1.1 files."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes had so far and the bytes in all (None: not known)."""

_CHUNK_BYTES = 1 << 18
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class RemoteFile:
    """A file at `address`, known by its checksum."""

    name: str
    address: str
    sha256: str


_OFFICIAL = "https://rajpurkar.github.io/SQuAD-explorer/dataset"
OFFICIAL_FILES = (
    RemoteFile(
        "train-v1.1.json",
        f"{_OFFICIAL}/train-v1.1.json",
        "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955",
    ),
    RemoteFile(
        "dev-v1.1.json",
        f"{_OFFICIAL}/dev-v1.1.json",
        "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9",
    ),
)


def fetch(folder: Path, progress: Progress, files: Iterable[RemoteFile] = OFFICIAL_FILES) -> tuple[Path, ...]:
    """Downloads the files that are not in the folder yet; each appears there only whole and checked.

    Raises:
        ValueError: a file of that name with other content is in the folder, or what came has another checksum.
        OSError: the address does not answer or the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_fetch_one(folder / file.name, file, progress) for file in files)


def _fetch_one(path: Path, file: RemoteFile, progress: Progress) -> Path:
    if path.exists():
        if _sha256(path) != file.sha256:
            raise ValueError(f"{path} is not the file of {file.address} (its sha256 differs): move it away first")
        progress(file.name, path.stat().st_size, path.stat().st_size)
        return path
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{file.name}.")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in _download(file, progress):
                out.write(chunk)
        if (received := _sha256(aside)) != file.sha256:
            raise ValueError(f"{file.address}: sha256 {received}, expected {file.sha256}; nothing was kept, try again")
        aside.chmod(0o644)  # mkstemp makes files that only their owner can read
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def _download(file: RemoteFile, progress: Progress) -> Iterable[bytes]:
    try:
        with urllib.request.urlopen(file.address, timeout=_TIMEOUT_SECONDS) as response:
            length = response.headers["Content-Length"]
            total, done = int(length) if length else None, 0
            while chunk := response.read(_CHUNK_BYTES):
                done += len(chunk)
                progress(file.name, done, total)
                yield chunk
    except HTTPError as error:
        raise OSError(f"cannot fetch {file.address}: {error}") from error
    except (OSError, HTTPException) as error:
        raise OSError(f"cannot fetch {file.address}: {getattr(error, 'reason', error)}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
