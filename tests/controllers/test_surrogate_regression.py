from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import SPACE, free_metrics, score

from controllers.surrogate.gaussian_process import GaussianProcess, Hyperparameters, _negative_log_likelihood
from controllers.surrogate.regression import Fit, Prediction, Regression, fitted_number


def architectures(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    X = SPACE.sample(np.random.default_rng(seed), size)
    return np.hstack([SPACE.features(X), np.log(free_metrics(X)["latency_ms"])[:, None]]), score(X)


@pytest.mark.parametrize("num_lengths", [1, 3])
def test_the_gradient_of_the_likelihood_is_its_slope(num_lengths: int) -> None:
    rng = np.random.default_rng(0)
    Z, t = rng.normal(size=(12, 3)), rng.normal(size=12)
    theta = rng.normal(-0.5, 0.5, 3 + num_lengths)
    _, gradient = _negative_log_likelihood(theta, Z, t)
    for i, nudge in enumerate(np.eye(len(theta)) * 1e-5):
        up, down = (_negative_log_likelihood(theta + sign * nudge, Z, t)[0] for sign in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-6)


def test_a_process_without_noise_passes_through_its_data() -> None:
    rng = np.random.default_rng(1)
    Z = rng.normal(size=(20, 2))
    t = np.sin(Z[:, 0]) + Z[:, 1]
    process = GaussianProcess(Hyperparameters(0.1, 1.0, 0.0, np.ones(2)), Z, t)
    mean, std = process.mean_and_std(Z)
    assert mean == pytest.approx(t, abs=1e-3)
    assert (std < 0.05).all()
    assert process.mean_and_std(np.full((1, 2), 9.0))[1] > 0.9


def test_the_mean_in_single_precision_is_the_mean() -> None:
    inputs, values = architectures(0, 60)
    fit = Fit.to(inputs, values)
    prediction = Prediction.given(fit, inputs, values, inputs[:0])
    others, _ = architectures(1, 200)
    assert prediction.mean(others) == pytest.approx(prediction.mean_and_std(others)[0], abs=1e-4)
    assert np.corrcoef(prediction.sketch(others), prediction.mean(others))[0, 1] > 0.95


def test_architectures_that_were_not_seen_are_ranked_and_their_errors_foreseen() -> None:
    inputs, values = architectures(0, 80)
    prediction = Prediction.given(Fit.to(inputs, values), inputs, values, inputs[:0])
    others, truth = architectures(1, 300)
    mean, std = prediction.mean_and_std(others)
    assert np.corrcoef(mean, truth)[0, 1] > 0.9
    noise = np.mean([member.noise for member in prediction.fit.members]) ** 0.5 * prediction.fit.std
    errors = np.abs(mean - truth) / np.hypot(std, noise)
    assert 0.5 < (errors < 1).mean() < 0.95
    assert (errors < 2).mean() > 0.85


def test_a_trial_that_still_runs_lowers_the_uncertainty_around_it_and_moves_no_mean() -> None:
    inputs, values = architectures(0, 40)
    fit = Fit.to(inputs, values)
    running, _ = architectures(2, 3)
    without, believed = (Prediction.given(fit, inputs, values, pending) for pending in (running[:0], running))
    assert (believed.mean_and_std(running)[1] < 0.8 * without.mean_and_std(running)[1]).all()
    assert believed.mean_and_std(running)[0] == pytest.approx(without.mean_and_std(running)[0], abs=1e-3)


def test_hyperparameters_are_fitted_to_the_first_trials_of_a_schedule() -> None:
    inputs, values = architectures(0, 45)
    number = fitted_number(45)
    assert fitted_number(number) == number <= 45 < fitted_number(60)
    used, fresh = Regression(), Regression()
    used.fit(inputs[:20], values[:20])
    of_used = used.fit(inputs, values)
    assert used.fit(inputs[:number], values[:number]) is of_used
    assert np.array_equal(of_used.members[1].lengths, fresh.fit(inputs, values).members[1].lengths)
