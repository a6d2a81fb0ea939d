"""A teacher's token embeddings at a student's width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def principal_components(table: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The coordinates of rows along their first principal components, scaled to a deviation of 1 over all entries.

    Args:
        table: `[rows, width]`.
        size: how many components, at most.

    Returns:
        `[rows, min(size, width)]`.
    """
    centred = table.astype(np.float64) - table.mean(axis=0, dtype=np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred)  # ascending
    leading = vectors[:, ::-1][:, :size]
    leading = leading * np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    coordinates = centred @ leading
    return np.asarray(coordinates / coordinates.std(), np.float32)
