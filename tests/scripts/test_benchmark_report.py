from __future__ import annotations

from argparse import Namespace

import benchmark_report
import pytest
from benchmark_report import measure

from paretobert.config import configure


def test_a_file_and_the_site_are_timed_and_held_against_what_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark_report, "LIMITS", {30: {"file_s": 3.0, "file_megabytes": 6.0}, 40: {"site_s": 1.0}})
    monkeypatch.setattr(benchmark_report, "browser", lambda: None)
    found = measure(Namespace(quick=False), configure(preset="demo"))
    first, second = found.rows
    assert (first["trials"], second["trials"]) == (30, 40)
    assert 4.5 < first["file_megabytes"] < second["file_megabytes"] < 6
    assert 0 < first["site_again_s"] < first["site_s"]
    assert [(target.name, target.at_most) for target in found.targets] == [
        ("file_s_at_30_trials", 3.0),
        ("file_megabytes_at_30_trials", 6.0),
        ("site_s_at_40_trials", 1.0),
    ]
    assert "what a browser takes is left out" in capsys.readouterr().err
    assert len(measure(Namespace(quick=True), configure(preset="demo")).rows) == 1
