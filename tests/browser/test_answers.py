"""What the page of a study says of differences, of what is not known, and of a study that has nothing to show yet."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from paretobert.report import render_page, report_document
from paretobert.saved_study import SavedStudy

Document = dict[str, Any]


@pytest.fixture
def document(synthetic: SavedStudy) -> Document:
    """A copy to change."""
    return copy.deepcopy(report_document(synthetic))


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Callable[[Document], Page]:
    """Opens the page of a document."""

    def open_page(document: Document) -> Page:
        path = tmp_path / "report.html"
        path.write_text(render_page(document=document, url=None), encoding="utf-8")
        page.goto(path.as_uri())
        return page

    return open_page


def scores_of_references(document: Document, score: float) -> None:
    document["references"]["metrics"]["score"] = [score] * len(document["references"]["number"])


@pytest.mark.parametrize(
    ("deviations", "said"), [(4.0, "Probably real"), (1.5, "Unsure"), (0.5, "A tie"), (None, "Not known")]
)
def test_a_difference_is_held_against_the_noise_of_seeds(
    document: Document, opened: Callable[[Document], Page], synthetic: SavedStudy, deviations: float | None, said: str
) -> None:
    best = synthetic.best(latency_ms=10)
    assert best is not None
    document["seed_deviation"] = deviations and 0.01
    scores_of_references(document, best.metrics["score"] - 0.01 * 2**0.5 * (deviations or 1))
    page = opened(document)
    page.locator("#budget").fill("10")
    expect(page.locator("#answer")).to_contain_text(said)


def test_a_published_model_that_scores_higher_is_named(document: Document, opened: Callable[[Document], Page]) -> None:
    scores_of_references(document, 0.999)
    page = opened(document)
    page.locator("#budget").fill("10")
    expect(page.locator("#answer")).to_contain_text("scores higher within this latency: the search has not beaten it")


def test_a_latency_that_no_trial_meets_gets_no_model(report: str, page: Page) -> None:
    page.goto(report)
    page.locator("#budget").fill("0.5")
    expect(page.locator("#answer")).to_contain_text("None: the quickest scored trial")


def test_any_model_can_stand_beside_the_selected_one(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    heads = page.locator(".beside thead th")
    page.locator("#beside").select_option("mobilebert")
    expect(heads.nth(1)).to_have_text("MobileBERT")
    number = synthetic.frontier().index[0]
    page.locator("#beside").select_option(f"trial-{number}")
    expect(heads.nth(1)).to_have_text(f"trial {number}")


def test_a_knee_is_selected_by_its_button(report: str, page: Page) -> None:
    page.goto(report)
    knee = page.locator("#knees button").first
    number = str(knee.get_attribute("data-key")).removeprefix("knee-")
    knee.click()
    expect(page.locator("#details h3").first).to_have_text(f"trial {number}, on the frontier")


def test_where_nothing_meets_the_constraints_the_closest_are_offered(
    document: Document, opened: Callable[[Document], Page]
) -> None:
    number = document["trials"]["number"][document["trials"]["state"].index("failed")]
    document |= {"closest": [number], "frontier": [], "knees": []}
    page = opened(document)
    expect(page.locator("#closest")).to_contain_text("No scored trial meets every constraint.")
    page.locator("#closest button").click()
    expect(page.locator("#details h3").first).to_have_text(f"trial {number}, failed")


def test_the_roofline_has_a_roof(report: str, page: Page) -> None:
    page.goto(report)
    page.get_by_role("button", name="Roofline").click()
    expect(page.locator("#plot .annotation-text")).to_contain_text(["utilization 1"])
    expect(page.locator("#caption")).to_contain_text("no profile says how fast the device's memory is")


def test_what_longer_training_said_is_shown(document: Document, opened: Callable[[Document], Page]) -> None:
    columns = document["trials"]
    trained = [
        {"kind": "search", "number": number, "score": score, "retrained_score": score + 0.05}
        for number, score in zip(columns["number"], columns["metrics"]["score"], strict=True)
        if score is not None
    ]
    names = enumerate(document["references"]["name"])
    published = [
        {"kind": "reference", "number": number, "name": name, "score": 0.8, "retrained_score": 0.81}
        for number, name in names
    ]
    document["verification"] = {"budget": 2000, "trials": trained + published}
    page = opened(document)
    page.locator("#budget").fill("10")
    expect(page.locator("#answer")).to_contain_text("After 2,000 steps it scored")
    expect(page.locator("#verification .main-svg").first).to_be_visible()


def test_a_study_with_nothing_scored_says_what_to_run(document: Document, opened: Callable[[Document], Page]) -> None:
    for table in (document["trials"], document["references"]):
        table["metrics"] = {}
        table["role"] = table["state"] = ["waiting"] * len(table["number"])
    document |= {"frontier": [], "knees": [], "evaluated": 0, "importance": {"score": None, "latency_ms": None}}
    page = opened(document)
    expect(page.locator("#answer")).to_contain_text("Nothing has been scored yet.")
    expect(page.locator("#answer")).to_contain_text("paretobert resume")
    expect(page.locator("#plot-empty")).to_be_visible()
