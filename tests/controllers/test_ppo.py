from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from synthetic_studies import SPACE, Grid, Study

from controllers import PPO, RandomSearch
from controllers.ppo import surrogate_weights


def search(study: Study, **options: Any) -> PPO:
    controller = study.controller(PPO, **options)
    assert isinstance(controller, PPO)
    return controller


def test_a_ratio_is_followed_no_farther_than_the_clip_and_always_back() -> None:
    ratio = np.array([[1.0, 1.1, 1.3, 0.7]])
    assert surrogate_weights(ratio, np.array([[2.0]]), 0.2).tolist() == [[2.0, 2.2, 0.0, 1.4]]
    assert surrogate_weights(ratio, np.array([[-2.0]]), 0.2).tolist() == [[-2.0, -2.2, -2.6, 0.0]]


def test_surrogate_weights_are_the_derivative_of_equation_7() -> None:
    rng = np.random.default_rng(0)
    log_ratio, advantages = rng.normal(0, 0.3, (40, 3)), rng.normal(size=(40, 1))

    def surrogate(log_ratio: np.ndarray) -> np.ndarray:
        ratio = np.exp(log_ratio)
        return np.minimum(ratio * advantages, np.clip(ratio, 0.8, 1.2) * advantages)

    slope = (surrogate(log_ratio + 1e-6) - surrogate(log_ratio - 1e-6)) / 2e-6
    assert surrogate_weights(np.exp(log_ratio), advantages, 0.2) == pytest.approx(slope, abs=1e-6)


def test_the_policy_stands_still_between_two_batches() -> None:
    study = Study()
    controller = search(study, batch=6)
    moved = []
    before = controller.policy(study.history()).parameters
    for _ in range(12):
        study.run(controller, 1)
        after = controller.policy(study.history()).parameters
        moved.append(not np.array_equal(after, before))
        before = after
    assert moved == [False] * 5 + [True] + [False] * 5 + [True]


def test_more_epochs_move_the_policy_farther_but_not_past_the_clip_by_much() -> None:
    study = Study(seed=1)
    study.run(study.controller(RandomSearch), 20)
    X = np.array(study.vectors)

    def ratio(**options: Any) -> float:
        policy = search(study, batch=20, minibatch=20, entropy=0.0, **options).policy(study.history())
        uniform = -np.log(SPACE.cardinalities)
        return float(np.abs(policy.log_probabilities(X) - uniform).mean())

    one, many, without_clip = ratio(epochs=1), ratio(epochs=20), ratio(epochs=20, clip=0.99)
    assert one < many < without_clip


@pytest.mark.parametrize("policy", ["independent", "autoregressive"])
def test_the_policy_moves_towards_the_decision_that_is_rewarded(policy: str) -> None:
    grid = Grid(np.array([4, 4, 4, 6]), np.zeros(4, bool))
    study = Study(
        grid, free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 3]}, score=lambda X: 0.4 + 0.3 * (X[:, 1] == 2)
    )
    controller = search(study, policy=policy)
    study.run(controller, 120)
    drawn = controller.policy(study.history()).sample(np.random.default_rng(0), 500)
    assert (drawn[:, 1] == 2).mean() > 0.6


@pytest.mark.parametrize("policy", ["independent", "autoregressive"])
def test_it_finds_more_of_the_front_than_random_search_does(policy: str) -> None:
    def volume(kind: type, seed: int, **options: str) -> float:
        study = Study(seed=seed)
        study.run(study.controller(kind, **options), 100)
        return study.hypervolume()

    drawn = [volume(RandomSearch, seed) for seed in range(8)]
    learned = [volume(PPO, seed, policy=policy) for seed in range(8)]
    assert np.median(learned) > np.quantile(drawn, 0.75)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"entropy": -1.0}, "entropy at least 0"),
        ({"clip": 0.0}, "clip must be between 0 and 1, not 0.0"),
        ({"batch": 0}, "batch must be at least 1, not 0"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"minibatch": 20, "batch": 10}, "minibatch 20 is larger than the batch of 10"),
        ({"window": 0}, "window must be at least 1"),
        ({"samples": 0}, "samples must be at least 1"),
        ({"policy": "recurrent"}, "policy 'recurrent' is not known; choose one of independent, autoregressive"),
    ],
)
def test_impossible_options_are_refused_by_name(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"ppo: .*{says}"):
        search(Study(), **options)


def test_a_study_shorter_than_a_batch_is_refused() -> None:
    controller = search(Study(), batch=30)
    with pytest.raises(ValueError, match="ppo: batch 30 is larger than the 24 trials of this study; lower batch or"):
        controller.check_budget(24)
    controller.check_budget(30)
