"""Weights of several regressions, from what each said of rows that it had not seen.

These are "Stacked regressions" (Breiman 1996). Weights are at least zero, as there; they sum to at most one, which
shrinks towards zero; and they make the sum of absolute errors least instead of that of squares, so that slow
measurements do not decide.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats

_LEAST_WEIGHT = 0.05


def folds(number: int) -> Iterator[NDArray[np.bool_]]:
    """Which rows `[number]` are left out, fold by fold: ten folds of few rows, five of many."""
    parts = min(number, 10 if number < 100 else 5)
    fold = np.random.default_rng(0).permutation(np.arange(number) % parts)
    for part in range(parts):
        yield fold == part


def stack(predictions: Floats, targets: Floats) -> Floats:
    """The weights `[k]` of predictions `[n, k]` for targets `[n]`; those below 0.05 are left out."""
    kept = np.ones(predictions.shape[1], bool)
    weights = _least_absolute(predictions, targets)
    while (kept & (weights < _LEAST_WEIGHT)).any():
        kept &= weights >= _LEAST_WEIGHT
        weights = np.zeros(len(kept))
        if kept.any():
            weights[kept] = _least_absolute(predictions[:, kept], targets)
    return weights


def _least_absolute(predictions: Floats, targets: Floats) -> Floats:
    """A linear programme in the weights and, for each row, the size of its error."""
    from scipy import sparse
    from scipy.optimize import linprog

    n, k = predictions.shape
    sizes, total = -sparse.eye_array(n), np.concatenate([np.ones(k), np.zeros(n)])
    above = sparse.vstack([
        sparse.hstack([sparse.coo_array(predictions), sizes]),
        sparse.hstack([sparse.coo_array(-predictions), sizes]),
        sparse.coo_array(total[None]),
    ])  # fmt: skip
    bounds = np.concatenate([targets, -targets, [1.0]])
    found = linprog(  # type: ignore[call-overload]  # its stubs know no sparse matrices
        np.concatenate([np.zeros(k), np.ones(n)]), A_ub=above, b_ub=bounds, method="highs"
    )
    return np.asarray(found.x[:k], np.float64)
