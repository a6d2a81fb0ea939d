"""`Trial`, one architecture of a study, and `Outcome`, how it ended."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from controllers.contract import State
from evaluators.contract import Evaluation
from search_space import Architecture

Kind = Literal["search", "reference"]
KINDS: tuple[Kind, ...] = get_args(Kind)

OPEN: tuple[State, ...] = ("waiting", "running")
EVALUATED: tuple[State, ...] = ("complete", "pruned", "failed")
"""The ends that count towards the number of trials asked for; `infeasible` ones were never evaluated."""


@dataclass(frozen=True)
class Trial:
    """A trial as the store knows it.

    Attributes:
        identifier: the store's own; the user knows the number.
        kind: `reference` for a published model, which no controller sees.
        number: from 0, within its kind.
        name: a published model's; None for a proposal.
        state: see `controllers.State`.
        vector: the proposal, int `[d]`; empty for a reference.
        metrics: the free ones from the start, `score` and the evaluator's once it is evaluated.
        violation: of the constraints whose metrics are known.
        seen_completions: how many trials had ended when this was proposed. With the numbers below its own, that says
            which trials the controller saw, and which of them had ended.
        completion: the rank in which it ended, from 0; None while it is open.
        seed, budget, seconds: of the evaluation that ended it; None without one.
        reason: why it was pruned, infeasible or failed, or will fail when it is its turn; else empty.
    """

    identifier: int
    kind: Kind
    number: int
    name: str | None
    state: State
    vector: tuple[int, ...]
    architecture: Architecture
    metrics: Mapping[str, float]
    violation: float
    seen_completions: int
    completion: int | None
    seed: int | None
    budget: int | None
    seconds: float | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The trial as every command prints it, JSON-able; see docs/json.md. A metric that is not finite is None."""
        return {
            "number": self.number,
            "state": self.state,
            "architecture": self.architecture.to_dict(),
            "metrics": {name: value if math.isfinite(value) else None for name, value in self.metrics.items()},
            "violation": self.violation,
            "seed": self.seed,
            "budget": self.budget,
            "seconds": self.seconds,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Proposal:
    """A trial before it stands in the store; the fields are those of `Trial`."""

    kind: Kind
    number: int
    architecture: Architecture
    metrics: Mapping[str, float]
    violation: float = 0.0
    state: State = "waiting"
    vector: tuple[int, ...] = ()
    name: str | None = None
    seen_completions: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """What an evaluator said while it ran: a value, higher is better, after `step` training steps and `seconds`."""

    step: int
    value: float
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: `complete`, `pruned` or `failed`.
        evaluation: what the evaluator gave, with the seed and the budget (training steps) it was given; None if failed.
        violation: of all constraints.
        reason: one line.
        traceback: of an unexpected exception; goes to the logs.
        reports: made on the way, the last one of each step.
    """

    state: State
    seed: int
    budget: int
    evaluation: Evaluation | None = None
    violation: float = 0.0
    reason: str = ""
    traceback: str = field(default="", repr=False)
    reports: tuple[Report, ...] = ()


def canonical_key(architecture: Architecture) -> str:
    """Equal for two architectures if and only if they are the same trial."""
    return hashlib.sha256(architecture.canonical().to_json().encode()).hexdigest()
