"""Examples kept on disk: made once, whole or not at all, and memory-mapped when read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
from filelock import FileLock

from evaluators.contract import Examples

_NAMES = tuple(field.name for field in fields(Examples))


def cached_examples(folder: Path, make: Callable[[], Examples]) -> Examples:
    """The examples kept in `folder`, made first where it does not exist; safe among processes.

    Raises:
        OSError: the folder cannot be written.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not folder.exists():
                _save(folder, make())
    return Examples(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _NAMES})


def _save(folder: Path, examples: Examples) -> None:
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name in _NAMES:
            np.save(aside / f"{name}.npy", getattr(examples, name))
        aside.chmod(0o755)  # mkdtemp makes folders that only their owner can read
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
