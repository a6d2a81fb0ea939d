from __future__ import annotations

from argparse import Namespace

import benchmark_overhead
import numpy as np
import pytest
from benchmark_overhead import measure

from paretobert.config import configure


def test_every_system_is_timed_at_every_size_and_a_missing_peer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark_overhead, "QUICK_SIZES", (10, 30))
    monkeypatch.setattr(benchmark_overhead, "QUICK_PEER_SIZES", (10,))
    monkeypatch.setattr(benchmark_overhead, "find_spec", lambda name: None)
    monkeypatch.setattr(benchmark_overhead, "measure_proposals", lambda study, sizes: ([], []))
    monkeypatch.setattr(benchmark_overhead, "measure_screening", lambda study, trials: ([], []))
    found = measure(Namespace(quick=True), configure(preset="demo"))
    assert [(row["system"], row["trials"]) for row in found.rows] == [
        ("paretobert", 10),
        ("paretobert", 30),
        ("pyglove, in memory", 10),
    ]
    assert all(row["ms_a_trial"] > 0 and row["ms_a_trial_of_the_last_tenth"] > 0 for row in found.rows)
    few, many = found.targets
    assert (few.name, few.at_most) == ("ms_a_trial_at_10", 5)
    assert (many.name, many.at_most) == ("ms_a_trial_at_30_over_at_10", 1.5)
    assert many.value == pytest.approx(found.rows[1]["ms_a_trial_of_the_last_tenth"] / few.value)
    assert found.settings["optuna"] is False
    assert "optuna is not installed, its rows are left out" in capsys.readouterr().err


def test_the_last_tenth_shows_a_cost_that_grows() -> None:
    seconds = np.concatenate([[0.0], np.cumsum(np.repeat([0.001, 0.005], [90, 10]))])
    row = benchmark_overhead._row("toy", 100, seconds)
    assert row["ms_a_trial"] == pytest.approx(1.4)
    assert row["ms_a_trial_of_the_last_tenth"] == pytest.approx(5.0)
