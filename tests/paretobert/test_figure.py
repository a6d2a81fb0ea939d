from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import paretobert
from paretobert.figure import BERT_BASE_F1, write_figure

Document = dict[str, Any]
FRONT, OTHER = "#0072b2", "#b4bac2"
TOYS: dict[str, Any] = {"controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula"}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return paretobert.search(**TOYS, trials=8, folder=tmp_path_factory.mktemp("studies")).document()


def texts(svg: Path) -> list[str]:
    """What a figure says; matplotlib draws the letters and writes each text into a comment."""
    return [text.strip() for text in re.findall(r"<!--(.*?)-->", svg.read_text(encoding="utf-8"), re.DOTALL)]


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_the_ending_says_the_format_and_one_study_gives_one_file(
    name: str, begins: bytes, document: Document, tmp_path: Path
) -> None:
    write_figure(document, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    assert first.startswith(begins)
    write_figure(document, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_it_shows_what_the_study_found_beside_what_was_published(document: Document, tmp_path: Path) -> None:
    write_figure(document, tmp_path / "figure.svg")
    said = texts(tmp_path / "figure.svg")
    assert "This study: 8 trials" in said
    assert "modelled latency (ms), tensor-g1, int8" in said
    assert {f"pick {size}" for size, pick in document["picks"].items() if pick} <= set(said)
    assert said.count("MobileBERT, the baseline") == 2
    assert "BERT-base, float" in said
    assert "SQuAD v1.1 F1 (%)" in said
    assert BERT_BASE_F1 == 88.5


def test_every_scored_trial_is_a_mark(document: Document, tmp_path: Path) -> None:
    write_figure(document, tmp_path / "figure.svg")
    marks = ElementTree.parse(tmp_path / "figure.svg").iter("{http://www.w3.org/2000/svg}use")
    fills = Counter(match[1] for mark in marks if (match := re.search("fill: (#[0-9a-f]+)", mark.get("style", ""))))
    front, in_the_legend = len(document["frontier"]), 1
    assert fills[FRONT] == front + in_the_legend
    assert fills[OTHER] == document["counts"]["complete"] - front + in_the_legend


def test_hostile_text_is_drawn_as_it_is(document: Document, tmp_path: Path) -> None:
    marked = {**document, "configuration": {**document["configuration"], "device": "$x$ <script>--></script>"}}
    write_figure(marked, tmp_path / "figure.svg")
    tags = {element.tag for element in ElementTree.parse(tmp_path / "figure.svg").iter()}
    assert "{http://www.w3.org/2000/svg}script" not in tags


def test_another_ending_and_a_study_without_a_score_are_refused(document: Document, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"figure\.gif: the name of a figure ends in \.svg, \.png or \.pdf"):
        write_figure(document, tmp_path / "figure.gif")
    with pytest.raises(ValueError, match="no trial has been scored yet, so there is nothing to draw"):
        write_figure({**document, "trials": []}, tmp_path / "figure.svg")
    assert list(tmp_path.iterdir()) == []
