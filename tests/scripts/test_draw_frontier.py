from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import draw_frontier
import pytest

import paretobert

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[paretobert.SavedStudy, ElementTree.Element]:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "paretobert")  # where toy_plugins is
    toys: dict[str, Any] = {"controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula"}
    study = paretobert.search(**toys, trials=12, folder=tmp_path)
    picture = tmp_path / "frontier.svg"
    monkeypatch.setattr("sys.argv", ["draw_frontier.py", str(study.folder), str(picture)])
    draw_frontier.main()
    return study, ElementTree.parse(picture).getroot()


def test_every_scored_trial_and_published_model_is_a_point(
    drawn: tuple[paretobert.SavedStudy, ElementTree.Element],
) -> None:
    study, svg = drawn
    colors = Counter(mark.get("fill") for mark in svg.iter() if mark.tag in (f"{SVG}circle", f"{SVG}path"))
    in_the_legend = 1  # one mark of each kind
    assert colors[draw_frontier.FRONT] == len(study.frontier()) + in_the_legend
    assert colors[draw_frontier.PUBLISHED] == len(study.references()) + in_the_legend
    dominated = (study.trials().state == "complete").sum() - len(study.frontier())
    assert colors[draw_frontier.TRIAL] == dominated + bool(dominated)


def test_points_lie_inside_the_picture_and_quicker_ones_farther_left(
    drawn: tuple[paretobert.SavedStudy, ElementTree.Element],
) -> None:
    _, svg = drawn
    front = [mark for mark in svg.iter(f"{SVG}circle") if mark.get("fill") == draw_frontier.FRONT]
    places = [(float(mark.get("cx", "")), float(mark.get("cy", ""))) for mark in front[:-1]]  # the legend's is last
    assert places == sorted(places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    assert all(0 < x < draw_frontier.WIDTH and 0 < y < draw_frontier.HEIGHT for x, y in places)


def test_ticks_are_round_and_within_the_range() -> None:
    assert draw_frontier._ticks((1.65, 15.8)) == [(2 * k, str(2 * k)) for k in range(1, 8)]
    assert [text for _, text in draw_frontier._ticks((0.729, 0.828))] == ["0.74", "0.76", "0.78", "0.80", "0.82"]
