"""A latency model of one's own: the roofline (Williams, Waterman and Patterson 2009).

An operation takes as long as its multiply-adds at the board's peak, or as its weights through the memory, whichever is
longer. Try it:

    paretobert latency predict mobilebert --latency-model roofline --device toy-board
    paretobert search --latency-model roofline --device toy-board
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paretobert import CostEstimate, OpGraphBatch


@dataclass(frozen=True)
class Board:
    """What a data sheet says of a device."""

    multiply_adds_per_ms: dict[str, float]  # by precision
    bytes_per_ms: float


BOARDS = {
    "toy-board": Board({"int8": 1.0e9, "float": 0.25e9}, bytes_per_ms=4.0e6),
    "toy-board-pro": Board({"int8": 4.0e9, "float": 1.0e9}, bytes_per_ms=8.0e6),
}


class Roofline:
    """A `LatencyModel`; made with the name of a board.

    Raises:
        ValueError: the board is unknown.
    """

    def __init__(self, device: str) -> None:
        if device not in BOARDS:
            raise ValueError(f"unknown device {device!r}; known: {', '.join(BOARDS)}")
        self._device, self._board = device, BOARDS[device]

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        operations, peak = batch.operations, self._board.multiply_adds_per_ms[batch.precision]
        weights = operations.weight_bytes * operations.repeats
        milliseconds = np.maximum(operations.multiply_adds / peak, weights / self._board.bytes_per_ms)
        latency_ms = batch.total(milliseconds)
        return CostEstimate(
            latency_ms=latency_ms,
            latency_std_ms=np.full(len(batch), np.nan),  # a data sheet has no error bars
            utilization=batch.total(operations.multiply_adds) / (latency_ms * peak),
            peak_memory_bytes=batch.total(weights) + batch.largest(operations.activation_bytes),
            source="modelled",
        )

    def fingerprint(self) -> str:
        return f"roofline {self._device} {self._board}"
