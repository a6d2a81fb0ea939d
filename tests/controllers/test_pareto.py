from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from controllers.pareto import (
    constrained_front,
    constrained_ranks,
    crowding_distance,
    hypervolume,
    hypervolume_gains,
    non_dominated,
)

values = st.integers(0, 6).map(float)


def points(columns: int, least: int = 0) -> st.SearchStrategy[np.ndarray]:
    return st.integers(least, 12).flatmap(lambda rows: arrays(float, (rows, columns), elements=values))


@given(points(2) | points(3))
def test_a_point_is_on_the_front_if_none_dominates_it(X: np.ndarray) -> None:
    dominated = [any((y <= x).all() and (y < x).any() for y in X) for x in X]
    assert non_dominated(X).tolist() == [not is_dominated for is_dominated in dominated]


def test_a_point_with_an_unknown_value_is_never_on_the_front() -> None:
    assert non_dominated(np.array([[np.nan, 0.0], [1.0, 1.0]])).tolist() == [False, True]
    assert non_dominated(np.full((2, 2), np.nan)).tolist() == [False, False]


def test_feasible_points_come_before_better_ones_that_are_not() -> None:
    X = np.array([[0.0, 0.0], [2.0, 2.0], [1.0, 3.0]])
    assert constrained_front(X, np.array([0.1, 0.0, 0.0])).tolist() == [False, True, True]


def test_without_a_feasible_point_the_least_violation_is_the_front_scored_or_not() -> None:
    X = np.array([[np.nan, 9.0], [1.0, 1.0], [np.nan, np.nan]])
    assert constrained_front(X, np.array([0.1, 0.2, 0.0])).tolist() == [True, False, False]


@given(points(2, least=1))
def test_hypervolume_counts_the_cells_below_the_reference(X: np.ndarray) -> None:
    cells = [(i, j) for i in range(5) for j in range(5) if any(x[0] <= i and x[1] <= j for x in X)]
    assert hypervolume(X, [5.0, 5.0]) == pytest.approx(len(cells))


def test_hypervolume_of_nothing_is_zero() -> None:
    assert hypervolume(np.zeros((0, 2)), [1.0, 1.0]) == 0.0
    assert hypervolume(np.array([[np.nan, 0.0]]), [1.0, 1.0]) == 0.0


@given(points(2, least=1), points(2, least=1), arrays(float, 2, elements=values))
def test_gains_in_two_objectives_are_differences_of_hypervolumes(
    front: np.ndarray, X: np.ndarray, reference: np.ndarray
) -> None:
    before = hypervolume(front, reference)
    expected = [hypervolume(np.vstack([front, x]), reference) - before for x in X]
    assert hypervolume_gains(front, X, reference) == pytest.approx(expected)


def test_gains_in_three_objectives_are_differences_of_hypervolumes() -> None:
    front = np.array([[1.0, 1.0, 1.0]])
    gains = hypervolume_gains(front, np.array([[0.0, 1.0, 1.0], [1.5, 1.5, 1.5]]), np.array([2.0, 2.0, 2.0]))
    assert gains == pytest.approx([1.0, 0.0])


@given(points(2) | points(3))
def test_a_rank_is_the_front_that_is_left_when_those_before_it_are_taken_away(X: np.ndarray) -> None:
    ranks = constrained_ranks(X, np.zeros(len(X)))
    left = np.ones(len(X), bool)
    for front in range(ranks.max(initial=-1) + 1):
        on_it = np.zeros(len(X), bool)
        on_it[left] = non_dominated(X[left])
        assert (ranks == front).tolist() == on_it.tolist()
        left &= ~on_it
    assert not left.any()


def test_violations_rank_after_every_feasible_front_and_what_has_no_place_last() -> None:
    X = np.array([[1.0, 1.0], [np.nan, np.nan], [0.0, 0.0], [2.0, 2.0], [np.nan, 9.0], [3.0, 0.0]])
    violations = np.array([0.0, 0.0, 0.5, 0.0, 0.2, 0.5])
    assert constrained_ranks(X, violations).tolist() == [0, 6, 3, 1, 2, 3]
    assert constrained_ranks(X[2:3], violations[2:3]).tolist() == [0]


@given(points(2, least=1) | points(3, least=1))
def test_crowding_is_the_gap_between_neighbours_on_a_front_in_its_ranges(X: np.ndarray) -> None:
    ranks = constrained_ranks(X, np.zeros(len(X)))
    expected = np.zeros(len(X))
    for front in np.unique(ranks):
        rows = np.flatnonzero(ranks == front)
        for column in X.T:
            order = rows[np.argsort(column[rows], kind="stable")]
            span = column[order[-1]] - column[order[0]]
            expected[order[[0, -1]]] = np.inf
            for before, row, after in zip(order, order[1:-1], order[2:], strict=False):
                expected[row] += (column[after] - column[before]) / (span if span > 0 else 1.0)
    assert crowding_distance(X, ranks) == pytest.approx(expected)


def test_a_point_with_an_unknown_value_is_not_crowded_by_any_and_crowds_none() -> None:
    X = np.array([[0.0, 4.0], [np.nan, 3.0], [2.0, 2.0], [4.0, 0.0]])
    assert crowding_distance(X, np.zeros(4, np.int64)).tolist() == [np.inf, 0.0, 2.0, np.inf]
