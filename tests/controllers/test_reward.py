from __future__ import annotations

import numpy as np
import pytest

from controllers.reward import Reward

FREE = np.array([False, True])
LATENCY = np.array([1.0, 2.0, 4.0, 8.0])


def scored(score: np.ndarray, latency: np.ndarray) -> np.ndarray:
    """Columns to minimise, of a score to maximise and a latency."""
    return np.column_stack([-score, latency])


def test_mnasnet_multiplies_the_score_as_its_equation_2_does() -> None:
    points = scored(np.array([0.8, 0.8]), np.array([20.0, 10.0]))
    assert Reward("mnasnet", 10.0)(points, FREE) == pytest.approx([0.8 * 2**-0.07, 0.8])


def test_a_network_five_percent_better_at_twice_the_latency_is_as_good_to_mnasnet() -> None:
    points = scored(np.array([0.76, 0.76 * 1.05]), np.array([10.0, 20.0]))
    small, large = Reward("mnasnet", 10.0)(points, FREE)
    assert small == pytest.approx(large, rel=1e-3)


def test_tunas_takes_off_as_much_on_either_side_of_its_target() -> None:
    rewards = Reward("tunas", 10.0, -0.2)(scored(np.full(3, 0.8), np.array([5.0, 10.0, 15.0])), FREE)
    assert rewards == pytest.approx([0.7, 0.8, 0.7])


def test_front_rewards_a_score_for_its_latency_at_any_latency() -> None:
    score = 0.5 + 0.1 * np.log2(LATENCY)
    on_the_front = Reward()(scored(score, LATENCY), FREE)
    assert np.ptp(on_the_front) == pytest.approx(0, abs=1e-12)
    worse = scored(np.append(score, score[2] - 0.05), np.append(LATENCY, LATENCY[2]))
    rewards = Reward()(worse, FREE)
    assert rewards[-1] == pytest.approx(rewards[2] - 0.05)


@pytest.mark.parametrize("kind", ["mnasnet", "tunas"])
def test_a_loss_is_rewarded_for_being_small_and_quick(kind: str) -> None:
    points = np.array([[1.0, 10.0], [2.0, 10.0], [1.0, 20.0]])
    good, worse, slower = Reward(kind, 10.0)(points, FREE)
    assert good > worse
    assert good > slower


@pytest.mark.parametrize("kind", ["mnasnet", "tunas"])
def test_a_throughput_below_its_target_costs_reward(kind: str) -> None:
    points = np.array([[-0.8, -100.0], [-0.8, -50.0]])  # score and examples a second, both to maximise
    at_the_target, slower = Reward(kind, 100.0)(points, FREE)
    assert at_the_target > slower


@pytest.mark.parametrize("reward", [Reward(), Reward("mnasnet", 10.0), Reward("tunas", 10.0)], ids=lambda r: r.kind)
def test_one_objective_and_three_are_rewarded_too(reward: Reward) -> None:
    only_score = reward(np.array([[-0.9], [-0.5]]), np.array([False]))
    only_latency = reward(np.array([[10.0], [30.0]]), np.array([True]))
    three = reward(np.array([[-0.9, 10.0, 1.0], [-0.5, 10.0, 3.0]]), np.array([False, True, False]))
    for better, worse in (only_score, only_latency, three):
        assert better > worse


def test_of_two_scores_none_outweighs_the_other_by_its_unit() -> None:
    free = np.array([False, False, True])
    points = np.column_stack([[-0.9, -0.8, -0.7], [3e7, 1e7, 2e7], [5.0, 5.0, 5.0]])
    in_millions = points * np.array([1.0, 1e-6, 1.0])
    for reward in (Reward(), Reward("mnasnet", 10.0), Reward("tunas", 10.0)):
        assert reward(points, free) == pytest.approx(reward(in_millions, free))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kind": "hard"}, "reward 'hard' is not known; choose one of front, mnasnet, tunas"),
        ({"kind": "mnasnet"}, "reward 'mnasnet': target must be a number above 0.*not None"),
        ({"kind": "tunas", "target": 0}, "reward 'tunas': target must be a number above 0.*not 0"),
        ({"kind": "tunas", "target": float("nan")}, "target must be a number above 0.*not nan"),
        ({"kind": "front", "target": 10.0}, "reward 'front' aims at no target, but target is 10.0"),
        ({"kind": "mnasnet", "target": 10.0, "weight": 0.07}, "weight must be below 0, not 0.07"),
    ],
)
def test_a_reward_that_makes_no_sense_is_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Reward(**options)  # type: ignore[arg-type]
