from __future__ import annotations

import numpy as np
import pytest

from latency_models.learned.additive import AdditiveLatency

COSTS = [0.5, 1.0, 0.0]


def rows(number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    work = np.random.default_rng(seed).integers(0, 12, (number, 3)).astype(np.float64)
    return work, 2 + work @ COSTS


def test_ten_rows_give_the_costs_that_made_them() -> None:
    work, latency_ms = rows(10)
    fitted = AdditiveLatency.fit(work, latency_ms)
    assert fitted.fixed_ms == pytest.approx(2, rel=1e-3)
    np.testing.assert_allclose(fitted.costs_ms, COSTS, atol=1e-3)


def test_rows_measured_while_the_machine_was_slow_hardly_bend_the_costs() -> None:
    work, latency_ms = rows(100)
    slow = np.arange(100) % 8 == 0
    fitted = AdditiveLatency.fit(work, np.where(slow, 1.8 * latency_ms, latency_ms))
    np.testing.assert_allclose(fitted.predict(work), latency_ms, rtol=0.01)


def test_costs_are_never_negative_and_predictions_always_positive() -> None:
    work, latency_ms = rows(30)
    fitted = AdditiveLatency.fit(np.column_stack([work, work[:, 0]]), 40 - latency_ms)
    assert (fitted.costs_ms >= 0).all()
    assert (fitted.predict(np.zeros((2, 4))) > 0).all()
