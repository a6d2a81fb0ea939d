from __future__ import annotations

from argparse import Namespace

import benchmark_latency_throughput
import pytest
from benchmark_latency_throughput import measure

from latency_models import DEVICES
from paretobert.config import configure


def test_every_model_that_is_here_is_timed_on_its_devices_and_a_missing_one_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = {"edgetpu-analytical": (DEVICES, 200_000), "crystal-ball": (("tensor-g1",), 50_000)}
    monkeypatch.setattr(benchmark_latency_throughput, "MODELS", models)
    monkeypatch.setattr(benchmark_latency_throughput, "QUICK_BATCH", 300)
    found = measure(Namespace(quick=True), configure(preset="demo"))
    assert [row["device"] for row in found.rows] == list(DEVICES)
    assert {row["latency_model"] for row in found.rows} == {"edgetpu-analytical"}
    assert "latency model 'crystal-ball' is not here, its rows are left out" in capsys.readouterr().err
    for row, batch, alone in zip(found.rows, found.targets[::2], found.targets[1::2], strict=True):
        assert row["architectures"] == 300
        assert (batch.value, batch.at_least) == (row["a_second"], 200_000)
        assert (alone.value, alone.at_most) == (row["ms_alone"], 2.0)
        assert row["a_second"] >= row["a_second_at_worst"] > 0
        assert row["ms_alone_95th"] >= row["ms_alone"] > 0
