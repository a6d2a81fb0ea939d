"""One more worker for a study that stands: this process makes the study's parts anew and evaluates trials."""

from __future__ import annotations

from collections.abc import Callable

from paretobert.assembly import assemble
from paretobert.folder import StudyFolder
from paretobert.runner import run
from paretobert.storage import Worker
from paretobert.study import Study
from paretobert.trial import Outcome, Trial


def join(
    folder: StudyFolder,
    ended: Callable[[Trial, Outcome], None] = lambda trial, outcome: None,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Evaluates trials of an existing study until none is left to begin.

    What the evaluator prepares once a study is found in its cache, or made here while other workers wait.

    Args:
        folder: the study's.
        ended, enough: as for `paretobert.runner.run`.

    Raises:
        StudyStopped: so many trials in a row failed that the next would too.
        ValueError: a plug-in is not the one that the study was begun with, or breaks its contract.
    """
    with folder.store() as store:
        assembly = assemble(store.configuration())
        assembly.check_begun_with(store.plugins())
        assembly.evaluator.prepare(folder.cache)
        run(Study(store, assembly, Worker.current()), folder.logs, ended, enough)
