from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import additive_rows, two_mode_rows

from latency_models.learned import LatencyFeatures, LatencyRegressor
from latency_models.learned.regressor import FEWEST_ROWS


def relative_error(model: LatencyRegressor, features: LatencyFeatures, latency_ms: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(model.predict(features).latency_ms / latency_ms - 1))


def noisy(latency_ms: np.ndarray, seed: int) -> np.ndarray:
    """As a device measures that is slow at times: 2 % of noise, and every twelfth row half as slow again."""
    rng = np.random.default_rng(seed)
    slow = np.where(rng.random(len(latency_ms)) < 1 / 12, 1.5, 1.0)
    return np.asarray(latency_ms * slow * np.exp(0.02 * rng.standard_normal(len(latency_ms))))


def test_twenty_rows_are_enough_where_work_adds_up_and_more_rows_learn_the_rest() -> None:
    unseen = additive_rows(500, seed=1)
    few, many = (LatencyRegressor.fit(*additive_rows(number, seed=0)) for number in (20, 79))
    assert relative_error(few, *unseen).mean() < 0.05
    assert relative_error(many, *unseen).mean() < 0.01


@pytest.mark.parametrize("number", [30, 79])
def test_the_interval_covers_nine_in_ten_unseen_rows_even_if_some_were_slow(number: int) -> None:
    covered = []
    for seed in range(5):
        features, latency_ms = additive_rows(number, seed)
        model = LatencyRegressor.fit(features, noisy(latency_ms, seed))
        unseen, latency_ms = additive_rows(1000, seed=100 + seed)
        low, high = model.interval(unseen)
        measured = noisy(latency_ms, seed=200 + seed)
        covered.append(((low <= measured) & (measured <= high)).mean())
    assert 0.85 < np.mean(covered) < 0.97


def test_two_modes_have_their_experts_and_what_may_be_either_a_wide_interval() -> None:
    model = LatencyRegressor.fit(*two_mode_rows(200, seed=0))
    unseen, latency_ms = two_mode_rows(1000, seed=1)
    assert len(model.experts) == 2
    assert (relative_error(model, unseen, latency_ms) < 0.1).mean() > 0.9
    low, high = model.interval(unseen)
    assert 0.85 < ((low <= latency_ms) & (latency_ms <= high)).mean() <= 1
    border, clear = (np.abs(unseen.work[:, 0] - unseen.work[:, 1] - 0.5) < 1, unseen.work[:, 1] > unseen.work[:, 0] + 6)
    prediction = model.predict(unseen)
    relative = prediction.latency_std_ms / prediction.latency_ms
    assert np.mean(high[border] / low[border]) > 3 * np.mean(high[clear] / low[clear])
    assert relative[border].mean() > 3 * relative[clear].mean()


def test_a_baseline_of_another_device_is_learned_from() -> None:
    """Where the features say nothing, all that is known comes from the baseline."""
    rng = np.random.default_rng(0)
    other_ms = rng.uniform(1, 20, 30)
    blind = LatencyFeatures(np.zeros((30, 0)), np.zeros((30, 1)), np.zeros((30, 0)))
    model = LatencyRegressor.fit(blind.with_baseline(other_ms), 3 + 1.7 * other_ms)
    assert model.predict(blind.with_baseline(other_ms)).latency_ms == pytest.approx(3 + 1.7 * other_ms, rel=0.01)


def test_unlike_networks_are_outside_and_less_sure() -> None:
    features, latency_ms = additive_rows(60, seed=0)
    model = LatencyRegressor.fit(features, latency_ms)
    far = LatencyFeatures(3 * features.work, 3 * features.smooth, features.detail)
    assert not model.predict(features).is_outside.any()
    prediction = model.predict(far)
    assert prediction.is_outside[(features.work > 5).any(axis=1)].all()
    inside = model.predict(features)
    assert (prediction.latency_std_ms / prediction.latency_ms).mean() > (
        inside.latency_std_ms / inside.latency_ms
    ).mean()


def test_the_same_rows_give_the_same_model() -> None:
    unseen, _ = additive_rows(50, seed=1)
    first, second = (LatencyRegressor.fit(*additive_rows(80, seed=0)) for _ in range(2))
    np.testing.assert_array_equal(first.predict(unseen).latency_ms, second.predict(unseen).latency_ms)


def test_what_cannot_be_learned_from_is_refused_in_one_line() -> None:
    features, latency_ms = additive_rows(20, seed=0)
    with pytest.raises(ValueError, match=f"7 measured networks are too few to learn from: give at least {FEWEST_ROWS}"):
        LatencyRegressor.fit(features[:7], latency_ms[:7])
    with pytest.raises(ValueError, match="19 latencies for 20 networks"):
        LatencyRegressor.fit(features, latency_ms[:19])
    for bad in (np.nan, 0, -1, np.inf):
        broken = np.where(np.arange(20) == 3, bad, latency_ms)
        with pytest.raises(ValueError, match="of row 3 is not a positive number of milliseconds"):
            LatencyRegressor.fit(features, broken)
    with pytest.raises(ValueError, match="work at least zero"):
        LatencyRegressor.fit(replace(features, work=-features.work), latency_ms)
