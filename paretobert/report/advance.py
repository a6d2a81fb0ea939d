"""How a study came along: what its frontier was worth after each of its trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from controllers.objective import Objective
from controllers.pareto import hypervolume, non_dominated
from paretobert.frontier import minimized_points

_STATES = ("complete", "pruned", "failed")


def progress_columns(study: Mapping[str, Any]) -> dict[str, Any]:
    """By evaluated trials, where a value changed: `{evaluated, hypervolume, best_score}`, columns of one length.

    `hypervolume` is null where the study has no reference point. A trial counts where its number stands: with several
    workers it may have ended a little before or after its neighbours.
    """
    objectives = tuple(map(Objective.parse, study["objectives"]))
    corner = study["reference_point"]
    has_corner = all(value is not None for value in corner.values())
    reference = minimized_points(objectives, [corner])[0]
    front = np.empty((0, len(objectives)))
    volume, best = (0.0 if has_corner else None), None
    evaluated: list[int] = []
    volumes: list[float | None] = []
    scores: list[float | None] = []
    ended = [trial for trial in study["trials"] if trial["state"] in _STATES]
    points = minimized_points(objectives, [trial["metrics"] for trial in ended])
    for count, (trial, point) in enumerate(zip(ended, points, strict=True), 1):
        before = (volume, best)
        if trial["state"] == "complete" and not trial["violation"]:
            score = trial["metrics"]["score"]
            best = score if best is None else max(best, score)
            if not (front <= point).all(axis=1).any():
                joined = np.vstack([front, point])
                front = joined[non_dominated(joined)]
                volume = hypervolume(front, reference) if has_corner else None
        if (volume, best) != before or count in (1, len(ended)):
            evaluated.append(count)
            volumes.append(volume)
            scores.append(best)
    return {"evaluated": evaluated, "hypervolume": volumes, "best_score": scores}
