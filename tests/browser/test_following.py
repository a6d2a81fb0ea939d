"""The site while studies run, appear and go."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from paretobert.assembly import assemble
from paretobert.folder import StudyFolder
from paretobert.runner import run
from paretobert.storage import Worker
from paretobert.study import Study

Make = Callable[..., StudyFolder]
Serve = Callable[[Path], str]


def run_trials(folder: StudyFolder, number: int) -> None:
    """Evaluates so many more trials, references among them, and stops."""
    asked = count()
    with folder.store() as store:
        study = Study(store, assemble(store.configuration()), Worker.current())
        run(study, folder.logs, lambda trial, outcome: None, lambda: next(asked) >= number)


def mark(page: Page) -> None:
    """Leaves a mark that a reload would take away."""
    page.evaluate("window.marked = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.marked === true"))


def test_a_page_follows_a_running_study_without_reload_and_keeps_what_was_chosen(
    toy_study: Make, serve: Serve, tmp_path: Path, page: Page
) -> None:
    folder = toy_study("running", trials=8, references=["mobilebert-edgetpu-xs"])
    address = serve(tmp_path)
    page.goto(f"{address}/studies/running/")
    expect(page.locator("#answer")).to_contain_text("Nothing has been scored yet.")
    mark(page)
    run_trials(folder, 4)
    expect(page.locator("#facts")).to_contain_text("3 of 8")
    page.locator("#filter").fill("complete")
    page.locator("#budget-S").fill("7.5")
    page.locator("#trial-rows button").first.click()
    selected = page.locator("#details h3").first.inner_text().partition(",")[0]
    run_trials(folder, 20)
    expect(page.locator("#facts")).to_contain_text("8 of 8")
    expect(page.locator("#details h3").first).to_contain_text(selected)
    expect(page.locator("#filter")).to_have_value("complete")
    expect(page.locator("#budget-S")).to_have_value("7.5")
    assert is_marked(page)


def test_a_study_that_is_deleted_or_damaged_meanwhile_is_said_and_what_was_seen_stays(
    toy_study: Make, serve: Serve, tmp_path: Path, page: Page, troubles: list[str]
) -> None:
    folder = toy_study("gone", trials=3, references=[])
    run_trials(folder, 3)
    page.goto(f"{serve(tmp_path)}/studies/gone/")
    expect(page.locator("#facts")).to_contain_text("3 of 3")
    with closing(sqlite3.connect(folder.database)) as database, database:
        database.execute("DROP TABLE trials")
    expect(page.locator("#trouble")).to_contain_text("no such table: trials")
    shutil.move(folder.path, tmp_path.parent / "aside")
    expect(page.locator("#trouble")).to_contain_text("There is no study gone")
    expect(page.locator("#facts")).to_contain_text("3 of 3")
    assert all("Failed to load resource" in trouble for trouble in troubles)
    troubles.clear()


def test_the_list_follows_and_keeps_what_was_ticked(toy_study: Make, serve: Serve, tmp_path: Path, page: Page) -> None:
    page.goto(serve(tmp_path))
    expect(page.locator("main")).to_contain_text("There is no study here yet")
    mark(page)
    run_trials(toy_study("first", trials=2, references=[]), 2)
    page.get_by_label("compare first").check()
    second = toy_study("second", trials=4, references=[], seed=1)
    expect(page.get_by_role("row", name="second")).to_contain_text("0 of 4")
    run_trials(second, 4)
    expect(page.get_by_role("row", name="second")).to_contain_text("4 of 4")
    expect(page.get_by_label("compare first")).to_be_checked()
    assert is_marked(page)
    page.get_by_label("compare second").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("h1")).to_have_text("Studies side by side")
    expect(page.locator("#plot .legend")).to_contain_text("second")
    page.get_by_role("link", name="second").click()
    expect(page.locator("h1")).to_have_text("second")
    page.get_by_role("link", name="All studies").click()
    expect(page.locator("h1")).to_have_text("Studies")


@pytest.mark.parametrize("studies_chosen", [0, 1])
def test_too_few_studies_to_compare_are_said_in_words(
    studies_chosen: int, address: str, page: Page, troubles: list[str]
) -> None:
    page.goto(address)
    for box in page.get_by_role("checkbox").all()[:studies_chosen]:
        box.check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("main")).to_contain_text("Choose two studies or more to compare.")
    troubles.clear()  # the browser logs every answer of 400
