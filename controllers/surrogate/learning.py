"""From the trials of a history to what is expected of candidates."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from controllers.contract import History
from controllers.objective import Constraint, Floats, Objective
from controllers.pareto import constrained_ranks, non_dominated
from controllers.surrogate.belief import Belief, placed
from controllers.surrogate.descriptions import Described
from controllers.surrogate.regression import Prediction, Regression

REFERENCE_MARGIN = 0.1
"""How far beyond the worst feasible trial volume still counts, in ranges of the feasible trials."""
MAX_TRIALS = 400
"""Trials that predictions are conditioned on at most: half of them those of the best fronts."""
MAX_PENDING = 32
"""Latest trials without values that are taken at their predicted mean."""


class Learning:
    """Follows a history; the fits of the costly metrics are kept from call to call.

    Args:
        objectives, constraints: of the study.
        free: the metrics that are free.
    """

    def __init__(
        self, objectives: Sequence[Objective], constraints: Sequence[Constraint], free: Collection[str]
    ) -> None:
        self._objectives = objectives
        self._constraints = [constraint for constraint in constraints if constraint.metric not in free]
        metrics = [objective.metric for objective in objectives] + [c.metric for c in self._constraints]
        self._regressions = {metric: Regression() for metric in metrics if metric not in free}

    def measured(self, history: History) -> NDArray[np.bool_]:
        """Which trials have a value of every costly metric: `[t]`."""
        mask = np.isin(history.states, ("complete", "infeasible"))
        for metric in self._regressions:
            mask &= np.isfinite(history.column(metric))
        return mask

    def belief(self, history: History, trials: Described, samples: Described) -> Belief:
        """What the measured trials lead to; at least one is needed.

        Args:
            trials: those of the history, described, `[t]`.
            samples: random vectors, whose uncertainty is taken for typical.
        """
        measured, known = self.measured(history), np.isfinite(trials.outlook.violations)
        rows = np.flatnonzero(measured & known)
        rows = rows[np.argsort(history.completion[rows], kind="stable")]
        ended, violations = trials[rows], history.violations[rows]
        values = {metric: history.column(metric)[rows] for metric in self._regressions}
        points = placed(self._objectives, ended, values)
        pending = trials[np.flatnonzero(~measured & known & (history.violations <= 0))[-MAX_PENDING:]]

        kept = _best_and_spread(points, violations)
        predictions = {
            metric: Prediction.given(
                regression.fit(ended.inputs, values[metric]),
                ended.inputs[kept],
                values[metric][kept],
                pending.inputs,
            )
            for metric, regression in self._regressions.items()
        }
        typical_std = {m: float(np.median(p.mean_and_std(samples.inputs)[1])) for m, p in predictions.items()}

        feasible = points[violations <= 0]
        believed = placed(self._objectives, pending, {m: p.mean(pending.inputs) for m, p in predictions.items()})
        front = np.vstack([feasible, believed]) if len(feasible) else feasible
        front = front[non_dominated(front)]
        return Belief(self._objectives, self._constraints, predictions, front, _reference(feasible), typical_std)


def _best_and_spread(points: Floats, violations: Floats) -> NDArray[np.int64]:
    """At most `MAX_TRIALS` rows of `[n, m]`: half of them of the best fronts, the others evenly spaced."""
    if len(points) <= MAX_TRIALS:
        return np.arange(len(points))
    by_rank = np.argsort(constrained_ranks(points, violations), kind="stable")
    best, others = by_rank[: MAX_TRIALS // 2], np.sort(by_rank[MAX_TRIALS // 2 :])
    spread = others[np.linspace(0, len(others) - 1, MAX_TRIALS - len(best)).round().astype(int)]
    return np.sort(np.concatenate([best, spread]))


def _reference(feasible: Floats) -> Floats:
    """The point up to which volume counts, `[m]`, given the objectives of the feasible trials `[n, m]`."""
    if not len(feasible):
        return np.full(feasible.shape[1], np.inf)
    worst = feasible.max(axis=0)
    spans = worst - feasible.min(axis=0)
    return np.asarray(worst + REFERENCE_MARGIN * np.where(spans > 0, spans, np.maximum(np.abs(worst), 1e-12)), float)
