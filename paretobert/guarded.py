"""Plug-ins as a study calls them: within a time limit, what goes wrong is told by name, what comes back is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from controllers.contract import Controller, History
from evaluators.contract import Evaluation, Evaluator, Examples, Task, Vocabulary
from evaluators.tasks import has_answers
from latency_models import CostEstimate, LatencyModel, OpGraphBatch
from paretobert.contracts import cost_problem, evaluation_problem, examples_problem, proposal_problem
from paretobert.plugins import Plugin, PluginError, PluginTimeoutError, naming, prints_aside
from paretobert.time_limit import TimeLimitExceeded, time_limit
from search_space import Architecture, Space, Vectors


@dataclass(frozen=True)
class GuardedLatencyModel:
    """A `LatencyModel`; all that goes wrong in it is a `PluginError`.

    Attributes:
        plugin: its name.
        inner: the latency model itself.
        seconds: that a prediction may take; None is no limit.
    """

    plugin: Plugin
    inner: LatencyModel
    seconds: float | None = None

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        with naming(self.plugin), _limited(self.plugin, self.seconds):
            cost = self.inner.predict(batch)
        _check(self.plugin, cost_problem(cost, batch))
        return cost

    def fingerprint(self) -> str:
        return _fingerprint(self.plugin, self.inner)


@dataclass(frozen=True)
class GuardedController:
    """A `Controller`; all that goes wrong in it is a `PluginError`.

    Attributes:
        plugin: its name.
        inner: the controller itself.
        space: that its proposals are of.
        seconds: that a proposal may take; None is no limit.
    """

    plugin: Plugin
    inner: Controller
    space: Space
    seconds: float | None = None

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        with naming(self.plugin), _limited(self.plugin, self.seconds):
            vector = self.inner.propose(history, rng)
        if vector is None:
            return None
        _check(self.plugin, proposal_problem(vector, self.space))
        return np.asarray(vector, np.int64)


@dataclass(frozen=True)
class GuardedEvaluator:
    """An `Evaluator`, with what the plug-in has beside the contract (`steps`, `disk_needed`).

    What an evaluation raises goes through, for it ends one trial; a time limit that is over, an exit or a result that
    is none is a `PluginError`, as is all that goes wrong in `prepare`.

    Attributes:
        plugin: its name.
        inner: the evaluator itself.
        seconds: that an evaluation may take; None is no limit. `prepare` has none: it is done once a study.
    """

    plugin: Plugin
    inner: Evaluator
    seconds: float | None = None

    def prepare(self, workspace: Path) -> None:
        with naming(self.plugin), _limited(self.plugin, None):
            self.inner.prepare(workspace)

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        with _limited(self.plugin, self.seconds):
            evaluation = self.inner.evaluate(
                architecture, seed=seed, budget=budget, report=report, checkpoint=checkpoint
            )
        _check(self.plugin, evaluation_problem(evaluation, budget))
        return evaluation

    def fingerprint(self) -> str:
        return _fingerprint(self.plugin, self.inner)

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # asked for while a copy is made of nothing yet
            raise AttributeError(name)
        return getattr(self.inner, name)


@dataclass(frozen=True)
class GuardedTask:
    """A `Task`; all that goes wrong in it is a `PluginError`."""

    plugin: Plugin
    inner: Task

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def sequence_length(self) -> int:
        return self.inner.sequence_length

    @property
    def has_answers(self) -> bool:
        return has_answers(self.inner)

    def vocabulary(self, workspace: Path) -> Vocabulary:
        with naming(self.plugin), _limited(self.plugin, None):
            return self.inner.vocabulary(workspace)

    def examples(self, split: Literal["train", "held_out"], vocabulary: Vocabulary, workspace: Path) -> Examples:
        with naming(self.plugin), _limited(self.plugin, None):
            examples = self.inner.examples(split, vocabulary, workspace)
        _check(self.plugin, examples_problem(examples, self.sequence_length))
        return examples

    def answer_metrics(
        self,
        start_logits: NDArray[np.float32],
        end_logits: NDArray[np.float32],
        vocabulary: Vocabulary,
        workspace: Path,
    ) -> dict[str, float]:
        with naming(self.plugin), _limited(self.plugin, None):
            return self.inner.answer_metrics(start_logits, end_logits, vocabulary, workspace)

    def fingerprint(self) -> str:
        return _fingerprint(self.plugin, self.inner)


@contextmanager
def _limited(plugin: Plugin, seconds: float | None) -> Iterator[None]:
    """A call of a plug-in within its time."""
    try:
        with prints_aside(), time_limit(seconds):
            yield
    except TimeLimitExceeded:
        raise PluginTimeoutError(f"{plugin.title} took longer than {seconds:g} s (trial_timeout_seconds)") from None
    except SystemExit as error:
        raise PluginError(f"{plugin.title}: SystemExit: {error}") from error


def _fingerprint(plugin: Plugin, inner: LatencyModel | Evaluator | Task) -> str:
    with naming(plugin), _limited(plugin, None):
        fingerprint = inner.fingerprint()
    if not isinstance(fingerprint, str) or not fingerprint:
        raise PluginError(f"{plugin.title} has the fingerprint {fingerprint!r}: it must be a text that is not empty")
    return fingerprint


def _check(plugin: Plugin, problem: str | None) -> None:
    if problem is not None:
        raise PluginError(f"{plugin.title} {problem}")
