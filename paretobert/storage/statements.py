"""The statements that every trial goes through, built once: building one takes longer than executing it.

Each runs with the parameters that its `bindparam`s name: `of_study` is always the study's id.
"""

from __future__ import annotations

from sqlalchemy import bindparam, case, func, insert, or_, select, update

from paretobert.storage.rows import TRIALS
from paretobert.storage.schema import evaluations, events, trials, workers
from paretobert.trial import EVALUATED, KINDS, OPEN

_of_study = trials.c.study_id == bindparam("of_study")
_of_kind = _of_study & (trials.c.kind == bindparam("of_kind"))
_references_first = case((trials.c.kind == "reference", 0), else_=1)

_ended = trials.alias("ended")  # another name, or the subquery would mean the row that is written
_next_completion = (
    select(func.coalesce(func.max(_ended.c.completion) + 1, 0))
    .where(_ended.c.study_id == bindparam("of_study"), _ended.c.kind == bindparam("of_kind"))
    .scalar_subquery()
)

CHANGED = TRIALS.where(
    or_(_of_kind & (trials.c.completion >= bindparam("known")), _of_kind & trials.c.completion.is_(None))
)
"""The trials of a kind that are open, or that ended with completion `known` or a later one."""

TRIAL = TRIALS.where(trials.c.id == bindparam("trial"))

CLAIMABLE = (
    select(trials, workers.c.host, workers.c.pid, workers.c.process_started)
    .outerjoin(workers, workers.c.token == trials.c.worker)
    .where(_of_study, trials.c.state.in_(OPEN))
    .order_by(_references_first, trials.c.number)
)
"""Open trials, references first, each with the process that holds it."""

CLAIM = (
    update(trials)
    .where(trials.c.id == bindparam("trial"))
    .values(state="running", worker=bindparam("token"), lease_expires_at=bindparam("until"))
)

TIMES_LOST = (
    select(func.count())
    .select_from(events)
    .where(events.c.trial_id == bindparam("trial"), events.c.kind == "taken_over")
)
"""How many workers a trial was taken over from."""

ADD = insert(trials).returning(trials.c.id, trials.c.completion)
"""A new trial that is open; its parameters are the columns."""

ADD_ENDED = ADD.values(completion=_next_completion)
"""A new trial that has ended; it takes the next completion of its kind."""

NUMBERED = select(trials.c.id).where(_of_kind, trials.c.number == bindparam("of_number"))
TWIN = select(trials.c.number).where(_of_kind, trials.c.canonical_key == bindparam("key"))

_this = trials.alias("this")
KNOWN_EVALUATION = (
    select(evaluations)
    .join(trials, trials.c.id == evaluations.c.trial_id)
    .join(_this, _this.c.canonical_key == trials.c.canonical_key)
    .where(_this.c.id == bindparam("trial"), _of_study, trials.c.kind.in_(KINDS), trials.c.state == "complete")
    .where(evaluations.c.seed == bindparam("of_seed"), evaluations.c.budget == bindparam("of_budget"))
    .where(evaluations.c.ends_trial)
    .order_by(evaluations.c.id)
    .limit(1)
)
"""The evaluation that ended a trial of the same architecture as a trial's, with this seed and budget."""

_is_held = (trials.c.id == bindparam("trial")) & (trials.c.worker == bindparam("token")) & (trials.c.state == "running")
RENEW = update(trials).where(_is_held).values(lease_expires_at=bindparam("until"))
RELEASE = update(trials).where(_is_held).values(state="waiting", lease_expires_at=None)

FINISH = (
    update(trials)
    .where(trials.c.id == bindparam("trial"), trials.c.state.in_(OPEN))
    .values(state=bindparam("ended_as"), reason=bindparam("why"), violation=bindparam("excess"))
    .values(worker=bindparam("token"), lease_expires_at=None, ended_at=bindparam("now"))
    .values(completion=_next_completion)
)
"""Ends an open trial; changes no row if it has ended."""

LAST_EVALUATED = (
    select(trials.c.id, trials.c.state, trials.c.reason)
    .where(_of_study, trials.c.state.in_(EVALUATED))
    .order_by(_references_first.desc(), trials.c.completion.desc())
)
"""The trials that an evaluator has seen, the last one first."""

LAST_STOP = (
    select(events.c.trial_id)
    .where(events.c.study_id == bindparam("of_study"), events.c.kind == "stopped")
    .order_by(events.c.id.desc())
    .limit(1)
)
"""The trial after which the study was last stopped because trials only failed."""

VERIFICATIONS = select(events).where(events.c.study_id == bindparam("of_study"), events.c.kind == "verification")
"""What retraining some trials for longer has found, one event for each budget."""
