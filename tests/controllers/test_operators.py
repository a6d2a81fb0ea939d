from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Grid, Study, free_metrics

from controllers import Constraint
from controllers.operators import (
    active_decisions,
    crossover,
    environmental_selection,
    feasible_first,
    mutate,
    neighbours,
    newcomers,
    tournament,
)
from controllers.outlook import Foresight


def test_mutation_and_crossover_give_valid_vectors() -> None:
    rng = np.random.default_rng(0)
    X, Y = SPACE.sample(rng, 500), SPACE.sample(rng, 500)
    assert SPACE.is_valid(mutate(SPACE, X, rng, 0.2)).all()
    assert SPACE.is_valid(crossover(SPACE, X, Y, rng)).all()


def test_every_row_mutates_at_any_rate() -> None:
    grid = Grid(np.array([4, 1, 5]), np.array([True, True, False]))
    X = grid.sample(np.random.default_rng(0), 300)
    children = mutate(grid, X, np.random.default_rng(1), 1e-9)
    assert ((children != X).sum(axis=1) == 1).all()
    assert grid.is_valid(children).all()


def test_mutation_changes_as_many_decisions_as_its_rate_says() -> None:
    grid = Grid(np.full(40, 7), np.ones(40, bool))
    X = grid.sample(np.random.default_rng(0), 500)
    assert abs((mutate(grid, X, np.random.default_rng(1), 0.25) != X).mean() - 0.25) < 0.02


def test_ordered_decisions_mostly_step_and_categorical_ones_jump() -> None:
    grid = Grid(np.array([11, 11]), np.array([True, False]))
    X = np.full((2000, 2), 5)
    moved = np.abs(mutate(grid, X, np.random.default_rng(0), 1.0) - X)
    steps = (moved == 1).mean(axis=0)
    assert 0.75 < steps[0] < 0.95
    assert 0.12 < steps[1] < 0.28
    assert (moved > 0).all()


def test_a_space_of_one_point_cannot_mutate() -> None:
    grid = Grid(np.array([1, 1]), np.ones(2, bool))
    assert mutate(grid, np.zeros((3, 2), np.int64), np.random.default_rng(0), 1.0).tolist() == [[0, 0]] * 3


def test_crossover_takes_each_decision_from_one_parent() -> None:
    grid = Grid(np.full(6, 9), np.ones(6, bool))
    X, Y = np.full((200, 6), 2), np.full((200, 6), 7)
    children = crossover(grid, X, Y, np.random.default_rng(0))
    assert set(np.unique(children)) == {2, 7}
    assert 0.4 < (children == 2).mean() < 0.6


def test_the_sizes_of_an_empty_stage_are_not_active() -> None:
    x = np.zeros(len(SPACE.cardinalities), np.int64)
    x[1] = 3  # one stage of three blocks
    names = [name for name, matters in zip(SPACE.decision_names, active_decisions(SPACE, x), strict=True) if matters]
    assert {name for name in names if name.startswith("stage1.")} == {
        name for name in SPACE.decision_names if name.startswith("stage1.")
    }
    assert "hidden_size" in names
    assert not [name for name in names if name.startswith("stage2.") and name != "stage2.num_blocks"]


def test_neighbours_differ_in_one_decision_and_are_all_there_are() -> None:
    grid = Grid(np.array([3, 1, 4]), np.array([True, True, False]))
    x = np.array([1, 0, 2])
    near = neighbours(grid, x)
    assert ((near != x).sum(axis=1) == 1).all()
    assert len(np.unique(near, axis=0)) == len(near) == 2 + 0 + 3


def test_neighbours_in_the_space_are_valid_and_never_the_vector_itself() -> None:
    for x in SPACE.sample(np.random.default_rng(0), 20):
        near = neighbours(SPACE, x)
        assert SPACE.is_valid(near).all()
        assert (near != x).any(axis=1).all()
        assert len(np.unique(near, axis=0)) == len(near) > 20


def test_the_better_front_survives_and_within_one_the_less_crowded() -> None:
    front = np.array([[0.0, 4.0], [1.0, 3.0], [1.1, 2.9], [4.0, 0.0]])
    behind = front + 5.0
    points = np.vstack([behind, front])
    assert environmental_selection(points, np.zeros(8), 4).tolist()[:2] == [4, 7]
    assert set(environmental_selection(points, np.zeros(8), 4)) == {4, 5, 6, 7}
    assert set(environmental_selection(points, np.zeros(8), 3)) == {4, 6, 7}
    violations = np.array([0.0] * 7 + [0.1])
    assert 7 not in environmental_selection(points, violations, 7)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_larger_tournament_is_won_by_better_ones(size: int) -> None:
    winners = tournament(20, size, 20_000, np.random.default_rng(0))
    places = np.arange(20)
    chances = ((20 - places) / 20) ** size - ((19 - places) / 20) ** size  # of the best of `size` draws
    assert np.bincount(winners, minlength=20) / 20_000 == pytest.approx(chances, abs=0.01)


def test_feasible_vectors_come_first_in_the_order_they_had() -> None:
    X = SPACE.sample(np.random.default_rng(0), 30)
    latency = free_metrics(X)["latency_ms"]
    bound = float(np.median(latency))
    sorted_ = feasible_first(Foresight(OBJECTIVES, [Constraint("latency_ms", True, bound)], free_metrics), X)
    assert np.array_equal(sorted_[:15], X[latency <= bound])
    assert (np.diff(free_metrics(sorted_[15:])["latency_ms"]) >= 0).all()


def test_a_newcomer_is_far_from_every_trial() -> None:
    study, foresee = Study(), Foresight(OBJECTIVES, [], free_metrics)
    for x in SPACE.sample(np.random.default_rng(1), 6):
        study.tell(x, "running")
    X = newcomers(SPACE, foresee, study.history(), np.random.default_rng(2), 16)
    isolation = foresee.isolation(foresee(X), study.history())
    assert (np.diff(isolation) <= 0).all()
    assert isolation[0] > 2 * np.median(isolation)
