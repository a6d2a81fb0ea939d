from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_plugins import Formula

import paretobert
from evaluators.contract import Evaluation
from paretobert.cli import run
from paretobert.saved_study import SavedStudy

TOY: dict[str, Any] = {"controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula"}
REFERENCES = {"references": ["mobilebert-edgetpu-xs", "mobilebert-edgetpu-s"]}


@pytest.fixture
def search(tmp_path: Path) -> Callable[..., SavedStudy]:
    """`paretobert.search` with toy plug-ins, in `tmp_path`."""

    def go(**arguments: Any) -> SavedStudy:
        return paretobert.search(**{**TOY, "settings": REFERENCES, "trials": 8, "folder": tmp_path, **arguments})

    return go


def test_a_search_is_the_same_as_the_commands(
    search: Callable[..., SavedStudy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"steps": 3, "constraints": ["latency_ms <= 14"], "space": {"hidden_size": [512, 640]}, **REFERENCES}
    by_function = search(name="by-function", seed=7, settings=settings)
    monkeypatch.chdir(tmp_path)
    flags = ["--controller", TOY["controller"], "--evaluator", TOY["evaluator"], "--trials", "8", "--seed", "7"]
    options = ["steps=3", "constraints=['latency_ms <= 14']", "space.hidden_size=[512, 640]"]
    options += ["references=['mobilebert-edgetpu-xs', 'mobilebert-edgetpu-s']"]
    sets = [word for option in options for word in ("--set", option)]
    assert run(["search", "--study", "by-command", *flags, *sets]) == 0
    by_command = paretobert.load_study("by-command")
    assert by_function.trials().equals(by_command.trials())
    assert by_function.frontier().equals(by_command.frontier())
    assert by_function.configuration.model_copy(update={"name": "by-command"}) == by_command.configuration


def test_a_study_is_numbered_found_by_name_or_folder_and_has_its_report(
    search: Callable[..., SavedStudy], tmp_path: Path
) -> None:
    first, second = search(trials=2), search(trials=2)
    assert [first.folder, second.folder] == [tmp_path / "demo", tmp_path / "demo-2"]
    assert repr(second) == f"<study 'demo-2' in {tmp_path / 'demo-2'}>"
    assert paretobert.load_study("demo-2", tmp_path).folder == second.folder
    assert paretobert.load_study(second.folder).folder == second.folder
    report = second.folder / "report.html"
    assert report.stat().st_size > 0
    report.unlink()
    assert second.report() == report
    assert report.stat().st_size > 0


def test_nothing_is_shown_unless_a_bar_is_asked_for(
    search: Callable[..., SavedStudy], capfd: pytest.CaptureFixture[str]
) -> None:
    search(trials=2)
    assert capfd.readouterr() == ("", "")
    search(trials=2, progress=True)
    printed, messages = capfd.readouterr()
    assert printed == ""
    assert "4/4" in messages


def test_a_mistake_raises_and_leaves_nothing(search: Callable[..., SavedStudy], tmp_path: Path) -> None:
    for mistake, message in (
        ({"settings": {"stepz": 3}}, "evaluator 'toy_plugins:Formula' has no option 'stepz'; known: steps"),
        ({"settings": {"fail": "prepare"}}, "teacher 'owl' does not fit task 'formula'"),
        ({"trials": 0}, "configuration: trials: should be greater than 0, not 0"),
        ({"name": "a/b"}, "configuration: name: use letters"),
    ):
        with pytest.raises(ValueError, match=message):
            search(**mistake)
    with pytest.raises(FileNotFoundError, match="no study 'demo' in "):
        paretobert.load_study("demo", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_of_none_changes_nothing_and_the_callers_tables_stay_theirs(
    search: Callable[..., SavedStudy], tmp_path: Path
) -> None:
    options = {"evaluator_options": {"steps": 5}, "precision": None}
    study = search(settings={**options, "evaluator_options.seconds": 0.0}, trials=1)
    assert study.configuration.precision == "int8"
    assert study.configuration.evaluator_options == {"steps": 5, "seconds": 0.0}
    assert options == {"evaluator_options": {"steps": 5}, "precision": None}


def test_a_search_that_is_interrupted_goes_on_to_the_same_trials(
    search: Callable[..., SavedStudy], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = search(name="whole", seed=4)
    evaluate, calls = Formula.evaluate, iter(range(100))

    def interrupted(*arguments: Any, **keywords: Any) -> Evaluation:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return evaluate(*arguments, **keywords)

    monkeypatch.setattr(Formula, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search(name="cut", seed=4)
    cut = paretobert.load_study("cut", whole.folder.parent)
    assert (cut.folder / "report.html").exists()
    assert cut.trials().state.tolist() == ["complete"] * 3 + ["waiting"]
    again = paretobert.resume("cut", folder=whole.folder.parent)
    assert again.trials().equals(whole.trials())


def test_a_finished_study_can_be_asked_for_more_trials(search: Callable[..., SavedStudy]) -> None:
    short, whole = search(name="short", trials=3), search(name="whole", trials=8)
    assert paretobert.resume(short.folder, trials=8).trials().equals(whole.trials())


def test_why_a_study_stopped_short_is_logged(
    search: Callable[..., SavedStudy], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        study = search(trials=1, settings={"constraints": ["latency_ms <= 2.26"]})
    assert "20 proposals gave 0 trials that meet the constraints, of 1 asked for" in caplog.text
    assert set(study.trials().state) == {"infeasible"}
    assert study.frontier().empty
    assert study.best() is None
    assert study.picks() == {"XS": None, "S": None, "M": None}


def test_the_best_trial_is_the_highest_score_within_every_bound(search: Callable[..., SavedStudy]) -> None:
    study = search(trials=20)
    trials = study.trials()
    best = study.best()
    assert best is not None
    assert best.metrics["score"] == trials.score.max()
    budget = float(trials.latency_ms.median())
    within = study.best("utilization >= 0.2", latency_ms=budget)
    expected = trials[(trials.latency_ms <= budget) & (trials.utilization >= 0.2)].score.idxmax()
    assert within is not None
    assert within.number == expected
    assert study.trial(within.number) == within
    assert study.best(latency_ms=0.001) is None
    with pytest.raises(ValueError, match="no trial has a metric 'latency'; known: latency_ms, loss, "):
        study.best(latency=10)
    with pytest.raises(ValueError, match="constraint 'fast' is not of the form"):
        study.best("fast")
    with pytest.raises(ValueError, match="study 'demo' has no trial 999; it has "):
        study.trial(999)


def test_picks_and_frontier_are_those_that_the_command_prints(search: Callable[..., SavedStudy]) -> None:
    study = search(trials=20)
    document = study.document()
    assert study.frontier().index.tolist() == document["frontier"]
    assert study.frontier().latency_ms.is_monotonic_increasing
    picks = {size: pick and pick.number for size, pick in study.picks().items()}
    assert picks == {size: pick and pick["number"] for size, pick in document["picks"].items()}
    assert any(picks.values())


def test_references_stand_in_a_frame_of_their_own(search: Callable[..., SavedStudy]) -> None:
    references = search(trials=1).references()
    assert references.name.tolist() == REFERENCES["references"]
    assert references["stage1.num_blocks"].tolist() == [8, 12]
    assert references.score.notna().all()
