"""Retraining goes on where it was stopped, leaves the trials as they are, and is read from the study."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from documented import keys

import paretobert
from paretobert.cli import run
from paretobert.folder import StudyFolder
from paretobert.retraining import Retraining
from paretobert.runner import StudyStopped

TOY = {"controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula"}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of six trials, in a folder of studies."""
    root = tmp_path_factory.mktemp("searched")
    settings = {"references": ["mobilebert"], "log": "log"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        paretobert.search(name="toy", trials=6, settings=settings, **TOY)
    return root


@pytest.fixture
def folder(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFolder:
    """A copy of that study, in the current folder."""
    shutil.copytree(searched, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return StudyFolder(Path("studies/toy"))


def evaluations() -> int:
    return len(Path("log").read_text().splitlines())


def test_a_verification_is_in_the_study_and_its_trials_are_as_they_were(folder: StudyFolder) -> None:
    before = paretobert.load_study("toy").document()
    study = paretobert.verify("toy", trials=6, seeds=2, budget_factor=3, references=True)
    (document,) = study.verifications()
    assert document.keys() == keys("Verification")
    assert document["correlations"].keys() == {"all", "top_half", "equal_latency", "beyond_size"}
    assert (document["budget"], document["seeds"], document["done"]) == (21, [1, 2], 14)
    assert [row["kind"] for row in document["trials"]] == [*6 * ["search"], "reference"]
    assert {trial["number"] for trial in document["trials"][:6]} >= {*before["frontier"]}
    after = study.document()
    assert after["verifications"] == [document]
    assert {**after, "verifications": [], "workers": []} == {**before, "workers": []}


def test_a_verification_that_was_stopped_goes_on(folder: StudyFolder) -> None:
    def enough(after: int) -> Callable[[], bool]:
        asked: list[int] = []
        return lambda: bool(len(asked) >= after or asked.append(1))

    begun = evaluations()
    with folder.store() as store:
        first = Retraining(folder, store, trials=6)
        first.prepare()
        first.run(lambda done: None, enough(2))
        assert store.verifications()[0]["done"] == 2
    with folder.store() as store:
        again = Retraining(folder, store, trials=6)
        again.prepare()
        done: list[int] = []
        again.run(done.append)
        assert done == [*range(7)]
        assert store.verifications() == [again.document()]
        assert again.document()["done"] == 6
    assert evaluations() == begun + 6


def test_a_larger_verification_keeps_what_a_smaller_one_gave(folder: StudyFolder) -> None:
    begun = evaluations()
    paretobert.verify("toy", trials=6)
    assert evaluations() == begun + 6
    study = paretobert.verify("toy", trials=6, seeds=2)
    assert evaluations() == begun + 12
    (document,) = study.verifications()
    assert document["done"] == 12
    assert len(paretobert.verify("toy", trials=4, budget_factor=2).verifications()) == 2


def test_what_was_reported_in_the_search_stays_apart(folder: StudyFolder) -> None:
    paretobert.search(
        name="told", trials=4, settings={"references": []}, **{**TOY, "evaluator": "toy_plugins:Reporter"}
    )
    told = StudyFolder.find("told")
    with told.store() as store:
        (trial, *_) = (trial for trial in store.trials() if trial.state == "complete")
        reports = store.reports_of(trial)
    paretobert.verify("told", trials=4)
    with told.store() as store:
        assert store.reports_of(trial) == reports


def test_what_trains_nothing_has_no_longer_training(folder: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"references": [], "metric": "multiply_adds"}
    paretobert.search(name="counted", trials=3, settings=settings, controller="random", evaluator="zero-cost")
    assert run(["verify", "counted", "--trials", "2"]) == 2
    told = "evaluator 'zero-cost' trains nothing, so there is no longer training to verify"
    assert capsys.readouterr().err == f"paretobert: error: {told}\n"


def test_a_longer_training_may_take_as_much_longer(folder: StudyFolder) -> None:
    settings = {"references": [], "trial_timeout_seconds": 20}
    paretobert.search(name="timed", trials=2, settings=settings, **TOY)
    with StudyFolder.find("timed").store() as store:
        retraining = Retraining(StudyFolder.find("timed"), store, trials=2, budget_factor=3)
        assert retraining._evaluator.seconds == 60


def test_five_failures_in_a_row_stop_a_verification(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from toy_plugins import Formula

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(Formula, "evaluate", fail)
    with pytest.raises(
        StudyStopped, match="5 retrainings in a row failed, the last one with: RuntimeError: out of luck"
    ):
        paretobert.verify("toy", trials=6)
    assert run(["verify", "toy", "--trials", "6", "--json"]) == 1
    printed, told = capsys.readouterr()
    document = json.loads(printed)
    assert len(document["failed"]) == 5
    assert document["correlations"] is None
    assert told.splitlines()[0] == "search trial 0, seed 1: RuntimeError: out of luck"
    assert told.splitlines()[-1].startswith("toy: 5 retrainings in a row failed")


def test_the_command_prints_tables_or_the_document(folder: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "toy", "--trials", "6", "--seeds", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [document] == paretobert.load_study("toy").verifications()
    assert run(["verify", "toy", "--trials", "6", "--seeds", "2"]) == 0
    printed = capsys.readouterr().out
    assert "Kendall's tau of scores with 10 times the steps (70)" in printed
    for words in ("over all", "in the top half", "at equal latency", "beyond size", "12 of 12 retrainings"):
        assert words in printed
    assert "report: studies/toy/report.html" in printed


def test_after_its_time_a_verification_says_how_to_go_on(
    folder: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", "toy", "--trials", "6", "--timeout", "0.000001"]) == 0
    assert capsys.readouterr().err.endswith("the time of 0.000001 is over; to go on: the same command again\n")
