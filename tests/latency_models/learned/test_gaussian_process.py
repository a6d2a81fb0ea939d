from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import check_grad

from latency_models.learned.gaussian_process import (
    _ROUNDS,
    MOST_INDUCING,
    GaussianProcess,
    Kernel,
    _negative_log_likelihood,
)


def wave(X: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(2 * X[:, 0]) + 0.5 * X[:, 1])


def inputs(number: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2, 2, (number, 2))


def test_it_follows_a_smooth_function_and_knows_how_well() -> None:
    X, unseen = inputs(150), inputs(400, seed=1)
    noise = 0.05 * np.random.default_rng(2).standard_normal(150)
    mean, deviation = GaussianProcess.fit(X, wave(X) + noise).predict(unseen)
    assert np.abs(mean - wave(unseen)).mean() < 0.03
    fresh = wave(unseen) + 0.05 * np.random.default_rng(3).standard_normal(400)
    assert 0.9 < (np.abs(mean - fresh) < 2 * deviation).mean() < 1


def test_it_is_less_sure_far_from_what_it_saw() -> None:
    X = inputs(60)
    _, deviation = GaussianProcess.fit(X, wave(X)).predict(np.array([[0.0, 0], [4, 4], [8, 8]]))
    assert all(near < far for near, far in pairwise(deviation))


def test_outliers_hardly_bend_it() -> None:
    X, unseen = inputs(120), inputs(200, seed=1)
    y = wave(X) + 0.05 * np.random.default_rng(2).standard_normal(120)
    y[::10] += 5
    mean, _ = GaussianProcess.fit(X, y).predict(unseen)
    assert np.abs(mean - wave(unseen)).mean() < 0.25  # the outliers' mean alone is 0.5


def test_with_few_rows_it_is_the_exact_process() -> None:
    """Rasmussen & Williams, equation 2.25, for rows of the weights that it comes to."""
    X, y, unseen = inputs(30), wave(inputs(30)), inputs(20, seed=1)
    kernel = Kernel(1.0, 0.5, np.array([0.4, 0.4]), 0.1)
    process = GaussianProcess.fit(X, y, kernel)
    assert len(process.inducing) == 30
    Z, t = (X - process.center) / process.spread, (y - process.target_center) / process.target_spread
    weights = np.ones(30)
    for _ in range(_ROUNDS):
        inverse = np.linalg.inv(kernel(Z, Z) + np.diag(kernel.noise**2 / weights))
        used = weights
        mean, variance = kernel(Z, Z) @ inverse @ t, np.diag(kernel(Z, Z) - kernel(Z, Z) @ inverse @ kernel(Z, Z))
        weights = 5 / (4 + ((t - mean) ** 2 + variance) / kernel.noise**2)
    assert np.ptp(used) > 0.01
    k = kernel((unseen - process.center) / process.spread, Z)
    mean, deviation = process.predict(unseen)
    np.testing.assert_allclose(mean, process.target_center + process.target_spread * (k @ inverse @ t), atol=1e-3)
    variance = kernel.diagonal((unseen - process.center) / process.spread) - np.diag(k @ inverse @ k.T)
    np.testing.assert_allclose(deviation, process.target_spread * np.sqrt(variance + kernel.noise**2), rtol=1e-3)


def test_thousands_of_rows_are_told_by_a_few() -> None:
    X = inputs(3000)
    process = GaussianProcess.fit(X, wave(X))
    assert len(process.inducing) <= MOST_INDUCING
    assert np.abs(process.predict(X)[0] - wave(X)).max() < 0.05


def test_the_gradient_of_the_likelihood_is_its_slope() -> None:
    X, weights = inputs(25), np.linspace(0.5, 1.2, 25)
    start = np.log([0.7, 0.5, 0.3, 1.5, 0.8])

    def part(which: int, values: np.ndarray) -> object:
        return _negative_log_likelihood(Kernel.from_logarithms(values), X, wave(X), weights)[which]

    error = check_grad(lambda v: part(0, v), lambda v: part(1, v), start)
    assert error == pytest.approx(0, abs=1e-3)


def test_an_input_that_never_varied_is_left_out() -> None:
    X = np.column_stack([inputs(40), np.full(40, 3.0)])
    process = GaussianProcess.fit(X, wave(X))
    elsewhere = X + np.array([0, 0, 5])
    np.testing.assert_array_equal(process.predict(X)[0], process.predict(elsewhere)[0])
