from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from synthetic import drawn, measured_ms

from latency_models import EdgeTpuAnalytical, OpGraphBatch, Precision
from latency_models.learned import LearnedLatencyModel
from latency_models.published import SEQUENCE_LENGTH, TENSOR_G1
from search_space import PUBLISHED, Architecture, MobileBertSpace, Stage

UNSEEN = drawn(500, seed=9)


@pytest.fixture(scope="module")
def learned() -> LearnedLatencyModel:
    """From forty measurements of a device unlike the analytical model."""
    batch = drawn(40, seed=0)
    return LearnedLatencyModel.fit(batch, measured_ms(batch), device="lab-board", analytical="tensor-g1")


def test_forty_measurements_of_a_device_predict_its_other_networks(learned: LearnedLatencyModel) -> None:
    cost = learned.predict(UNSEEN)
    error = np.abs(cost.latency_ms / measured_ms(UNSEEN) - 1)
    assert error.mean() < 0.02
    assert (error < 3 * cost.latency_std_ms / cost.latency_ms).mean() > 0.9
    assert cost.source == "learned"
    assert np.isnan(cost.utilization).all()  # no profile says what the board's peak is


def test_a_saved_model_predicts_the_same_to_the_last_bit(learned: LearnedLatencyModel, tmp_path: Path) -> None:
    learned.save(tmp_path / "board.model")
    again = LearnedLatencyModel.load(tmp_path / "board.model", "lab-board")
    first, second = learned.predict(UNSEEN), again.predict(UNSEEN)
    for field in ("latency_ms", "latency_std_ms", "peak_memory_bytes", "is_outside"):
        np.testing.assert_array_equal(getattr(second, field), getattr(first, field))
    assert again.fingerprint() == learned.fingerprint()
    assert again.fingerprint() != LearnedLatencyModel("tensor-g1").fingerprint()


def test_one_by_one_is_as_in_a_batch(learned: LearnedLatencyModel) -> None:
    space = MobileBertSpace()
    architectures = [space.decode(x) for x in space.sample(np.random.default_rng(3), 5)]
    together = learned.predict(OpGraphBatch.from_architectures(architectures))
    alone = [learned.predict(OpGraphBatch.from_architectures([architecture])) for architecture in architectures]
    np.testing.assert_allclose([cost.latency_ms[0] for cost in alone], together.latency_ms, rtol=1e-9)
    np.testing.assert_allclose([cost.latency_std_ms[0] for cost in alone], together.latency_std_ms, rtol=1e-6)


def test_precisions_stand_side_by_side_and_one_not_learned_is_refused(learned: LearnedLatencyModel) -> None:
    with pytest.raises(ValueError, match="learned model of lab-board knows int8, not float: train it"):
        learned.predict(OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]], precision="float"))
    space = MobileBertSpace()
    dimensions = space.dimensions(space.sample(np.random.default_rng(0), 20))
    batch = OpGraphBatch.from_architectures(dimensions, precision="float")
    both = LearnedLatencyModel.fit(
        batch, 2 * measured_ms(batch), device="lab-board", analytical="tensor-g1", beside=learned
    )
    np.testing.assert_array_equal(both.predict(UNSEEN).latency_ms, learned.predict(UNSEEN).latency_ms)
    assert both.predict(batch).latency_ms == pytest.approx(2 * measured_ms(batch), rel=0.1)
    with pytest.raises(ValueError, match="beside one of its own device"):
        LearnedLatencyModel.fit(batch, measured_ms(batch), device="other", beside=learned)


def test_an_architecture_unlike_the_drawn_ones_is_outside(learned: LearnedLatencyModel) -> None:
    huge = Architecture(2048, (Stage(40, 4, 1024, 4096, 8),))
    batch = OpGraphBatch.from_architectures([PUBLISHED["mobilebert-edgetpu-s"], huge])
    outside = LearnedLatencyModel("tensor-g1").predict(batch).is_outside
    assert outside is not None
    assert outside.tolist() == [False, True]
    longer = LearnedLatencyModel("tensor-g1").predict(drawn(50, seed=1, sequence_length=128)).is_outside
    assert longer is not None
    assert longer.mean() > 0.9  # it was trained on sequences of 384


@pytest.mark.parametrize("precision", ["int8", "float"])
def test_the_default_meets_the_published_rows_and_says_that_it_is_modelled(precision: Precision) -> None:
    rows = [row for row in TENSOR_G1 if row.precision == precision]
    architectures = [PUBLISHED[row.model] for row in rows]
    cost = LearnedLatencyModel("tensor-g1").predict(
        OpGraphBatch.from_architectures(architectures, SEQUENCE_LENGTH, precision=precision)
    )
    assert cost.latency_ms == pytest.approx([row.latency_ms for row in rows], rel=0.005)
    assert cost.source == "modelled"
    assert ((cost.utilization > 0) & (cost.utilization <= 1)).all()
    assert (cost.latency_std_ms > 0.02 * cost.latency_ms).all()  # as uncertain as the formula behind its labels


def test_the_default_agrees_with_the_analytical_model_away_from_the_published_rows() -> None:
    default, analytical = LearnedLatencyModel("tensor-g1"), EdgeTpuAnalytical("tensor-g1")
    ratio = default.predict(UNSEEN).latency_ms / analytical.predict(UNSEEN).latency_ms
    assert np.abs(ratio - 1).max() < 0.1
    assert np.abs(ratio - 1).mean() < 0.03


def test_without_a_model_of_the_device_it_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="no learned model comes with device 'abacus', only with tensor-g1: train one"):
        LearnedLatencyModel("abacus")


def test_importing_and_predicting_import_nothing_heavy() -> None:
    program = (
        "import sys; from latency_models import OpGraphBatch; from latency_models.learned import LearnedLatencyModel;"
        "from search_space import PUBLISHED;"
        "batch = OpGraphBatch.from_architectures([PUBLISHED['mobilebert']]);"
        "LearnedLatencyModel('tensor-g1').predict(batch);"
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'sklearn', 'scipy')))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
