"""Trials as rows of the database and back."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import Row, select

from controllers.contract import State
from paretobert.output import jsonable
from paretobert.storage.schema import evaluations, trials
from paretobert.trial import Outcome, Proposal, Trial, canonical_key
from search_space import Architecture

TRIALS = (
    select(trials, evaluations.c.score, evaluations.c.metrics.label("measured"))
    .add_columns(evaluations.c.seed, evaluations.c.budget, evaluations.c.seconds)
    .outerjoin(evaluations, (evaluations.c.trial_id == trials.c.id) & evaluations.c.ends_trial)
)
"""Every trial with the evaluation that ended it, if one did; `trial_of` reads its rows."""


def row_of(proposal: Proposal) -> dict[str, Any]:
    """The columns of a new trial that the proposal decides."""
    return {
        "kind": proposal.kind,
        "number": proposal.number,
        "name": proposal.name,
        "vector": list(proposal.vector),
        "architecture": proposal.architecture.to_dict(),
        "canonical_key": canonical_key(proposal.architecture),
        "state": proposal.state,
        "metrics": jsonable(proposal.metrics),
        "violation": proposal.violation,
        "seen_completions": proposal.seen_completions,
        "reason": proposal.reason,
    }


def new_trial(proposal: Proposal, state: State, row: Row[Any]) -> Trial:
    """The trial of a proposal that was entered in a state, given its `id` and `completion`: as `trial_of` reads it."""
    return Trial(
        identifier=row.id,
        kind=proposal.kind,
        number=proposal.number,
        name=proposal.name,
        state=state,
        vector=proposal.vector,
        architecture=proposal.architecture,
        metrics={name: value if math.isfinite(value) else math.nan for name, value in proposal.metrics.items()},
        violation=proposal.violation,
        seen_completions=proposal.seen_completions,
        completion=row.completion,
        seed=None,
        budget=None,
        seconds=None,
        reason=proposal.reason,
    )


def trial_of(row: Row[Any]) -> Trial:
    """The trial of a row of `TRIALS`."""
    metrics = dict(row.metrics)
    if row.score is not None:
        metrics = {"score": row.score, **row.measured, **metrics}
    return Trial(
        identifier=row.id,
        kind=row.kind,
        number=row.number,
        name=row.name,
        state=row.state,
        vector=tuple(row.vector),
        architecture=Architecture.from_dict(row.architecture),
        metrics={name: math.nan if value is None else value for name, value in metrics.items()},
        violation=row.violation,
        seen_completions=row.seen_completions,
        completion=row.completion,
        seed=row.seed,
        budget=row.budget,
        seconds=row.seconds,
        reason=row.reason,
    )


def evaluation_rows(trial: Trial, outcome: Outcome) -> list[dict[str, Any]]:
    """The columns of what a trial's evaluation gave: a row for each report and one for its end, if it came to one.

    Nothing stands for a report that is no finite number, nor for one at the step of the end.
    """
    common = {"trial_id": trial.identifier, "seed": outcome.seed, "budget": outcome.budget}
    end = outcome.evaluation
    rows = [
        {**common, "step": r.step, "ends_trial": False, "score": r.value, "metrics": {}, "seconds": r.seconds}
        for r in outcome.reports
        if math.isfinite(r.value) and (end is None or r.step != end.steps)
    ]
    if end is not None:
        measured = {"score": end.score, "metrics": jsonable(end.metrics), "seconds": end.seconds}
        rows.append({**common, "step": end.steps, "ends_trial": True, **measured})
    return rows
