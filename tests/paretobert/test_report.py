from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_study import Document, emptied, toy_document, toy_study

from paretobert.config import validated
from paretobert.report import page_document, render_page, report_document, write_report
from paretobert.report.account import configuration_toml
from paretobert.report.document import UNSCORED_SHOWN
from paretobert.report.embedding import Script, json_for_script
from paretobert.saved_study import SavedStudy

LARGEST_PAGE = 6_000_000  # bytes
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & \u2028'"
EVERY_STATE = ("complete", "failed", "infeasible", "pruned", "running", "waiting")


class Page(HTMLParser):
    """What a browser would make of a page: elements with their attributes, visible text, the content of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] += data
        elif self._open != "style":
            self.text += data

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def policy(self) -> str:
        return next(
            attributes["content"] or ""
            for tag, attributes in self.elements
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Document:
    study = toy_document(tmp_path_factory.mktemp("study"))
    assert {"complete", "failed", "infeasible"} <= study["counts"].keys()
    return study


@pytest.fixture
def study(finished: Document) -> Document:
    """A copy to change."""
    return copy.deepcopy(finished)


def offline(study: Document) -> Page:
    return Page(render_page(document=page_document(study), url=None))


def scored_reference(study: Document) -> Document:
    return next(reference for reference in study["references"] if reference["name"] == "mobilebert-edgetpu-xs")


def written_over(study: Document, text: str) -> Document:
    """The same with a text wherever a user or a plug-in may write."""
    marked = copy.deepcopy(study)
    marked["study"] = marked["ended"] = text
    marked["configuration"] |= {"name": text, "device": text, "evaluator": text, "latency_model": text}
    marked["configuration"]["evaluator_options"] = {text: text}
    marked["constraints"] = [text]
    marked["versions"] = {text: text}
    marked["machine"] |= {"processor": text, "environment": {text: text}}
    for plugin in marked["plugins"]:
        plugin |= {"name": text, "distribution": text, "version": text, "fingerprint": text}
    for trial in (*marked["trials"], *marked["references"]):
        trial["reason"] = text
        trial["metrics"][text] = 1.0
    scored_reference(marked)["name"] = text
    return marked


def document_with(study: Document, text: str) -> Document:
    """The document of such a study, with that text also where the words are this program's own."""
    document = page_document(written_over(study, text))
    document["objectives"], document["reference_point"] = [text], {text: 1.0}
    for answer in document["trust"]:
        answer |= {"question": f"{text} longer training", "sentences": [text], "command": text}
    return document


def test_a_page_asks_nothing_of_any_host(study: Document) -> None:
    page = offline(study)
    assert "default-src 'none'" in page.policy()
    assert "connect-src 'none'" in page.policy()
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "base"), tag
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith(("#", "data:"))


def test_a_browser_may_run_the_two_scripts_of_the_page_and_no_other(study: Document) -> None:
    page = offline(study)
    data, plotly, own = page.scripts
    allowed = re.findall(r"'sha256-([^']+)'", page.policy())
    assert [b64decode(digest) for digest in allowed] == [hashlib.sha256(s.encode()).digest() for s in (plotly, own)]
    assert json.loads(data) == page_document(study)
    assert "'unsafe-inline'" not in page.policy().partition("script-src")[2].partition(";")[0]


def test_a_served_page_is_the_same_page_with_an_address_in_place_of_data(study: Document) -> None:
    served = Page(render_page(document=None, url='document?"<'))
    assert served.scripts == offline(study).scripts[1:]
    assert "connect-src 'self'" in served.policy()
    assert next(attributes for tag, attributes in served.elements if tag == "body")["data-url"] == 'document?"<'


@pytest.mark.parametrize("given", [{"document": None, "url": None}, {"document": {"study": "x"}, "url": "y"}])
def test_a_page_has_either_data_or_an_address(given: Document) -> None:
    with pytest.raises(ValueError, match="either a document or the url"):
        render_page(**given)


def test_markup_in_a_document_stays_text(study: Document) -> None:
    plain, marked = (Page(render_page(document=document_with(study, text), url=None)) for text in ("harmless", HOSTILE))
    assert marked.tags() == plain.tags()
    assert len(marked.scripts) == 3
    assert marked.scripts[1:] == plain.scripts[1:]
    assert not any("onerror" in attributes for _, attributes in marked.elements)
    assert json.loads(marked.scripts[0])["study"] == HOSTILE


@given(st.text())
def test_json_in_a_script_element_reads_back_and_ends_nothing(text: str) -> None:
    embedded = json_for_script({text: text})
    assert json.loads(embedded) == {text: text}
    assert not re.search("[<>&\u2028\u2029]", embedded)


@pytest.mark.parametrize("code", ["let a = '</SCRIPT>';", "<!-- html", "'<script>'"])
def test_code_that_cannot_stand_in_a_script_element_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="cannot stand inside a script element"):
        Script.of(code)


