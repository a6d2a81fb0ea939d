"""What is known of a vector before it is evaluated: its free metrics, and what they let one expect of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.objective import Constraint, Floats, Objective, minimized, violation
from search_space import Vectors

RELATIVE_CUTOFF = 0.05
"""Directions in which a front's free objectives spread less than this, relative to the widest, set no trend:
latency and parameters rise together, and the little by which they differ would be blown up."""


@dataclass(frozen=True)
class Outlook:
    """Free metrics of n vectors, seen as objectives and constraints.

    Attributes:
        violations: float64 `[n]`, of the constraints on free metrics.
        points: float64 `[n, m]`, the objectives as columns to minimise; NaN where one is not free.
        free: bool `[m]`, which objectives are.
    """

    violations: Floats
    points: Floats
    free: NDArray[np.bool_]


@dataclass(frozen=True)
class Foresight:
    """Says what is known of vectors, given what a study asks for."""

    objectives: Sequence[Objective]
    constraints: Sequence[Constraint]
    free_metrics: FreeMetrics

    def __call__(self, X: Vectors) -> Outlook:
        """The outlook of valid vectors `[n, d]`; one whose free metrics are NaN is the last to be proposed."""
        metrics = self.free_metrics(X)
        free = np.array([objective.metric in metrics for objective in self.objectives], bool)
        points = np.full((len(X), len(self.objectives)), np.nan)
        for column, objective in enumerate(self.objectives):
            if free[column]:
                points[:, column] = objective.minimized(metrics)
        violations = violation(self.constraints, metrics, len(X))
        unknown = np.isnan(violations) | np.isnan(points[:, free]).any(axis=1)
        points[np.ix_(unknown, free)] = 0.0
        return Outlook(np.where(unknown, np.inf, violations), points, free)

    def isolation(self, outlook: Outlook, history: History) -> Floats:
        """How far each of n vectors is from the nearest trial, in magnitudes of the free objectives: `[n]`.

        All trials count, running ones too, so that parallel workers keep apart; zeros where there is none.
        """
        free = [objective for objective, is_free in zip(self.objectives, outlook.free, strict=True) if is_free]
        if not free or not len(history):
            return np.zeros(len(outlook.points))
        tried = minimized(free, {objective.metric: history.column(objective.metric) for objective in free})
        if (running := np.isnan(tried).any(axis=1)).any():
            tried[running] = self(history.vectors[running]).points[:, outlook.free]
        return distance_to_nearest(outlook.points[:, outlook.free], tried)


def magnitudes(free_points: Floats) -> Floats:
    """Logarithms of the sizes of free objectives: twice the latency is as far at 2 ms as at 20 ms."""
    return np.log(np.maximum(np.abs(free_points), np.finfo(float).tiny))


def distance_to_nearest(free_points: Floats, others: Floats) -> Floats:
    """How far each row of `[n, f]` is from the nearest of `[k, f]`, in magnitudes of the free objectives: `[n]`."""
    here, there = magnitudes(free_points), magnitudes(others)
    squares = np.zeros((len(here), len(there)))
    for x, y in zip(here.T, there.T, strict=True):  # one array of [n, k] at a time
        squares += (x[:, None] - y) ** 2
    return np.asarray(np.sqrt(squares.min(axis=1)), float)


def trend(points: Floats, free: NDArray[np.bool_]) -> Floats:
    """By how much the costly objectives rise with the magnitudes of the free ones: `[free, costly]`.

    The slope of a least-squares plane through the rows of `[n, m]`; zero where they are too few to tell.
    """
    x, y = magnitudes(points[:, free]), points[:, ~free]
    slopes, *_ = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(axis=0), rcond=RELATIVE_CUTOFF)
    return np.asarray(slopes, float)
