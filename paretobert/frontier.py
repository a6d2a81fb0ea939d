"""The frontier of a study: the trials that no other beats in every objective, its volume, and the picks of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Constraint, Objective, minimized
from controllers.pareto import hypervolume, non_dominated
from paretobert.config import Configuration
from paretobert.references import PICKS
from paretobert.trial import Trial

_REFERENCE_FACTOR = 2.0
_CLOSEST = 5


@dataclass(frozen=True)
class Frontier:
    """What a study has found.

    Attributes:
        trials: non-dominated ones of those that are complete and meet all constraints, in the order of the objective
            that is minimised first, or else of the first objective.
        hypervolume: what they dominate up to the reference point, in the product of the objectives' units; None
            where the reference point is not known in every objective.
        reference_point: by metric; see `reference_point`.
        picks: by size, the trial of the best score within its latency budget; None where no trial fits.
        latency_budgets_ms: by size; None where neither the user nor a reference trial gives one.
        closest: where no complete trial meets all constraints, the few that violate them least, the least first;
            `infeasible` ones, which have no score, among them.
    """

    trials: tuple[Trial, ...]
    hypervolume: float | None
    reference_point: Mapping[str, float | None]
    picks: Mapping[str, Trial | None]
    latency_budgets_ms: Mapping[str, float | None]
    closest: tuple[Trial, ...]


def find_frontier(configuration: Configuration, trials: Sequence[Trial], references: Sequence[Trial]) -> Frontier:
    """The frontier of the trials so far."""
    objectives = tuple(map(Objective.parse, configuration.objectives))
    feasible = [trial for trial in trials if _is_feasible(trial)]
    points = minimized_points(objectives, [trial.metrics for trial in feasible])
    front = [trial for trial, is_on in zip(feasible, non_dominated(points), strict=True) if is_on]
    by = next((objective for objective in objectives if not objective.maximize), objectives[0])
    front.sort(key=lambda trial: (trial.metrics[by.metric], trial.number))

    reference = reference_point(objectives, references)
    volume = None
    if all(value is not None for value in reference.values()):
        corner = minimized_points(objectives, [reference])[0]
        volume = hypervolume(points, corner)
    budgets = _latency_budgets(configuration, references)
    return Frontier(
        trials=tuple(front),
        hypervolume=volume,
        reference_point=reference,
        picks={
            size: None if budget is None else best_trial(feasible, [Constraint("latency_ms", True, budget)])
            for size, budget in budgets.items()
        },
        latency_budgets_ms=budgets,
        closest=() if feasible else _closest(trials),
    )


def best_trial(trials: Sequence[Trial], constraints: Sequence[Constraint]) -> Trial | None:
    """The trial of the highest score, and of equal ones the quickest, among those that are complete and meet the
    constraints of the study and these; a metric that is not known meets none. None where no trial fits."""
    fits = [
        trial
        for trial in trials
        if _is_feasible(trial) and all(bound.holds(trial.metrics.get(bound.metric, math.nan)) for bound in constraints)
    ]
    return max(fits, key=lambda trial: (trial.metrics["score"], -trial.metrics["latency_ms"]), default=None)


def reference_point(objectives: Sequence[Objective], references: Sequence[Trial]) -> dict[str, float | None]:
    """The corner from which volume is measured: 0 for a metric to maximise, twice the largest value of the reference
    trials for one to minimise. It does not move while a study runs, so its volumes can be compared; None where no
    reference trial has the metric."""
    corner: dict[str, float | None] = {}
    for objective in objectives:
        values = [trial.metrics.get(objective.metric, math.nan) for trial in references]
        largest = max((value for value in values if math.isfinite(value)), default=None)
        corner[objective.metric] = 0.0 if objective.maximize else largest and _REFERENCE_FACTOR * largest
    return corner


def minimized_points(
    objectives: Sequence[Objective], rows: Sequence[Mapping[str, float | None]]
) -> NDArray[np.float64]:
    """The metrics of n rows as objectives to minimise, `[n, objectives]`; NaN where a row has none."""
    columns = {o.metric: np.array([row.get(o.metric, math.nan) for row in rows], float) for o in objectives}
    return minimized(objectives, columns)


def _is_feasible(trial: Trial) -> bool:
    return trial.state == "complete" and trial.violation == 0


def _closest(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    violating = [trial for trial in trials if trial.state in ("complete", "infeasible") and trial.violation > 0]
    return tuple(sorted(violating, key=lambda trial: (trial.violation, trial.number))[:_CLOSEST])


def _latency_budgets(configuration: Configuration, references: Sequence[Trial]) -> dict[str, float | None]:
    predicted = {trial.name: trial.metrics["latency_ms"] for trial in references}
    return {
        size: configuration.latency_budgets_ms.get(size, predicted.get(model))  # type: ignore[call-overload]
        for size, model in PICKS.items()
    }
