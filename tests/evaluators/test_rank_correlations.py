"""Kendall's tau is scipy's, over the pairs that are asked for, and knows what size explains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from evaluators.rank_correlations import (
    equal_latency,
    kendall_tau,
    rank_correlations,
    resample_counts,
    residual,
    top_half,
)

RNG = np.random.default_rng(0)
FEW = st.lists(st.integers(0, 5), min_size=6, max_size=6).map(lambda values: np.array(values, float))


@given(FEW, FEW)
def test_tau_is_scipys_ties_included(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(kendall_tau(a, b)[0], kendalltau(a, b).statistic, atol=1e-12)


def test_a_resample_is_ranked_as_the_architectures_it_holds() -> None:
    a, b = RNG.normal(size=(2, 12))
    counts = resample_counts(12, resamples=20)
    for tau, count in zip(kendall_tau(a, b, counts=counts), counts.astype(int), strict=True):
        rows = np.repeat(np.arange(12), count)
        different = rows[:, None] != rows[None, :]
        signs = (np.sign(x[rows][:, None] - x[rows][None, :])[different] for x in (a, b))
        np.testing.assert_allclose(tau, np.mean(np.prod([*signs], axis=0)))


def test_pairs_of_equal_latency_lie_within_a_tenth_of_one_value() -> None:
    latency = np.array([9.0, 10.0, 11.0, 11.2, 30.0])
    pairs = equal_latency(latency)
    assert pairs[0, 2]
    assert not pairs[0, 3]
    assert not pairs[3, 4]
    np.testing.assert_array_equal(pairs, pairs.T)


def test_the_top_half_is_the_better_one() -> None:
    pairs = top_half(np.array([5.0, 1.0, 4.0, 2.0, 3.0]))
    assert {*np.flatnonzero(pairs.any(axis=0)).tolist()} == {0, 2, 4}


def test_a_score_that_only_counts_parameters_knows_nothing_beyond_size() -> None:
    size = np.exp(RNG.normal(size=60))
    quality = RNG.normal(size=60)
    long = (np.log(size) + quality)[:, None]
    counting = rank_correlations(np.log(size), long, np.ones(60), size)
    knowing = rank_correlations(np.log(size) + quality, long, np.ones(60), size)
    assert counting["all"].tau > 0.3
    assert counting["beyond_size"].low < 0 < counting["beyond_size"].high
    assert knowing["beyond_size"].tau == pytest.approx(1.0)


def test_the_ceiling_is_how_two_seeds_agree_and_is_unknown_with_one() -> None:
    true, noise = RNG.normal(size=30), RNG.normal(size=(30, 2))
    found = rank_correlations(true, true[:, None] + noise, np.ones(30), np.exp(true))
    expected = kendalltau(*(true[:, None] + noise).T).statistic
    assert found["all"].ceiling == pytest.approx(expected)
    assert np.isnan(rank_correlations(true, true[:, None], np.ones(30), np.exp(true))["all"].ceiling)


def test_an_interval_narrows_with_more_architectures() -> None:
    def width(size: int) -> float:
        true = RNG.normal(size=size)
        found = rank_correlations(true + RNG.normal(size=size), true[:, None], np.ones(size), np.ones(size))["all"]
        assert found.low < found.tau < found.high
        assert found.pairs == size * (size - 1) // 2
        return found.high - found.low

    assert width(200) < width(20) / 2


def test_a_seed_that_has_not_run_everywhere_counts_where_it_has() -> None:
    true = RNG.normal(size=10)
    long = np.stack([true, np.where(np.arange(10) < 4, true, np.nan)], axis=1)
    found = rank_correlations(true, long, np.ones(10), np.ones(10))
    assert (found["all"].tau, found["all"].ceiling) == (1.0, 1.0)


def test_nothing_is_left_of_a_line() -> None:
    x = RNG.normal(size=9)
    np.testing.assert_allclose(residual(3 * x - 1, x), 0, atol=1e-12)
    np.testing.assert_allclose(residual(x, np.ones(9)), x - x.mean())
