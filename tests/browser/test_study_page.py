"""What a reader does on the page of a study."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from paretobert.saved_study import SavedStudy

POINTS = """
(role) => {
  const plot = document.getElementById("plot");
  const trace = plot.data.find(({ customdata }) => customdata && customdata.every((key) => role.includes(key)));
  const { xaxis, yaxis } = plot._fullLayout;
  const { left, top } = plot.getBoundingClientRect();
  return Array.from(trace.x, (x, i) => ({
    key: trace.customdata[i], x, y: trace.y[i],
    left: left + xaxis._offset + xaxis.d2p(x), top: top + yaxis._offset + yaxis.d2p(trace.y[i]),
  }));
}
"""


def drawn_points(page: Page, study: SavedStudy) -> list[dict[str, Any]]:
    """The points of the frontier as they are drawn: their trials, values and places on the screen."""
    points: list[dict[str, Any]] = page.evaluate(POINTS, [f"trial-{number}" for number in study.frontier().index])
    return points


def shown_trials(page: Page) -> list[int]:
    """The numbers in the table of trials, from above."""
    return [int(text) for text in page.locator("#trial-rows th").all_inner_texts()]


def saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_the_page_opens_with_what_the_study_found(home: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(home)
    expect(page.locator("h1")).to_have_text("synthetic")
    expect(page.locator("#facts")).to_contain_text(f"{(synthetic.trials().state != 'infeasible').sum()} of 60")
    assert [point["key"] for point in drawn_points(page, synthetic)] == [
        f"trial-{number}" for number in synthetic.frontier().index
    ]


def test_a_click_on_a_point_selects_its_trial(home: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(home)
    page.locator("#figure").scroll_into_view_if_needed()
    point = drawn_points(page, synthetic)[1]
    page.mouse.click(point["left"], point["top"])
    number = point["key"].removeprefix("trial-")
    expect(page.locator("#details h3").first).to_have_text(f"trial {number}, on the frontier")
    expect(page.locator("#announcement")).to_have_text(f"Selected trial {number}")


def test_the_keyboard_alone_walks_along_the_frontier(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    page.locator("#figure").focus()
    page.keyboard.press("Home")
    first = synthetic.frontier().index[0]
    expect(page.locator("#details h3").first).to_have_text(f"trial {first}, on the frontier")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#details h3").first).not_to_contain_text(f"trial {first},")


@pytest.mark.parametrize(
    ("axis", "metric", "factor"),
    [("utilization", "utilization", 100), ("parameters", "parameters", 1e-6), ("peak_memory_bytes",) * 2 + (1e-6,)],
)
def test_an_axis_can_be_another_quantity(
    axis: str, metric: str, factor: float, report: str, page: Page, synthetic: SavedStudy
) -> None:
    page.goto(report)
    page.locator("#axis-x").select_option(axis)
    points = {point["key"]: point["x"] for point in drawn_points(page, synthetic)}
    values = synthetic.trials()[metric]
    assert points == pytest.approx({key: factor * values[int(key.removeprefix("trial-"))] for key in points})


def test_the_same_trials_stand_at_the_other_precisions_latency(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    at_int8 = {point["key"]: point["x"] for point in drawn_points(page, synthetic)}
    page.locator("#precision").select_option("float")
    at_float = {point["key"]: point["x"] for point in drawn_points(page, synthetic)}
    assert at_float.keys() == at_int8.keys()
    assert all(at_float[key] > at_int8[key] for key in at_int8)
    page.locator("#precision").select_option("both")
    assert drawn_points(page, synthetic)


def test_a_budget_changes_its_pick_and_can_be_taken_back(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    as_it_was = page.locator("#card-XS").inner_text()
    cheap = synthetic.best(latency_ms=4)
    assert cheap is not None
    page.locator("#budget-XS").fill("4")
    expect(page.locator("#card-XS")).to_contain_text(f"trial {cheap.number}")
    expect(page.locator("#card-XS")).to_contain_text(f"{cheap.metrics['score']:.4f}")
    page.locator("#reset-XS").click()
    assert page.locator("#card-XS").inner_text() == as_it_was
    page.locator("#budget-M").fill("0.5")
    expect(page.locator("#card-M")).to_contain_text("none yet")


def test_the_first_question_is_answered_for_any_latency(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    for milliseconds in (10, 5):
        best = synthetic.best(latency_ms=milliseconds)
        assert best is not None
        page.locator("#budget").fill(str(milliseconds))
        answer = page.locator("#answer")
        expect(answer).to_contain_text(f"Trial {best.number}")
        for part in ("How much better than the published one?", "How sure is that?", "paretobert "):
            expect(answer).to_contain_text(part)


def test_a_click_on_a_heading_sorts_the_table(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    scores = synthetic.trials()["score"].dropna().sort_values()
    heading = page.locator("#trial-heads button", has_text=re.compile("^score"))
    heading.click()
    assert shown_trials(page)[: len(scores)][:5] == scores.index[:5].tolist()
    heading.click()
    assert shown_trials(page)[:5] == scores.index[::-1][:5].tolist()
    expect(page.locator("#trial-heads th[aria-sort=descending]")).to_contain_text("score")


def test_a_filter_leaves_the_trials_that_meet_it_and_says_what_it_cannot_read(
    report: str, page: Page, synthetic: SavedStudy
) -> None:
    page.goto(report)
    frame = synthetic.trials()
    page.locator("#filter").fill("latency_ms <= 8, failed")
    wanted = frame[(frame.latency_ms <= 8) & (frame.state == "failed")]
    assert shown_trials(page) == wanted.index.tolist()
    expect(page.locator("#table-count")).to_contain_text(f"{len(wanted)} of {len(frame)} trials")
    page.locator("#filter").fill("latency <= 8")
    expect(page.locator("#filter-problem")).to_contain_text("There is no column latency.")


def test_a_column_can_be_added(report: str, page: Page, synthetic: SavedStudy) -> None:
    page.goto(report)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("stage1.bottleneck_size").check()
    expect(page.locator("#trial-heads")).to_contain_text("stage1.bottleneck_size")
    column = page.locator("#trial-heads th").all_inner_texts().index("stage1.bottleneck_size")
    shown = page.locator(f"#trial-rows tr:first-child > :nth-child({column + 1})").inner_text()
    assert int(shown) == synthetic.trials()["stage1.bottleneck_size"].iloc[0]


def test_saved_files_read_back_as_the_study_s_own_frame(
    home: str, page: Page, synthetic: SavedStudy, tmp_path: Path
) -> None:
    page.goto(home)
    frame = synthetic.trials()
    as_csv = pd.read_csv(saved(page, "Save CSV", tmp_path), index_col="number")
    as_json = pd.DataFrame(json.loads(saved(page, "Save JSON", tmp_path).read_text())).set_index("number")
    for read in (as_csv, as_json):
        assert sorted(read.columns) == sorted(frame.columns)
        assert read.index.tolist() == frame.index.tolist()
        for column in frame.columns:
            own, theirs = frame[column], read[column]
            if pd.api.types.is_numeric_dtype(own):
                np.testing.assert_allclose(theirs.astype(float), own.astype(float), rtol=1e-12)
            else:
                assert theirs.fillna("").tolist() == own.tolist()


def test_a_saved_file_holds_what_the_filter_lets_through(
    report: str, page: Page, synthetic: SavedStudy, tmp_path: Path
) -> None:
    page.goto(report)
    page.locator("#filter").fill("front")
    read = pd.read_csv(saved(page, "Save CSV", tmp_path), index_col="number")
    assert sorted(read.index) == sorted(synthetic.frontier().index)


def test_an_architecture_can_be_copied_and_read(report: str, page: Page, synthetic: SavedStudy) -> None:
    from search_space import Architecture

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(report)
    page.locator("#trial-rows button").first.click()
    page.get_by_role("button", name="Copy architecture").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    copied = Architecture.from_json(page.evaluate("navigator.clipboard.readText()"))
    assert copied.canonical() == synthetic.trial(0).architecture.canonical()
