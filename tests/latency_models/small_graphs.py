"""Graphs of a few operations, written out."""

from __future__ import annotations

import numpy as np

from latency_models import OperationKind, Operations, OpGraphBatch

Row = tuple[OperationKind, int, int, int, int, int, int, int]
"""Kind, batch, rows, inner, columns, repeats, weight bytes, activation bytes."""


def graphs(*networks: list[Row]) -> OpGraphBatch:
    """An int8 batch of networks."""
    kind, *others = np.array([row for network in networks for row in network], np.int64).reshape(-1, 8).T
    return OpGraphBatch(
        Operations(kind.astype(np.int8), *others), np.cumsum([0, *map(len, networks)]).astype(np.int64), "int8"
    )


def dense(rows: int, inner: int, columns: int, repeats: int = 1) -> Row:
    """A product with its weights, its input and output alive."""
    return OperationKind.DENSE, 1, rows, inner, columns, repeats, inner * columns, rows * (inner + columns)
