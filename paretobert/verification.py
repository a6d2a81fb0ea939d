"""What a study's verification is: some of its trials, trained again for longer, and how the two scores rank them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evaluators.contract import Evaluation
from evaluators.rank_correlations import Floats, kendall_tau, rank_correlations, top_half
from paretobert.output import jsonable
from paretobert.trial import Trial

RIVALS = ("parameters", "multiply_adds", "latency_ms")
"""What would rank architectures without any training."""


@dataclass(frozen=True)
class Verification:
    """What is to be retrained, and with what.

    Attributes:
        trials: of the search, then references.
        seeds: of each trial's retrainings.
        budget: training steps of each.
        budget_factor: how often the search's own budget that is.
        evaluator: fingerprint of the evaluator that retrains.
    """

    trials: tuple[Trial, ...]
    seeds: tuple[int, ...]
    budget: int
    budget_factor: int
    evaluator: str

    @property
    def runs(self) -> list[tuple[Trial, int]]:
        """Every retraining, seed by seed: a run that ends early has compared as many trials as it could."""
        return [(trial, seed) for seed in self.seeds for trial in self.trials]


@dataclass(frozen=True)
class Failure:
    """A retraining that gave no score."""

    trial: Trial
    seed: int
    reason: str


Scores = Mapping[tuple[int, int], Evaluation]
"""Evaluations by a trial's identifier and the seed."""


def spread(trials: Sequence[Trial], frontier: Sequence[Trial], size: int) -> list[Trial]:
    """So many of the complete trials, by number: the whole frontier, and others far from what is chosen already.

    How far is the distance of their ranks by latency and by score, each from 0 to 1. Where the frontier alone has more
    trials, it is what is chosen.
    """
    candidates = [trial for trial in trials if trial.state == "complete"]
    points = ranks([[trial.metrics[name] for trial in candidates] for name in ("latency_ms", "score")])
    on_frontier = {trial.number for trial in frontier}
    chosen = [row for row, trial in enumerate(candidates) if trial.number in on_frontier]
    return [candidates[row] for row in sorted(farthest(points, chosen, size))]


def ranks(columns: Sequence[Sequence[float]]) -> Floats:
    """Each column's ranks, from 0 to 1: `[n, columns]`."""
    order = [np.argsort(np.argsort(column, kind="stable"), kind="stable") for column in columns]
    return np.stack(order, axis=1) / max(1, len(columns[0]) - 1)


def farthest(points: Floats, chosen: Sequence[int], size: int) -> list[int]:
    """Rows of points `[n, d]`: those chosen already, then ever again the one farthest from all chosen, up to a size.

    Source: Gonzalez 1985, "Clustering to minimize the maximum intercluster distance".
    """
    rows = list(chosen)
    distance = np.full(len(points), np.inf)
    for row in rows:
        distance = np.minimum(distance, np.linalg.norm(points - points[row], axis=1))
    while len(rows) < min(size, len(points)):
        row = int(np.argmax(distance))
        rows.append(row)
        distance = np.minimum(distance, np.linalg.norm(points - points[row], axis=1))
    return rows


def verification_document(
    verification: Verification, scores: Scores, failures: Sequence[Failure] = ()
) -> dict[str, Any]:
    """A verification and what it has found so far, as plain data: see "Verification" in docs/json.md.

    Correlations are over the trials of the search alone; the published models are no sample of what a search sees.
    """
    rows = [_row(trial, verification.seeds, scores) for trial in verification.trials]
    retrained = [row for row in rows if row["kind"] == "search" and row["retrained_score"] is not None]
    document = {
        "budget": verification.budget,
        "budget_factor": verification.budget_factor,
        "seeds": list(verification.seeds),
        "evaluator_fingerprint": verification.evaluator,
        "retrainings": len(verification.runs),
        "done": sum((trial.identifier, seed) in scores for trial, seed in verification.runs),
        "failed": [
            {"kind": failure.trial.kind, "number": failure.trial.number, "seed": failure.seed, "reason": failure.reason}
            for failure in failures
        ],
        "trials": rows,
        "seed_deviation": _seed_deviation(rows),
        "correlations": _correlations(retrained) if len(retrained) > 1 else None,
        "rivals": _rivals(retrained) if len(retrained) > 1 else None,
    }
    plain: dict[str, Any] = jsonable(document)
    return plain


def _row(trial: Trial, seeds: Sequence[int], scores: Scores) -> dict[str, Any]:
    of_seeds = [scores.get((trial.identifier, seed)) for seed in seeds]
    known = [evaluation.score for evaluation in of_seeds if evaluation is not None]
    return {
        "kind": trial.kind,
        "number": trial.number,
        "name": trial.name,
        **{metric: trial.metrics[metric] for metric in ("score", *RIVALS)},
        "retrained_scores": [evaluation and evaluation.score for evaluation in of_seeds],
        "retrained_score": float(np.mean(known)) if known else None,
    }


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> Floats:
    return np.array([row[name] for row in rows], np.float64)  # None becomes NaN


def _correlations(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    long = _column(rows, "retrained_scores")
    found = rank_correlations(_column(rows, "score"), long, _column(rows, "latency_ms"), _column(rows, "parameters"))
    return {name: asdict(correlation) for name, correlation in found.items()}


def _rivals(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    long = _column(rows, "retrained_score")
    pairs = {"all": None, "top_half": top_half(long)}
    return {
        rival: {name: float(kendall_tau(_column(rows, rival), long, of)[0]) for name, of in pairs.items()}
        for rival in RIVALS
    }


def _seed_deviation(rows: Sequence[Mapping[str, Any]]) -> float:
    """Of a retrained score over seeds, pooled over trials; NaN with one seed."""
    of_trials = [[score for score in row["retrained_scores"] if score is not None] for row in rows]
    repeated = [np.var(scores, ddof=1) for scores in of_trials if len(scores) > 1]
    return float(np.sqrt(np.mean(repeated))) if repeated else float("nan")
