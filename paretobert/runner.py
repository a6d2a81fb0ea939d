"""Runs a study in this process, one trial after another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import OperationalError

from paretobert.storage import LEASE_SECONDS
from paretobert.study import DIVERGED, Study
from paretobert.trial import Outcome, Trial

FAILURES_IN_A_ROW = 5


class StudyStopped(Exception):  # noqa: N818
    """A study that would only fail again; the message says what to do."""


class _Leases:
    """Renews, in a thread, a worker's hold on the trial that it evaluates."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._trial: Trial | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)

    def __enter__(self) -> _Leases:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def of(self, trial: Trial) -> Iterator[None]:
        """Within, the lease of the trial does not end."""
        self._trial = trial
        try:
            yield
        finally:
            self._trial = None

    def _renew(self) -> None:
        while not self._over.wait(LEASE_SECONDS / 4):
            if (trial := self._trial) is not None:
                with suppress(OperationalError):  # busy for long: another attempt comes before the lease ends
                    self._study.hold(trial)


def run(
    study: Study,
    logs: Path,
    ended: Callable[[Trial, Outcome], None],
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Evaluates trials until none is left to begin; the evaluator must be prepared.

    Args:
        study: asked and told.
        logs: a folder; the traceback of an unexpected failure is written to a file there.
        ended: called after each trial that this worker ended.
        enough: asked before each trial; true ends the run, which can be taken up again.

    Raises:
        StudyStopped: so many trials in a row failed that the next would too.
        ValueError: the controller breaks its contract.
    """
    _stop_if_only_failing(study, logs)  # a process that was killed may have left a whole row of failures
    with _Leases(study) as leases:
        _run(study, leases, logs, ended, enough)


def _run(
    study: Study, leases: _Leases, logs: Path, ended: Callable[[Trial, Outcome], None], enough: Callable[[], bool]
) -> None:
    while not enough() and (trial := study.ask()) is not None:
        try:
            with leases.of(trial):
                outcome = study.evaluate(trial, report=lambda step, value: None)
        except KeyboardInterrupt:
            study.release(trial)
            raise
        if outcome.traceback:
            _write_log(logs, trial, outcome)
        if study.tell(trial, outcome):
            ended(trial, outcome)
        if outcome.state == "failed":
            _stop_if_only_failing(study, logs)


def _stop_if_only_failing(study: Study, logs: Path) -> None:
    """Ends the study after `FAILURES_IN_A_ROW`, counted in the store: the row may have begun in another process."""
    reasons = study.store.failures_in_a_row(FAILURES_IN_A_ROW)
    if len(reasons) < FAILURES_IN_A_ROW:
        return
    if all(reason.startswith(DIVERGED) for reason in reasons):
        advice = "the learning rate is too high for most candidates: begin a new study with a lower one"
    else:
        advice = f"look into {logs}, put it right, and begin anew or resume without them"
    message = f"{len(reasons)} trials in a row failed, the last one with: {reasons[0]}; {advice}"
    study.store.stop(message)
    raise StudyStopped(message)


def _write_log(logs: Path, trial: Trial, outcome: Outcome) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    name = f"reference-{trial.name}" if trial.kind == "reference" else f"trial-{trial.number:04d}"
    (logs / f"{name}.log").write_text(f"{trial.architecture.to_json()}\n\n{outcome.traceback}", encoding="utf-8")
