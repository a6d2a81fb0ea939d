"""`Operations`: what a network computes, as a struct of arrays with one row for each group of equal operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from search_space import Vectors

Precision = Literal["int8", "float"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
BYTES_PER_NUMBER: dict[Precision, int] = {"int8": 1, "float": 4}


class OperationKind(IntEnum):
    """What an operation does with its arrays."""

    LOOKUP = 0
    """Rows of the embedding tables."""
    DENSE = 1
    """Activations times weights, with bias, activation, residual and norm where the network has them there."""
    BATCH_MATMUL = 2
    """Activations times activations."""
    SOFTMAX = 3
    CONVOLUTION = 4
    """Windows of activations times weights that all windows share, every input channel with every output channel."""
    DEPTHWISE_CONVOLUTION = 5
    """Windows of activations times weights, each channel for itself."""
    POOLING = 6
    """Windows or axes reduced to a number each: pooling, sums, means, extremes."""
    ELEMENT_WISE = 7
    """Each number for itself or with its counterpart, changes of type included."""
    DATA_MOVEMENT = 8
    """The same numbers in another order or place."""
    OTHER = 9
    """What no kind above says; its multiply-adds, if it has any, are not counted."""


@dataclass(frozen=True)
class Operations:
    """r rows, each `repeats` equal operations that produce `batch` matrices `[rows, columns]`.

    Attributes:
        kind: int8 `[r]`, each an `OperationKind`.
        batch, rows, inner, columns: int64 `[r]`, the matrix products `[rows, inner] x [inner, columns]`; `inner` is 0
            where nothing is multiplied.
        repeats: int64 `[r]`, at least 1.
        weight_bytes: int64 `[r]`, constants that one of the repeats reads (weights, bias, norm, tables).
        activation_bytes: int64 `[r]`, tensors alive while one runs: inputs, outputs, and those that later ones read.
        on_host: bool `[r]`, that the compiler of a Coral Edge TPU leaves it to the host (`edgetpu_support`); known of
            `.tflite` files, False where nobody says otherwise.
    """

    kind: NDArray[np.int8]
    batch: Vectors
    rows: Vectors
    inner: Vectors
    columns: Vectors
    repeats: Vectors
    weight_bytes: Vectors
    activation_bytes: Vectors
    on_host: NDArray[np.bool_] = field(default_factory=lambda: np.array(False))

    def __post_init__(self) -> None:
        object.__setattr__(self, "on_host", np.broadcast_to(self.on_host, self.kind.shape))

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> Operations:
        return Operations(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Operations]) -> Operations:
        """The rows of all parts, one after another."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    @property
    def multiply_adds(self) -> Vectors:
        """Of all repeats of a row together: int64 `[r]`."""
        return self.batch * self.rows * self.inner * self.columns * self.repeats


def check_precision(precision: str) -> Precision:
    """The precision of a name.

    Raises:
        ValueError: it is not one of `PRECISIONS`.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    return precision
