"""Constraints that nothing meets are found out before there is a study, and those that little meets are not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from controllers import Constraint
from controllers.objective import Floats
from paretobert.feasibility import check_feasibility
from search_space import MobileBertSpace, Vectors, multiply_add_counts, parameter_counts

SPACE = MobileBertSpace()


def free_metrics(X: Vectors) -> Mapping[str, Floats]:
    dimensions = SPACE.dimensions(X)
    return {
        "latency_ms": multiply_add_counts(dimensions, 384) / 1e9,
        "parameters": parameter_counts(dimensions).astype(float),
        "utilization": np.full(len(X), np.nan),
    }


def check(constraints: Sequence[str]) -> None:
    check_feasibility(SPACE, [*map(Constraint.parse, constraints)], free_metrics, np.random.default_rng(0))


def extremes(metric: str) -> tuple[float, float]:
    """Of the smallest and the largest network of the space."""
    least, most = np.zeros((2, len(SPACE.cardinalities)), np.int64)
    least[1] = 1
    most[:] = SPACE.cardinalities - 1
    values = free_metrics(np.array([least, SPACE.repair(most[None])[0]]))[metric]
    return float(values[0]), float(values[1])


@pytest.mark.parametrize(
    "constraints",
    [
        [],
        ["score >= 0.9"],
        ["latency_ms <= 12", "score >= 0.9"],
        [f"latency_ms <= {1.02 * extremes('latency_ms')[0]}"],
        [f"parameters >= {0.98 * extremes('parameters')[1]}"],
        ["latency_ms <= 1.2", "parameters >= 7.2e6"],
    ],
    ids=str,
)
def test_constraints_that_little_of_a_space_meets_are_no_mistake(constraints: list[str]) -> None:
    check(constraints)


@pytest.mark.parametrize(
    ("constraint", "extreme"), [("latency_ms <= {:g}", "smallest"), ("parameters >= {:g}", "largest")]
)
def test_the_bound_that_would_do_is_named_and_does(constraint: str, extreme: str) -> None:
    metric = constraint.split()[0]
    beyond = extremes(metric)[0] / 1.5 if extreme == "smallest" else extremes(metric)[1] * 1.5
    with pytest.raises(
        ValueError, match=rf"the {extreme} {metric} found in this space is [\d.e+]+; (raise|lower)"
    ) as told:
        check([constraint.format(beyond)])
    bound = re.search(r"space is ([\d.e+]+);", str(told.value))
    assert bound is not None
    check([constraint.format(float(bound[1]))])


def test_constraints_that_exclude_each_other_are_named_together() -> None:
    with pytest.raises(
        ValueError,
        match=r"no architecture was found in this space that meets all of latency_ms <= 1, parameters >= 1e\+08; "
        r"the closest has latency_ms [\d.]+, parameters [\d.e+]+; loosen a bound",
    ):
        check(["latency_ms <= 1", "parameters >= 1e8"])


def test_a_metric_that_is_not_known_of_any_architecture_cannot_be_bound() -> None:
    with pytest.raises(ValueError, match=r"constraint utilization >= 0\.5: utilization is not known of any arch"):
        check(["utilization >= 0.5"])
