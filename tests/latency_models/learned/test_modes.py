from __future__ import annotations

import numpy as np
import pytest

from latency_models.learned.modes import FEWEST_ROWS, mode_threshold

RNG = np.random.default_rng(0)


def test_two_modes_are_parted_in_the_valley_between_them() -> None:
    latency_ms = np.exp(RNG.normal(np.repeat([1.0, 4.0], [250, 150]), 0.5))
    threshold = mode_threshold(latency_ms)
    assert threshold is not None
    assert ((latency_ms > threshold) == np.repeat([False, True], [250, 150])).mean() > 0.99


@pytest.mark.parametrize(
    "latency_ms",
    [
        np.exp(RNG.normal(1, 0.8, 400)),
        RNG.uniform(1, 50, 400),
        np.repeat([100.0, 160, 220, 280, 340, 400], 70) * np.exp(RNG.normal(0, 0.05, 420)),  # layers one to six
        np.exp(RNG.normal(np.repeat([1.0, 4.0], [390, 10]), 0.3)),  # a few slow rows
    ],
    ids=["normal", "uniform", "steps", "outliers"],
)
def test_one_mode_is_not_parted(latency_ms: np.ndarray) -> None:
    assert mode_threshold(latency_ms) is None


def test_too_few_rows_are_not_parted() -> None:
    assert mode_threshold(np.repeat([1.0, 100.0], FEWEST_ROWS // 2)) is not None
    assert mode_threshold(np.repeat([1.0, 100.0], FEWEST_ROWS // 2 - 1)) is None
