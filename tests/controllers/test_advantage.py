from __future__ import annotations

import numpy as np
import pytest

from controllers.advantage import ADVANTAGE_LIMIT, Baseline, advantage_of_violation
from controllers.reward import Reward

FREE = np.array([False, True])


def advantages(points: np.ndarray, window: int = 20) -> list[float]:
    baseline, judged = Baseline(Reward(), window, points[:0]), []
    for point in points:
        advantage, baseline = baseline.after(point, FREE)
        judged.append(advantage)
    return judged


def test_an_advantage_is_a_good_score_for_its_latency() -> None:
    latency = np.array([1.0, 2.0, 4.0, 8.0, 4.0])
    on_the_trend = -0.1 * np.log2(latency)
    better, worse = on_the_trend.copy(), on_the_trend.copy()
    better[-1] -= 0.05
    worse[-1] += 0.05
    assert advantages(np.column_stack([better, latency]))[-1] > 1
    assert advantages(np.column_stack([worse, latency]))[-1] < -1


def test_a_smaller_network_on_the_trend_is_as_good_as_a_larger_one() -> None:
    latency = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    noise = np.array([0.01, -0.01, 0.01, -0.01, 0.0])
    points = np.column_stack([-0.1 * np.log2(latency) + noise, latency])
    assert abs(advantages(points)[-1]) < 1
    assert abs(advantages(points[[4, 1, 2, 3, 0]])[-1]) < 1.5


def test_the_first_trial_has_no_advantage() -> None:
    assert advantages(np.array([[-0.5, 3.0]])) == [0.0]


def test_a_trial_is_compared_with_those_of_the_window_not_with_all() -> None:
    score = np.array([0.1] * 10 + [0.5, 0.5, 0.5, 0.5])
    points = np.column_stack([-score, np.full(14, 3.0)])
    assert advantages(points, window=3)[-1] == pytest.approx(0)
    assert advantages(points, window=13)[-1] > 0.5


def test_what_is_kept_is_the_window_and_the_front() -> None:
    rng = np.random.default_rng(0)
    points = np.column_stack([-rng.random(300), 1 + rng.random(300)])
    baseline = Baseline(Reward(), 20, points[:0])
    for point in points:
        _, baseline = baseline.after(point, FREE)
    assert np.array_equal(baseline.points[-20:], points[-20:])
    assert len(baseline.points) < 60


def test_one_reward_far_from_the_others_does_not_outweigh_all_lessons() -> None:
    points = np.column_stack([-np.array([0.5] * 40 + [0.9]), np.full(41, 3.0)])
    assert advantages(points)[-1] == ADVANTAGE_LIMIT


def test_the_worse_a_violation_the_worse_its_advantage_up_to_a_limit() -> None:
    assert advantage_of_violation(0.1) == pytest.approx(-1.1)
    assert advantage_of_violation(0.5) < advantage_of_violation(0.1)
    assert advantage_of_violation(50.0) == -2.0
