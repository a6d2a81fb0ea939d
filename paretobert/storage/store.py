"""`Store`: the transitions of a study, each one transaction.

A trial is born `waiting` or `infeasible`, is claimed and `running` under a lease, and ends once: the first terminal
write wins, a late one is recorded and changes nothing. A lease that expired, or whose process is known dead, passes
to whoever asks next, with the trial's number and architecture; a trial that `MAX_LOST` workers were lost with fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from evaluators.contract import Evaluation
from paretobert import provenance
from paretobert.config import Configuration, validated
from paretobert.output import jsonable
from paretobert.storage.database import Database
from paretobert.storage.rows import evaluation_rows, new_trial, row_of, trial_of
from paretobert.storage.schema import evaluations, events, studies, trials, workers
from paretobert.storage.statements import (
    ADD,
    ADD_ENDED,
    CHANGED,
    CLAIM,
    CLAIMABLE,
    FINISH,
    KNOWN_EVALUATION,
    LAST_EVALUATED,
    LAST_STOP,
    NUMBERED,
    RELEASE,
    RENEW,
    TIMES_LOST,
    TRIAL,
    TWIN,
    VERIFICATIONS,
)
from paretobert.storage.worker import Worker
from paretobert.trial import OPEN, Kind, Outcome, Proposal, Report, Trial

LEASE_SECONDS = 60.0
MAX_LOST = 3
"""Workers that may be lost with one trial: an architecture that exhausts the memory would kill the next one too."""


class DuplicateProposal(ValueError):  # noqa: N818
    """A controller proposed what is a trial already."""


class Store:
    """One study in a database.

    Args:
        database: holds exactly one study.
        clock: seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        # A trial that has ended never changes, so it is read once; completions count up from 0 without a gap.
        self._ended: dict[Kind, dict[int, Trial]] = {"search": {}, "reference": {}}
        with database.reading() as connection:
            self._study: int = connection.execute(select(studies.c.id)).scalar_one()

    @classmethod
    def create(
        cls,
        path: Path,
        configuration: Configuration,
        plugins: Sequence[Mapping[str, Any]],
        references: Sequence[Proposal],
    ) -> Store:
        """A new database with one study, its references waiting."""
        database = Database.create(path)
        now = time.time()
        with database.writing() as connection:
            study = connection.execute(
                insert(studies)
                .values(name=configuration.name, configuration=configuration.to_dict(), created_at=now)
                .values(plugins=jsonable(list(plugins)))
                .returning(studies.c.id)
            ).scalar_one()
            for reference in references:
                connection.execute(insert(trials).values(study_id=study, created_at=now, **row_of(reference)))
        return cls(database)

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> Store:
        """See `Database.open`."""
        return cls(Database.open(path), clock)

    def close(self) -> None:
        self._database.close()

    # What is there

    def configuration(self) -> Configuration:
        try:
            return validated(self._of_study(studies.c.configuration))
        except ValueError as error:
            raise ValueError(f"{self._database.path} is damaged: {error}") from None

    def plugins(self) -> list[dict[str, Any]]:
        """`{kind, name, distribution, version, fingerprint}` of the plug-ins that the study was made with."""
        return list(self._of_study(studies.c.plugins))

    def created_at(self) -> float:
        return float(self._of_study(studies.c.created_at))

    def ended(self) -> str | None:
        """Why the study stopped short of the trials asked for; None if it did not."""
        reason: str | None = self._of_study(studies.c.ended)
        return reason

    def trials(self, kind: Kind = "search") -> list[Trial]:
        """All trials of a kind by number, as one state of the database has them."""
        ended = self._ended[kind]
        changed = self.changed_trials(len(ended), kind)
        ended.update((trial.number, trial) for trial in changed if trial.completion is not None)
        still_open = [trial for trial in changed if trial.completion is None]
        return sorted((*ended.values(), *still_open), key=lambda trial: trial.number)

    def changed_trials(self, known: int, kind: Kind = "search") -> list[Trial]:
        """The trials of a kind but the first `known` that ended, as one state of the database has them.

        Those that ended come first, in the order in which they did, then those that are open.
        """
        with self._database.reading() as connection:
            rows = connection.execute(CHANGED, {"of_study": self._study, "of_kind": kind, "known": known})
            read = [trial_of(row) for row in rows]
        is_open = sorted((trial for trial in read if trial.completion is None), key=lambda trial: trial.number)
        return sorted((t for t in read if t.completion is not None), key=lambda t: t.completion or 0) + is_open

    def workers(self) -> list[dict[str, Any]]:
        """Machine and versions of every process that worked on the study, in the order of their start."""
        wanted = select(workers).where(workers.c.study_id == self._study).order_by(workers.c.started_at)
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(wanted)]

    def events(self) -> list[dict[str, Any]]:
        """Take-overs and late results, in order."""
        wanted = select(events).where(events.c.study_id == self._study).order_by(events.c.id)
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(wanted)]

    def evaluation_of(self, trial: Trial, *, seed: int, budget: int) -> Evaluation | None:
        """What another trial of the same architecture was given for this seed and budget."""
        wanted = {"trial": trial.identifier, "of_seed": seed, "of_budget": budget}
        with self._database.reading() as connection:
            row = connection.execute(KNOWN_EVALUATION, {"of_study": self._study, **wanted}).one_or_none()
        return None if row is None else Evaluation(row.score, row.step, row.seconds, row.metrics)

    def reports_of(self, trial: Trial) -> list[Report]:
        """What was reported while a trial that has ended was evaluated, by step."""
        interim = (evaluations.c.trial_id == trial.identifier) & ~evaluations.c.ends_trial
        wanted = select(evaluations).where(interim).order_by(evaluations.c.step)
        if trial.budget is not None:  # else it was never retrained
            wanted = wanted.where(evaluations.c.budget == trial.budget)
        with self._database.reading() as connection:
            return [Report(row.step, row.score, row.seconds) for row in connection.execute(wanted)]

    def retrained(self, budget: int) -> dict[tuple[int, int], Evaluation]:
        """What retraining trials with a budget other than their own has given, by a trial's identifier and the seed."""
        wanted = select(evaluations).join(trials, trials.c.id == evaluations.c.trial_id)
        wanted = wanted.where(trials.c.study_id == self._study, evaluations.c.budget == budget)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.where(~evaluations.c.ends_trial)).all()
        return {(row.trial_id, row.seed): Evaluation(row.score, row.step, row.seconds, row.metrics) for row in rows}

    def verifications(self) -> list[dict[str, Any]]:
        """What `write_verification` wrote, by budget."""
        with self._database.reading() as connection:
            rows = connection.execute(VERIFICATIONS, {"of_study": self._study}).all()
        return sorted((row.detail for row in rows), key=lambda document: int(document["budget"]))

    def failures_in_a_row(self, limit: int) -> list[str]:
        """Why the trials evaluated last failed, the last one first, at most `limit`.

        The row ends at a trial that did not fail, and where the study was stopped because of such a row.
        """
        with self._database.reading() as connection:
            stopped = connection.execute(LAST_STOP, {"of_study": self._study}).scalar_one_or_none()
            last = connection.execute(LAST_EVALUATED.limit(limit), {"of_study": self._study})
            row = takewhile(lambda trial: trial.state == "failed" and trial.id != stopped, last)
            return [trial.reason for trial in row]

    # Transitions

    def reopen(self, trials_asked: int) -> None:
        """Lets a study that had stopped go on, to another number of trials."""
        with self._database.writing() as connection:
            stored = self._of_study(studies.c.configuration, connection)
            configuration = validated({**stored, "trials": trials_asked})
            changed = update(studies).where(studies.c.id == self._study)
            connection.execute(changed.values(configuration=configuration.to_dict(), ended=None))

    def end(self, reason: str) -> None:
        """Records that the study stops short of the trials asked for."""
        with self._database.writing() as connection:
            connection.execute(update(studies).where(studies.c.id == self._study).values(ended=reason))

    def stop(self, reason: str) -> None:
        """Ends the study because its last trials failed; once it is reopened, `failures_in_a_row` counts anew."""
        with self._database.writing() as connection:
            last = connection.execute(LAST_EVALUATED.limit(1), {"of_study": self._study}).one()
            stopped = insert(events).values(study_id=self._study, trial_id=last.id, at=self._clock())
            connection.execute(stopped.values(kind="stopped", detail={"reason": reason}))
            connection.execute(update(studies).where(studies.c.id == self._study).values(ended=reason))

    def register(self, worker: Worker) -> None:
        """Enters a process, with its machine and versions, before it claims anything."""
        with self._database.writing() as connection:
            connection.execute(
                insert(workers).values(
                    study_id=self._study,
                    token=worker.token,
                    host=worker.host,
                    pid=worker.pid,
                    process_started=worker.process_started,
                    started_at=self._clock(),
                    machine=provenance.machine(),
                    versions=provenance.versions(),
                )
            )

    def add(self, proposal: Proposal, holder: Worker | None = None) -> Trial | None:
        """Enters a proposal; None if another worker entered one of this number first.

        Args:
            proposal: `waiting`, or `infeasible` and thereby ended.
            holder: runs the trial, if it waits, from the start.

        Raises:
            DuplicateProposal: the architecture is a trial already.
        """
        of_kind = {"of_study": self._study, "of_kind": proposal.kind}
        now = self._clock()
        row = {"study_id": self._study, "created_at": now, **row_of(proposal)}
        if proposal.state not in OPEN:
            statement, row = ADD_ENDED, {**row, **of_kind, "ended_at": now}
        else:
            statement = ADD
            if holder is not None:
                row |= {"state": "running", "worker": holder.token, "lease_expires_at": now + LEASE_SECONDS}
        try:
            with self._database.writing(is_dear=False) as connection:
                return new_trial(proposal, row["state"], connection.execute(statement, row).one())
        except IntegrityError:
            with self._database.reading() as connection:
                if connection.execute(NUMBERED, {**of_kind, "of_number": proposal.number}).one_or_none() is not None:
                    return None
                twin = connection.execute(TWIN, {**of_kind, "key": row["canonical_key"]}).scalar_one_or_none()
            if twin is None:
                raise
            raise DuplicateProposal(f"the architecture proposed for trial {proposal.number} is trial {twin}") from None

    def claim(self, worker: Worker) -> Trial | None:
        """The first trial that waits or was left, references first, now running and held by the worker."""
        with self._database.writing() as connection:
            now = self._clock()
            for row in connection.execute(CLAIMABLE, {"of_study": self._study}).all():
                if row.state == "running":
                    holder = Worker(row.worker, row.host, row.pid, row.process_started)
                    if row.lease_expires_at > now and not holder.is_known_dead():
                        continue
                    self._note(connection, "taken_over", row.id, worker, {"from": row.worker})
                    if connection.execute(TIMES_LOST, {"trial": row.id}).scalar_one() >= MAX_LOST:
                        self._give_up(connection, row, worker)
                        continue
                hold = {"trial": row.id, "token": worker.token, "until": now + LEASE_SECONDS}
                connection.execute(CLAIM, hold)
                return trial_of(connection.execute(TRIAL, {"trial": row.id}).one())
        return None

    def renew(self, trial: Trial, worker: Worker) -> bool:
        """Holds a trial for another `LEASE_SECONDS`; False if it is no longer the worker's."""
        held = {"trial": trial.identifier, "token": worker.token, "until": self._clock() + LEASE_SECONDS}
        with self._database.writing() as connection:
            return connection.execute(RENEW, held).rowcount == 1

    def release(self, trial: Trial, worker: Worker) -> None:
        """Gives a trial back, unevaluated, if it is still the worker's."""
        with self._database.writing() as connection:
            connection.execute(RELEASE, {"trial": trial.identifier, "token": worker.token})

    def finish(self, trial: Trial, outcome: Outcome, worker: Worker) -> bool:
        """Ends a trial; False if it had ended: then the outcome is kept as an event and changes nothing."""
        now = self._clock()
        end = {"ended_as": outcome.state, "why": outcome.reason, "excess": outcome.violation}
        which = {"of_study": self._study, "of_kind": trial.kind, "trial": trial.identifier, "token": worker.token}
        with self._database.writing() as connection:
            if connection.execute(FINISH, {**which, **end, "now": now}).rowcount == 0:
                late = {"state": outcome.state, "reason": outcome.reason, "evaluation": outcome.evaluation}
                self._note(connection, "late", trial.identifier, worker, late)
                return False
            if rows := evaluation_rows(trial, outcome):
                connection.execute(insert(evaluations), [{**row, "worker": worker.token, "at": now} for row in rows])
        return True

    def keep_retrained(self, trial: Trial, evaluation: Evaluation, *, seed: int, budget: int, worker: Worker) -> None:
        """Keeps what retraining a trial gave, beside the evaluation that ended it; of two the first stays."""
        row = {"trial_id": trial.identifier, "seed": seed, "budget": budget, "step": evaluation.steps}
        measured = {"score": evaluation.score, "metrics": jsonable(evaluation.metrics), "seconds": evaluation.seconds}
        who = {"worker": worker.token, "at": self._clock()}
        with suppress(IntegrityError), self._database.writing() as connection:
            connection.execute(insert(evaluations), {**row, **measured, **who, "ends_trial": False})

    def write_verification(self, document: Mapping[str, Any], worker: Worker) -> None:
        """Keeps a verification, in the place of an earlier one with the same budget."""
        with self._database.writing() as connection:
            kept = connection.execute(VERIFICATIONS, {"of_study": self._study}).all()
            same = [row.id for row in kept if row.detail["budget"] == document["budget"]]
            connection.execute(delete(events).where(events.c.id.in_(same)))
            note = insert(events).values(study_id=self._study, worker=worker.token, at=self._clock())
            connection.execute(note.values(kind="verification", detail=jsonable(document)))

    # Private

    def _of_study(self, column: Any, connection: Connection | None = None) -> Any:
        wanted = select(column).where(studies.c.id == self._study)
        if connection is not None:
            return connection.execute(wanted).scalar_one()
        with self._database.reading() as reading:
            return reading.execute(wanted).scalar_one()

    def _give_up(self, connection: Connection, trial: Row[Any], worker: Worker) -> None:
        """Fails a trial that no worker lived through."""
        which = {"of_study": self._study, "of_kind": trial.kind, "trial": trial.id, "token": worker.token}
        why = f"{MAX_LOST} workers were lost while they evaluated it; it may need more memory than there is"
        end = {"ended_as": "failed", "why": why, "excess": trial.violation, "now": self._clock()}
        connection.execute(FINISH, {**which, **end})

    def _note(self, connection: Connection, kind: str, trial: int, worker: Worker, detail: Mapping[str, Any]) -> None:
        note = insert(events).values(study_id=self._study, trial_id=trial, worker=worker.token, at=self._clock())
        connection.execute(note.values(kind=kind, detail=jsonable(detail)))
