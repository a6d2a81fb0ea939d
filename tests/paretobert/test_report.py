from __future__ import annotations

import copy
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency_models import validate
from paretobert.assembly import assemble
from paretobert.config import validated
from paretobert.document import study_document
from paretobert.folder import StudyFolder
from paretobert.report import render_page, write_report
from paretobert.report.account import command, configuration_toml
from paretobert.report.embedding import Script, json_for_script
from paretobert.report.picks import pick_cards
from paretobert.report.plot import UNSCORED_DRAWN, plot_data
from paretobert.report.statements import latency_statements, score_statements
from paretobert.runner import run
from paretobert.storage import Worker
from paretobert.study import Study

Document = dict[str, Any]

LARGEST_PAGE = 6_000_000  # bytes
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & \u2028'"


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
    """Of a study with trials of every end, and with two of the published models scored."""
    folder = tmp_path_factory.mktemp("study")
    configuration = {
        "name": "toy",
        "trials": 14,
        "seed": 4,
        "controller": "toy_plugins:Climber",
        "evaluator": "toy_plugins:Formula",
        "evaluator_options": {"fail": "diverge"},
        "constraints": ["latency_ms <= 10", "loss <= 6"],
    }
    assembly = assemble(validated(configuration))
    with StudyFolder.create(assembly, numbered=False, root=folder).store() as store:
        run(Study(store, assembly, Worker.current()), folder / "logs", lambda trial, outcome: None)
        document = study_document(store)
    assert {"complete", "failed", "infeasible"} <= document["counts"].keys()
    return document


@pytest.fixture
def document(finished: Document) -> Document:
    """A copy to change."""
    return copy.deepcopy(finished)


def emptied(document: Document, *states: str) -> Document:
    """The document of a study whose trials have none of some states, without frontier and picks."""
    trials = [trial for trial in document["trials"] if trial["state"] not in states]
    counts = {state: count for state, count in document["counts"].items() if state not in states}
    picks = dict.fromkeys(document["picks"])
    return {**document, "trials": trials, "counts": counts, "frontier": [], "picks": picks, "hypervolume": None}


def test_a_page_asks_nothing_of_any_host(document: Document) -> None:
    page = Page(render_page(document))
    assert "default-src 'none'" in page.policy()
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base"), tag
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


def test_a_browser_may_run_the_two_scripts_of_the_page_and_no_other(document: Document) -> None:
    page = Page(render_page(document))
    data, plotly, own = page.scripts
    allowed = re.findall(r"'sha256-([^']+)'", page.policy())
    assert [b64decode(digest) for digest in allowed] == [hashlib.sha256(s.encode()).digest() for s in (plotly, own)]
    assert json.loads(data) == plot_data(document)
    assert "'unsafe-inline'" not in page.policy().partition("script-src")[2].partition(";")[0]


def scored_reference(document: Document) -> Document:
    return next(reference for reference in document["references"] if reference["name"] == "mobilebert-edgetpu-xs")


def written_over(document: Document, text: str) -> Document:
    """The same with a text wherever a user or a plug-in may write."""
    marked = copy.deepcopy(document)
    marked["study"] = marked["ended"] = text
    marked["configuration"] |= {"name": text, "device": text, "evaluator": text, "latency_model": text}
    marked["configuration"]["evaluator_options"] = {text: text}
    marked["objectives"] = marked["constraints"] = [text]
    marked["versions"] = {text: text}
    marked["machine"] |= {"processor": text, "environment": {text: text}}
    for plugin in marked["plugins"]:
        plugin |= {"name": text, "distribution": text, "version": text, "fingerprint": text}
    for trial in (*marked["trials"], *marked["references"]):
        trial["reason"] = text
    scored_reference(marked)["name"] = text
    return marked


def test_markup_in_a_document_stays_text(document: Document) -> None:
    plain, marked = (Page(render_page(written_over(document, text))) for text in ("harmless", HOSTILE))
    assert marked.tags() == plain.tags()
    assert len(marked.scripts) == 3
    assert marked.scripts[1:] == plain.scripts[1:]
    assert not any("onerror" in attributes for _, attributes in marked.elements)
    assert marked.text.count(HOSTILE) >= 12
    labels = json.loads(marked.scripts[0])
    for group in (*labels["scored"], *labels["unscored"]):
        for label in (*group["hover"], *group.get("label", [])):
            assert set(re.findall(r"<[^>]*>?", label)) <= {"<b>", "</b>", "<br>"}


