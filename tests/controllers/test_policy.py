from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.policy import Policy

CARDINALITIES = np.array([3, 1, 4])


def entropy(policy: Policy) -> float:
    p = policy.probabilities()
    return float(-(p * np.log(np.maximum(p, 1e-300))).sum())


def test_an_untrained_policy_is_uniform_over_each_decision() -> None:
    X = Policy.uniform(CARDINALITIES).sample(np.random.default_rng(0), 12_000)
    assert (X < CARDINALITIES).all()
    for decision, cardinality in enumerate(CARDINALITIES):
        assert np.bincount(X[:, decision]) / len(X) == pytest.approx([1 / cardinality] * cardinality, abs=0.02)


@given(st.floats(-2, 2), st.floats(0, 1), st.integers(0, 1000))
def test_an_update_is_the_gradient_of_the_objective(advantage: float, weight: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    uniform = Policy.uniform(CARDINALITIES).logits
    policy = Policy(uniform + rng.normal(size=uniform.shape))
    x = rng.integers(0, CARDINALITIES)

    def objective(logits: np.ndarray) -> float:
        p = Policy(logits).probabilities()
        return float(advantage * np.log(p[np.arange(3), x]).sum() + weight * entropy(Policy(logits)))

    updated = policy.updated(x, np.ones(3, bool), advantage, 1.0, weight)
    for decision, value in zip(*np.nonzero(np.isfinite(uniform)), strict=True):
        nudge = np.zeros_like(uniform)
        nudge[decision, value] = 1e-5
        slope = (objective(policy.logits + nudge) - objective(policy.logits - nudge)) / 2e-5
        assert updated.logits[decision, value] - policy.logits[decision, value] == pytest.approx(slope, abs=1e-6)


def test_a_decision_that_is_not_active_gets_no_gradient() -> None:
    policy = Policy.uniform(CARDINALITIES)
    updated = policy.updated(np.array([1, 0, 2]), np.array([True, True, False]), 1.0, 0.5, 0.1)
    assert np.array_equal(updated.logits[2], policy.logits[2])
    assert not np.array_equal(updated.logits[0], policy.logits[0])
