from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from synthetic_studies import SPACE, Grid, Study, free_metrics

from controllers import Constraint, RandomSearch, RegularizedEvolution


def evolution(study: Study, **options: Any) -> RegularizedEvolution:
    controller = study.controller(RegularizedEvolution, **options)
    assert isinstance(controller, RegularizedEvolution)
    return controller


def best_score(kind: type, seed: int) -> float:
    """After 200 trials of ten unordered decisions, the score being the fraction of them that are right."""
    grid = Grid(np.full(10, 5), np.zeros(10, bool))
    study = Study(
        grid,
        free_metrics=lambda X: {"latency_ms": np.ones(len(X))},
        score=lambda X: (X == 3).mean(axis=1),
        seed=seed,
    )
    study.run(study.controller(kind), 200)
    return max(study.values["score"])


def test_it_gets_most_decisions_right_where_random_search_gets_half() -> None:
    evolved, drawn = ([best_score(kind, seed) for seed in range(5)] for kind in (RegularizedEvolution, RandomSearch))
    assert np.median(evolved) >= 0.8
    assert np.median(drawn) <= 0.6


def test_the_oldest_dies_however_good_it_is() -> None:
    study = Study()
    study.run(study.controller(RandomSearch), 12)
    study.values["score"][0] = 1.0
    assert evolution(study, population=12, tournament=2).population(study.history())[0] == 0
    alive = evolution(study, population=11, tournament=2).population(study.history())
    assert sorted(alive) == list(range(1, 12))


def test_age_is_counted_from_when_a_trial_ended() -> None:
    study = Study()
    study.run(study.controller(RandomSearch), 6)
    study.completion[:] = [5, 0, 1, 2, 3, 4]
    assert sorted(evolution(study, population=2, tournament=2).population(study.history())) == [0, 5]


def test_failed_pruned_and_running_trials_are_never_born_and_infeasible_ones_come_last() -> None:
    study = Study(constraints=[Constraint.parse("latency_ms <= 100")])
    study.run(study.controller(RandomSearch), 8, ("complete", "failed", "running", "pruned"))
    study.violations[4], study.states[4] = 0.5, "infeasible"
    assert evolution(study, population=5, tournament=2).population(study.history()).tolist() == [0, 4]


def test_children_are_mutants_of_one_of_the_alive() -> None:
    grid = Grid(np.full(8, 5), np.ones(8, bool))
    study = Study(
        grid, free_metrics=lambda X: {"latency_ms": 1.0 + X.sum(axis=1)}, score=lambda X: X[:, :4].sum(axis=1) / 16
    )
    controller = evolution(study, population=10, tournament=3, mutated_decisions=1e-6)
    study.run(controller, 10)
    for number in range(10, 40):
        history = study.history()
        x = controller.propose(history, study.rng())
        assert x is not None
        assert (history.vectors[controller.population(history)] != x).sum(axis=1).min() == 1, f"trial {number}"
        study.tell(x)


def latencies(**options: Any) -> np.ndarray:
    """Of the last 40 of 120 trials."""
    study = Study()
    study.run(evolution(study, **options), 120)
    return np.array(study.values["latency_ms"][-40:])


@pytest.mark.parametrize("target", [1.5, 6.0])
def test_the_absolute_reward_draws_the_population_to_its_target(target: float) -> None:
    late = latencies(reward="tunas", target=target, weight=-1.0)
    drawn = free_metrics(SPACE.sample(np.random.default_rng(0), 1000))["latency_ms"]
    assert np.median(np.abs(np.log(late / target))) < np.median(np.abs(np.log(drawn / target))) / 2


def test_the_steeper_the_soft_target_the_smaller_the_networks() -> None:
    soft, steep = (latencies(reward="mnasnet", target=3.0, weight=weight) for weight in (-0.01, -1.0))
    assert np.median(steep) < np.median(soft) / 4


def test_a_population_larger_than_the_study_is_refused_before_it_begins() -> None:
    controller = evolution(Study(), population=30)
    controller.check_budget(30)
    with pytest.raises(ValueError, match="population 30 is larger than the 24 trials of this study"):
        controller.check_budget(24)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"population": 1}, "regularized-evolution: population"),
        ({"children": 0}, "regularized-evolution: .*children"),
        ({"tournament": 0}, "regularized-evolution: tournament"),
        ({"population": 10, "tournament": 11}, "tournament must be from 1 to the population of 10, not 11"),
        ({"mutated_decisions": -1.0}, "regularized-evolution: mutated_decisions"),
        ({"reward": "mnasnet", "target": 0.0}, "target"),
        ({"reward": "tunas"}, "target"),
        ({"reward": "best"}, "reward 'best'"),
        ({"reward": "tunas", "target": 3.0, "weight": 0.1}, "weight"),
    ],
)
def test_impossible_options_are_refused_by_name(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Study().controller(RegularizedEvolution, **options)
