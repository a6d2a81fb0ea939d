from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Grid, Study, free_metrics, keys

from controllers import BUILT_IN, Constraint, ParetoEvolution, Surrogate, violation


def volume(kind: type, seed: int, trials: int) -> float:
    study = Study(seed=seed)
    study.run(study.controller(kind), trials)
    return study.hypervolume()


def test_it_is_ahead_of_evolution_after_thirty_trials() -> None:
    seeds = range(2)
    assert np.median([volume(Surrogate, seed, 30) for seed in seeds]) > np.median(
        [volume(ParetoEvolution, seed, 30) for seed in seeds]
    )
    assert BUILT_IN["surrogate"] is Surrogate


def test_a_front_of_categories_is_found_in_a_fraction_of_the_space() -> None:
    """Of 4^6 vectors, the best of each latency has every other category at 2."""
    grid = Grid(np.full(6, 4), np.zeros(6, bool))
    study = Study(
        grid,
        free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 0]},
        score=lambda X: 0.1 * X[:, 0] + 0.1 * (X[:, 1:] == 2).sum(axis=1),
    )
    study.run(study.controller(Surrogate), 40)
    points = study.history().points(OBJECTIVES)
    best = [-points[points[:, 1] == latency, 0].min(initial=0.0) for latency in (1.0, 2.0, 3.0, 4.0)]
    assert best == pytest.approx([0.5, 0.6, 0.7, 0.8])


def test_the_first_trials_are_spread_over_the_latencies() -> None:
    study = Study(seed=2)
    study.run(study.controller(Surrogate), 10)
    latencies = np.sort(np.log(study.values["latency_ms"]))
    assert np.ptp(latencies) > 3
    assert np.diff(latencies).min() > 0.02


def test_workers_that_ask_at_once_are_sent_to_different_places() -> None:
    study = Study(seed=1)
    controller = study.controller(Surrogate)
    study.run(controller, 20)
    study.run(controller, 4, ("running",))
    asked = np.log(free_metrics(np.array(study.vectors[-4:]))["latency_ms"])
    assert np.diff(np.sort(asked)).min() > 1e-3
    assert len(set(keys(SPACE, study.vectors))) == 24


def test_a_constraint_on_the_score_is_learned() -> None:
    study = Study(seed=0)
    study.constraints = [Constraint.parse("score >= 0.6")]
    controller = study.controller(Surrogate)
    for _ in range(30):
        x = controller.propose(study.history(), study.rng())
        assert x is not None
        study.constraints = []
        study.tell(x)
        excess = violation([Constraint.parse("score >= 0.6")], {"score": np.array(study.values["score"][-1:])}, 1)
        study.violations[-1] = float(excess[0])
        study.states[-1] = "infeasible" if excess > 0 else "complete"
    assert study.states[15:].count("complete") >= 11
    assert study.states[:10].count("complete") <= 8  # it is a constraint that random trials break


def test_without_a_feasible_trial_it_works_its_way_towards_one() -> None:
    smallest = free_metrics(SPACE.sample(np.random.default_rng(0), 20_000))["latency_ms"].min()
    study = Study(constraints=[Constraint.parse(f"latency_ms <= {1.05 * smallest}")])
    study.run(study.controller(Surrogate), 3)
    assert "complete" in study.states


def test_too_few_trials_to_learn_from_are_refused() -> None:
    with pytest.raises(ValueError, match="surrogate: initial must be at least 2"):
        Study().controller(Surrogate, initial=1)
