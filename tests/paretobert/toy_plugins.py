"""Plug-ins that are quick enough to run whole studies with, by name: `toy_plugins:Formula`."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from controllers.contract import FreeMetrics, History
from controllers.objective import Constraint, Objective
from evaluators.contract import Diverged, Evaluation, Pruned
from search_space import Architecture, Space, Vectors, multiply_adds, parameters


class Formula:
    """Scores by a formula of the sizes, and keeps a line for each evaluation in `log`."""

    def __init__(self, steps: int = 7, seconds: float = 0.0, log: str = "", fail: str = "") -> None:
        self.steps = steps
        self._seconds = seconds
        self._log = log
        self._fail = fail

    def prepare(self, workspace: Path) -> None:
        if self._fail == "prepare":
            raise ValueError("teacher 'owl' does not fit task 'formula': it has another vocabulary")
        workspace.mkdir(parents=True, exist_ok=True)

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        if self._log:
            with Path(self._log).open("a") as log:
                log.write(f"{architecture.canonical().to_json()}\n")
        time.sleep(self._seconds)
        deep = architecture.num_blocks > 9
        if self._fail == "always" or (self._fail == "deep" and deep):
            raise RuntimeError("out of luck")
        if self._fail == "interrupt" and deep:
            self._fail = ""
            raise KeyboardInterrupt
        if self._fail == "diverge" and deep:
            raise Diverged("the loss is nan")
        if self._fail == "nan" and deep:
            return Evaluation(math.nan, budget, 0.0)
        if self._fail == "prune" and deep:
            raise Pruned("no better than the median")
        size = parameters(architecture) + multiply_adds(architecture, 128) / 100 + 1e5 * seed
        return Evaluation(1 - math.exp(-size / 1e8), budget, 0.0, {"loss": 1e8 / size})

    def fingerprint(self) -> str:
        return f"formula {self.steps}"


class Picky(Formula):
    """Says beforehand that it scores no narrow bottleneck."""

    def check_architecture(self, architecture: Architecture) -> None:
        for stage in architecture.stages:
            if stage.bottleneck_size < 192:
                raise ValueError(f"bottleneck_size {stage.bottleneck_size} is too small")


class Reporter(Formula):
    """Reports thrice, and prunes deep networks after the second time."""

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        for step, value in ((1, 9.9), (1, 0.1), (2, 0.2)):
            report(step, value)
        if architecture.num_blocks > 9:
            raise Pruned("no better than the median")
        for step, value in ((2, 0.2), (3, 0.3), (4, math.nan)):
            report(step, value)
        return Evaluation(0.5, 3, 0.0)


class Climber:
    """Every other proposal is a neighbour of the best trial so far, so that proposals depend on the history."""

    def __init__(
        self,
        space: Space,
        objectives: tuple[Objective, ...],
        constraints: tuple[Constraint, ...],
        free_metrics: FreeMetrics,
    ) -> None:
        self._space = space

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        seen = {self._space.canonical_key(vector) for vector in history.vectors}
        scores = history.values.get("score", np.zeros(0))
        for attempt in range(200):
            vector = self._space.sample(rng, 1)[0]
            if attempt < 100 and len(history) % 2 and np.isfinite(scores).any():
                best = history.vectors[np.nanargmax(scores)].copy()
                decision = rng.integers(len(best))
                best[decision] = rng.integers(self._space.cardinalities[decision])
                vector = self._space.repair(best)[0]
            if self._space.canonical_key(vector) not in seen:
                return vector
        return None


class Stubborn(Climber):
    """Breaks the contract: always proposes the same."""

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        return self._space.sample(np.random.default_rng(0), 1)[0]


class Deadly(Formula):
    """Takes its worker with it where an architecture is wide, as one does that needs more memory than there is."""

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        if architecture.hidden_size == 640:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)
