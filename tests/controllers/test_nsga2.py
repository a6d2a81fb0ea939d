from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Grid, Study, free_metrics

from controllers import Constraint, Nsga2, RandomSearch
from controllers.operators import environmental_selection


def volume(kind: type, seed: int) -> float:
    study = Study(seed=seed)
    study.run(study.controller(kind), 150)
    return study.hypervolume()


def test_after_150_trials_it_has_found_more_of_the_front_than_random_search() -> None:
    seeds = range(6)
    evolved = [volume(Nsga2, seed) for seed in seeds]
    drawn = [volume(RandomSearch, seed) for seed in seeds]
    assert np.median(evolved) > np.max(drawn)


def survivors(study: Study, **options: int) -> list[int]:
    controller = study.controller(Nsga2, **options)
    assert isinstance(controller, Nsga2)
    return controller.survivors(study.history()).tolist()


def test_a_trial_that_ends_replaces_the_worst_of_the_population() -> None:
    study = Study(seed=1)
    study.run(study.controller(Nsga2, population=6), 40, ("complete", "running", "complete", "failed"))
    points = study.history().points(OBJECTIVES)
    alive: list[int] = []
    for row in np.flatnonzero(np.isfinite(points).all(axis=1)):
        alive.append(int(row))
        alive = [alive[i] for i in environmental_selection(points[alive], np.zeros(len(alive)), 6)]
    assert survivors(study, population=6) == alive
    assert len(alive) == 6


def test_the_population_follows_the_order_of_completion_not_of_numbers() -> None:
    study = Study(seed=5)
    study.run(study.controller(RandomSearch), 30)
    in_order = survivors(study, population=4)
    study.completion.reverse()
    reversed_ = survivors(study, population=4)
    study.completion.reverse()
    assert in_order != reversed_


def test_a_feasible_trial_displaces_any_that_violates_a_constraint() -> None:
    study = Study(constraints=[Constraint.parse("latency_ms <= 3")])
    large = [x for x in SPACE.sample(np.random.default_rng(0), 200) if free_metrics(x[None])["latency_ms"][0] > 3]
    small = [x for x in SPACE.sample(np.random.default_rng(1), 200) if free_metrics(x[None])["latency_ms"][0] <= 3]
    for x in large[:5]:
        study.tell(x)
    assert sorted(survivors(study, population=3)) == np.sort(np.argsort(study.violations)[:3]).tolist()
    for x in small[:3]:
        study.tell(x)
    assert sorted(survivors(study, population=3)) == [5, 6, 7]


def test_a_child_takes_its_decisions_from_survivors_but_for_what_was_mutated() -> None:
    grid = Grid(np.full(8, 9), np.zeros(8, bool))
    study = Study(
        grid, free_metrics=lambda X: {"latency_ms": 1.0 + X.sum(axis=1)}, score=lambda X: X[:, :4].sum(axis=1) / 32
    )
    controller = study.controller(Nsga2, population=5, mutated_decisions=1e-6)
    assert isinstance(controller, Nsga2)
    study.run(controller, 5)
    for number in range(5, 30):
        parents = study.history().vectors[controller.survivors(study.history())]
        x = controller.propose(study.history(), study.rng())
        assert x is not None
        assert (parents != x).all(axis=0).sum() <= 1, f"trial {number}"
        study.tell(x)


def test_a_population_larger_than_the_study_is_refused_before_it_begins() -> None:
    controller = Study().controller(Nsga2, population=50)
    assert isinstance(controller, Nsga2)
    controller.check_budget(50)
    with pytest.raises(ValueError, match="nsga2: population 50 is larger than the 24 trials of this study"):
        controller.check_budget(24)


@pytest.mark.parametrize(
    "options",
    [
        {"population": 1},
        {"population": -3},
        {"children": 0},
        {"crossover_rate": -0.1},
        {"crossover_rate": 1.1},
        {"crossover_rate": float("nan")},
        {"mutated_decisions": 0.0},
        {"mutated_decisions": 22.0},
    ],
)
def test_impossible_options_are_refused_by_name(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"nsga2: .*{next(iter(options))}"):
        Study().controller(Nsga2, **options)
