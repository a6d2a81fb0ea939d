"""`AdditiveLatency`: a fixed cost and a cost of at least zero for each unit of work.

    latency = fixed + sum over k of cost_k x work_k

Costs that cannot be negative are what makes this learn from twenty rows: non-negative least squares (Lawson & Hanson
1974, chapter 23) leaves out by itself what the rows cannot tell apart. Errors are relative. Rows measured while the
machine was slow count less: the errors are taken as Student's t, whose maximum likelihood is least squares reweighted
by (nu + 1) / (nu + squared error / scale^2) (Lange, Little & Taylor 1989, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latency_models.contract import Floats

DEGREES_OF_FREEDOM = 4.0
"""Of Student's t, as Lange et al. advise where too few rows are there to estimate it."""

_ROUNDS = 8
_SMALLEST = 1e-6  # of the typical latency, where no cost is left


@dataclass(frozen=True)
class AdditiveLatency:
    """The costs.

    Attributes:
        fixed_ms: of every network.
        costs_ms: `[w]`, of one unit of each kind of work.
        floor_ms: no prediction is below.
    """

    fixed_ms: float
    costs_ms: Floats
    floor_ms: float

    @classmethod
    def fit(cls, work: Floats, latency_ms: Floats) -> AdditiveLatency:
        """Fits the costs to n latencies `[n]` of work `[n, w]`."""
        from scipy.optimize import nnls

        design = np.column_stack([np.ones(len(work)), work])
        units = np.maximum(design.mean(axis=0), np.finfo(float).tiny)
        relative = design / units / latency_ms[:, None]
        weights = np.ones(len(work))
        for _ in range(_ROUNDS):
            root = np.sqrt(weights)
            costs, _ = nnls(relative * root[:, None], root)
            errors = relative @ costs - 1
            scale = 1.4826 * np.median(np.abs(errors))  # of a normal distribution with this median
            weights = student_weights(errors**2, max(scale, 1e-4) ** 2)
        costs = costs / units
        return cls(float(costs[0]), costs[1:], _SMALLEST * float(np.median(latency_ms)))

    def predict(self, work: Floats) -> Floats:
        """Latency in milliseconds, `[n]`."""
        return np.maximum(self.fixed_ms + work @ self.costs_ms, self.floor_ms)


def student_weights(squared_errors: Floats, variance: float) -> Floats:
    """The weight of each row `[n]`, near 1 for small errors and near 0 for large ones."""
    return (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + squared_errors / variance)
