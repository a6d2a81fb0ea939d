"""Retrains a spread of a study's trials for longer, and writes into the study how the two scores rank them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from evaluators.contract import Diverged, Evaluation
from paretobert.assembly import Assembly, assemble, load_evaluator
from paretobert.config import Configuration
from paretobert.folder import StudyFolder
from paretobert.frontier import find_frontier
from paretobert.guarded import GuardedEvaluator
from paretobert.launch import warn_of_another_machine
from paretobert.output import one_line
from paretobert.plugins import resolve
from paretobert.runner import FAILURES_IN_A_ROW, StudyStopped
from paretobert.storage import Store, Worker
from paretobert.trial import Trial
from paretobert.verification import Failure, Verification, spread, verification_document

FEWEST = 2  # trials that can be ranked


class Retraining:
    """A study's verification, to be run; what it has found is in the store after each retraining.

    Args:
        folder: the study's.
        store: that folder's, open.
        trials: how many trials of the search to retrain, at least 2; the frontier always is.
        seeds: how often each.
        budget_factor: how often the search's budget of training steps, at least 2.
        references: whether to retrain the published models too.

    Raises:
        ValueError: a number is out of range, the study has too few complete trials, its evaluator trains nothing or is
            no longer what the study was begun with.
    """

    def __init__(
        self,
        folder: StudyFolder,
        store: Store,
        *,
        trials: int,
        seeds: int = 1,
        budget_factor: int = 10,
        references: bool = False,
    ) -> None:
        for name, value, least in (
            ("trials", trials, FEWEST),
            ("seeds", seeds, 1),
            ("budget_factor", budget_factor, 2),
        ):
            if value < least:
                raise ValueError(f"verify: {name} must be at least {least}, not {value}")
        configuration = store.configuration()
        assembly = assemble(configuration)
        assembly.check_begun_with(store.plugins())
        budget = budget_factor * assembly.budget
        self._evaluator = _evaluator(assembly, budget_factor)
        self._store, self._cache = store, folder.cache
        self._failures: list[Failure] = []
        self.verification = Verification(
            _chosen(configuration, store, trials, references),
            tuple(configuration.seed + number for number in range(1, seeds + 1)),
            budget,
            budget_factor,
            self._evaluator.fingerprint(),
        )

    def prepare(self) -> None:
        """Prepares the evaluator: such as its teacher's outputs for the longer budget.

        Raises:
            ValueError: what the evaluator cannot do.
            OSError: a file that it needs cannot be read or written.
        """
        self._evaluator.prepare(self._cache)

    def document(self) -> dict[str, Any]:
        """What has been found so far, with what failed since this was made."""
        scores = self._store.retrained(self.verification.budget)
        return verification_document(self.verification, scores, self._failures)

    def run(self, ended: Callable[[int], None], enough: Callable[[], bool] = lambda: False) -> None:
        """Retrains what has no score yet; the evaluator must be prepared.

        Args:
            ended: called at the start and after each retraining with how many are over.
            enough: asked before each; true ends the run, which can be taken up again.

        Raises:
            StudyStopped: so many retrainings in a row gave no score that the next would not either.
        """
        wanted, worker = self.verification, Worker.current()
        self._store.register(worker)
        warn_of_another_machine(self._store)
        known = self._store.retrained(wanted.budget)
        in_a_row = 0
        for number, (trial, seed) in enumerate(wanted.runs):
            ended(number)
            if (trial.identifier, seed) in known:
                continue
            if enough():
                break
            try:
                evaluation = self._retrained(trial, seed)
            except Exception as error:  # whatever a plug-in raises is the end of this retraining alone
                self._failures.append(Failure(trial, seed, one_line(f"{type(error).__name__}: {error}")))
                in_a_row += 1
            else:
                self._store.keep_retrained(trial, evaluation, seed=seed, budget=wanted.budget, worker=worker)
                in_a_row = 0
            self._store.write_verification(self.document(), worker)
            if in_a_row == FAILURES_IN_A_ROW:
                raise StudyStopped(
                    f"{in_a_row} retrainings in a row failed, the last one with: {self._failures[-1].reason}"
                )
        else:
            ended(len(wanted.runs))
        self._store.write_verification(self.document(), worker)

    def _retrained(self, trial: Trial, seed: int) -> Evaluation:
        evaluation = self._evaluator.evaluate(
            trial.architecture, seed=seed, budget=self.verification.budget, report=lambda step, value: None
        )
        if not math.isfinite(evaluation.score):
            raise Diverged(f"the score is {evaluation.score}")
        return evaluation


def _evaluator(assembly: Assembly, budget_factor: int) -> GuardedEvaluator:
    """The study's evaluator, given as much more time as steps.

    One with an option `steps` is made for the longer budget, so that it has examples for it.

    Raises:
        ValueError: it trains nothing.
    """
    configuration = assembly.configuration
    if not hasattr(assembly.evaluator, "steps"):
        raise ValueError(
            f"evaluator {configuration.evaluator!r} trains nothing, so there is no longer training to verify"
        )
    limit = configuration.trial_timeout_seconds
    seconds = None if limit is None else limit * budget_factor
    plugin = resolve("evaluator", configuration.evaluator)
    if not plugin.has_option("steps"):
        return replace(assembly.evaluator, seconds=seconds)
    options = {**configuration.evaluator_options, "steps": budget_factor * assembly.budget}
    return load_evaluator(plugin, options, seconds)[0]


def _chosen(configuration: Configuration, store: Store, size: int, references: bool) -> tuple[Trial, ...]:
    trials, published = store.trials(), store.trials("reference")
    complete = sum(trial.state == "complete" for trial in trials)
    if complete < FEWEST:
        raise ValueError(f"study {configuration.name!r} has {complete} complete trials: verify ranks {FEWEST} or more")
    chosen = spread(trials, find_frontier(configuration, trials, published).trials, size)
    return (*chosen, *(trial for trial in published if references and trial.state == "complete"))
