from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latency_models import ConstantTable, DeviceProfile, EdgeTpuAnalytical, OpGraphBatch, calibrate
from latency_models.published import TENSOR_G1
from latency_models.validation import calibrate_published
from search_space import MobileBertSpace

MODEL = "edgetpu-analytical"
TRUE = {
    "fixed_ms": 0.4,
    "block_ms": 0.2,
    "multiply_adds_per_second": 1.5e12,
    "link_bytes_per_second": 4e8,
    "cache_bytes": 8e6,
}


def device(values: dict[str, float], *free: str) -> DeviceProfile:
    table = ConstantTable(values, dict.fromkeys(values, "its data sheet"), free)
    return DeviceProfile("board.toml", "A board of mine", {"int8": 4e12}, "its data sheet", {MODEL: table})


def networks(count: int, seed: int = 0) -> OpGraphBatch:
    space = MobileBertSpace()
    return OpGraphBatch.from_architectures(space.dimensions(space.sample(np.random.default_rng(seed), count)))


def latencies(batch: OpGraphBatch, noise: float = 0.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    rng = np.random.default_rng(1)
    return EdgeTpuAnalytical(device(TRUE)).predict(batch).latency_ms * np.exp(noise * rng.standard_normal(len(batch)))


PRICES = [name for name in TRUE if name != "cache_bytes"]
UNKNOWN = {**TRUE, **dict.fromkeys(PRICES, 1.0)}


def test_a_calibration_recovers_the_constants_that_made_the_latencies() -> None:
    batch = networks(40)
    found = calibrate(device(UNKNOWN, *PRICES), [(batch, latencies(batch))], "made up")
    assert dict(found.profile.constants[MODEL]) == pytest.approx(TRUE, rel=1e-3)
    assert found.errors.max() < 1e-4
    assert found.held_out_errors.max() < 1e-3
    assert found.unused == ()


def test_its_profile_predicts_what_it_fitted_and_tells_where_its_constants_are_from() -> None:
    batch = networks(40)
    found = calibrate(device(UNKNOWN, *PRICES), [(batch, latencies(batch, 0.05))], "latencies made up for a test")
    np.testing.assert_allclose(EdgeTpuAnalytical(found.profile).predict(batch).latency_ms, found.fitted_ms, rtol=1e-4)
    sources = found.profile.tables[MODEL].sources
    assert sources["cache_bytes"] == "its data sheet"
    for name in PRICES:
        assert sources[name].startswith("fitted to 40 latencies made up for a test; mean error ")
        assert f"{found.held_out_errors.mean():.1%}" in sources[name]
    assert found.errors.mean() < found.held_out_errors.mean() < 0.1
    assert DeviceProfile.parse("board.toml", found.profile.to_toml()) == found.profile


def test_a_few_rows_measured_while_the_machine_was_slow_do_not_bend_the_others() -> None:
    batch = networks(60)
    measured = latencies(batch)
    measured[::10] *= 3
    found = calibrate(device(UNKNOWN, *PRICES), [(batch, measured)], "made up")
    assert np.median(found.errors) < 0.02


def test_what_is_not_free_stays_and_what_no_network_shows_stays_too() -> None:
    batch = networks(30)
    values = {**TRUE, "fixed_ms": 9.0, "float_ratio": 1.7, "host_multiply_adds_per_second": 1e9}
    free = ("fixed_ms", "float_ratio", "host_multiply_adds_per_second")
    found = calibrate(device(values, *free), [(batch, latencies(batch))], "made up")
    assert dict(found.profile.constants[MODEL]) == pytest.approx({**values, "fixed_ms": 0.4}, rel=1e-3)
    assert found.profile.tables[MODEL].sources["float_ratio"] == "its data sheet"


def test_a_rate_that_costs_nothing_is_left_out_and_named() -> None:
    batch = networks(40)
    values = {**UNKNOWN, "inputs_per_second": 1.0}
    found = calibrate(device(values, *PRICES, "inputs_per_second"), [(batch, latencies(batch))], "made up")
    assert found.unused == ("inputs_per_second",)
    assert "inputs_per_second" not in found.profile.constants[MODEL]
    assert "inputs_per_second" not in found.profile.tables[MODEL].free
    np.testing.assert_allclose(EdgeTpuAnalytical(found.profile).predict(batch).latency_ms, found.fitted_ms, rtol=1e-3)


def test_multiply_adds_are_never_faster_than_the_devices_peak() -> None:
    batch = networks(30)
    slow_peak = replace(device(UNKNOWN, *PRICES), peak_multiply_adds_per_second={"int8": 1.2e12})
    found = calibrate(slow_peak, [(batch, latencies(batch))], "made up")
    assert found.profile.constants[MODEL]["multiply_adds_per_second"] == 1.2e12


@pytest.mark.parametrize("model", sorted({row.model for row in TENSOR_G1}))
def test_a_held_out_model_does_not_touch_its_own_predictions(model: str) -> None:
    profile = DeviceProfile.load("tensor-g1")
    own = np.array([row.model == model for row in TENSOR_G1])
    disturbed = [replace(row, latency_ms=2 * row.latency_ms) if row.model == model else row for row in TENSOR_G1]
    before, after = (calibrate_published(profile, rows).held_out_ms for rows in (TENSOR_G1, disturbed))
    np.testing.assert_allclose(after[own], before[own], rtol=1e-4)
    assert not np.allclose(after[~own], before[~own], rtol=1e-2)


def test_rows_are_left_out_in_contiguous_ranges_of_multiply_adds_unless_groups_are_given() -> None:
    batch = networks(25)
    measured = latencies(batch)
    largest = np.argsort(batch.total(batch.operations.multiply_adds))[-5:]
    measured[largest] *= 1.5
    by_range = calibrate(device(UNKNOWN, *PRICES), [(batch, measured)], "made up")
    given = np.zeros(25)
    given[largest] = 1
    by_group = calibrate(device(UNKNOWN, *PRICES), [(batch, measured)], "made up", given)
    np.testing.assert_allclose(by_range.held_out_ms[largest], by_group.held_out_ms[largest], rtol=1e-6)
    assert (by_range.held_out_errors[largest] > 0.2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ms: ms[:5], r"one latency for each of 10 networks, not \(5,\)"),
        (lambda ms: np.where(np.arange(10) == 3, np.nan, ms), "latency_ms of row 3 must be a positive number, not nan"),
        (
            lambda ms: np.where(np.arange(10) == 4, -1.0, ms),
            r"latency_ms of row 4 must be a positive number, not -1\.0",
        ),
        (lambda ms: ms / 1e3, "faster than the peak of board.toml .* give milliseconds, not seconds"),
    ],
)
def test_latencies_that_cannot_be_are_refused(change: object, message: str) -> None:
    batch = networks(10)
    with pytest.raises(ValueError, match=message):
        calibrate(device(UNKNOWN, *PRICES), [(batch, change(latencies(batch)))], "made up")  # type: ignore[operator]


def test_too_few_rows_groups_or_prices_are_refused() -> None:
    batch = networks(5)
    with pytest.raises(ValueError, match=r"5 measurements are too few for 4 free constants \(fixed_ms, .*at least 6"):
        calibrate(device(UNKNOWN, *PRICES), [(batch, latencies(batch))], "made up")
    with pytest.raises(ValueError, match="there are no measurements"):
        calibrate(device(UNKNOWN, *PRICES), [], "made up")
    batch = networks(8)
    with pytest.raises(ValueError, match="groups must be 8, of at least two kinds"):
        calibrate(device(UNKNOWN, *PRICES), [(batch, latencies(batch))], "made up", np.zeros(8))
    with pytest.raises(ValueError, match="free constant cache_bytes is no price; free can be fixed_ms"):
        calibrate(device(UNKNOWN, "cache_bytes"), [(batch, latencies(batch))], "made up")
    with pytest.raises(ValueError, match="no free constant is shown by these networks"):
        calibrate(device(UNKNOWN), [(batch, latencies(batch))], "made up")
