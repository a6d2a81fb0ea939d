"""What a plug-in may return. Each check gives what is wrong, as the end of a sentence that the plug-in begins."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import Evaluation, Examples
from latency_models import CostEstimate, OpGraphBatch, Source
from latency_models.contract import FASTEST_MULTIPLY_ADDS_PER_MS
from search_space import Space

_COSTS = ("latency_ms", "latency_std_ms", "utilization", "peak_memory_bytes")
_ROUNDING = 1e-9  # by which a utilization may exceed 1


def cost_problem(cost: object, batch: OpGraphBatch) -> str | None:
    """What keeps the answer of a latency model from being the cost of a batch of networks; None if nothing does."""
    size = len(batch)
    if not isinstance(cost, CostEstimate):
        return f"returned {_a(cost)}, not a CostEstimate"
    for name in _COSTS:
        values = getattr(cost, name)
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
            return f"returned {name} as {_a(values)}, not an array of numbers"
        if values.shape != (size,):
            return f"returned {name} of shape {values.shape} for {size} networks"
    utilization = cost.utilization
    rules: tuple[tuple[str, NDArray[np.bool_], str], ...] = (
        ("latency_ms", np.isfinite(cost.latency_ms) & (cost.latency_ms > 0), "must be finite and above 0"),
        (
            "latency_ms",
            batch.multiply_adds <= FASTEST_MULTIPLY_ADDS_PER_MS * cost.latency_ms,
            "is faster than any device; is it in milliseconds?",
        ),
        ("latency_std_ms", ~(cost.latency_std_ms < 0), "must be at least 0, or NaN where it is unknown"),
        (
            "utilization",
            ~((utilization < 0) | (utilization > 1 + _ROUNDING)),
            "must be between 0 and 1, or NaN where the device's peak is unknown",
        ),
        ("peak_memory_bytes", np.isfinite(cost.peak_memory_bytes) & (cost.peak_memory_bytes > 0), "must be above 0"),
    )
    for name, holds, rule in rules:
        if not holds.all():
            row = int(np.argmin(holds))
            return f"returned {name} {getattr(cost, name)[row]} for network {row} of {size}: it {rule}"
    if cost.source not in get_args(Source):
        return f"returned source {cost.source!r}: it must be one of {', '.join(get_args(Source))}"
    return None


def proposal_problem(vector: object, space: Space) -> str | None:
    """What keeps the answer of a controller from being a vector of a space; None if nothing does."""
    size = len(space.cardinalities)
    if not isinstance(vector, np.ndarray) or vector.dtype.kind not in "iu":
        return f"proposed {_a(vector)}, not an array of integers"
    if vector.shape != (size,):
        return f"proposed a vector of shape {vector.shape}, not ({size},)"
    if not space.is_valid(vector[None])[0]:
        return f"proposed an invalid vector: {vector.tolist()}"
    return None


def evaluation_problem(evaluation: object, budget: int) -> str | None:
    """What keeps the answer of an evaluator from being an evaluation; None if nothing does.

    A score that is not finite is left to the study: it is how a candidate that diverged may show.
    """
    if not isinstance(evaluation, Evaluation):
        return f"returned {_a(evaluation)}, not an Evaluation"
    if not _is_number(evaluation.score):
        return f"returned a score that is {_a(evaluation.score)}, not a number"
    if evaluation.score < 0 or evaluation.score > 1:
        return f"returned a score of {evaluation.score}: it must be between 0 and 1"
    if not isinstance(evaluation.steps, int) or not 0 <= evaluation.steps <= budget:
        return f"took {evaluation.steps!r} steps of a budget of {budget}"
    if not isinstance(evaluation.metrics, Mapping):
        return f"returned metrics that are {_a(evaluation.metrics)}, not a mapping"
    for name, value in evaluation.metrics.items():
        if not isinstance(name, str) or not _is_number(value):
            return f"returned the metric {name!r} as {_a(value)}, not a number"
    return None


def examples_problem(examples: object, sequence_length: int) -> str | None:
    """What keeps the answer of a task from being examples of a length; None if nothing does."""
    if not isinstance(examples, Examples):
        return f"returned {_a(examples)}, not Examples"
    if not len(examples):
        return "returned no examples"
    for name in ("token_ids", "type_ids", "mask"):
        shape = getattr(examples, name).shape
        if shape != (len(examples), sequence_length):
            return f"returned {name} of shape {shape}, not ({len(examples)}, {sequence_length})"
    for name in ("start", "end"):
        shape = getattr(examples, name).shape
        if shape != (len(examples),):
            return f"returned {name} of shape {shape}, not ({len(examples)},)"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _a(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
