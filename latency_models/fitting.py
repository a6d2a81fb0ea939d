"""Least squares of latency formulas to published latencies, and how well they hold on rows left out.

A formula is linear: int8 latency = features @ coefficients, with coefficients of at least zero; float latency is a
constant ratio times that. Errors are relative, so that short latencies count as much as long ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch
from latency_models.published import SEQUENCE_LENGTH, PublishedLatency
from search_space import PUBLISHED

Features = Callable[[OpGraphBatch], Floats]
"""What a formula is linear in: `[n, f]` of n networks."""


@dataclass(frozen=True)
class LinearFit:
    """The constants of a formula.

    Attributes:
        coefficients: `[f]`, milliseconds for one unit of each feature, at int8.
        float_ratio: float latency over int8 latency.
    """

    coefficients: Floats
    float_ratio: float

    def latency_ms(self, features: Floats, is_float: Floats) -> Floats:
        """Latencies `[n]` of features `[n, f]`; `is_float` `[n]` is 1 for float and 0 for int8."""
        return features @ self.coefficients * np.power(self.float_ratio, is_float)


def fit(features: Floats, is_float: Floats, latency_ms: Floats) -> LinearFit:
    """The constants with the least sum of squared relative errors over n latencies `[n]`."""
    from scipy.optimize import least_squares  # slow to import, and only fits need it

    scale = features.mean(axis=0) / latency_ms.mean()  # brings every coefficient near 1

    def constants(x: Floats) -> LinearFit:
        return LinearFit(x[:-1] / scale, float(x[-1]))

    def errors(x: Floats) -> Floats:
        return constants(x).latency_ms(features, is_float) / latency_ms - 1

    start = np.append(np.full(features.shape[1], 1 / features.shape[1]), 1.5)
    return constants(least_squares(errors, start, bounds=(0, np.inf), xtol=1e-12, ftol=1e-12, gtol=1e-12).x)


def fit_published(formula: Features, rows: Sequence[PublishedLatency]) -> LinearFit:
    """The constants fitted to all rows."""
    return fit(*_arrays(formula, rows))


def held_out(formula: Features, rows: Sequence[PublishedLatency]) -> Floats:
    """Each row's latency `[rows]` as predicted by a fit that left out every row of the same model."""
    features, is_float, latency_ms = _arrays(formula, rows)
    models = np.array([row.model for row in rows])
    predicted = np.zeros(len(rows))
    for model in np.unique(models):
        out = models == model
        fitted = fit(features[~out], is_float[~out], latency_ms[~out])
        predicted[out] = fitted.latency_ms(features[out], is_float[out])
    return predicted


def held_out_errors(formula: Features, rows: Sequence[PublishedLatency]) -> Floats:
    """Relative errors `[rows]`, as fractions, of `held_out`."""
    errors: Floats = np.abs(held_out(formula, rows) / np.array([row.latency_ms for row in rows]) - 1)
    return errors


def _arrays(formula: Features, rows: Sequence[PublishedLatency]) -> tuple[Floats, Floats, Floats]:
    """Features, whether float, and latency of each row."""
    batch = OpGraphBatch.from_architectures([PUBLISHED[row.model] for row in rows], SEQUENCE_LENGTH)
    is_float = np.array([float(row.precision == "float") for row in rows])
    return formula(batch), is_float, np.array([row.latency_ms for row in rows])
