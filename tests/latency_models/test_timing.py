from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest

from latency_models import Measurement, measure_file, timing
from search_space import Architecture, Stage

QUICK = 0.05  # seconds of runs


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.tflite"
    path.write_bytes(exported.encoder())
    return path


def refuse_to_run(*_: Any) -> None:
    raise AssertionError("it was run")


def test_a_file_is_run_and_timed(tiny: Path) -> None:
    measurement = measure_file(tiny, seconds=QUICK)
    assert measurement.runs >= timing.LEAST_RUNS
    assert 0 < measurement.latency_ms < 1000
    assert measurement.spread_ms >= 0
    assert measurement.threads == 1
    assert "ai-edge-litert" in measurement.machine


def test_a_network_of_many_more_multiply_adds_takes_longer(tiny: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.tflite"
    network = Architecture(256, (Stage(8, 4, 128, 512, 2),), embedding_size=16, vocab_size=300, max_positions=64)
    large.write_bytes(exported.encoder(network))
    assert measure_file(large, seconds=QUICK).latency_ms > 2 * measure_file(tiny, seconds=QUICK).latency_ms


def test_the_latency_is_that_of_the_fast_runs_and_the_spread_that_of_the_fastest_fifths() -> None:
    assert timing.statistic(np.tile([2.0] * 9 + [50.0], 10).tolist()) == (2.0, 0.0)
    assert timing.statistic(np.repeat([2.0, 9.0, 2.0, 2.0, 5.0], 20).tolist()) == (2.0, 0.0)
    latency_ms, spread_ms = timing.statistic(np.repeat([9.0, 3.0, 2.0, 7.0, 4.0], 20).tolist())
    assert (latency_ms, spread_ms) == (2.0, pytest.approx(np.std([2, 3, 4], ddof=1)))


def test_while_the_machine_is_too_busy_to_tell_it_goes_on_for_five_rounds(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = np.repeat([9.0, 3.0, 2.5, 7.0, 4.0], 4).tolist()
    rounds = iter([busy, [2.0] * 60, busy])
    monkeypatch.setattr(timing, "_times_ms", lambda *_: next(rounds))
    assert measure_file(tiny) == Measurement(2.0, 0.0, 80, 1, timing.machine())
    rng = np.random.default_rng(0)
    monkeypatch.setattr(timing, "_times_ms", lambda *_: rng.uniform(2.0, 9.0, 20).tolist())
    assert measure_file(tiny).runs == 100


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no threads")
def test_while_it_runs_its_thread_is_held_on_one_core_and_then_free_again(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.sched_getaffinity(0)
    during = []

    def times_ms(*_: Any) -> Any:
        during.append(os.sched_getaffinity(0))
        raise KeyboardInterrupt

    monkeypatch.setattr(timing, "_times_ms", times_ms)
    with pytest.raises(KeyboardInterrupt):
        measure_file(tiny)
    assert [len(cores) for cores in during] == [1]
    assert os.sched_getaffinity(0) == before
    with pytest.raises(ValueError, match=rf"threads must be from 1 to {len(before)}, the cores of this .*, not 9999"):
        measure_file(tiny, threads=9999)


def test_a_measurement_is_kept_by_content_settings_and_machine(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    measurement = measure_file(tiny, seconds=QUICK, cache=cache)
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(tiny.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(timing, "_times_ms", refuse_to_run)
        assert measure_file(copy, seconds=QUICK, cache=cache) == measurement
        with pytest.raises(AssertionError, match="it was run"):
            measure_file(tiny, seconds=2 * QUICK, cache=cache)
        patch.setattr(timing, "machine", lambda: "another")
        with pytest.raises(AssertionError, match="it was run"):
            measure_file(tiny, seconds=QUICK, cache=cache)
    tiny.write_bytes(exported.encoder(precision="float32"))
    measure_file(tiny, seconds=QUICK, cache=cache)
    assert len([*cache.glob("*.json")]) == 2


def test_a_damaged_entry_of_the_cache_is_measured_anew(tiny: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    measure_file(tiny, seconds=QUICK, cache=cache)
    (entry,) = cache.glob("*.json")
    entry.write_text('{"latency_ms": ')
    measurement = measure_file(tiny, seconds=QUICK, cache=cache)
    assert timing.kept(cache, entry.stem) == measurement


def test_of_two_processes_that_measure_the_same_the_first_is_kept(tmp_path: Path) -> None:
    first, second = (Measurement(latency_ms, 0.0, 20, 1, "m") for latency_ms in (1.0, 2.0))
    assert timing.keep(tmp_path, "key", first) == first
    assert timing.keep(tmp_path, "key", second) == first


@pytest.mark.skipif(Path("/usr/lib/x86_64-linux-gnu/libedgetpu.so.1").exists(), reason="there is an Edge TPU runtime")
def test_without_the_edge_tpu_runtime_one_line_says_how_to_get_it(tiny: Path) -> None:
    with pytest.raises(OSError, match=r"^the Edge TPU runtime libedgetpu\.so\.1 is not installed: .*libedgetpu1-std"):
        measure_file(tiny, delegate="edgetpu")


def test_a_file_that_cannot_be_run_is_named(tiny: Path, tmp_path: Path) -> None:
    import tensorflow as tf

    custom = tmp_path / "custom.tflite"
    function = tf.function(tf.math.erfinv, input_signature=[tf.TensorSpec([1, 4], tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    converter.allow_custom_ops = True
    custom.write_bytes(converter.convert())
    with pytest.raises(ValueError, match=rf"^{re.escape(str(custom))}: ai-edge-litert cannot run it: .*Erfinv"):
        measure_file(custom)
    tiny.write_bytes(tiny.read_bytes()[:-100])
    with pytest.raises(ValueError, match=rf"^{re.escape(str(tiny))}: a damaged TFLite file"):
        measure_file(tiny)
    with pytest.raises(OSError, match="none"):
        measure_file(tmp_path / "none.tflite")
