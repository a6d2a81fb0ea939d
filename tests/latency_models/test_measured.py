from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest
from exported import LENGTH, TINY

from latency_models import MeasuredTflite, OpGraphBatch, load, measured
from search_space import Architecture, Dimensions, MobileBertSpace, Stage

LARGER = replace(TINY, hidden_size=192, stages=(Stage(4, 4, 64, 256, 2),))


@pytest.fixture
def model(tmp_path: Path) -> MeasuredTflite:
    return MeasuredTflite("this-machine", cache=tmp_path / "cache", seconds=0.0)  # twenty runs


def encoders(*architectures: Architecture, **options: Any) -> OpGraphBatch:
    return OpGraphBatch.from_architectures(architectures, LENGTH, **options)


def test_architectures_are_exported_run_and_told_as_measured(model: MeasuredTflite) -> None:
    batch = encoders(LARGER, TINY)
    cost = model.predict(batch)
    assert cost.source == "measured"
    assert cost.latency_ms[0] > 2 * cost.latency_ms[1] > 0
    assert (cost.latency_std_ms >= 0).all()
    assert np.isnan(cost.utilization).all()
    assert cost.peak_memory_bytes.tolist() == batch.peak_memory_bytes.tolist()


def test_a_network_is_measured_once_and_then_told_again_whoever_asks(
    model: MeasuredTflite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = model.predict(encoders(TINY, LARGER))

    def refuse_to_run(*_: Any) -> None:
        raise AssertionError("it was run")

    monkeypatch.setattr(measured, "exported", refuse_to_run)
    again = MeasuredTflite("this-machine", cache=str(tmp_path / "cache"), seconds=0.0)
    assert again.fingerprint() == model.fingerprint()
    split = replace(TINY, stages=(TINY.stages[0], *[replace(TINY.stages[1], num_blocks=1)] * 2))
    assert split.canonical() == TINY
    for batch in (encoders(LARGER, split), OpGraphBatch.from_architectures(Dimensions.of([LARGER, TINY]), LENGTH)):
        cost = again.predict(batch)
        assert cost.latency_ms.tolist() == first.latency_ms[::-1].tolist()
        assert cost.latency_std_ms.tolist() == first.latency_std_ms[::-1].tolist()
    with pytest.raises(AssertionError, match="it was run"):
        again.predict(encoders(TINY, precision="float"))
    with pytest.raises(AssertionError, match="it was run"):
        again.predict(encoders(replace(TINY, activation="gelu")))


def test_a_file_is_run_as_it_is(model: MeasuredTflite, tmp_path: Path) -> None:
    path = tmp_path / "conv.tflite"
    path.write_bytes(exported.convolutional())
    batch = OpGraphBatch.from_tflite(path)
    cost = model.predict(batch)
    assert cost.latency_ms.shape == (1,)
    assert model.predict(batch).latency_ms.tolist() == cost.latency_ms.tolist()


def test_vectors_are_measured_as_the_architectures_they_stand_for() -> None:
    base = Architecture(16, (), activation="gelu", normalization="layer_norm", key_query_shared_bottleneck=False)
    space = MobileBertSpace(base=base)
    X = space.sample(np.random.default_rng(0), 20)
    dimensions = space.dimensions(X)
    assert [dimensions.architecture(row) for row in range(20)] == [space.decode(x) for x in X]


def test_what_cannot_be_run_is_refused(model: MeasuredTflite) -> None:
    with pytest.raises(ValueError, match="'measured-tflite' measures device 'this-machine', not 'tensor-g1'"):
        load("measured-tflite", "tensor-g1")
    with pytest.raises(ValueError, match="measured-tflite exports encoders of one sequence at a time, not of 2"):
        model.predict(encoders(TINY, batch_size=2))
    with pytest.raises(ValueError, match="measured-tflite runs networks, and these graphs do not say what they are of"):
        model.predict(replace(encoders(TINY), source=None))


def test_other_threads_are_another_model() -> None:
    assert MeasuredTflite("this-machine").fingerprint() != MeasuredTflite("this-machine", threads=2).fingerprint()
