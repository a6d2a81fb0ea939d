"""A study of toy plug-ins in a moment, with trials of every end: what the tests of the report look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paretobert.assembly import assemble
from paretobert.config import validated
from paretobert.document import study_document
from paretobert.folder import StudyFolder
from paretobert.runner import run
from paretobert.storage import Worker
from paretobert.study import Study

Document = dict[str, Any]


def toy_study(folder: Path, **fields: Any) -> StudyFolder:
    """A study that has ended, in `folder/toy`."""
    configuration = {
        "name": "toy",
        "trials": 14,
        "seed": 4,
        "controller": "toy_plugins:Climber",
        "evaluator": "toy_plugins:Formula",
        "evaluator_options": {"fail": "diverge"},
        "constraints": ["latency_ms <= 10", "loss <= 6"],
        **fields,
    }
    assembly = assemble(validated(configuration))
    made = StudyFolder.create(assembly, numbered=False, root=folder)
    with made.store() as store:
        run(Study(store, assembly, Worker.current()), made.logs, lambda trial, outcome: None)
    return made


def toy_document(folder: Path, **fields: Any) -> Document:
    """That study's `study_document`."""
    with toy_study(folder, **fields).store() as store:
        return study_document(store)


def emptied(study: Document, *states: str) -> Document:
    """The same without trials of some states, without frontier and picks."""
    trials = [trial for trial in study["trials"] if trial["state"] not in states]
    counts = {state: count for state, count in study["counts"].items() if state not in states}
    picks = dict.fromkeys(study["picks"])
    return {**study, "trials": trials, "counts": counts, "frontier": [], "picks": picks, "hypervolume": None}
