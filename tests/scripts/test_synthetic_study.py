from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_study import CONSTRAINT, REASONS, make_study

from paretobert import SavedStudy, resume


@pytest.fixture
def study(tmp_path: Path) -> SavedStudy:
    return SavedStudy(make_study(tmp_path, trials=400, seed=3).path)


def test_it_reads_as_any_study_with_trials_of_every_end(study: SavedStudy) -> None:
    trials = study.trials()
    assert len(trials) == 400
    assert set(trials.state) == {"complete", "failed", "pruned", "infeasible"}
    assert trials[trials.state == "infeasible"].latency_ms.min() > 20
    assert trials[trials.state == "infeasible"].reason.unique() == [f"violates {CONSTRAINT}"]
    for state, reason in REASONS.items():
        assert trials[trials.state == state].reason.unique() == [reason]
    assert trials.score.notna().equals(trials.state == "complete")
    assert (study.references().state == "complete").all()
    assert len(study.frontier()) > 5
    assert all(study.picks().values())


def test_one_seed_gives_one_study(study: SavedStudy, tmp_path: Path) -> None:
    again = SavedStudy(make_study(tmp_path, name="again", trials=400, seed=3).path)
    assert again.trials().equals(study.trials())


def test_a_search_can_go_on_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "paretobert")  # where toy_plugins is
    toy = {"evaluator": "toy_plugins:Formula", "evaluator_options": {}}
    folder = make_study(tmp_path, trials=20, **toy)
    trials = resume(folder.path.name, trials=22, folder=tmp_path).trials()
    assert (trials.state != "infeasible").sum() == 22
