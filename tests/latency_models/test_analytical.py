from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from latency_models import BUILT_IN, DEVICES, CostEstimate, DeviceProfile, EdgeTpuAnalytical, OpGraphBatch, load
from search_space import PUBLISHED, Architecture, MobileBertSpace, multiply_adds


def predict(*architectures: Architecture, **options: object) -> CostEstimate:
    batch = OpGraphBatch.from_architectures(architectures, **options)  # type: ignore[arg-type]
    return EdgeTpuAnalytical("tensor-g1").predict(batch)


def weight_bytes(architecture: Architecture, **options: object) -> int:
    batch = OpGraphBatch.from_architectures([architecture], **options)  # type: ignore[arg-type]
    return int((batch.operations.weight_bytes * batch.operations.repeats).sum())


def test_latency_is_a_fixed_cost_a_cost_a_block_and_multiply_adds_at_one_rate() -> None:
    constants = DeviceProfile.load("tensor-g1").constants["edgetpu-analytical"]
    medium = PUBLISHED["mobilebert-edgetpu-m"]
    expected_ms = (
        constants["fixed_ms"]
        + 12 * constants["block_ms"]
        + 1e3 * multiply_adds(medium, 384) / constants["multiply_adds_per_second"]
    )
    assert predict(medium).latency_ms == pytest.approx([expected_ms])
    assert predict(medium, precision="float").latency_ms == pytest.approx([expected_ms * constants["float_ratio"]])


def test_utilization_is_the_share_of_the_profiles_peak() -> None:
    profile = DeviceProfile.load("tensor-g1")
    small = PUBLISHED["mobilebert-edgetpu-s"]
    for precision in ("int8", "float"):
        cost = predict(small, precision=precision)
        per_second = multiply_adds(small, 384) / (cost.latency_ms[0] / 1e3)
        assert cost.utilization[0] == pytest.approx(per_second / profile.peak_multiply_adds_per_second[precision])


def test_over_the_whole_space_utilization_stays_between_0_and_1_and_costs_are_positive() -> None:
    space = MobileBertSpace()
    batch = OpGraphBatch.from_architectures(space.dimensions(space.sample(np.random.default_rng(0), 5_000)))
    cost = EdgeTpuAnalytical("tensor-g1").predict(batch)
    assert len(cost) == 5_000
    assert ((cost.utilization > 0) & (cost.utilization < 1)).all()
    assert (cost.latency_ms > 0).all()
    assert np.isnan(cost.latency_std_ms).all()
    assert cost.source == "modelled"


def test_peak_memory_is_the_weights_and_what_the_softmax_finds_alive() -> None:
    baseline = PUBLISHED["mobilebert"]
    states = 384 * (512 + 128 + 128)  # the block's input, its bottleneck, the values
    maps = 2 * 4 * 384 * 384  # of four heads, before and after the softmax
    assert predict(baseline).peak_memory_bytes.tolist() == [weight_bytes(baseline) + states + maps]
    in_float = weight_bytes(baseline, precision="float") + 4 * (states + maps)
    assert predict(baseline, precision="float").peak_memory_bytes.tolist() == [in_float]


def test_peak_memory_of_one_short_sequence_is_in_its_feed_forward_network() -> None:
    medium = PUBLISHED["mobilebert-edgetpu-m"]
    down = 8 * (512 + 2 * 256 + 1024)  # the block's input, the network's input and output, its inner states
    expected = weight_bytes(medium, sequence_length=8) + down
    assert predict(medium, sequence_length=8).peak_memory_bytes.tolist() == [expected]


def test_a_network_without_blocks_still_has_its_embeddings() -> None:
    assert (
        predict(Architecture(512, ())).latency_ms[0]
        > DeviceProfile.load("tensor-g1").constants["edgetpu-analytical"]["fixed_ms"]
    )


def test_models_of_one_device_have_one_fingerprint_and_other_constants_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = DeviceProfile.load("tensor-g1")
    first = EdgeTpuAnalytical("tensor-g1").fingerprint()
    assert EdgeTpuAnalytical("tensor-g1").fingerprint() == first
    slower = {"edgetpu-analytical": {**profile.constants["edgetpu-analytical"], "block_ms": 1.0}}
    monkeypatch.setattr(DeviceProfile, "load", lambda name: replace(profile, constants=slower))
    assert EdgeTpuAnalytical("tensor-g1").fingerprint() != first


def test_every_built_in_model_loads_for_a_device() -> None:
    for name in BUILT_IN:
        device = "this-machine" if name == "measured-tflite" else "tensor-g1"
        assert load(name, device).fingerprint() == load(name, device).fingerprint()


def test_unknown_names_are_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tensor-g1" in DEVICES
    with pytest.raises(ValueError, match="unknown latency model 'crystal-ball'; known: edgetpu-analytical"):
        load("crystal-ball", "tensor-g1")
    with pytest.raises(ValueError, match=r"unknown device 'abacus'; known: .*tensor-g1"):
        load("edgetpu-analytical", "abacus")
    bare = replace(DeviceProfile.load("tensor-g1"), constants={})
    monkeypatch.setattr(DeviceProfile, "load", lambda name: bare)
    with pytest.raises(ValueError, match="'tensor-g1' has no constants for latency model 'edgetpu-analytical'"):
        load("edgetpu-analytical", "tensor-g1")


def test_predicting_does_not_import_tensorflow() -> None:
    program = (
        "import sys; from latency_models import *; from search_space import PUBLISHED;"
        "load('edgetpu-analytical', 'tensor-g1').predict(OpGraphBatch.from_architectures([PUBLISHED['mobilebert']]));"
        "sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
