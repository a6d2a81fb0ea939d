from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import draw_controllers
import pytest
import write_controllers_page
from draw_controllers import draw
from write_controllers_page import BEGIN, END, PAGE, main, measured, ranked, rewritten

SVG = "{http://www.w3.org/2000/svg}"


def row(problem: str, controller: str, *medians: float | None) -> dict[str, Any]:
    summary: dict[str, Any] = {"what": "controller", "problem": problem, "controller": controller, "seeds": 5}
    for mark, median in zip((50, 100, 200, 400), medians, strict=True):
        spread = dict.fromkeys(("lower", "upper")) if median is None else {"lower": median - 0.01, "upper": median}
        summary |= {f"{part}_{mark}": value for part, value in {**spread, "median": median}.items()}
    return {**summary, "ms_a_proposal": 12.34}


def comparison(controller: str, evaluations: int, low: float, high: float) -> dict[str, Any]:
    pair = {"problem": "proxy-table", "controller": controller, "peer": True, "evaluations": evaluations}
    return {"what": "comparison", **pair, "low": low, "high": high}


REPORT: dict[str, Any] = {
    "machine": {"logical_cores": 2, "processor": "Toy"},
    "rows": [
        {"what": "run", "ms_a_proposal": 36.0, "evaluations": 100_000},
        row("proxy-table", "random", 0.8, 0.85, 0.9, 0.95),
        row("proxy-table", "surrogate", 0.9, 0.95, 0.98, 0.99),
        row("proxy-table", "botorch-qnehvi", 0.9, 0.96, 0.97, None),
        comparison("random", 50, 0.05, 0.1),
        comparison("botorch-qnehvi", 100, -0.02, -0.01),
        comparison("botorch-qnehvi", 200, -0.01, 0.02),
    ],
    "targets": [{"name": "peers_ahead", "value": 1.0, "at_most": 0, "holds": False}],
}


def test_the_page_shows_the_report_and_keeps_its_own_words() -> None:
    page = rewritten(f"Before.\n\n{BEGIN}old\n{END}After.\n", REPORT, "picture.svg")
    assert page.startswith("Before.\n")
    assert page.endswith("After.\n")
    assert "old" not in page
    assert "2 cores of Toy; 1.0 hours of proposals" in page
    assert "| surrogate | 0.900 (0.890–0.900) |" in page  # noqa: RUF001
    assert "| 0.970 (0.960–0.970) |  | 12.3 | 5 |" in page  # noqa: RUF001
    assert "Ahead of the recommended controller beyond the 95 % interval: botorch-qnehvi at 100." in page
    assert "Neither is ahead beyond the 95 % interval: botorch-qnehvi at 200." in page
    assert "| peers_ahead | 1.000 | at most 0 | **missed** |" in page
    assert rewritten(page, REPORT, "picture.svg") == page


def test_controllers_stand_in_the_order_of_the_last_evaluations_that_all_made() -> None:
    rows = [each for each in REPORT["rows"] if each["what"] == "controller"]
    assert [each["controller"] for each in ranked(rows)] == ["surrogate", "botorch-qnehvi", "random"]


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no '<!-- measured: begin -->'"):
        rewritten("# Controllers\n", REPORT, "picture.svg")


def test_every_median_is_a_dot_and_farther_right_the_larger() -> None:
    rows = [each for each in REPORT["rows"] if each["what"] == "controller"]
    svg = ElementTree.fromstring(draw({"Table": rows}))
    dots = [(float(mark.attrib["cx"]), mark.attrib["fill"]) for mark in svg.iter(f"{SVG}circle")]
    assert len(dots) == 11
    for color in draw_controllers.OURS:
        of_random, of_surrogate = (at for at, fill in dots if fill == color)
        assert draw_controllers.LEFT < of_random < of_surrogate <= draw_controllers.WIDTH - draw_controllers.RIGHT


def test_the_page_of_the_documents_can_be_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, report = tmp_path / "controllers.md", tmp_path / "report.json"
    page.write_text(PAGE.read_text())
    report.write_text(json.dumps(REPORT))
    monkeypatch.setattr("sys.argv", ["write_controllers_page.py", str(report), "--page", str(page)])
    main()
    assert write_controllers_page.TITLES["proxy-table"] in page.read_text()
    assert "(controllers.svg)" in page.read_text()
    ElementTree.parse(tmp_path / "controllers.svg")


def test_a_controller_that_is_ahead_of_every_peer_is_said_to_be() -> None:
    rows = [row for row in REPORT["rows"] if row["what"] != "comparison"]
    ahead = {**REPORT, "rows": [*rows, comparison("botorch-qnehvi", 100, 0.01, 0.02)]}
    assert "ahead of every peer, everywhere" in measured(ahead, "picture.svg")
