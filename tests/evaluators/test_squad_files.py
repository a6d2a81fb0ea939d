from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from evaluators.squad import Answer, Passage, Question, find, parse, read, read_predictions

PASSAGE = Passage(
    "Zoë lives in Paris.",
    (
        Question("1", "Who lives in Paris?", (Answer("Zoë", 0),)),
        Question("2", "Where does Zoë live?", (Answer("Paris", 13), Answer("in Paris", 10))),
    ),
)
DOCUMENT: dict[str, Any] = {
    "version": "1.1",
    "data": [
        {
            "title": "Zoë",
            "paragraphs": [
                {
                    "context": "Zoë lives in Paris.",
                    "qas": [
                        {
                            "id": "1",
                            "question": "Who lives in Paris?",
                            "answers": [{"text": "Zoë", "answer_start": 0}],
                        },
                        {
                            "id": "2",
                            "question": "Where does Zoë live?",
                            "answers": [
                                {"text": "Paris", "answer_start": 13},
                                {"text": "in Paris", "answer_start": 10},
                            ],
                        },
                    ],
                }
            ],
        }
    ],
}


def with_change(*path: str | int, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(DOCUMENT)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "dev-v1.1.json"
    path.write_text(json.dumps(DOCUMENT, ensure_ascii=False), encoding="utf-8")
    assert read(path) == (PASSAGE,)


QUESTION = ("data", 0, "paragraphs", 0, "qas", 1)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document must be an object"),
        ({"rows": []}, "the document has no 'data'"),
        ({"data": {}}, "'data' of the document must be a list"),
        ({"data": []}, "the document has no question"),
        (with_change("data", 0, "paragraphs", value=None), r"data\[0\] has no 'paragraphs'"),
        (with_change("data", 0, "paragraphs", 0, "context", value=3), "'context' .* must be text, not 3"),
        (with_change(*QUESTION, "id", value=7), r"'id' of data\[0\].paragraphs\[0\].qas\[1\] must be text"),
        (with_change(*QUESTION, "answers", value=[]), "version 2.0 is not supported"),
        (with_change(*QUESTION, "answers", 0, "answer_start", value="13"), "must be an integer, not '13'"),
    ],
)
def test_json_that_is_not_squad_is_refused_where_it_departs(document: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(document)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, kept: float) -> None:
    text = json.dumps(DOCUMENT)
    path = tmp_path / "dev-v1.1.json"
    path.write_text(text[: int(len(text) * kept)])
    with pytest.raises(ValueError, match=r"dev-v1\.1\.json is not a SQuAD v1\.1 file: (truncated|not JSON)"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken", b"PK\x03\x04", b"[" * 100_000])
def test_a_file_that_is_not_json_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "train.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"train\.json is not a SQuAD"):
        read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file .*absent\.json"):
        read(tmp_path / "absent.json")


def test_the_official_name_wins_and_a_single_other_will_do(tmp_path: Path) -> None:
    subset = tmp_path / "train-v1.1-subset.json"
    subset.touch()
    assert find(tmp_path, "train") == subset
    official = tmp_path / "train-v1.1.json"
    official.touch()
    assert find(tmp_path, "train") == official


def test_no_file_or_several_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="paretobert data fetch squad"):
        find(tmp_path / "absent", "dev")
    with pytest.raises(FileNotFoundError, match=r"no dev-v1\.1\.json"):
        find(tmp_path, "dev")
    for name in ("train-a.json", "train-b.json"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"several .*train-a\.json, train-b\.json"):
        find(tmp_path, "train")


def test_predictions_are_texts_by_question(tmp_path: Path) -> None:
    path = tmp_path / "predictions.json"
    path.write_text('{"1": "Zoë", "2": ""}', encoding="utf-8")
    assert read_predictions(path) == {"1": "Zoë", "2": ""}


@pytest.mark.parametrize("content", ['["Zoë"]', '{"1": 3}', '{"1": ["Zoë"]}', '{"1": "Zo'])
def test_other_predictions_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "predictions.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"predictions\.json is not a file of predictions"):
        read_predictions(path)
