from __future__ import annotations

import numpy as np
from synthetic_studies import SPACE, Grid

from controllers.operators import active_decisions, crossover, mutate


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
