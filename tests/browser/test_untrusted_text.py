"""Names, options and reasons come from users and plug-ins: on no page does anything in them run."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from paretobert.report import render_page, report_document
from paretobert.saved_study import SavedStudy

HOSTILE = "</script><script>window.owned=1</script><img src=x onerror=window.owned=1>{{7*7}}<b>bold</b>\u2028'\"&"
"""Of a text: the end of a script, a script, an image that fails, a template, markup, a line's end, quotes."""
IN_A_NAME = HOSTILE.replace("/", "\u2215")  # no folder's name holds a slash


def poisoned(data: Any) -> Any:
    """The same data with the text in place of every other text that no rule of the program forms."""
    if isinstance(data, dict):
        formed = {
            "state",
            "role",
            "kind",
            "key",
            "topic",
            "metrics",
            "status",
            "latency_source",
            "precision",
            "activation",
        }
        formed |= {"normalization", "stage_fields", "objectives", "nearest", "verdict", "question", "sources"}
        formed |= {"published", "pick_models"}
        return {key: value if key in formed else poisoned(value) for key, value in data.items()}
    if isinstance(data, list):
        return [poisoned(value) for value in data]
    return HOSTILE if isinstance(data, str) else data


def ran(page: Page) -> bool:
    """Whether anything of the text ran or became markup."""
    marks = "window.owned === 1 || document.querySelector('img, main b, h1 b') !== null"
    return bool(page.evaluate(marks))


def test_a_document_full_of_markup_is_only_text_on_its_page(synthetic: SavedStudy, tmp_path: Path, page: Page) -> None:
    document = poisoned(copy.deepcopy(report_document(synthetic)))
    assert json.dumps(document).count("window.owned") > 50
    path = tmp_path / "report.html"
    path.write_text(render_page(document=document, url=None), encoding="utf-8")
    page.goto(path.as_uri())
    expect(page.locator("h1")).to_have_text(HOSTILE)
    expect(page.locator("#main")).to_be_visible()
    assert not ran(page)
    for control in ("#axis-x", "#axis-y"):
        for option in page.locator(f"{control} option").all()[:3]:
            page.locator(control).select_option(option.get_attribute("value"))
    page.locator("#figure").scroll_into_view_if_needed()
    box = page.locator("#plot .draglayer").first.bounding_box()
    assert box is not None
    for part in range(1, 10):  # over points, whose labels are shown then
        page.mouse.move(box["x"] + box["width"] * part / 10, box["y"] + box["height"] / 2)
    page.locator("#trial-rows button").first.click()
    assert not ran(page)


@pytest.fixture
def poisoned_studies(studies: Path, tmp_path: Path) -> Path:
    """Studies whose folder, configuration, plug-ins and reasons are the text."""
    for name in (IN_A_NAME, f"{IN_A_NAME}2"):
        shutil.copytree(studies / "synthetic", tmp_path / name)
        with closing(sqlite3.connect(tmp_path / name / "study.db")) as database, database:
            fields = ", ".join(f"'$.{field}', ?" for field in ("device", "controller", "evaluator", "latency_model"))
            database.execute(
                f"UPDATE studies SET ended = ?, configuration = json_set(configuration, {fields})", [HOSTILE] * 5
            )
            database.execute(
                "UPDATE studies SET configuration = json_set(configuration, '$.evaluator_options', json_object(?, ?))",
                [HOSTILE, name],
            )
            database.execute("UPDATE trials SET reason = ? WHERE reason != ''", [HOSTILE])
            for plugin in range(3):
                database.execute(f"UPDATE studies SET plugins = json_set(plugins, '$[{plugin}].version', ?)", [HOSTILE])
    (tmp_path / f"{IN_A_NAME}3").mkdir()
    (tmp_path / f"{IN_A_NAME}3" / "study.db").write_text(HOSTILE)
    return tmp_path


def test_names_and_reasons_full_of_markup_are_only_text_on_the_site(
    poisoned_studies: Path, serve: Callable[[Path], str], page: Page
) -> None:
    address = serve(poisoned_studies)
    page.goto(address)
    expect(page.get_by_role("link", name=IN_A_NAME).first).to_be_visible()
    expect(page.locator("main")).to_contain_text("cannot be read")
    assert not ran(page)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#plot .legendtext").first).to_contain_text("window.owned")
    assert not ran(page)
    page.goto(address)
    page.get_by_role("link", name=IN_A_NAME).first.click()
    expect(page.locator("#notices")).to_contain_text(HOSTILE.partition("\u2028")[0])
    assert not ran(page)
