from __future__ import annotations

import numpy as np
import pytest

from latency_models.accuracy import accuracy_of


def test_errors_are_relative_to_what_was_measured() -> None:
    found = accuracy_of(np.array([1.02, 2.16, 2.7, 4.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.mape == pytest.approx((2 + 8 + 10 + 0) / 4)
    assert found.largest == pytest.approx(10.0)
    assert (found.within_5, found.within_10) == (50.0, 100.0)
    assert (found.spearman, found.kendall, found.rows) == (pytest.approx(1.0), pytest.approx(1.0), 4)
    assert np.isnan(found.coverage_90)


def test_a_calibrated_normal_error_is_covered_nine_times_in_ten() -> None:
    rng = np.random.default_rng(0)
    measured = rng.uniform(5, 50, 20_000)
    std = 0.03 * measured
    found = accuracy_of(measured + std * rng.standard_normal(20_000), measured, std)
    assert found.coverage_90 == pytest.approx(90, abs=1)


def test_one_row_has_no_rank() -> None:
    found = accuracy_of(np.array([1.0]), np.array([2.0]), np.array([1.0]))
    assert np.isnan(found.spearman)
    assert (found.mape, found.coverage_90) == (50.0, 100.0)
