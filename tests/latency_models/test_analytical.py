from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from latency_models import (
    BUILT_IN,
    DEVICES,
    ConstantTable,
    CostEstimate,
    DeviceProfile,
    EdgeTpuAnalytical,
    OperationKind,
    OpGraphBatch,
    load,
)
from search_space import PUBLISHED, Architecture, Dimensions, MobileBertSpace, multiply_adds


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


@pytest.mark.parametrize("device", DEVICES)
def test_over_the_whole_space_utilization_stays_between_0_and_1_and_costs_are_positive(device: str) -> None:
    space = MobileBertSpace()
    batch = OpGraphBatch.from_architectures(space.dimensions(space.sample(np.random.default_rng(0), 5_000)))
    cost = EdgeTpuAnalytical(device).predict(batch)
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


def test_models_of_one_device_have_one_fingerprint_and_other_constants_another() -> None:
    profile = DeviceProfile.load("tensor-g1")
    first = EdgeTpuAnalytical("tensor-g1").fingerprint()
    assert EdgeTpuAnalytical("tensor-g1").fingerprint() == first
    table = profile.tables["edgetpu-analytical"]
    slower = replace(profile, tables={"edgetpu-analytical": replace(table, values={**table.values, "block_ms": 1.0})})
    assert EdgeTpuAnalytical(slower).fingerprint() != first
    helped = replace(profile, host_operations=(OperationKind.LOOKUP,))
    assert EdgeTpuAnalytical(helped).fingerprint() != first


@pytest.mark.parametrize("device", DEVICES)
def test_a_breakdown_sums_to_the_latency_to_the_last_bit(device: str) -> None:
    space, model = MobileBertSpace(), EdgeTpuAnalytical(device)
    batch = OpGraphBatch.from_architectures(space.dimensions(space.sample(np.random.default_rng(1), 5_000)))
    breakdown = model.breakdown(batch)
    assert batch.total(breakdown.total_ms).tolist() == model.predict(batch).latency_ms.tolist()
    for part in (breakdown.compute_ms, breakdown.memory_ms, breakdown.overhead_ms):
        assert part.shape == (len(batch.operations),)
        assert (part >= 0).all()


def test_on_the_published_device_only_products_take_compute_and_softmax_stands_for_the_block() -> None:
    model = EdgeTpuAnalytical("tensor-g1")
    constants = model.profile.constants["edgetpu-analytical"]
    batch = OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]], precision="float")
    breakdown, kinds = model.breakdown(batch), batch.operations.kind
    assert ((breakdown.compute_ms > 0) == (batch.operations.inner > 0)).all()
    assert not breakdown.memory_ms.any()
    softmax = breakdown.overhead_ms[kinds == OperationKind.SOFTMAX]
    assert softmax == pytest.approx([24 * constants["block_ms"] * constants["float_ratio"]])
    assert breakdown.overhead_ms[0] == pytest.approx(constants["fixed_ms"] * constants["float_ratio"])


def test_energy_is_power_over_the_latency_where_a_source_gives_the_power() -> None:
    batch = OpGraphBatch.from_architectures([PUBLISHED["mobilebert"], PUBLISHED["mobilebert-edgetpu-s"]])
    coral = EdgeTpuAnalytical("coral-usb")
    assert coral.energy_mj(batch) == pytest.approx(2.0 * coral.predict(batch).latency_ms)
    assert np.isnan(EdgeTpuAnalytical("tensor-g1").energy_mj(batch)).all()


def test_a_device_of_int8_alone_refuses_float_in_one_line() -> None:
    batch = OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]], precision="float")
    for call in (EdgeTpuAnalytical("coral-usb").predict, EdgeTpuAnalytical("coral-usb").breakdown):
        with pytest.raises(ValueError, match="device 'coral-usb' does not run float"):
            call(batch)


def test_constants_that_are_not_known_or_price_nothing_are_refused() -> None:
    profile = DeviceProfile.load("tensor-g1")
    for values, message in (
        ({"fixed_ms": 1.0, "warp_ms": 1.0}, r"tensor-g1: .*constants\.warp_ms is not known; known: fixed_ms"),
        ({"cache_bytes": 8e6}, "tensor-g1: .* holds no price; give one of fixed_ms"),
    ):
        table = ConstantTable(values, dict.fromkeys(values, "a test"))
        with pytest.raises(ValueError, match=message):
            EdgeTpuAnalytical(replace(profile, tables={"edgetpu-analytical": table}))


def test_a_batch_larger_than_a_chunk_is_predicted_as_its_networks_alone() -> None:
    space, model = MobileBertSpace(), EdgeTpuAnalytical("coral-usb")
    dimensions = space.dimensions(space.sample(np.random.default_rng(2), 9_000))
    cost = model.predict(OpGraphBatch.from_architectures(dimensions))
    graphs = list(OpGraphBatch.from_architectures(dimensions).chunks(1))
    for i in (0, 4_095, 4_096, 8_999):
        alone = model.predict(graphs[i])
        assert (alone.latency_ms[0], alone.peak_memory_bytes[0]) == (cost.latency_ms[i], cost.peak_memory_bytes[i])


def test_an_empty_batch_has_empty_costs() -> None:
    for device in DEVICES:
        assert len(EdgeTpuAnalytical(device).predict(OpGraphBatch.from_architectures(Dimensions.of([])))) == 0


def test_every_built_in_model_loads_for_a_device() -> None:
    for name in BUILT_IN:
        device = "this-machine" if name == "measured-tflite" else "tensor-g1"
        assert load(name, device).fingerprint() == load(name, device).fingerprint()


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    assert "tensor-g1" in DEVICES
    with pytest.raises(ValueError, match="unknown latency model 'crystal-ball'; known: edgetpu-analytical"):
        load("crystal-ball", "tensor-g1")
    with pytest.raises(ValueError, match=r"unknown device 'abacus'; known: .*tensor-g1"):
        load("edgetpu-analytical", "abacus")
    bare = replace(DeviceProfile.load("tensor-g1"), tables={})
    with pytest.raises(ValueError, match="'tensor-g1' has no constants for latency model 'edgetpu-analytical'"):
        EdgeTpuAnalytical(bare)


def test_predicting_does_not_import_tensorflow() -> None:
    program = (
        "import sys; from latency_models import *; from search_space import PUBLISHED;"
        "load('edgetpu-analytical', 'tensor-g1').predict(OpGraphBatch.from_architectures([PUBLISHED['mobilebert']]));"
        "sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
