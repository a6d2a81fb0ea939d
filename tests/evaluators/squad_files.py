"""Small SQuAD files for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evaluators.squad import Passage

REAL_SQUAD = Path(__file__).parents[3] / "shared" / "data" / "squad"


def document(passages: Iterable[Passage]) -> dict[str, Any]:
    """The passages as a SQuAD document of one article."""
    paragraphs = [
        {
            "context": passage.text,
            "qas": [
                {
                    "id": question.id,
                    "question": question.text,
                    "answers": [{"text": answer.text, "answer_start": answer.start} for answer in question.answers],
                }
                for question in passage.questions
            ],
        }
        for passage in passages
    ]
    return {"version": "1.1", "data": [{"title": "article", "paragraphs": paragraphs}]}


def write(path: Path, passages: Iterable[Passage]) -> Path:
    path.write_text(json.dumps(document(passages)), encoding="utf-8")
    return path
