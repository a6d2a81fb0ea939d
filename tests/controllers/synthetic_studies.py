"""Studies without training: a score by formula, the multiply-adds as latency, and the ask-and-tell loop around them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from controllers.contract import Controller, History
from controllers.objective import Constraint, Floats, Objective, violation
from controllers.pareto import hypervolume
from search_space import MobileBertSpace, Space, Vectors, multiply_add_counts

SPACE = MobileBertSpace()
TINY_SPACE = MobileBertSpace(
    hidden_size=(256, 512),
    num_attention_heads=(4,),
    bottleneck_size=(128,),
    intermediate_size=(512,),
    num_feedforward=(1, 2),
    max_blocks_per_slot=1,
)
OBJECTIVES = (Objective("score", True), Objective("latency_ms", False))
REFERENCE = np.array([0.0, 37.6])  # no score at all, and twice the multiply-adds of MobileBERT-EdgeTPU-M


def free_metrics(X: Vectors, space: MobileBertSpace = SPACE) -> dict[str, Floats]:
    """A millisecond for 10^9 multiply-adds."""
    return {"latency_ms": multiply_add_counts(space.dimensions(X), 384) / 1e9}


def score(X: Vectors, space: MobileBertSpace = SPACE, noise: float = 0.01) -> Floats:
    """Rises with depth and widths at diminishing returns, each counting otherwise than in the multiply-adds; uneven
    bottlenecks cost a little; noise is fixed by architecture, as it is by an evaluator's one seed."""
    d = space.dimensions(X)
    used = d.num_blocks > 0
    width = (
        np.where(used, d.bottleneck_size / 256, 1) ** 0.6
        * np.where(used, d.intermediate_size / 1024, 1) ** 0.2
        * np.where(used, d.num_feedforward / 4, 1) ** 0.5
        * np.exp(-0.08 * np.abs(np.log2(np.where(used, d.num_attention_heads / 4, 1))))
    )
    capacity = (d.num_blocks * width).sum(axis=1) ** 0.7 * (d.hidden_size / 512) ** 0.4
    steps = np.abs(np.diff(np.log2(np.where(used, d.bottleneck_size, 1)), axis=1)) * used[:, 1:]
    luck = [np.random.default_rng(zlib.crc32(repr(space.canonical_key(x)).encode())).normal() for x in X]
    return 0.15 + 0.65 * (1 - np.exp(-0.28 * capacity)) - 0.02 * steps.sum(axis=1) + noise * np.array(luck)


@dataclass
class Study:
    """Trials told to a controller one by one, each evaluated at once unless it is left running."""

    space: Any = SPACE
    constraints: Sequence[Constraint] = ()
    free_metrics: Callable[[Vectors], Mapping[str, Floats]] = free_metrics
    score: Callable[[Vectors], Floats] = score
    seed: int = 0
    vectors: list[Vectors] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=lambda: {"score": [], "latency_ms": []})
    violations: list[float] = field(default_factory=list)
    completion: list[int] = field(default_factory=list)

    def controller(self, kind: Callable[..., Controller], **options: Any) -> Controller:
        return kind(self.space, OBJECTIVES, self.constraints, self.free_metrics, **options)

    def history(self) -> History:
        t = len(self.vectors)
        history = History(
            np.array(self.vectors, np.int64).reshape(t, len(self.space.cardinalities)),
            np.array(self.states, "U10"),
            {metric: np.array(column, float) for metric, column in self.values.items()},
            np.array(self.violations, float),
            np.array(self.completion, np.int64),
        )
        for array in (history.vectors, history.states, history.violations, history.completion):
            array.flags.writeable = False
        return history

    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, len(self.vectors)])

    def tell(self, x: Vectors, state: str = "complete") -> None:
        latency = float(self.free_metrics(x[None])["latency_ms"][0])
        excess = float(violation(self.constraints, {"latency_ms": np.array([latency])}, 1)[0])
        state = "infeasible" if excess > 0 else state
        self.vectors.append(x)
        self.states.append(state)
        self.values["score"].append(float(self.score(x[None])[0]) if state == "complete" else np.nan)
        self.values["latency_ms"].append(latency if state != "running" else np.nan)
        self.violations.append(excess)
        self.completion.append(-1 if state == "running" else max(self.completion, default=-1) + 1)

    def run(self, controller: Controller, trials: int, states: Sequence[str] = ("complete",)) -> bool:
        """Adds trials, their states taken in turn; False if the controller had no more proposals."""
        for number in range(trials):
            x = controller.propose(self.history(), self.rng())
            if x is None:
                return False
            self.tell(x, states[number % len(states)])
        return True

    def hypervolume(self) -> float:
        return hypervolume(self.history().points(OBJECTIVES), REFERENCE)


def keys(space: Space, vectors: Sequence[Vectors]) -> list[Any]:
    return [space.canonical_key(x) for x in vectors]


@dataclass(frozen=True)
class Grid:
    """Every vector within the cardinalities, each an architecture of its own; no decision ordered unless said."""

    cardinalities: Vectors
    ordered: Any

    def is_valid(self, X: Vectors) -> Any:
        return ((X >= 0) & (self.cardinalities > X)).all(axis=1)

    def repair(self, X: Vectors) -> Vectors:
        return X.copy()

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        return rng.integers(0, self.cardinalities, (size, len(self.cardinalities)))

    def canonical_key(self, x: Vectors) -> tuple[int, ...]:
        return tuple(int(value) for value in x)

    def features(self, X: Vectors) -> Floats:
        return X.astype(float)
