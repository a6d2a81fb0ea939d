"""The converse of the adapter: any controller as a `pg.DNAGenerator`, which `pg.sample` takes."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pyglove as pg

from controllers.contract import History, State
from controllers.objective import violation
from search_space import Vectors, dna_map


@pg.members(
    [
        ("controller", pg.typing.Any(), "A `Controller` of the space that is sampled."),
        ("space", pg.typing.Any(), "That `Space`."),
        ("objectives", pg.typing.Any(), "What the controller was made with: a sequence of `Objective`,"),
        ("constraints", pg.typing.Any(), "of `Constraint`,"),
        ("free_metrics", pg.typing.Any(), "and `FreeMetrics`."),
        ("seed", pg.typing.Int(default=0), "Of the proposals, as a study's."),
    ]
)
class ControllerGenerator(pg.DNAGenerator):  # type: ignore[misc]  # PyGlove is untyped
    """Proposes what a controller does, for `MobileBertSpace.pyglove()` or a list of a choice for each decision.

    A reward tells the objectives that are not free, in their order; as everywhere in PyGlove more is better, so that of
    `min loss` is minus the loss. What violates a constraint on free metrics is never asked for.
    """

    def _on_bound(self) -> None:
        super()._on_bound()
        free = self.free_metrics(self.space.sample(np.random.default_rng(0), 1))
        self._costly = [objective for objective in self.objectives if objective.metric not in free]

    def _setup(self) -> None:
        self._dna = dna_map(self.space)
        if not pg.eq(self._dna.spec, self.dna_spec):
            raise ValueError(
                "the controller proposes for another space than is sampled: give pg.sample the space that it was made "
                "with, as space.pyglove()"
            )
        self._lock = threading.Lock()  # pg.sample may be called by several threads, of which each gives its feedback
        self._numbers: dict[Hashable, int] = {}  # of trials, by the key of their vectors
        self._vectors: list[Vectors] = []
        self._states: list[State] = []
        self._metrics: list[Mapping[str, float]] = []
        self._ended: list[int] = []  # numbers of trials, in the order in which they ended

    @property
    def multi_objective(self) -> bool:
        return len(self._costly) > 1

    def _propose(self) -> pg.DNA:
        with self._lock:
            while True:
                rng = np.random.default_rng([self.seed, len(self._vectors)])
                x = self.controller.propose(self._history(), rng)
                if x is None:
                    raise StopIteration
                if self._add(x) == 0:
                    return self._dna.dna(x)
                self._end(len(self._vectors) - 1, "infeasible", {})

    def _feedback(self, dna: pg.DNA, reward: float | tuple[float, ...]) -> None:
        rewards = reward if isinstance(reward, tuple) else (reward,)
        if self._costly and len(rewards) != len(self._costly):
            wanted = ", ".join(map(str, self._costly))
            raise ValueError(f"{len(rewards)} rewards for {len(self._costly)} objectives that are not free ({wanted})")
        values = zip(self._costly, rewards, strict=False)
        told = {costly.metric: value if costly.maximize else -value for costly, value in values}
        with self._lock:
            self._end(self._numbers[self.space.canonical_key(self._dna.vector(dna))], "complete", told)

    def _replay(self, trial_id: int, dna: pg.DNA, reward: Any) -> None:
        self._add(self._dna.vector(dna))
        if reward is not None:
            self._feedback(dna, reward)

    def _add(self, x: Vectors) -> float:
        """Notes a running trial; how much it violates constraints on free metrics."""
        metrics = {name: float(values[0]) for name, values in self.free_metrics(x[None]).items()}
        self._numbers[self.space.canonical_key(x)] = len(self._vectors)
        self._vectors.append(x)
        self._states.append("running")
        self._metrics.append(metrics)
        return self._violation(metrics)

    def _end(self, number: int, state: State, told: Mapping[str, float]) -> None:
        self._states[number] = state
        self._metrics[number] = {**told, **self._metrics[number]}
        self._ended.append(number)

    def _violation(self, metrics: Mapping[str, float]) -> float:
        return float(violation(self.constraints, {name: np.array([value]) for name, value in metrics.items()}, 1)[0])

    def _history(self) -> History:
        names = sorted({name for metrics in self._metrics for name in metrics})
        has_ended = np.array([state != "running" for state in self._states], bool)
        completion = np.full(len(self._vectors), -1, np.int64)
        completion[self._ended] = np.arange(len(self._ended))
        history = History(
            vectors=np.array(self._vectors, np.int64).reshape(len(self._vectors), len(self.space.cardinalities)),
            states=np.array(self._states, "U10"),
            values={
                name: np.where(has_ended, [metrics.get(name, np.nan) for metrics in self._metrics], np.nan)
                for name in names
            },
            violations=np.array([self._violation(metrics) for metrics in self._metrics], float),
            completion=completion,
        )
        for array in (history.vectors, history.states, *history.values.values(), history.violations, completion):
            array.flags.writeable = False
        return history
