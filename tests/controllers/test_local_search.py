from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Grid, Study, free_metrics, keys

from controllers import Constraint, LocalSearch, RandomSearch
from controllers.operators import neighbours
from controllers.pareto import non_dominated


def volume(kind: type, seed: int) -> float:
    study = Study(seed=seed)
    study.run(study.controller(kind), 150)
    return study.hypervolume()


def test_after_150_trials_it_has_found_more_of_the_front_than_random_search() -> None:
    seeds = range(6)
    searched = [volume(LocalSearch, seed) for seed in seeds]
    drawn = [volume(RandomSearch, seed) for seed in seeds]
    assert np.median(searched) > np.median(drawn)


def test_every_trial_after_the_starts_is_a_neighbour_of_the_front() -> None:
    study = Study(seed=1)
    study.run(study.controller(LocalSearch, starts=10), 50)
    history = study.history()
    for number in range(10, 50):
        front = np.flatnonzero(non_dominated(history.points(OBJECTIVES)[:number]))
        near = {key for row in front for key in keys(SPACE, list(neighbours(SPACE, history.vectors[row])))}
        assert SPACE.canonical_key(history.vectors[number]) in near, f"trial {number}"


def peak() -> Study:
    """A space with one best point, [3, 3, 3], that every step towards it approaches."""
    grid = Grid(np.full(3, 7), np.zeros(3, bool))
    return Study(
        grid,
        free_metrics=lambda X: {"latency_ms": np.ones(len(X))},
        score=lambda X: (X == 3).sum(axis=1) / 3,
    )


def test_it_climbs_to_the_local_optimum_and_then_starts_again() -> None:
    study = peak()
    controller = study.controller(LocalSearch, starts=1)
    study.run(controller, 80)
    top = int(np.argmax(study.values["score"]))
    assert study.vectors[top].tolist() == [3, 3, 3]
    near = {tuple(x) for x in neighbours(study.space, study.vectors[top]).tolist()}
    explored = max(number for number, x in enumerate(study.vectors) if tuple(x.tolist()) in near)
    assert near <= {tuple(x.tolist()) for x in study.vectors[: explored + 1]}
    assert explored + 1 < 80
    for x in study.vectors[explored + 1 :]:
        assert (x != 3).sum() > 1  # no neighbour of the optimum is left, so it looks elsewhere


def test_a_neighbour_that_still_runs_is_not_tried_again() -> None:
    study = peak()
    study.tell(np.array([3, 3, 3]))
    controller = study.controller(LocalSearch, starts=1)
    study.run(controller, 18, ("running",))
    assert {(x != 3).sum() for x in study.vectors[1:]} == {1}
    assert len({tuple(x.tolist()) for x in study.vectors}) == 19


def test_without_a_feasible_trial_it_works_its_way_towards_one() -> None:
    smallest = free_metrics(SPACE.sample(np.random.default_rng(0), 20_000))["latency_ms"].min()
    study = Study(constraints=[Constraint.parse(f"latency_ms <= {1.05 * smallest}")])
    study.run(study.controller(LocalSearch, starts=5), 40)
    assert "complete" in study.states


def test_more_starts_than_the_study_has_trials_are_refused_before_it_begins() -> None:
    controller = Study().controller(LocalSearch, starts=30)
    assert isinstance(controller, LocalSearch)
    controller.check_budget(30)
    with pytest.raises(ValueError, match="local-search: starts 30 is larger than the 24 trials of this study"):
        controller.check_budget(24)


@pytest.mark.parametrize("options", [{"starts": 0}, {"starts": -1}, {"candidates": 0}])
def test_impossible_options_are_refused_by_name(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"local-search: .*{next(iter(options))}"):
        Study().controller(LocalSearch, **options)
