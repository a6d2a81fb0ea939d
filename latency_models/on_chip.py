"""Which weights stay on the chip: the parameter cache of the Edge TPU compiler.

The chip's memory, about 8 MB, is shared out when a network is compiled, between its executable and its weights; weights
that find no room are fetched from the host at every inference ("Edge TPU Compiler", coral.ai/docs/edgetpu/compiler,
parameter data caching). Which ones is not said there. Taking operations in the order in which they run, and passing
over each that does not fit any more, gives the on-chip memory that the compiler reported for all 132 stacks of
`scripts/fit_coral_usb.py`, to 0.08 MiB.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch
from search_space import Vectors


def cached_repeats(batch: OpGraphBatch, weight_bytes: Floats, capacity_bytes: float) -> Vectors:
    """How many repeats of each row keep their weights on the chip: `[r]`, up to `repeats`.

    The repeats of a row are taken together, as if they ran one after another.

    Args:
        batch: n networks of r rows in all.
        weight_bytes: `[r]`, on-chip memory that the weights of one repeat take; 0 where there are none.
        capacity_bytes: of the cache, for each network.
    """
    repeats = batch.operations.repeats
    cached = repeats.copy()  # of what takes no memory, all
    left = np.full(len(batch), capacity_bytes, float)
    for networks, rows in _positions(batch.offsets):
        size = weight_bytes[rows]
        weighs = size > 0
        networks, rows, size = networks[weighs], rows[weighs], size[weighs]
        fit = np.minimum(repeats[rows], np.floor(left[networks] / size).astype(np.int64))
        cached[rows] = fit
        left[networks] -= fit * size
    return cached


def _positions(offsets: Vectors) -> Iterator[tuple[NDArray[np.intp], Vectors]]:
    """For the first, second, ... row of networks: the networks that have one, and the row."""
    starts, lengths = offsets[:-1], np.diff(offsets)
    for position in range(lengths.max(initial=0)):
        networks = np.flatnonzero(lengths > position)
        yield networks, starts[networks] + position
