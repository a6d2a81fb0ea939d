"""A study: ask for a trial, evaluate it, tell how it ended. All that lasts is in the store."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable

import numpy as np

from controllers.objective import Constraint, Objective, violation
from evaluators.contract import Diverged, Evaluation, Pruned
from paretobert.assembly import Assembly
from paretobert.history import history_of, proposal_generator
from paretobert.storage import DuplicateProposal, Store, Worker
from paretobert.trial import EVALUATED, OPEN, Outcome, Proposal, Trial
from search_space import Vectors

PROPOSALS_PER_TRIAL = 20


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

    @property
    def seed(self) -> int:
        """Of every evaluation and, with a trial's number, of its proposal."""
        return self.assembly.configuration.seed

    def ask(self) -> Trial | None:
        """The next trial to evaluate, now held by this worker; None when there is none left to begin.

        Left and waiting trials come first, then proposals are drawn until one violates no constraint on free metrics.
        A study that can go no further records why.

        Raises:
            ValueError: the controller proposed an invalid vector or an architecture that is a trial already.
        """
        while (trial := self.store.claim(self._worker)) is None:
            if not self._propose():
                return None
        return trial

    def evaluate(self, trial: Trial, report: Callable[[int, float], None]) -> Outcome:
        """How a trial ends. An exception of the evaluator ends it as `failed`; only `KeyboardInterrupt` goes through.

        An architecture that another trial has been given the same seed and budget for (a reference) is not run again.
        """
        seed, budget = self.seed, self.assembly.budget
        try:
            known = self.store.evaluation_of(trial.architecture, seed=seed, budget=budget)
            evaluation = known or self.assembly.evaluator.evaluate(
                trial.architecture, seed=seed, budget=budget, report=report
            )
            self._check(evaluation, trial)
        except Pruned as error:
            return Outcome("pruned", seed, budget, reason=str(error) or "pruned")
        except Diverged as error:
            return Outcome("failed", seed, budget, reason=f"diverged: {error}")
        except Exception as error:  # whatever a plug-in raises is the end of this trial, not of the study
            reason = f"{type(error).__name__}: {error}"
            return Outcome("failed", seed, budget, reason=_one_line(reason), traceback=traceback.format_exc())
        metrics = {**evaluation.metrics, **trial.metrics, "score": evaluation.score}
        return Outcome("complete", seed, budget, evaluation, self._violation(metrics))

    def tell(self, trial: Trial, outcome: Outcome) -> bool:
        """Ends a trial; False if another worker has ended it: then the outcome is only recorded."""
        return self.store.finish(trial, outcome, self._worker)

    def hold(self, trial: Trial) -> bool:
        """Renews the worker's lease; False if the trial is no longer its own."""
        return self.store.renew(trial, self._worker)

    def release(self, trial: Trial) -> None:
        """Gives an unevaluated trial back, for any worker to take."""
        self.store.release(trial, self._worker)

    def _propose(self) -> bool:
        """Enters one proposal; False if the study needs none or can have none."""
        configuration, space = self.assembly.configuration, self.assembly.space
        trials = self.store.trials()
        number = len(trials)
        counted = sum(trial.state in (*EVALUATED, *OPEN) for trial in trials)
        if counted >= configuration.trials:
            return False
        if number >= PROPOSALS_PER_TRIAL * configuration.trials:
            self.store.end(
                f"{number} proposals gave {counted} trials that meet the constraints, of {configuration.trials} "
                "asked for; loosen the constraints or narrow the space"
            )
            return False
        history = history_of(trials, len(space.cardinalities))
        vector = self.assembly.controller.propose(history, proposal_generator(configuration.seed, number))
        if vector is None:
            self.store.end(f"the controller has no proposal left after {number}")
            return False
        proposal = self._proposal(number, vector, seen_completions=sum(t.completion is not None for t in trials))
        try:
            self.store.add(proposal)  # if another worker was first, the next round proposes anew
        except DuplicateProposal as error:
            raise ValueError(f"controller {configuration.controller!r}: {error}") from None
        return True

    def _proposal(self, number: int, vector: Vectors, seen_completions: int) -> Proposal:
        space = self.assembly.space
        vector = np.asarray(vector, np.int64)
        if not space.is_valid(vector)[0]:
            name = self.assembly.configuration.controller
            raise ValueError(f"controller {name!r} proposed an invalid vector for trial {number}: {vector.tolist()}")
        metrics = {name: float(v[0]) for name, v in self.assembly.metrics_of(space.dimensions(vector)).items()}
        excess = self._violation(metrics)
        broken = [str(c) for c in self.assembly.constraints if c.metric in metrics and _violates(c, metrics[c.metric])]
        return Proposal(
            kind="search",
            number=number,
            architecture=space.decode(vector),
            metrics=metrics,
            violation=excess,
            state="infeasible" if broken else "waiting",
            vector=tuple(vector.tolist()),
            seen_completions=seen_completions,
            reason=f"violates {', '.join(broken)}" if broken else "",
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


def _violates(constraint: Constraint, value: float) -> bool:
    return bool(constraint.violation(np.array([value]))[0] > 0)


def _one_line(text: str) -> str:
    return " ".join(text.split())