@given(
    st.recursive(
        st.text() | st.sampled_from([HOSTILE, "<!--", "\u2029]]>"]) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_data_in_a_script_element_read_back_and_hold_nothing_that_ends_it(data: Any) -> None:
    text = json_for_script(data)
    assert json.loads(text) == data
    assert not set(text) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("marker", ["</script>", "</SCRIPT ", "<!-- "])
def test_code_that_would_end_its_element_is_refused(marker: str) -> None:
    with pytest.raises(ValueError, match="cannot stand inside a script element"):
        Script.of(f"const text = '{marker}';")


def test_every_ended_trial_is_drawn_once_where_it_belongs(document: Document) -> None:
    drawn = plot_data(document)
    assert drawn is not None
    groups = {group["kind"]: group for group in (*drawn["scored"], *drawn["unscored"])}
    by_number = {trial["number"]: trial for trial in document["trials"]}
    front = [by_number[number]["metrics"] for number in document["frontier"]]
    assert [*zip(groups["front"]["x"], groups["front"]["y"], strict=True)] == [
        (metrics["latency_ms"], metrics["score"]) for metrics in front
    ]
    assert groups["reference"]["label"] == ["EdgeTPU-XXS", "EdgeTPU-XS"]
    numbers = [
        int(match[1])
        for group in groups.values()
        for label in group["hover"]
        if (match := re.match(r"<b>trial (\d+),", label))
    ]
    assert sorted(numbers) == sorted(by_number)
    for state in ("infeasible", "failed"):
        latencies = [trial["metrics"]["latency_ms"] for trial in document["trials"] if trial["state"] == state]
        assert groups[state]["x"] == latencies
    violating = [t for t in document["trials"] if t["state"] == "complete" and t["violation"] > 0]
    assert len(groups["violating"]["x"]) == len(violating) > 0


def test_a_label_tells_sizes_latency_utilization_and_score(document: Document) -> None:
    drawn = plot_data(document)
    assert drawn is not None
    label = next(g for g in drawn["scored"] if g["kind"] == "reference")["hover"][-1]
    metrics = scored_reference(document)["metrics"]
    assert "MobileBERT-EdgeTPU-XS, published" in label
    assert f"score {metrics['score']:.4f}" in label
    assert f"latency {metrics['latency_ms']:.2f}\xa0ms" in label
    assert f"utilization {100 * metrics['utilization']:.1f}\xa0%" in label
    assert label.endswith(
        "27.01\xa0M parameters, hidden size 512<br>"
        "8 blocks: bottleneck 256, heads 4,<br>intermediate 1024, feed-forward 4"
    )


def test_the_frontier_stands_in_a_table_too(document: Document) -> None:
    text = Page(render_page(document)).text
    by_number = {trial["number"]: trial["metrics"] for trial in document["trials"]}
    rows = [f"{by_number[number]['latency_ms']:.2f}\xa0ms" for number in document["frontier"]]
    table = text[text.index("trials of the frontier, by rising latency") :]
    positions = [table.index(row) for row in rows]
    assert positions == sorted(positions)


def test_picks_stand_beside_published_models_with_their_budgets(document: Document) -> None:
    extra_small, small, medium = pick_cards(document)
    assert [card.published["name"].split("-")[-1] for card in (extra_small, small, medium)] == ["xs", "s", "m"]
    assert extra_small.pick == document["picks"]["XS"]
    assert "predicted latency of MobileBERT-EdgeTPU-XS" in extra_small.budget
    document["configuration"]["latency_budgets_ms"] = document["latency_budgets_ms"] = {"XS": 0.5, "S": 11.0}
    document["picks"]["XS"] = None
    extra_small, small, medium = pick_cards(document)
    assert extra_small.pick is None
    assert small.budget == "The best score within 11.00\xa0ms, the budget given for this study."
    assert medium.budget.startswith("No budget")
    assert "none yet" in Page(render_page(document)).text


def test_published_sizes_are_shown_without_reference_trials(document: Document) -> None:
    document["references"] = []
    document["latency_budgets_ms"] = dict.fromkeys(("XS", "S", "M"))
    document["hypervolume"], document["reference_point"] = None, {"score": 0.0, "latency_ms": None}
    page = Page(render_page(document))
    assert "27.01\xa0M" in page.text
    assert "This study has no reference trials." in page.text


def test_a_study_without_a_score_says_so_and_carries_no_script(document: Document) -> None:
    page = Page(render_page(emptied({**document, "references": []}, "complete")))
    assert not page.scripts
    assert "script-src 'none'" in page.policy()
    assert "Nothing has been scored yet" in page.text
    assert "the frontier is empty" in page.text
    assert page.text.count("none yet") == 3


def test_a_study_that_has_not_begun_has_a_page(document: Document) -> None:
    everything = ("complete", "failed", "infeasible", "pruned", "running", "waiting")
    page = Page(render_page(emptied({**document, "references": [], "workers": []}, *everything)))
    assert "No trial has been proposed yet." in page.text


def test_one_scored_point_can_be_drawn(document: Document) -> None:
    alone = emptied(document, "complete", "failed", "infeasible")
    alone["references"] = [scored_reference(document)]
    drawn = plot_data(alone)
    assert drawn is not None
    for low, high in (drawn["x_range"], drawn["y_range"]):
        assert low < high


def test_failures_are_counted_with_their_reasons(document: Document) -> None:
    text = Page(render_page(document)).text
    failed = [trial for trial in (*document["references"], *document["trials"]) if trial["state"] == "failed"]
    assert re.search(rf"failed\s*{len(failed)}\s*diverged: the loss is nan", text)
    assert re.search(r"infeasible\s*\d+\s*violates latency_ms <= 10", text)


def test_a_large_study_still_fits_a_page(document: Document, tmp_path: Path) -> None:
    infeasible = next(trial for trial in document["trials"] if trial["state"] == "infeasible")
    first = len(document["trials"])
    document["trials"] += [{**infeasible, "number": first + i} for i in range(20_000)]
    drawn = plot_data(document)
    assert drawn is not None
    (group,) = [group for group in drawn["unscored"] if group["kind"] == "infeasible"]
    total = sum(trial["state"] == "infeasible" for trial in document["trials"])
    assert len(group["x"]) == UNSCORED_DRAWN
    assert group["left_out"] == total - UNSCORED_DRAWN
    write_report(document, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size <= LARGEST_PAGE
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert f"Not drawn: {total - UNSCORED_DRAWN:,} further infeasible trials." in text


def test_a_page_replaces_an_older_one_whole_or_not_at_all(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "page" / "report.html"
    path.parent.mkdir()
    write_report(document, path)
    before = path.read_bytes()
    with pytest.raises(KeyError):
        write_report({**document, "frontier": [10**6]}, path)
    assert path.read_bytes() == before
    write_report({**document, "study": "renamed"}, path)
    assert "renamed" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_the_latency_models_error_is_the_one_it_validates_with(document: Document) -> None:
    validation = validate()
    text = " ".join(latency_statements(document))
    assert "modelled, not measured" in text
    assert f"{100 * validation.held_out_mean_error:.1f}\xa0% on average" in text
    assert f"{100 * validation.held_out_largest_error:.1f}\xa0% at most" in text


@pytest.mark.parametrize("change", ["fingerprint", "model"])
def test_no_error_is_stated_for_a_latency_model_other_than_the_installed_one(document: Document, change: str) -> None:
    if change == "model":
        document["configuration"]["latency_model"] = "their_plugin:Model"
    for plugin in document["plugins"]:
        plugin["fingerprint"] = "another"
    assert "on average" not in " ".join(latency_statements(document))


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("their_plugin:Model", "modelled", "it was not measured for this report"),
        ("phone.safetensors", "learned", "Latency is learned from measurements of other networks"),
        ("learned", "modelled", "Latency is modelled, not measured: learned was trained"),
        ("measured-tflite", "measured", "Latency is measured: measured-tflite ran every architecture"),
    ],
)
def test_what_is_predicted_is_never_called_measured(document: Document, name: str, source: str, said: str) -> None:
    document["configuration"]["latency_model"], document["latency_source"] = name, source
    assert said in " ".join(latency_statements(document))
    assert f"Latency is {source}, the score" in render_page(document)


def test_the_score_is_called_what_it_is(document: Document) -> None:
    for number, trial in enumerate(document["trials"]):
        if trial["state"] == "complete":
            trial["metrics"] |= {"context_free_score": 0.25, "score_standard_error": 0.0125 + number * 1e-9}
    document["configuration"]["evaluator"] = "proxy-distillation"
    text = " ".join(score_statements(document))
    assert "agreement of a short proxy with its teacher, not a task accuracy" in text
    assert "trained for 7 steps" in text
    assert "standard error of 0.0125" in text
    assert "scores 0.2500" in text
    document["configuration"]["evaluator_options"] = {"teacher": "none"}
    assert "without a teacher" in " ".join(score_statements(document))


def test_the_configuration_and_the_command_run_the_study_again(document: Document) -> None:
    assert validated(tomllib.loads(configuration_toml(document))).to_dict() == document["configuration"]
    hostile_name = {**document, "study": "toy; rm -r x"}
    assert shlex.split(command(hostile_name))[-2:] == ["--study", "toy; rm -r x-again"]


def test_the_report_never_imports_tensorflow() -> None:
    code = "import sys, paretobert.report; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium here to open the page with")
def test_a_browser_draws_the_plot_and_runs_nothing_of_the_document(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(written_over(document, HOSTILE), path)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom"]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    page = Page(
        subprocess.run(
            ["chromium", *options, profile, path.as_uri()], check=True, capture_output=True, text=True, timeout=120
        ).stdout
    )
    classes = [attributes.get("class") or "" for _, attributes in page.elements]
    assert "main-svg" in classes
    drawn = plot_data(document)
    assert drawn is not None
    assert sum(name == "point" for name in classes) >= sum(len(group["x"]) for group in drawn["scored"])
    assert page.text.lstrip().startswith(HOSTILE)
    assert "img" not in page.tags()
