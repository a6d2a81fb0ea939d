"""A study that is killed and resumed ends as one that was left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from paretobert.cli import run
from paretobert.folder import StudyFolder

SEARCH = ["search", "--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula", "--trials", "12"]
SEARCH += ["--set", "constraints=['latency_ms <= 14']", "--set", "references=['mobilebert-edgetpu-xs', 'mobilebert']"]

KILLED = """
import contextlib, os, signal, sys
from paretobert.cli import main
from paretobert.storage import Database

last, inside = int(sys.argv.pop(1)), sys.argv.pop(1) == "inside"
writing, count = Database.writing, 0

@contextlib.contextmanager
def killed(database, **options):
    global count
    with writing(database, **options) as connection:
        yield connection
        count += 1
        if count == last and inside:
            os.kill(os.getpid(), signal.SIGKILL)
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)

Database.writing = killed
main()
"""

PROXY = ["search", "--trials", "4", "--set", "steps=4", "--set", "references=['mobilebert-edgetpu-xs']"]
PROXY += ["--set", "constraints=[]"]
KILLS = [(4, "after"), (3, "inside"), (5, "inside")]
"""The writing transaction of a life that kills it, and where. A life opens with two, reopening and registering."""
NEVER = 999


def with_toys() -> dict[str, str]:
    """An environment in which a child finds `toy_plugins`."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}


def killed_at(transaction: int, where: str, arguments: list[str]) -> int:
    """Runs a command that SIGKILL ends inside or after its n-th writing transaction; its exit status."""
    command = [sys.executable, "-c", KILLED, str(transaction), where, *arguments]
    return subprocess.run(command, env=with_toys(), capture_output=True, check=False, timeout=100).returncode


def story(study: str) -> list[dict[str, Any]]:
    """All of a study's trials but what depends on the clock."""
    with StudyFolder.find(study).store() as store:
        trials = [*store.trials("reference"), *store.trials()]
    facts = ("kind", "number", "state", "vector", "architecture", "metrics", "violation", "reason", "budget", "seed")
    return [{name: getattr(trial, name) for name in (*facts, "completion", "seen_completions")} for trial in trials]


@pytest.mark.slow
def test_a_killed_study_of_the_real_proxy_resumes_to_the_same_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last bit of every score. `scripts/kill_study.py` has many more kills, of an evaluator that is quick."""
    monkeypatch.chdir(tmp_path)
    assert killed_at(NEVER, "after", [*PROXY, "--study", "whole"]) == 0
    assert killed_at(6, "inside", [*PROXY, "--study", "killed"]) == -signal.SIGKILL
    for transaction, where in KILLS:
        assert killed_at(transaction, where, ["resume", "killed"]) == -signal.SIGKILL
    assert killed_at(NEVER, "after", ["resume", "killed"]) == 0
    whole = story("whole")
    assert [trial["state"] for trial in whole] == ["complete"] * 5
    assert story("killed") == whole


def test_a_search_killed_before_its_study_stands_leaves_the_name_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert killed_at(1, "after", [*SEARCH, "--study", "early"]) == -signal.SIGKILL
    assert run([*SEARCH, "--study", "early"]) == 0


def test_an_interrupted_study_says_how_to_go_on_and_resumes_to_the_same_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*SEARCH, "--study", "whole"]) == 0
    capsys.readouterr()
    assert run([*SEARCH, "--study", "stopped", "--set", "fail=interrupt"]) == 130
    assert capsys.readouterr() == ("", "stopped; to go on: paretobert resume stopped\n")
    monkeypatch.setattr("toy_plugins.Formula.prepare", lambda self, workspace: setattr(self, "_fail", ""))
    assert run(["resume", "stopped"]) == 0
    assert story("stopped") == story("whole")


SLOW = ["--set", "seconds=0.3"]
BY_HAND = "import sys; from paretobert.cli import main; main()"


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_after_the_running_trial_and_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, presses: int
) -> None:
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log"
    command = [sys.executable, "-c", BY_HAND, *SEARCH, "--study", "toy", "--set", f"log={log}", *SLOW, "--json"]
    with subprocess.Popen(command, env=with_toys(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        while not log.exists() or len(log.read_text().splitlines()) < 3:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        assert child.stderr.readline() == "ending after the running trial; Ctrl-C again to end at once\n"
        if presses == 2:
            child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err == "stopped; to go on: paretobert resume toy\n"
    states = [trial["state"] for trial in story("toy")]
    evaluations = len(log.read_text().splitlines())
    if presses == 1:
        assert json.loads(out)["study"] == "toy"
        assert states.count("complete") == evaluations
    else:
        assert out == ""
        assert states.count("complete") == evaluations - 1
    assert "running" not in states
    assert run(["resume", "toy"]) == 0
    assert run([*SEARCH, "--study", "whole", "--set", f"log={log}", *SLOW]) == 0
    assert story("toy") == story("whole")


def test_a_search_whose_time_is_over_ends_after_a_trial_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*SEARCH, "--study", "whole", *SLOW]) == 0
    assert run([*SEARCH, "--study", "toy", *SLOW, "--timeout", "1"]) == 0
    assert capsys.readouterr().err == "the time of 1 is over; to go on: paretobert resume toy\n"
    first = story("toy")
    assert 0 < len(first) < len(story("whole"))
    assert {trial["state"] for trial in first} <= {"complete", "infeasible"} | (
        {"waiting"} if len(first) <= 2 else set()
    )
    assert run(["resume", "toy", "--timeout", "2h"]) == 0
    assert capsys.readouterr().err == ""
    assert story("toy") == story("whole")


def test_a_study_resumes_to_more_trials_as_if_they_had_been_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*SEARCH, "--study", "whole"]) == 0
    assert run([*SEARCH, "--study", "grown", "--trials", "3"]) == 0
    assert run(["resume", "grown", "--trials", "12"]) == 0
    assert story("grown") == story("whole")
    assert "trials = 12" in Path("studies/grown/config.toml").read_text()


def test_a_study_is_not_resumed_with_another_evaluator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*SEARCH, "--study", "toy", "--trials", "2"]) == 0
    monkeypatch.setattr("toy_plugins.Formula.fingerprint", lambda self: "another")
    assert run(["resume", "toy", "--trials", "4"]) == 2
    message = capsys.readouterr().err
    assert "evaluator 'toy_plugins:Formula' is no longer what the study was begun with" in message
    with StudyFolder.find("toy").store() as store:
        assert store.configuration().trials == 2


def test_a_resume_with_other_versions_says_that_scores_may_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*SEARCH, "--study", "toy", "--trials", "2"]) == 0
    assert run(["resume", "toy"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("paretobert.provenance.versions", lambda: {"tensorflow": "9.9"})
    assert run(["resume", "toy", "--trials", "3"]) == 0
    assert "with other versions: scores may differ in the last bits" in capsys.readouterr().err
