"""A study that trains nothing: scores by formula, so that a controller can be watched over many trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from controllers.contract import Controller, History, State
from controllers.objective import Constraint, Floats, Objective, violation
from paretobert.history import history_of
from paretobert.proposals import proposal_generator
from paretobert.trial import OPEN, Trial
from search_space import MobileBertSpace, Vectors, multiply_add_counts, parameter_counts

OBJECTIVES = (Objective("score", True), Objective("latency_ms", False))
MIXED: tuple[State, ...] = ("complete", "running", "complete", "failed", "complete", "pruned", "complete")


@dataclass
class SimulatedStudy:
    """Trials told to a controller one by one.

    Attributes:
        space, constraints, seed: as of a study.
        trials: so far.
    """

    space: MobileBertSpace = field(default_factory=MobileBertSpace)
    constraints: Sequence[Constraint] = ()
    seed: int = 0
    trials: list[Trial] = field(default_factory=list)

    def free_metrics(self, X: Vectors) -> Mapping[str, Floats]:
        """A millisecond for 10^9 multiply-adds, and the parameters, of vectors `[n, d]`."""
        dimensions = self.space.dimensions(X)
        return {
            "latency_ms": multiply_add_counts(dimensions, 384) / 1e9,
            "parameters": parameter_counts(dimensions).astype(float),
        }

    def history(self) -> History:
        """What a controller is shown; read-only."""
        return history_of(self.trials, len(self.space.cardinalities))

    def generator(self) -> np.random.Generator:
        """Of the next proposal."""
        return proposal_generator(self.seed, len(self.trials))

    def propose(self, controller: Controller) -> Vectors | None:
        """What a controller answers to the trials so far."""
        return controller.propose(self.history(), self.generator())

    def tell(self, vector: Vectors, state: State = "complete") -> None:
        """Adds a trial; it ends `infeasible` where it violates a constraint on a free metric."""
        free = self.free_metrics(vector[None])
        excess = float(violation(self.constraints, free, 1)[0])
        trial = Trial(
            identifier=len(self.trials),
            kind="search",
            number=len(self.trials),
            name=None,
            state="running",
            vector=tuple(vector.tolist()),
            architecture=self.space.decode(vector),
            metrics={name: float(values[0]) for name, values in free.items()},
            violation=excess,
            seen_completions=self._completions(),
            completion=None,
            seed=self.seed,
            budget=1,
            seconds=None,
            reason="",
        )
        self.trials.append(trial)
        if excess > 0:
            state = "infeasible"
        if state not in OPEN:
            self.end(trial.number, state)

    def end(self, number: int, state: State = "complete") -> None:
        """Ends a running trial; a complete one is scored, the better the larger the network."""
        trial = self.trials[number]
        metrics = dict(trial.metrics)
        if state == "complete":
            score = 1 - np.exp(-(metrics["latency_ms"] + metrics["parameters"] / 1e7) / 15)
            metrics |= {"score": float(score), "loss": float(1 / score)}
        self.trials[number] = replace(trial, state=state, metrics=metrics, completion=self._completions())

    def run(self, controller: Controller, trials: int, states: Sequence[State] = MIXED) -> bool:
        """Adds trials, their states taken in turn; False if the controller has no proposal left."""
        for number in range(trials):
            vector = self.propose(controller)
            if vector is None:
                return False
            self.tell(vector, states[number % len(states)])
        return True

    def _completions(self) -> int:
        return sum(trial.completion is not None for trial in self.trials)
