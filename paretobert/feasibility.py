"""Whether any architecture meets the constraints on free metrics, found out before there is a study."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from controllers.contract import FreeMetrics
from controllers.objective import Constraint, Floats
from controllers.operators import crossover, mutate
from search_space import Space, Vectors

_DRAWS = (100, 900, 9_000)  # at random; more only while none meets the constraints
_SURVIVORS, _CHILDREN, _GENERATIONS = 50, 200, 40
_MUTATED_DECISIONS = 2.0
_DIGITS = 4  # of a bound that is named


def check_feasibility(
    space: Space, constraints: Sequence[Constraint], free_metrics: FreeMetrics, rng: np.random.Generator
) -> None:
    """Raises `ValueError` if no vector of a space is found that meets the constraints on free metrics.

    10,000 vectors are drawn, and where none of them will do, the closest are bred towards the bounds. A metric that is
    not known (NaN) meets nothing.
    """
    free = set(free_metrics(space.sample(rng, 1)))
    checked = [constraint for constraint in constraints if constraint.metric in free]
    if not checked:
        return

    def excess(metrics: Mapping[str, Floats]) -> Floats:
        violations = (np.where(np.isnan(metrics[c.metric]), np.inf, c.violation(metrics[c.metric])) for c in checked)
        return np.asarray(sum(violations), float)

    closest, least = _smallest(space, lambda X: excess(free_metrics(X)), rng, enough=0.0)
    if least <= 0:
        return
    for constraint in checked:
        _check_within_reach(constraint, space, free_metrics, rng)
    values = free_metrics(closest[None])
    reached = ", ".join(f"{c.metric} {float(values[c.metric][0]):.{_DIGITS}g}" for c in checked)
    raise ValueError(
        f"no architecture was found in this space that meets all of {', '.join(map(str, checked))}; the closest has "
        f"{reached}; loosen a bound"
    )


def _check_within_reach(
    constraint: Constraint, space: Space, free_metrics: FreeMetrics, rng: np.random.Generator
) -> None:
    """Raises `ValueError` if no vector is found that meets this one constraint."""
    metric, sign = constraint.metric, 1.0 if constraint.upper else -1.0

    def size(X: Vectors) -> Floats:
        values = sign * free_metrics(X)[metric]
        return np.where(np.isnan(values), np.inf, values)

    _, least = _smallest(space, size, rng, enough=sign * constraint.bound)
    if least <= sign * constraint.bound:
        return
    if not math.isfinite(least):
        raise ValueError(f"constraint {constraint}: {metric} is not known of any architecture here; leave it out")
    extreme, change = ("smallest", "raise") if constraint.upper else ("largest", "lower")
    raise ValueError(
        f"constraint {constraint}: the {extreme} {metric} found in this space is "
        f"{_rounded_outwards(sign * least, constraint.upper):g}; {change} the bound"
    )


def _smallest(
    space: Space, cost: Callable[[Vectors], Floats], rng: np.random.Generator, enough: float
) -> tuple[Vectors, float]:
    """The vector `[d]` of the smallest cost found, and that cost; the search ends at a cost that is small enough."""
    X = np.zeros((0, len(space.cardinalities)), np.int64)
    costs = np.zeros(0)

    def keep(more: Vectors) -> bool:
        nonlocal X, costs
        X, costs = np.vstack([X, more]), np.concatenate([costs, cost(more)])
        best = np.argsort(costs, kind="stable")[:_SURVIVORS]
        X, costs = X[best], costs[best]
        return bool(costs[0] <= enough)

    is_enough = any(keep(space.sample(rng, draws)) for draws in _DRAWS)
    for _ in range(0 if is_enough else _GENERATIONS):
        mother, father = rng.integers(0, len(X), (2, _CHILDREN))
        children = crossover(space, X[mother], X[father], rng)
        if keep(mutate(space, children, rng, _MUTATED_DECISIONS / len(space.cardinalities))):
            break
    return X[0], float(costs[0])


def _rounded_outwards(value: float, up: bool) -> float:
    """To a few digits, so that it is a bound which the value meets."""
    if value == 0:
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - _DIGITS)
    return (math.ceil if up else math.floor)(value / unit) * unit
