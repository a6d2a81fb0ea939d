"""SQuAD as data: passages, their questions and the reference answers.

The format of a file is that of Rajpurkar et al. 2016, version 1.1: every question has at least one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A reference answer: `text` is said to stand at character `start` of the passage."""

    text: str
    start: int


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Passage:
    text: str
    questions: tuple[Question, ...]


def parse(document: Any) -> tuple[Passage, ...]:
    """The passages of a parsed SQuAD JSON document, in its order.

    Raises:
        ValueError: the document is not SQuAD v1.1; the message says where it departs from the format.
    """
    passages = tuple(
        _passage(passage, f"data[{i}].paragraphs[{j}]")
        for i, article in enumerate(_field(document, "data", list, "the document"))
        for j, passage in enumerate(_field(article, "paragraphs", list, f"data[{i}]"))
    )
    if not any(passage.questions for passage in passages):
        raise ValueError("the document has no question")
    return passages


def _passage(value: Any, place: str) -> Passage:
    questions = _field(value, "qas", list, place)
    return Passage(
        _field(value, "context", str, place),
        tuple(_question(question, f"{place}.qas[{k}]") for k, question in enumerate(questions)),
    )


def _question(value: Any, place: str) -> Question:
    answers = tuple(
        Answer(_field(answer, "text", str, place), _field(answer, "answer_start", int, place))
        for answer in _field(value, "answers", list, place)
    )
    if not answers:
        raise ValueError(f"{place} has no answer (every question of SQuAD v1.1 has one; version 2.0 is not supported)")
    return Question(_field(value, "id", str, place), _field(value, "question", str, place), answers)


def _field(value: Any, name: str, kind: type[Any], place: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{place} must be an object, not {_shortened(value)}")
    if name not in value:
        raise ValueError(f"{place} has no {name!r}")
    if not isinstance(value[name], kind):
        raise ValueError(f"{name!r} of {place} must be {_KINDS[kind]}, not {_shortened(value[name])}")
    return value[name]


_KINDS: dict[type[Any], str] = {list: "a list", str: "text", int: "an integer"}


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
