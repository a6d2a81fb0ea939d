from __future__ import annotations

import numpy as np
import pytest

from controllers.autoregressive_policy import AutoregressivePolicy
from controllers.policy import IndependentPolicy, Policy

CARDINALITIES = np.array([2, 3, 2])


def differ(X: np.ndarray) -> np.ndarray:
    """Whether the first and the last decision do; alone, neither says anything of it."""
    return X[:, 0] != X[:, 2]


def share_that_differs_once_taught(policy: Policy) -> float:
    """By vectors drawn uniformly, half of them good and half of them bad."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        X = rng.integers(0, CARDINALITIES, (16, 3))
        advantages = np.where(differ(X), 1.0, -1.0)
        policy = policy.moved(0.05 * policy.gradient(X, np.repeat(advantages[:, None], 3, axis=1), 0.1))
    drawn = policy.sample(rng, 2000)
    assert 0.2 < drawn[:, 0].mean() < 0.8, "both ways to differ are drawn"
    return float(differ(drawn).mean())


def test_it_learns_that_two_decisions_must_differ_and_independent_decisions_cannot() -> None:
    assert share_that_differs_once_taught(AutoregressivePolicy.uniform(CARDINALITIES)) > 0.95
    assert share_that_differs_once_taught(IndependentPolicy.uniform(CARDINALITIES)) < 0.7


def test_a_decision_depends_on_those_before_it_only() -> None:
    policy = AutoregressivePolicy.uniform(CARDINALITIES)
    policy = policy.moved(np.random.default_rng(3).normal(size=policy.parameters.shape))
    log_p = policy.log_probabilities(np.array([[0, 1, 0], [0, 1, 1], [0, 2, 0], [1, 1, 0]]))
    assert log_p[:3, 0] == pytest.approx([log_p[0, 0]] * 3)
    assert log_p[0, 1] == pytest.approx(log_p[1, 1])
    for others, decision in ((3, 1), (2, 2), (3, 2)):
        assert abs(log_p[0, decision] - log_p[others, decision]) > 1e-3
