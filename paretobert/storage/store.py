"""`Store`: the transitions of a study, each one transaction.

A trial is born `waiting` or `infeasible`, is claimed and `running` under a lease, and ends once: the first terminal
write wins, a late one is recorded and changes nothing. A lease that expired, or whose process is known dead, passes
to whoever asks next, with the trial's number and architecture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from evaluators.contract import Evaluation
from paretobert import provenance
from paretobert.config import Configuration, validated
from paretobert.output import jsonable
from paretobert.storage.database import Database
from paretobert.storage.rows import TRIALS, row_of, trial_of
from paretobert.storage.schema import evaluations, events, studies, trials, workers
from paretobert.storage.worker import Worker
from paretobert.trial import OPEN, Kind, Outcome, Proposal, Trial, canonical_key
from search_space import Architecture

LEASE_SECONDS = 60.0


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
        is_new = trials.c.completion.is_(None) | (trials.c.completion >= len(ended))
        wanted = TRIALS.where(trials.c.study_id == self._study, trials.c.kind == kind, is_new)
        with self._database.reading() as connection:
            read = [trial_of(row) for row in connection.execute(wanted)]
        ended.update((trial.number, trial) for trial in read if trial.completion is not None)
        still_open = [trial for trial in read if trial.completion is None]
        return sorted((*ended.values(), *still_open), key=lambda trial: trial.number)

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

    def evaluation_of(self, architecture: Architecture, *, seed: int, budget: int) -> Evaluation | None:
        """What an equal architecture of the study was given for this seed and budget."""
        wanted = (
            select(evaluations)
            .join(trials, trials.c.id == evaluations.c.trial_id)
            .where(trials.c.study_id == self._study, trials.c.canonical_key == canonical_key(architecture))
            .where(evaluations.c.seed == seed, evaluations.c.budget == budget, trials.c.state == "complete")
            .order_by(evaluations.c.id)
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Evaluation(row.score, row.step, row.seconds, row.metrics)

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

    def add(self, proposal: Proposal) -> bool:
        """Enters a proposal; False if another worker entered one of this number first.

        Raises:
            DuplicateProposal: the architecture is a trial already.
        """
        with self._database.writing() as connection:
            of_kind = (trials.c.study_id == self._study) & (trials.c.kind == proposal.kind)
            count = connection.execute(select(func.count()).where(of_kind)).scalar_one()
            if count != proposal.number:
                return False
            row = row_of(proposal)
            twin = connection.execute(
                select(trials.c.number).where(of_kind, trials.c.canonical_key == row["canonical_key"])
            ).scalar_one_or_none()
            if twin is not None:
                raise DuplicateProposal(f"the architecture proposed for trial {proposal.number} is trial {twin}")
            now = self._clock()
            ended: dict[str, Any] = {}
            if proposal.state not in OPEN:
                ended = {"completion": self._next_completion(connection, proposal.kind), "ended_at": now}
            connection.execute(insert(trials).values(study_id=self._study, created_at=now, **row, **ended))
        return True

    def claim(self, worker: Worker) -> Trial | None:
        """The first trial that waits or was left, references first, now running and held by the worker."""
        references_first = case((trials.c.kind == "reference", 0), else_=1)
        is_open = select(trials, workers.c.host, workers.c.pid, workers.c.process_started)
        is_open = is_open.outerjoin(workers, workers.c.token == trials.c.worker)
        is_open = is_open.where(trials.c.study_id == self._study, trials.c.state.in_(OPEN))
        with self._database.writing() as connection:
            now = self._clock()
            for row in connection.execute(is_open.order_by(references_first, trials.c.number)).all():
                if row.state == "running":
                    holder = Worker(row.worker, row.host, row.pid, row.process_started)
                    if row.lease_expires_at > now and not holder.is_known_dead():
                        continue
                    self._note(connection, "taken_over", row.id, worker, {"from": row.worker})
                connection.execute(
                    update(trials)
                    .where(trials.c.id == row.id)
                    .values(state="running", worker=worker.token, lease_expires_at=now + LEASE_SECONDS)
                )
                return trial_of(connection.execute(TRIALS.where(trials.c.id == row.id)).one())
        return None

    def renew(self, trial: Trial, worker: Worker) -> bool:
        """Holds a trial for another `LEASE_SECONDS`; False if it is no longer the worker's."""
        with self._database.writing() as connection:
            held = (trials.c.id == trial.identifier) & (trials.c.worker == worker.token) & (trials.c.state == "running")
            renewed = update(trials).where(held).values(lease_expires_at=self._clock() + LEASE_SECONDS)
            return connection.execute(renewed).rowcount == 1

    def release(self, trial: Trial, worker: Worker) -> None:
        """Gives a trial back, unevaluated, if it is still the worker's."""
        with self._database.writing() as connection:
            held = (trials.c.id == trial.identifier) & (trials.c.worker == worker.token) & (trials.c.state == "running")
            connection.execute(update(trials).where(held).values(state="waiting", lease_expires_at=None))

    def finish(self, trial: Trial, outcome: Outcome, worker: Worker) -> bool:
        """Ends a trial; False if it had ended: then the outcome is kept as an event and changes nothing."""
        with self._database.writing() as connection:
            now = self._clock()
            state = connection.execute(select(trials.c.state).where(trials.c.id == trial.identifier)).scalar_one()
            if state not in OPEN:
                late = {"state": outcome.state, "reason": outcome.reason, "evaluation": outcome.evaluation}
                self._note(connection, "late", trial.identifier, worker, late)
                return False
            connection.execute(
                update(trials)
                .where(trials.c.id == trial.identifier)
                .values(state=outcome.state, reason=outcome.reason, violation=outcome.violation)
                .values(worker=worker.token, lease_expires_at=None, ended_at=now)
                .values(completion=self._next_completion(connection, trial.kind))
            )
            if outcome.evaluation is not None:
                connection.execute(
                    insert(evaluations).values(
                        trial_id=trial.identifier,
                        seed=outcome.seed,
                        budget=outcome.budget,
                        step=outcome.evaluation.steps,
                        ends_trial=True,
                        score=outcome.evaluation.score,
                        metrics=jsonable(outcome.evaluation.metrics),
                        seconds=outcome.evaluation.seconds,
                        worker=worker.token,
                        at=now,
                    )
                )
        return True

    # Private

    def _of_study(self, column: Any, connection: Connection | None = None) -> Any:
        wanted = select(column).where(studies.c.id == self._study)
        if connection is not None:
            return connection.execute(wanted).scalar_one()
        with self._database.reading() as reading:
            return reading.execute(wanted).scalar_one()

    def _next_completion(self, connection: Connection, kind: Kind) -> int:
        ended = (trials.c.study_id == self._study) & (trials.c.kind == kind) & trials.c.completion.is_not(None)
        return int(connection.execute(select(func.count()).where(ended)).scalar_one())

    def _note(self, connection: Connection, kind: str, trial: int, worker: Worker, detail: Mapping[str, Any]) -> None:
        note = insert(events).values(study_id=self._study, trial_id=trial, worker=worker.token, at=self._clock())
        connection.execute(note.values(kind=kind, detail=jsonable(detail)))
