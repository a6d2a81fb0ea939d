"""What both policies promise, and the independent one alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.policy import UNDECIDED, IndependentPolicy, Policy
from controllers.policy_search import POLICIES

CARDINALITIES = np.array([3, 1, 4])
every_policy = pytest.mark.parametrize("kind", POLICIES)


def trained(kind: str, rng: np.random.Generator) -> Any:
    policy = POLICIES[kind](CARDINALITIES)
    return policy.moved(rng.normal(size=policy.parameters.shape))


def everything() -> np.ndarray:
    return np.stack(np.unravel_index(np.arange(12), CARDINALITIES), axis=1)


def entropies(policy: Policy, X: np.ndarray) -> np.ndarray:
    """Of each decision given those before it, `[n, d]`."""
    sums = np.zeros(X.shape)
    for decision, cardinality in enumerate(CARDINALITIES):
        for value in range(cardinality):
            other = X.copy()
            other[:, decision] = value
            log_p = policy.log_probabilities(other)[:, decision]
            sums[:, decision] -= np.exp(log_p) * log_p
    return np.where(X == UNDECIDED, 0.0, sums)


@every_policy
def test_an_untrained_policy_is_uniform_over_each_decision(kind: str) -> None:
    X = POLICIES[kind](CARDINALITIES).sample(np.random.default_rng(0), 12_000)
    assert (X < CARDINALITIES).all()
    for decision, cardinality in enumerate(CARDINALITIES):
        assert np.bincount(X[:, decision]) / len(X) == pytest.approx([1 / cardinality] * cardinality, abs=0.02)


@every_policy
def test_probabilities_of_all_vectors_sum_to_one_and_are_how_often_they_are_drawn(kind: str) -> None:
    policy = trained(kind, np.random.default_rng(1))
    p = np.exp(policy.log_probabilities(everything()).sum(axis=1))
    assert p.sum() == pytest.approx(1)
    drawn = np.ravel_multi_index(tuple(policy.sample(np.random.default_rng(2), 20_000).T), tuple(CARDINALITIES))
    assert np.bincount(drawn, minlength=12) / 20_000 == pytest.approx(p, abs=0.02)


@every_policy
@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.integers(0, 1000))
def test_a_gradient_is_that_of_log_probabilities_and_entropies(kind: str, entropy: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    policy = trained(kind, rng)
    X = np.where(rng.random((5, 3)) < 0.2, UNDECIDED, rng.integers(0, CARDINALITIES, (5, 3)))
    weights = rng.normal(size=X.shape)

    def objective(parameters: np.ndarray) -> float:
        moved = replace(policy, parameters=parameters)
        return float((weights * moved.log_probabilities(X)).sum() + entropy * entropies(moved, X).sum())

    gradient = policy.gradient(X, weights, entropy)
    assert gradient.shape == policy.parameters.shape
    for place in np.argwhere(np.isfinite(policy.parameters)):
        nudge = np.zeros_like(policy.parameters)
        nudge[tuple(place)] = 1e-5
        slope = (objective(policy.parameters + nudge) - objective(policy.parameters - nudge)) / 2e-5
        assert gradient[tuple(place)] == pytest.approx(slope, abs=1e-6)


@every_policy
def test_a_decision_that_did_not_matter_teaches_nothing(kind: str) -> None:
    policy = trained(kind, np.random.default_rng(3))
    x = np.array([[1, 0, UNDECIDED]])
    moved = policy.moved(policy.gradient(x, np.ones((1, 3)), 0.5))
    changed = np.exp(moved.log_probabilities(everything())) - np.exp(policy.log_probabilities(everything()))
    assert changed[:, 2] == pytest.approx(np.zeros(12))
    assert abs(changed[:, 0]).min() > 1e-3
    assert policy.log_probabilities(x)[0, 2] == 0


def test_to_an_independent_policy_a_decision_is_as_likely_whatever_the_others_are() -> None:
    policy = trained("independent", np.random.default_rng(4))
    assert isinstance(policy, IndependentPolicy)
    log_p = policy.log_probabilities(everything()).reshape(*CARDINALITIES, 3)
    assert np.ptp(log_p[..., 2], axis=0) == pytest.approx(np.zeros((1, 4)))
