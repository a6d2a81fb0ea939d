from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from synthetic_studies import SPACE, Grid, Study

from controllers import RandomSearch, Reinforce
from controllers.policy import Policy

every_policy = pytest.mark.parametrize("policy", ["independent", "autoregressive"])


def rewarding(decision: int, value: int) -> Study:
    grid = Grid(np.array([4, 4, 4, 6]), np.zeros(4, bool))
    return Study(
        grid,
        free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 3]},
        score=lambda X: 0.4 + 0.3 * (X[:, decision] == value) + 0.05 * X[:, 3],
        seed=value,
    )


def search(study: Study, **options: Any) -> Reinforce:
    controller = study.controller(Reinforce, **options)
    assert isinstance(controller, Reinforce)
    return controller


def chances(policy: Policy, decision: int, values: int) -> np.ndarray:
    """How often each value of a decision is drawn, `[values]`."""
    return np.bincount(policy.sample(np.random.default_rng(0), 4000)[:, decision], minlength=values) / 4000


@every_policy
@pytest.mark.parametrize("value", [0, 2, 3])
def test_the_policy_moves_towards_the_decision_that_is_rewarded(value: int, policy: str) -> None:
    study = rewarding(1, value)
    controller = search(study, policy=policy)
    assert chances(controller.policy(study.history()), 1, 4) == pytest.approx([0.25] * 4, abs=0.03)
    study.run(controller, 60)
    assert chances(controller.policy(study.history()), 1, 4)[value] > 0.7


@every_policy
def test_it_finds_more_of_the_front_than_random_search_does(policy: str) -> None:
    def volume(kind: type, seed: int, **options: str) -> float:
        study = Study(seed=seed)
        study.run(study.controller(kind, **options), 100)
        return study.hypervolume()

    drawn = [volume(RandomSearch, seed) for seed in range(8)]
    learned = [volume(Reinforce, seed, policy=policy) for seed in range(8)]
    assert np.median(learned) > np.quantile(drawn, 0.75)


@every_policy
def test_failed_running_and_pruned_trials_teach_nothing(policy: str) -> None:
    study = Study()
    controller = search(study, policy=policy)
    untrained = controller.policy(study.history()).parameters
    study.run(controller, 9, ("failed", "running", "pruned"))
    assert np.array_equal(controller.policy(study.history()).parameters, untrained)


@every_policy
def test_a_violated_constraint_makes_its_decisions_less_likely(policy: str) -> None:
    study = rewarding(0, 0)
    controller = search(study, policy=policy)
    study.run(controller, 5)
    x = np.array([2, 1, 1, 0])
    before = controller.policy(study.history()).log_probabilities(x[None])
    study.tell(x, "infeasible")
    study.violations[-1] = 0.5
    assert (controller.policy(study.history()).log_probabilities(x[None]) < before).all()


def test_order_of_completion_decides_not_order_of_numbers() -> None:
    study = Study(seed=5)
    controller = search(study)
    study.run(controller, 12)
    in_order = controller.policy(study.history()).parameters
    study.completion.reverse()
    assert not np.allclose(controller.policy(study.history()).parameters, in_order)


def test_sizes_of_empty_stages_are_not_learned() -> None:
    study = Study()
    for depth in (1, 2, 4, 6):
        x = np.zeros(len(SPACE.cardinalities), np.int64)
        x[1:6] = depth, 2, 3, 4, depth - 1
        study.tell(x)
    controller = search(study)
    untrained = controller.policy(Study().history()).parameters
    moved = (controller.policy(study.history()).parameters != untrained).any(axis=1)
    learned = {name for name, is_moved in zip(SPACE.decision_names, moved, strict=True) if is_moved}
    always_active = {"hidden_size", *(f"stage{stage}.num_blocks" for stage in (1, 2, 3, 4))}
    assert learned == always_active | {name for name in SPACE.decision_names if name.startswith("stage1.")}


def latencies(seed: int, **options: Any) -> np.ndarray:
    study = Study(seed=seed)
    study.run(search(study, **options), 120)
    return np.array(study.values["latency_ms"])[-40:]


def test_tunas_absolute_reward_comes_to_its_target() -> None:
    for target in (2.0, 8.0):
        near = [np.median(latencies(seed, reward="tunas", target=target, weight=-0.5)) for seed in range(3)]
        assert 0.6 * target < np.median(near) < 1.6 * target


def test_the_more_mnasnet_s_soft_target_weighs_the_smaller_networks_become() -> None:
    light, heavy = (
        np.median([latencies(seed, reward="mnasnet", target=4.0, weight=weight) for seed in range(3)])
        for weight in (-0.01, -1.0)
    )
    assert heavy < 0.5 * light


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"learning_rate": 0.0}, "reinforce: learning_rate must be above 0"),
        ({"entropy": -1.0}, "reinforce: .*entropy at least 0"),
        ({"window": 0}, "reinforce: window must be at least 1, not 0"),
        ({"samples": 0}, "reinforce: samples must be at least 1, not 0"),
        ({"policy": "none"}, "reinforce: policy 'none' is not known; choose one of independent, autoregressive"),
        ({"reward": "mnasnet", "target": 0}, "reward 'mnasnet': target must be a number above 0"),
    ],
)
def test_impossible_options_are_refused_by_name(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        search(Study(), **options)
