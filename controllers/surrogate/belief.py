"""What is expected of candidates, given the trials: the value by which one of them is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from controllers.objective import Constraint, Floats, Objective
from controllers.surrogate.acquisition import expected_hypervolume_improvement, probability_of_feasibility
from controllers.surrogate.descriptions import Described
from controllers.surrogate.regression import Prediction


@dataclass(frozen=True)
class Belief:
    """The front so far, and a prediction of each costly metric.

    Attributes:
        objectives: of the study.
        constraints: those on costly metrics.
        predictions: by metric.
        front: objectives to minimise of the trials which candidates are to improve on, `[k, m]`; without a row, the
            candidate is sought that most likely meets the constraints.
        reference: up to where volume counts, `[m]`.
        typical_std: deviation, by metric, that candidates are screened with.
    """

    objectives: Sequence[Objective]
    constraints: Sequence[Constraint]
    predictions: Mapping[str, Prediction]
    front: Floats
    reference: Floats
    typical_std: Mapping[str, float]

    def screen(self, candidates: Described) -> Floats:
        """The value of n candidates, `[n]`, as a sketch: as if all predictions were equally uncertain."""
        expected = {
            metric: (prediction.sketch(candidates.inputs), np.full(len(candidates), self.typical_std[metric]))
            for metric, prediction in self.predictions.items()
        }
        return self._value(candidates, expected)

    def score(self, candidates: Described) -> Floats:
        """The value of n candidates, `[n]`: the expected hypervolume improvement of one that meets the constraints,
        times the probability that it does."""
        expected = {
            metric: prediction.mean_and_std(candidates.inputs) for metric, prediction in self.predictions.items()
        }
        return self._value(candidates, expected)

    def _value(self, candidates: Described, expected: Mapping[str, tuple[Floats, Floats]]) -> Floats:
        value = np.ones(len(candidates))
        for constraint in self.constraints:
            value *= probability_of_feasibility(constraint, *expected[constraint.metric])
        if not len(self.front):
            return value
        mean = placed(self.objectives, candidates, {metric: mean for metric, (mean, _) in expected.items()})
        std = np.zeros_like(mean)
        for column, objective in enumerate(self.objectives):
            if objective.metric in expected:
                std[:, column] = expected[objective.metric][1]
        return value * expected_hypervolume_improvement(self.front, self.reference, mean, std)


def placed(objectives: Sequence[Objective], described: Described, costly: Mapping[str, Floats]) -> Floats:
    """All objectives as columns to minimise, `[n, m]`: the free ones as described, the costly ones of these values."""
    points = described.outlook.points.copy()
    for column, objective in enumerate(objectives):
        if objective.metric in costly:
            points[:, column] = objective.minimized(costly)
    return points
