"""How well predicted latencies agree with measured ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latency_models.contract import Floats

NORMAL_90 = 1.6448536269514722
"""Standard deviations on either side that hold 90 % of a normal distribution."""


@dataclass(frozen=True)
class Accuracy:
    """Of n predictions.

    Attributes:
        rows: n.
        spearman, kendall: rank correlations; NaN for fewer than two rows.
        mape: mean error relative to what was measured, per cent.
        largest: the largest such error, per cent.
        within_5, within_10: share of the rows with such an error, per cent.
        coverage_90: share of the rows within the 90 % interval that the standard errors give, per cent; NaN where they
            are not known.
    """

    rows: int
    spearman: float
    kendall: float
    mape: float
    largest: float
    within_5: float
    within_10: float
    coverage_90: float


def accuracy_of(predicted_ms: Floats, measured_ms: Floats, std_ms: Floats | None = None) -> Accuracy:
    """The accuracy of predictions `[n]`, with their standard errors `[n]` where they are known; n is at least 1."""
    from scipy.stats import kendalltau, spearmanr  # slow to import

    error = np.abs(predicted_ms / measured_ms - 1)
    inside = np.abs(predicted_ms - measured_ms) <= NORMAL_90 * (np.nan if std_ms is None else std_ms)
    is_known = std_ms is not None and bool(np.isfinite(std_ms).all())
    several = len(error) > 1
    return Accuracy(
        rows=len(error),
        spearman=float(spearmanr(predicted_ms, measured_ms).statistic) if several else np.nan,
        kendall=float(kendalltau(predicted_ms, measured_ms).statistic) if several else np.nan,
        mape=100 * float(error.mean()),
        largest=100 * float(error.max()),
        within_5=100 * float((error <= 0.05).mean()),
        within_10=100 * float((error <= 0.1).mean()),
        coverage_90=100 * float(inside.mean()) if is_known else np.nan,
    )
