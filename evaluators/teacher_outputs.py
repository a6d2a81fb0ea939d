"""A teacher's outputs for chosen examples, computed once and kept on disk as float16, memory-mapped when read."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from evaluators.agreement import SMALLEST_DEVIATION, Floats
from evaluators.contract import Examples, Signal, Teacher
from evaluators.small_networks import cores

CHUNK = 64  # examples a forward pass; after each, the work so far is safe

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CachedOutputs:
    """A teacher's outputs for n examples.

    Attributes:
        hidden: float16 `[n, length, width]`.
        start_logits, end_logits: float16 `[n, length]`; None where they were not asked for.
        attention: float16 `[n, layers, length, length]`; None where it was not asked for.
    """

    hidden: NDArray[np.float16]
    start_logits: NDArray[np.float16] | None = None
    end_logits: NDArray[np.float16] | None = None
    attention: NDArray[np.float16] | None = None


def bytes_needed(teacher: Teacher, signals: Collection[Signal], num_examples: int, sequence_length: int) -> int:
    """Size on disk of the outputs of some signals."""
    return 2 * sum(prod(shape) for shape in _shapes(teacher, signals, num_examples, sequence_length).values())


def check_disk(folder: Path, needed: int) -> None:
    """Says what will be written; `ValueError` if the disk has not that much free."""
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise ValueError(
            f"teacher outputs need {_megabytes(needed)} of disk in {folder}, {_megabytes(free)} are free: "
            "free some, or lower steps, batch_size or sequence_length"
        )
    logger.info("teacher outputs need %s of disk, %s are free", _megabytes(needed), _megabytes(free))


def cached_outputs(folder: Path, teacher: Teacher, examples: Examples, signals: Collection[Signal]) -> CachedOutputs:
    """The outputs kept in `folder`; computed first where they are not complete, going on from where a run ended.

    Safe among processes.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shapes = _shapes(teacher, signals, len(examples), examples.token_ids.shape[1])
    with FileLock(folder / "lock"):
        done = _done(folder)
        if done < len(examples):
            arrays = {name: _open(folder / f"{name}.npy", shape) for name, shape in shapes.items()}

            def compute(rows: NDArray[np.int64]) -> None:
                outputs = teacher.outputs(examples.token_ids[rows], examples.mask[rows], examples.type_ids[rows])
                for name, array in arrays.items():
                    array[rows] = getattr(outputs, name)

            with ThreadPoolExecutor(cores()) as pool:  # TensorFlow runs each operation on one thread
                for first in range(done, len(examples), CHUNK):
                    rows = np.arange(first, min(first + CHUNK, len(examples)))
                    list(pool.map(compute, np.array_split(rows, min(cores(), len(rows)))))
                    for array in arrays.values():
                        array.flush()
                    _write(folder / "done.json", {"examples": first + len(rows)})
    return CachedOutputs(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in shapes})


def state_statistics(outputs: CachedOutputs, mask: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Mean and deviation of the hidden states over all tokens, each float32 `[width]`; the deviation has a floor."""
    count, total, squares = 0, 0.0, 0.0
    for states in _chunks_of_states(outputs, mask):
        count, total, squares = count + len(states), total + states.sum(axis=0), squares + (states**2).sum(axis=0)
    mean = np.asarray(total / count)
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return mean.astype(np.float32), np.maximum(deviation, SMALLEST_DEVIATION).astype(np.float32)


def _chunks_of_states(outputs: CachedOutputs, mask: NDArray[np.int8]) -> Iterator[NDArray[np.float64]]:
    for first in range(0, len(mask), CHUNK):
        rows = slice(first, first + CHUNK)
        yield outputs.hidden[rows][mask[rows].astype(bool)].astype(np.float64)


def _shapes(
    teacher: Teacher, signals: Collection[Signal], num_examples: int, length: int
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"hidden": (num_examples, length, teacher.hidden_size)}
    if "span_logits" in signals:
        shapes |= {"start_logits": (num_examples, length), "end_logits": (num_examples, length)}
    if "attention" in signals:
        shapes |= {"attention": (num_examples, teacher.num_layers, length, length)}
    return shapes


def _open(path: Path, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.float16]]:
    mode = "r+" if path.exists() else "w+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=np.float16, shape=shape)


def _done(folder: Path) -> int:
    path = folder / "done.json"
    return int(json.loads(path.read_text())["examples"]) if path.exists() else 0


def _write(path: Path, data: Any) -> None:
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(data))
    aside.replace(path)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
