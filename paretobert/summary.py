"""A study in a line: what lists of studies show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def study_summary(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A row of `paretobert studies`, JSON-able; docs/json.md has its keys.

    Args:
        document: see `paretobert.document.study_document`.
        folder: the study's.
    """
    scores = [trial["metrics"]["score"] for trial in document["trials"] if trial["state"] == "complete"]
    return {
        "study": document["study"],
        "folder": str(folder),
        "created_at": document["created_at"],
        "evaluated": document["evaluated"],
        "trials_asked": document["trials_asked"],
        "best_score": max(scores, default=None),
        "frontier": len(document["frontier"]),
        "controller": document["configuration"]["controller"],
        "evaluator": document["configuration"]["evaluator"],
        "ended": document["ended"],
    }
