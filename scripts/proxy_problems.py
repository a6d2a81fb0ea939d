"""What `benchmark_proxies.py` compares: problems, the architectures that they are ranked on, and the proxies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scoring import draw_candidates

from paretobert.assembly import Assembly
from paretobert.config import Configuration, validated
from paretobert.verification import farthest, ranks
from search_space import Architecture, Dimensions

SHARED_SQUAD = Path(__file__).parents[2] / "shared" / "data" / "squad"

DRAWN = 1_000  # random architectures that a spread is chosen from
MATCHED = 0.05  # by which parameters may differ from their median


@dataclass(frozen=True)
class Problem:
    """A teacher, a text and architectures.

    Attributes:
        name: of the rows.
        options: of the evaluator `proxy-distillation`.
        architectures: how many.
        choose: of drawn architectures' latency (ms), parameters and blocks, the rows to rank.
        asked: of the recommended proxy, Kendall's tau by the name of a correlation.
    """

    name: str
    options: Mapping[str, Any]
    architectures: int
    choose: Callable[[Mapping[str, Any], int], list[int]]
    asked: Mapping[str, float]


@dataclass(frozen=True)
class Proxy:
    """What ranks architectures in little time.

    Attributes:
        name: of the rows.
        evaluator: a built-in's.
        options: on top of the problem's where the evaluator is its own.
        budget_share: of the short budget.
    """

    name: str
    evaluator: str = "proxy-distillation"
    options: Mapping[str, Any] = field(default_factory=dict)
    budget_share: float = 1.0

    def configuration(self, problem: Problem, base: Configuration, steps: int) -> Configuration:
        """Of a run of so many steps; `steps` is not asked of what trains nothing."""
        options = {**problem.options, **self.options, "steps": steps}
        if self.evaluator == "zero-cost":
            kept = ("task", "squad_dir", "sequence_length", "metric")
            options = {name: value for name, value in options.items() if name in kept}
        return configured(base, self.evaluator, options)


def configured(base: Configuration, evaluator: str, options: Mapping[str, Any]) -> Configuration:
    return validated({**base.to_dict(), "evaluator": evaluator, "evaluator_options": dict(options)})


def spread_out(columns: Mapping[str, Any], number: int) -> list[int]:
    """Far apart in latency and in parameters."""
    return farthest(ranks([columns["latency_ms"], columns["parameters"]]), (), number)


def matched(columns: Mapping[str, Any], number: int) -> list[int]:
    """Of nearly the same number of parameters, far apart in latency and in depth."""
    parameters = columns["parameters"]
    middle = np.median(parameters)
    rows = np.flatnonzero(np.abs(parameters - middle) <= MATCHED * middle)
    chosen = farthest(ranks([columns["latency_ms"][rows], columns["num_blocks"][rows]]), (), number)
    return [int(rows[row]) for row in chosen]


def candidates(problem: Problem, assembly: Assembly, seed: int) -> list[Architecture]:
    """The architectures that a problem ranks.

    Raises:
        ValueError: fewer than asked for were found.
    """
    drawn = draw_candidates(assembly, DRAWN, seed)
    columns = {**assembly.metrics_of(Dimensions.of(drawn)), "num_blocks": np.array([one.num_blocks for one in drawn])}
    rows = problem.choose(columns, problem.architectures)
    if len(rows) < problem.architectures:
        raise ValueError(f"problem {problem.name!r}: {len(rows)} of {problem.architectures} architectures in {DRAWN}")
    return [drawn[row] for row in rows]


READING = {"task": "reading", "teacher": "builtin", "batch_size": 4}
SQUAD = {"task": "squad", "teacher": "minilm", "batch_size": 8}


def problems(squad_dir: Path = SHARED_SQUAD) -> list[Problem]:
    """Every problem; that on real text only where SQuAD is."""
    known = [
        Problem("reading", READING, 32, spread_out, {"all": 0.80, "top_half": 0.45}),
        Problem("reading, matched in parameters", READING, 16, matched, {"all": 0.45}),
    ]
    if squad_dir.is_dir():
        asked = {"all": 0.80, "top_half": 0.45, "beyond_size": 0.55, "equal_latency": 0.50}
        options = {**SQUAD, "squad_dir": str(squad_dir)}
        known.insert(0, Problem("squad with minilm", options, 32, spread_out, asked))
    return known


RECOMMENDED = Proxy("recommended")
HALF = Proxy("half the steps", budget_share=0.5)
ATTENTION = Proxy("with attention", options={"attention_weight": 1.0})
HARD_LABELS = Proxy("hard labels, no teacher", options={"teacher": "none"})
ZERO_COST: Sequence[Proxy] = [
    Proxy(metric.replace("_", " "), "zero-cost", {"metric": metric})
    for metric in (
        "head_confidence",
        "synaptic_diversity",
        "synaptic_saliency",
        "activation_distance",
        "jacobian_covariance",
    )
]
PROXIES: Sequence[Proxy] = [RECOMMENDED, HALF, ATTENTION, HARD_LABELS, *ZERO_COST]
