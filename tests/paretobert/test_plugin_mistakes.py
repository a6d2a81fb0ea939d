"""What a plug-in does wrong is told in one line that names it: before the first trial nothing has been written, in a
trial that trial alone ends."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from broken_plugins import Prints
from toy_plugins import Climber

from paretobert.cli import run
from paretobert.plugins import PluginError
from paretobert.runner import StudyStopped
from paretobert.study import Study
from paretobert.time_limit import TimeLimitExceeded, time_limit
from paretobert.trial import Trial

TOY = ["search", "--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula", "--trials", "3"]
LIMIT = ["--set", "trial_timeout_seconds=0.2"]

MODULES = {
    "stops.py": "raise RuntimeError('no board\\nis attached')\n",
    "leaves.py": "import sys\nsys.exit(4)\n",
    "mistyped.py": "def broken(:\n",
    "needs.py": "import a_package_that_is_not_installed\n",
}


@pytest.fixture(autouse=True)
def in_a_folder_with_broken_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def latency_model(name: str) -> list[str]:
    return [*TOY, "--latency-model", name]


def controller(name: str) -> list[str]:
    return [*TOY, "--controller", name]


def evaluator(name: str) -> list[str]:
    return [*TOY, "--evaluator", name]


def task(name: str, *settings: str) -> list[str]:
    return ["search", "--set", f"task={name}", *(part for setting in settings for part in ("--set", setting))]


BROKEN = "broken_plugins:"
MISTAKES = [
    # It does not import
    (evaluator("stops:Mine"), "evaluator 'stops:Mine': cannot import stops: RuntimeError: no board is attached"),
    (evaluator("leaves:Mine"), "evaluator 'leaves:Mine': cannot import leaves: SystemExit: 4"),
    (
        evaluator("mistyped:Mine"),
        "evaluator 'mistyped:Mine': cannot import mistyped: SyntaxError: invalid syntax (mistyped.py, line 1)",
    ),
    (
        controller("needs:Mine"),
        "controller 'needs:Mine': cannot import needs: No module named 'a_package_that_is_not_installed'",
    ),
    (latency_model("absent:Mine"), "latency model 'absent:Mine': cannot import absent: No module named 'absent'"),
    # It is of another kind, or cannot be made
    (
        latency_model(f"{BROKEN}NoModel"),
        "latency model 'broken_plugins:NoModel' is no latency model: class NoModel has no predict()",
    ),
    (
        controller(f"{BROKEN}Rate"),
        "controller 'broken_plugins:Rate' is no controller: class Rate has no propose()",
    ),
    (evaluator(f"{BROKEN}Rate"), "evaluator 'broken_plugins:Rate' is no evaluator: class Rate has no prepare()"),
    (task(f"{BROKEN}Rate"), "task 'broken_plugins:Rate' is no task: class Rate has no vocabulary()"),
    (task("riddles"), "unknown task 'riddles'; known: reading, squad, text, or package.module:Class"),
    (
        latency_model(f"{BROKEN}makes_none"),
        "latency model 'broken_plugins:makes_none' is no latency model: its factory made NoneType, which has no "
        "predict()",
    ),
    (latency_model(f"{BROKEN}Unmakable"), "latency model 'broken_plugins:Unmakable': KeyError: 'tensor-g1'"),
    (
        [*evaluator(f"{BROKEN}Diverging"), "--set", "rate=3"],
        "evaluator 'broken_plugins:Diverging' has no option 'rate'; known: learning_rate",
    ),
    (
        [*evaluator(f"{BROKEN}Diverging"), "--set", "learning_rate=fast"],
        "evaluator 'broken_plugins:Diverging': option learning_rate: should be a valid number, unable to parse string "
        "as a number, not 'fast'",
    ),
    # It fails on the first that it is asked
    (
        latency_model(f"{BROKEN}Raises"),
        "latency model 'broken_plugins:Raises': RuntimeError: no licence for this board",
    ),
    (latency_model(f"{BROKEN}Exits"), "latency model 'broken_plugins:Exits': SystemExit: 3"),
    (
        latency_model(f"{BROKEN}Nan"),
        "latency model 'broken_plugins:Nan' returned latency_ms nan for network 0 of 5: it must be finite and above 0",
    ),
    (
        [*latency_model(f"{BROKEN}Negative"), "--set", "references=['mobilebert-edgetpu-xxs']"],
        "latency model 'broken_plugins:Negative' returned latency_ms -2.227175424 for network 0 of 1: "
        "it must be finite and above 0",
    ),
    (
        latency_model(f"{BROKEN}Short"),
        "latency model 'broken_plugins:Short' returned latency_ms of shape (4,) for 5 networks",
    ),
    (
        latency_model(f"{BROKEN}returns_none"),
        "latency model 'broken_plugins:returns_none' returned None, not a CostEstimate",
    ),
    (
        latency_model(f"{BROKEN}NoFingerprint"),
        "latency model 'broken_plugins:NoFingerprint' has the fingerprint '': it must be a text that is not empty",
    ),
    (
        [*latency_model(f"{BROKEN}Hangs"), *LIMIT],
        "latency model 'broken_plugins:Hangs' took longer than 0.2 s (trial_timeout_seconds)",
    ),
    (
        [*latency_model(f"{BROKEN}Stubborn"), *LIMIT],
        "latency model 'broken_plugins:Stubborn' took longer than 0.2 s (trial_timeout_seconds)",
    ),
    (
        [*controller(f"{BROKEN}HangingController"), *LIMIT],
        "controller 'broken_plugins:HangingController' took longer than 0.2 s (trial_timeout_seconds)",
    ),
    (
        controller(f"{BROKEN}Hungry"),
        "controller 'broken_plugins:Hungry': 3 trials are too few: raise trials to 100",
    ),
    (controller(f"{BROKEN}OnlyScores"), "controller 'broken_plugins:OnlyScores': KeyError: 'score'"),
    (
        controller(f"{BROKEN}Floats"),
        "controller 'broken_plugins:Floats' proposed an array of float64, not an array of integers",
    ),
    (
        controller(f"{BROKEN}ShortVector"),
        "controller 'broken_plugins:ShortVector' proposed a vector of shape (3,), not (21,)",
    ),
    (
        [*TOY, "--set", "trial_timeout_seconds=0"],
        "configuration: trial_timeout_seconds: should be greater than 0, not 0",
    ),
]


@pytest.mark.parametrize(("arguments", "line"), MISTAKES, ids=[line[:60] for _, line in MISTAKES])
def test_before_the_first_trial_one_line_is_told_and_nothing_is_written(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr() == ("", f"paretobert: error: {line}\n")
    assert {path.name for path in Path().iterdir()} == set(MODULES)


def test_latency_predict_tells_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["latency", "predict", "mobilebert", "--latency-model", "broken_plugins:Nan"]) == 2
    assert capsys.readouterr().err.startswith("paretobert: error: latency model 'broken_plugins:Nan' returned ")


IN_A_TRIAL = [
    (
        "broken_plugins:SometimesSlow",
        "PluginTimeoutError: evaluator 'broken_plugins:SometimesSlow' took longer than 0.2 s (trial_timeout_seconds)",
    ),
    (
        "broken_plugins:ExitsInTrial",
        "PluginError: evaluator 'broken_plugins:ExitsInTrial': SystemExit: cannot go on",
    ),
]


@pytest.mark.parametrize(("name", "reason"), IN_A_TRIAL)
def test_in_a_trial_that_trial_fails_with_its_reason_and_the_study_goes_on(
    study: Callable[..., Study], run_to_end: Callable[[Study], list[Trial]], name: str, reason: str
) -> None:
    trials = run_to_end(study(evaluator=name, trials=8, seed=4, trial_timeout_seconds=0.2))
    failed = [trial for trial in trials if trial.state == "failed"]
    assert failed
    assert all(trial.reason == reason for trial in failed)
    assert len(trials) == 8
    assert any(trial.state == "complete" for trial in trials)


RESULTS = [
    ("NegativeScore", "returned a score of -0.1: it must be between 0 and 1"),
    ("TextScore", "returned a score that is a str, not a number"),
    ("NoEvaluation", "returned a float, not an Evaluation"),
    ("OddMetrics", "returned the metric 'loss' as a str, not a number"),
    ("SlowEvaluator", "took longer than 0.2 s (trial_timeout_seconds)"),
]


@pytest.mark.parametrize(("name", "found"), RESULTS)
def test_five_such_failures_in_a_row_stop_the_study(
    study: Callable[..., Study], run_to_end: Callable[[Study], list[Trial]], name: str, found: str
) -> None:
    begun = study(evaluator=f"broken_plugins:{name}", trials=20, trial_timeout_seconds=0.2)
    with pytest.raises(StudyStopped, match=r"5 trials in a row failed, the last one with: Plugin\w*Error: evaluator "):
        run_to_end(begun)
    trials = begun.store.trials()
    assert [trial.state for trial in trials] == ["failed"] * 5
    kind = "PluginTimeoutError" if name == "SlowEvaluator" else "PluginError"
    assert {trial.reason for trial in trials} == {f"{kind}: evaluator 'broken_plugins:{name}' {found}"}


@pytest.mark.parametrize("controller", ["random", "pareto-evolution", "reinforce", "toy_plugins:Climber"])
def test_what_a_latency_model_cannot_do_is_proposed_last_and_fails_alone(
    study: Callable[..., Study], run_to_end: Callable[[Study], list[Trial]], controller: str
) -> None:
    begun = study(
        latency_model="broken_plugins:NotWide",
        controller=controller,
        trials=16,
        seed=1,
        space={"hidden_size": [512, 640]},
    )
    trials = run_to_end(begun)
    failed = [trial for trial in trials if trial.state == "failed"]
    assert len(trials) == 16
    assert {trial.architecture.hidden_size for trial in trials if trial.state == "complete"} == {512}
    assert all(trial.architecture.hidden_size == 640 for trial in failed)
    reason = "latency model 'broken_plugins:NotWide': RuntimeError: too wide for the buffer"
    assert {trial.reason for trial in failed} == ({reason} if controller == "toy_plugins:Climber" else set())


def test_a_controller_that_fails_later_ends_the_command_with_its_name_and_the_study_goes_on_once_it_is_put_right(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        propose = Climber.propose
        fails = lambda self, history, rng: propose(self, history, rng) if len(history) < 2 else {}["policy"]  # noqa: E731
        broken.setattr(Climber, "propose", fails)
        assert run([*TOY, "--set", "references=[]"]) != 0
        assert "controller 'toy_plugins:Climber': KeyError: 'policy'" in capsys.readouterr().err
    assert run(["resume", "demo"]) == 0
    assert "demo: 3 of 3 trials" in capsys.readouterr().out


def test_what_a_plug_in_prints_is_not_in_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*evaluator(f"{Prints.__module__}:Prints"), "--json"]) == 0
    printed, told = capsys.readouterr()
    assert json.loads(printed)["trials"]
    assert "step 1, loss 0.3" in told


def test_a_latency_model_that_hangs_in_a_proposal_is_named_and_not_the_controller(study: Callable[..., Study]) -> None:
    begun = study(controller="random", trial_timeout_seconds=0.2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("latency_models.EdgeTpuAnalytical.predict", lambda self, batch: time.sleep(60))
        with pytest.raises(PluginError, match=r"^latency model 'edgetpu-analytical' took longer than 0\.2 s"):
            begun.ask()


def test_limits_are_nested_and_leave_the_alarm_as_it_was() -> None:
    before, left = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0]
    begun = time.monotonic()

    def sleep_in_two_limits() -> None:
        with pytest.raises(TimeLimitExceeded), time_limit(0.05):
            time.sleep(10)
        time.sleep(10)

    with pytest.raises(TimeLimitExceeded), time_limit(0.2):
        sleep_in_two_limits()
    assert 0.15 < time.monotonic() - begun < 5
    with pytest.raises(TimeLimitExceeded), time_limit(0.05), time_limit(10):
        time.sleep(10)
    assert signal.getsignal(signal.SIGALRM) is before
    assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) == (left > 0)


def test_a_call_within_its_time_is_not_interrupted() -> None:
    with time_limit(0.1):
        pass
    time.sleep(0.2)
