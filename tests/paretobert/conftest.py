from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paretobert.assembly import assemble
from paretobert.config import Configuration, validated
from paretobert.folder import StudyFolder
from paretobert.runner import run
from paretobert.storage import Store, Worker
from paretobert.study import Study
from paretobert.trial import Outcome, Trial


@pytest.fixture
def configuration() -> Callable[..., Configuration]:
    """A configuration with toy plug-ins; fields by keyword, options of the evaluator in `options`."""

    def make(options: dict[str, Any] | None = None, **fields: Any) -> Configuration:
        toys = {"name": "toy", "controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula", "trials": 6}
        return validated({**toys, "evaluator_options": options or {}, "references": [], **fields})

    return make


@pytest.fixture
def study(tmp_path: Path, configuration: Callable[..., Configuration]) -> Callable[..., Study]:
    """A new study of such a configuration, in `tmp_path`."""

    def make(options: dict[str, Any] | None = None, **fields: Any) -> Study:
        assembly = assemble(configuration(options, **fields))
        folder = StudyFolder.create(assembly, numbered=True, root=tmp_path)
        return Study(Store.open(folder.database), assembly, Worker.current())

    return make


@pytest.fixture
def run_to_end(tmp_path: Path) -> Callable[[Study], list[Trial]]:
    """Runs a study and gives its trials."""

    def go(study: Study) -> list[Trial]:
        run(study, tmp_path / "logs", lambda trial, outcome: None)
        return study.store.trials()

    return go


def nothing(step: int, value: float) -> None:
    """What an evaluator reports to where nobody listens."""


COMPLETE = Outcome("complete", 0, 1)
