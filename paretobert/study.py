"""A study: ask for a trial, evaluate it, tell how it ended. All that lasts is in the store."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from controllers.contract import State
from controllers.objective import Constraint, Objective, violation
from evaluators.contract import Diverged, Evaluation, Pruned
from paretobert.assembly import Assembly
from paretobert.history import GrowingHistory
from paretobert.output import one_line
from paretobert.plugins import PluginError
from paretobert.proposals import propose
from paretobert.storage import DuplicateProposal, Store, Worker
from paretobert.trial import OPEN, Outcome, Proposal, Report, Trial
from search_space import PUBLISHED, Vectors

PROPOSALS_PER_TRIAL = 20
DIVERGED = "diverged"
"""How the reason of a trial begins whose training came to no finite score."""


class Study:
    """One worker's view of a study.

    Args:
        store: the study's own.
        assembly: made from the store's configuration.
        worker: entered into the store here.

    Raises:
        ValueError: a latency model or an evaluator is not the one that the study was begun with.
    """

    def __init__(self, store: Store, assembly: Assembly, worker: Worker) -> None:
        assembly.check_begun_with(store.plugins())
        store.register(worker)
        self.store = store
        self.assembly = assembly
        self._worker = worker
        self._history = GrowingHistory(len(assembly.space.cardinalities))
        self._is_reference_open = True
        self._references = {PUBLISHED[name].canonical() for name in assembly.configuration.references}

    @property
    def seed(self) -> int:
        """Of every evaluation and, with a trial's number, of its proposal."""
        return self.assembly.configuration.seed

    def ask(self) -> Trial | None:
        """The next trial to evaluate, now held by this worker; None when there is none left to begin.

        Left and waiting trials come first, then proposals are drawn until one violates no constraint on free metrics.
        A study that can go no further records why, and then no worker begins another trial.

        Raises:
            ValueError: the controller proposed an invalid vector or an architecture that is a trial already.
        """
        while self.store.ended() is None:
            is_any_open = self._catch_up()
            if is_any_open and (trial := self.store.claim(self._worker)) is not None:
                return trial
            if (vector := self._next_vector()) is None:
                return None
            trial = self._enter(vector)
            if trial is not None and trial.state == "running":
                return trial
        return None

    def evaluate(self, trial: Trial, report: Callable[[int, float], None]) -> Outcome:
        """How a trial ends. An exception of the evaluator ends it as `failed`; only `KeyboardInterrupt` goes through.

        An architecture that another trial has been given the same seed and budget for (a reference) is not run again,
        one that the latency model could not predict not at all.
        """
        seed, budget = self.seed, self.assembly.budget
        reports: dict[int, Report] = {}
        begun = time.perf_counter()

        def keep(step: int, value: float) -> None:
            reports[step] = Report(step, float(value), time.perf_counter() - begun)
            report(step, value)

        def ended(state: State, **how: Any) -> Outcome:
            return Outcome(state, seed, budget, **how, reports=tuple(reports.values()))

        if trial.reason:
            return ended("failed", reason=trial.reason)
        try:
            is_reference = trial.architecture in self._references  # both are canonical
            known = self.store.evaluation_of(trial, seed=seed, budget=budget) if is_reference else None
            evaluation = known or self.assembly.evaluator.evaluate(
                trial.architecture, seed=seed, budget=budget, report=keep
            )
            self._check(evaluation, trial)
        except Pruned as error:
            return ended("pruned", reason=one_line(str(error)) or "pruned")
        except Diverged as error:
            return ended("failed", reason=one_line(f"{DIVERGED}: {error}"))
        except Exception as error:  # whatever a plug-in raises is the end of this trial, not of the study
            reason = one_line(f"{type(error).__name__}: {error}")
            return ended("failed", reason=reason, traceback=traceback.format_exc())
        metrics = {**evaluation.metrics, **trial.metrics, "score": evaluation.score}
        return ended("complete", evaluation=evaluation, violation=self._violation(metrics))

    def tell(self, trial: Trial, outcome: Outcome) -> bool:
        """Ends a trial; False if another worker has ended it: then the outcome is only recorded."""
        return self.store.finish(trial, outcome, self._worker)

    def hold(self, trial: Trial) -> bool:
        """Renews the worker's lease; False if the trial is no longer its own."""
        return self.store.renew(trial, self._worker)

    def release(self, trial: Trial) -> None:
        """Gives an unevaluated trial back, for any worker to take."""
        self.store.release(trial, self._worker)

    def _catch_up(self) -> bool:
        """Takes over what has become of the study; whether any trial is open, which this worker might claim."""
        changed = self.store.changed_trials(self._history.num_ended)
        self._history.update(changed)
        if self._is_reference_open:  # once all have ended they stay so
            references = self.store.trials("reference")
            self._is_reference_open = any(trial.state in OPEN for trial in references)
        return self._is_reference_open or any(trial.state in OPEN for trial in changed)

    def _next_vector(self) -> Vectors | None:
        """The vector of the next trial; None if the study needs none or can have none, which is recorded."""
        asked = self.assembly.configuration.trials
        number, counted = len(self._history), self._history.num_counted
        if counted >= asked:
            return None
        if number >= PROPOSALS_PER_TRIAL * asked:
            self.store.end(
                f"{number} proposals gave {counted} trials that meet the constraints, of {asked} "
                "asked for; loosen the constraints or narrow the space"
            )
            return None
        vector = propose(self.assembly, self._history.snapshot())
        if vector is None:
            self.store.end(f"the controller has no proposal left after {number}")
        return vector

    def _enter(self, vector: Vectors) -> Trial | None:
        """The trial of a vector, which this worker runs if it is feasible; None if another worker was first."""
        try:
            return self.store.add(self._proposal(vector), self._worker)
        except DuplicateProposal as error:
            raise ValueError(f"controller {self.assembly.configuration.controller!r}: {error}") from None

    def _proposal(self, vector: Vectors) -> Proposal:
        space = self.assembly.space
        try:
            metrics = {name: float(v[0]) for name, v in self.assembly.metrics_of(space.dimensions(vector)).items()}
        except PluginError as error:
            metrics, problem = {}, one_line(str(error))  # for which the trial fails when it is its turn
        else:
            problem = ""
        excess = self._violation(metrics)
        broken = [str(c) for c in self.assembly.constraints if c.metric in metrics and not c.holds(metrics[c.metric])]
        return Proposal(
            kind="search",
            number=len(self._history),
            architecture=space.decode(vector),
            metrics=metrics,
            violation=excess,
            state="infeasible" if broken else "waiting",
            vector=tuple(vector.tolist()),
            seen_completions=self._history.num_ended,
            reason=f"violates {', '.join(broken)}" if broken else problem,
        )

    def _violation(self, metrics: dict[str, float]) -> float:
        return float(violation(self.assembly.constraints, {k: np.array([v]) for k, v in metrics.items()}, 1)[0])

    def _check(self, evaluation: Evaluation, trial: Trial) -> None:
        if not math.isfinite(evaluation.score):
            raise Diverged(f"the score is {evaluation.score}")
        known = {"score", *evaluation.metrics, *trial.metrics}
        asked: tuple[Objective | Constraint, ...] = (*self.assembly.objectives, *self.assembly.constraints)
        if missing := [str(wish) for wish in asked if wish.metric not in known]:
            raise ValueError(f"{missing[0]!r}: the evaluation has no such metric; it has {', '.join(sorted(known))}")
