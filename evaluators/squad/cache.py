"""Windows kept on disk: made once, whole or not at all, and memory-mapped when read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
from filelock import FileLock

from evaluators.contract import Examples
from evaluators.squad.windows import Windows

_EXAMPLE_FIELDS = tuple(field.name for field in fields(Examples))
_WINDOW_FIELDS = ("question", "first", "offsets")


def cached_windows(folder: Path, make: Callable[[], Windows]) -> Windows:
    """The windows kept in `folder`, made first where it does not exist; safe among processes.

    Raises:
        OSError: the folder cannot be written.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not folder.exists():
                _save(folder, make())
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in (*_EXAMPLE_FIELDS, *_WINDOW_FIELDS)}
    examples = Examples(**{name: arrays.pop(name) for name in _EXAMPLE_FIELDS})
    return Windows(examples, **arrays)


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


def _save(folder: Path, windows: Windows) -> None:
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name in _EXAMPLE_FIELDS:
            np.save(aside / f"{name}.npy", getattr(windows.examples, name))
        for name in _WINDOW_FIELDS:
            np.save(aside / f"{name}.npy", getattr(windows, name))
        aside.chmod(0o755)  # mkdtemp makes folders that only their owner can read
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
