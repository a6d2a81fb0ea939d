"""How well a student's hidden states agree with its teacher's, and what a reader without context would reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SMALLEST_DEVIATION = 1e-2
"""Floor of a dimension's deviation: a nearly constant dimension, normalised, would drown all others."""

_CHUNK = 64  # examples at a time


def centred_cosine(student: Floats, teacher: NDArray[np.floating[Any]], mean: Floats, mask: NDArray[np.int8]) -> Floats:
    """Agreement of each example: the mean over its tokens of the cosine between states with the mean taken off.

    Args:
        student, teacher: hidden states `[n, length, width]`.
        mean: the teacher's mean state, `[width]`.
        mask: 1 for tokens, 0 for padding, `[n, length]`.

    Returns:
        `[n]`, each in [-1, 1]; 0 says that the student knows no more than the mean state.
    """
    a, b = student.astype(np.float32) - mean, teacher.astype(np.float32) - mean
    norms = np.linalg.norm(a, axis=2) * np.linalg.norm(b, axis=2)
    cosine = (a * b).sum(axis=2) / np.maximum(norms, 1e-12)
    return np.asarray((cosine * mask).sum(axis=1) / mask.sum(axis=1), np.float32)


def mean_squared_difference(a: Floats, b: Floats, mask: NDArray[np.int8]) -> Floats:
    """The mean over tokens and dimensions of each example of `[n, length, width]`: `[n]`."""
    by_token = np.square(a - b).mean(axis=2)
    return np.asarray((by_token * mask).sum(axis=1) / mask.sum(axis=1), np.float32)


def mean_state_by_token(
    token_ids: NDArray[np.int32], mask: NDArray[np.int8], states: NDArray[np.float16], mean: Floats, vocab_size: int
) -> Floats:
    """The teacher's mean state of each token, `[vocabulary, width]`; the overall mean for tokens that never occur."""
    sums = np.zeros((vocab_size, states.shape[2]), np.float64)
    counts = np.zeros(vocab_size, np.int64)
    for first in range(0, len(states), _CHUNK):  # in double precision all of them would take gigabytes
        rows = slice(first, first + _CHUNK)
        used = mask[rows].astype(bool)
        tokens = token_ids[rows][used]
        order = np.argsort(tokens, kind="stable")
        found, starts, times = np.unique(tokens[order], return_index=True, return_counts=True)
        sums[found] += np.add.reduceat(states[rows][used][order].astype(np.float64), starts, axis=0)
        counts[found] += times
    table = np.tile(mean, (vocab_size, 1)).astype(np.float32)
    table[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return table
