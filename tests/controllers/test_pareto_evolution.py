from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Grid, Study, free_metrics

from controllers import Constraint, ParetoEvolution, RandomSearch
from controllers.pareto import non_dominated


def volume(kind: type, seed: int, trials: int = 40) -> float:
    study = Study(seed=seed)
    study.run(study.controller(kind), trials)
    return study.hypervolume()


def test_evolution_beats_random_search_after_forty_trials() -> None:
    seeds = range(8)
    evolved = [volume(ParetoEvolution, seed) for seed in seeds]
    drawn = [volume(RandomSearch, seed) for seed in seeds]
    assert np.median(evolved) > np.median(drawn)
    assert np.median(evolved) > np.quantile(drawn, 0.75)


def test_a_child_is_a_member_of_the_front_with_what_was_mutated_changed() -> None:
    grid = Grid(np.full(8, 5), np.ones(8, bool))
    study = Study(
        grid, free_metrics=lambda X: {"latency_ms": 1.0 + X.sum(axis=1)}, score=lambda X: X[:, :4].sum(axis=1) / 16
    )
    study.run(study.controller(ParetoEvolution, population=10, crossover_rate=0.0, mutated_decisions=1e-6), 40)
    history = study.history()
    for number in range(10, 40):
        front = non_dominated(history.points(OBJECTIVES)[:number])
        changed = (history.vectors[number] != history.vectors[:number][front]).sum(axis=1)
        assert changed.min() == 1, f"trial {number}"


def test_the_first_population_is_spread_over_the_latencies() -> None:
    study, drawn = Study(seed=2), Study(seed=2)
    study.run(study.controller(ParetoEvolution, population=10), 10)
    drawn.run(drawn.controller(RandomSearch), 10)
    closest = [np.diff(np.sort(np.log(s.values["latency_ms"]))).min() for s in (study, drawn)]
    assert closest[0] > closest[1]


def test_running_trials_do_not_count_as_population() -> None:
    study = Study()
    study.run(study.controller(ParetoEvolution, population=3), 20, ("running",))
    assert np.ptp(np.log(free_metrics(np.array(study.vectors))["latency_ms"])) > 3


def test_without_a_feasible_trial_it_works_its_way_towards_one() -> None:
    smallest = free_metrics(SPACE.sample(np.random.default_rng(0), 20_000))["latency_ms"].min()
    bound = 1.05 * smallest
    study = Study(constraints=[Constraint.parse(f"latency_ms <= {bound}")])
    study.run(study.controller(ParetoEvolution, population=5), 40)
    assert "complete" in study.states


@pytest.mark.parametrize(
    "options", [{"population": 0}, {"children": 0}, {"crossover_rate": 1.5}, {"mutated_decisions": 0.0}]
)
def test_impossible_options_are_refused_by_name(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"pareto-evolution: .*{next(iter(options))}"):
        Study().controller(ParetoEvolution, **options)
