from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluators.contract import Evaluation
from paretobert import provenance
from paretobert.assembly import assemble
from paretobert.cli.dry_run import duration, show_plan
from paretobert.config import Configuration, configure
from paretobert.plan import plan
from paretobert.study import Study
from paretobert.trial import Trial

Configurations = Callable[..., Configuration]
Studies = Callable[..., Study]
RunToEnd = Callable[[Study], list[Trial]]


class Stepper:
    """An evaluator that takes a fixed time, and time for each step."""

    def __init__(self, steps: int = 50, fail: bool = False) -> None:
        self.steps = steps
        self.disk_needed = 3_000_000
        self._fail = fail

    def prepare(self, workspace: Path) -> None:
        (workspace / "cache").write_text("prepared")

    def evaluate(self, architecture: object, *, budget: int, **_: Any) -> Evaluation:
        if self._fail:
            raise RuntimeError("no\nluck")
        time.sleep(0.02 + 0.002 * budget)
        return Evaluation(0.5, budget, 0.0)

    def fingerprint(self) -> str:
        return f"stepper {self.steps}"


def test_a_rehearsal_draws_a_few_steps_out_to_all_of_them(tmp_path: Path, configuration: Configurations) -> None:
    assembly = assemble(configuration(evaluator="test_plan:Stepper", trials=8, references=["mobilebert"]))
    made = plan(assembly, tmp_path)
    assert made.trial.seconds == pytest.approx(0.02 + 0.002 * 50, rel=0.5)
    assert "10 steps" in made.trial.source
    assert made.evaluations == 9
    assert made.seconds == 9 * made.trial.seconds
    assert made.evaluator_disk_bytes == 3_000_000
    assert list(tmp_path.iterdir()) == []


def test_earlier_studies_with_the_same_evaluator_on_this_machine_go_before_a_rehearsal(
    tmp_path: Path, study: Studies, run_to_end: RunToEnd, configuration: Configurations, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_to_end(study(trials=3))
    again = assemble(configuration(trials=7))
    earlier = plan(again, tmp_path)
    assert (earlier.trial.seconds, earlier.trial.source) == (0.0, "median of 3 trials on this machine, in toy")
    assert "steps, timed here" in plan(assemble(configuration({"steps": 8})), tmp_path).trial.source
    here = provenance.machine()
    monkeypatch.setattr(provenance, "machine", lambda: {**here, "processor": "another"})
    assert "steps, timed here" in plan(again, tmp_path).trial.source


def test_a_time_that_nobody_knows_is_said_to_be_unknown(
    tmp_path: Path, configuration: Configurations, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = plan(assemble(configuration({"fail": True}, evaluator="test_plan:Stepper")), tmp_path)
    assert failing.trial.source == "not known: 10 steps of the evaluator ended with RuntimeError: no luck"
    assert failing.seconds is None
    show_plan(failing, json=False)
    assert "# time: not known: 10 steps of the evaluator ended" in capsys.readouterr().out
    show_plan(failing, json=True)
    assert json.loads(capsys.readouterr().out)["seconds"] is None


def test_what_a_dry_run_prints_is_the_configuration(
    tmp_path: Path, configuration: Configurations, capsys: pytest.CaptureFixture[str]
) -> None:
    made = configuration(trials=9, space={"hidden_size": 512, "stage2": {"num_blocks": [1, 2]}})
    show_plan(plan(assemble(made), tmp_path), json=False)
    printed = capsys.readouterr().out
    assert f"# space: {made.space.build().num_architectures:,} architectures" in printed
    assert max(map(len, printed.splitlines())) <= 100
    (tmp_path / "again.toml").write_text(printed)
    assert configure(file=tmp_path / "again.toml") == made


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.01, "0.1 s or less"), (42, "42.0 s"), (210, "3.5 min"), (4_320, "1.2 h"), (259_200, "3.0 days")],
)
def test_a_duration_is_told_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text
