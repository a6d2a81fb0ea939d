"""Arrays kept on disk: made once, whole or not at all, and memory-mapped when read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray


def cached_arrays(folder: Path, make: Callable[[], Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays kept in `folder` by name, made first where it does not exist; safe among processes.

    Raises:
        OSError: the folder cannot be written.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not folder.exists():
                _save(folder, make())
    return {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}


def cached_text(path: Path, make: Callable[[], str]) -> str:
    """The text kept in the file `path`, made first where it does not exist; safe among processes.

    Raises:
        OSError: the file cannot be written.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock")):
            if not path.exists():
                aside = path.with_name(path.name + ".part")
                aside.write_text(make(), encoding="utf-8", newline="\n")
                aside.replace(path)
    return path.read_text(encoding="utf-8")


def _save(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, array in arrays.items():
            np.save(aside / f"{name}.npy", array)
        aside.chmod(0o755)  # mkdtemp makes folders that only their owner can read
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