def test_a_document_is_plain_json(study: Document) -> None:
    document = page_document(study)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_a_document_is_that_of_the_study_as_it_stands(tmp_path: Path) -> None:
    folder = toy_study(tmp_path)
    with folder.store() as store:
        written = folder.write_report(store).read_text(encoding="utf-8")
    assert json.loads(Page(written).scripts[0]) == report_document(SavedStudy(folder.path))


def test_every_trial_of_a_study_is_on_its_page_with_what_became_of_it(study: Document) -> None:
    columns = page_document(study)["trials"]
    assert columns["number"] == [trial["number"] for trial in study["trials"]]
    roles = dict(zip(columns["number"], columns["role"], strict=True))
    assert [number for number in study["frontier"] if roles[number] == "front"] == study["frontier"]
    violating = {t["number"] for t in study["trials"] if t["state"] == "complete" and t["violation"] > 0}
    assert {number for number, role in roles.items() if role == "violating"} == violating != set()
    for state in ("infeasible", "failed"):
        assert sum(role == state for role in columns["role"]) == study["counts"][state]


def test_columns_hold_what_the_trials_do(study: Document) -> None:
    columns = page_document(study)["trials"]
    for position, trial in enumerate(study["trials"]):
        assert columns["reasons"][columns["reason"][position]] == trial["reason"]
        for name, values in columns["metrics"].items():
            assert values[position] == trial["metrics"].get(name)
        hidden_size, stages = columns["sizes"][position]
        named = [dict(zip(columns["stage_fields"], stage, strict=True)) for stage in stages]
        assert {"hidden_size": hidden_size, "stages": named, **columns["same"]} == trial["architecture"]


def test_an_architecture_unlike_the_others_keeps_its_own_fields(study: Document) -> None:
    study["trials"][3]["architecture"]["activation"] = "gelu"
    columns = page_document(study)["trials"]
    assert list(columns["others"]) == ["3"]
    assert columns["others"]["3"] == {**columns["same"], "activation": "gelu"}


@pytest.mark.parametrize("states", [("complete",), EVERY_STATE])
def test_a_study_without_a_score_has_a_page(study: Document, states: tuple[str, ...]) -> None:
    unscored = emptied({**study, "references": [], "reference_point": {"score": 0.0, "latency_ms": None}}, *states)
    document = page_document(unscored)
    assert document["importance"] == {"score": None, "latency_ms": None}
    assert document["knees"] == []
    assert len(render_page(document=document, url=None)) > 1000


def test_a_large_study_still_fits_a_page(study: Document, tmp_path: Path) -> None:
    complete = next(trial for trial in study["trials"] if trial["state"] == "complete")
    infeasible = next(trial for trial in study["trials"] if trial["state"] == "infeasible")
    first = len(study["trials"])
    study["trials"] += [{**complete, "number": first + i} for i in range(1000)]
    study["trials"] += [{**infeasible, "number": first + 1000 + i} for i in range(19_000)]
    document = page_document(study)
    assert sum(role == "infeasible" for role in document["trials"]["role"]) == UNSCORED_SHOWN
    assert document["left_out"] == len(study["trials"]) - len(document["trials"]["number"]) > 18_000
    write_report(document, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size <= LARGEST_PAGE


def test_a_page_replaces_an_older_one_whole_or_not_at_all(study: Document, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    document = page_document(study)
    write_report(document, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report({**document, "hypervolume": float("nan")}, path)
    assert path.read_bytes() == before
    write_report({**document, "study": "renamed"}, path)
    assert "renamed" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_failures_are_counted_with_their_reasons(study: Document) -> None:
    failed = [trial for trial in (*study["references"], *study["trials"]) if trial["state"] == "failed"]
    found = {(reason["state"], reason["text"]): reason["count"] for reason in page_document(study)["reasons"]}
    assert found["failed", "diverged: the loss is nan"] == len(failed)
    assert any(state == "infeasible" and text.startswith("violates latency_ms <= 10") for state, text in found)


def test_the_configuration_of_a_page_runs_the_study_again(study: Document) -> None:
    assert validated(tomllib.loads(configuration_toml(study))).to_dict() == study["configuration"]


def test_the_report_never_imports_tensorflow() -> None:
    code = "import sys, paretobert.report; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium here to open the page with")
def test_a_browser_draws_the_plot_and_runs_nothing_of_the_document(study: Document, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(document_with(study, HOSTILE), path)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    page = Page(
        subprocess.run(
            ["chromium", *options, profile, path.as_uri()], check=True, capture_output=True, text=True, timeout=120
        ).stdout
    )
    classes = [attributes.get("class") or "" for _, attributes in page.elements]
    assert "main-svg" in classes
    scored = [trial for trial in (*study["trials"], *study["references"]) if trial["state"] == "complete"]
    assert sum(name == "point" for name in classes) >= len(scored)
    assert page.text.lstrip().startswith(HOSTILE)
    assert page.text.count(HOSTILE) >= 12
    assert "img" not in page.tags()
