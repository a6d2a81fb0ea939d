"""Begin a study, go on with one, and run it: what `paretobert search`, `paretobert resume` and the Python API share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from paretobert import provenance
from paretobert.assembly import Assembly, assemble
from paretobert.config import validated
from paretobert.folder import STUDIES, StudyFolder
from paretobert.runner import run
from paretobert.storage import Store, Worker
from paretobert.study import Study

_LOG = logging.getLogger(__name__)


def begin(assembly: Assembly, *, numbered: bool, root: Path = STUDIES) -> StudyFolder:
    """A new study, its evaluator prepared, waiting to be run; nothing is left behind if it cannot begin.

    Args:
        assembly: the parts of the study.
        numbered: a name that is taken gets a number (demo-2) instead of an error.
        root: the folder of studies.

    Raises:
        ValueError: the name is taken, or the evaluator cannot work as configured.
        OSError: a file that the evaluator needs cannot be read, or the folder cannot be written.
    """
    made_root = not root.exists()
    folder = StudyFolder.create(assembly, numbered=numbered, root=root)
    try:
        assembly.evaluator.prepare(folder.cache)
    except (ValueError, OSError):
        folder.remove(with_root=made_root)
        raise
    except KeyboardInterrupt:
        _LOG.warning("stopped; %s", folder.how_to_resume)
        raise
    return folder


def go_on(folder: StudyFolder, store: Store, trials: int | None = None, workers: int | None = None) -> Assembly:
    """The parts of an existing study, its evaluator prepared, opened for more trials.

    Args:
        folder: the study's.
        store: that folder's, open.
        trials: another number of trials to evaluate in all; None for the study's own.
        workers: another number of processes; None for the study's own.

    Raises:
        ValueError: a plug-in is no longer what the study was begun with, or a number is out of range.
    """
    changes = {name: value for name, value in (("trials", trials), ("workers", workers)) if value is not None}
    configuration = validated({**store.configuration().to_dict(), **changes})
    assembly = assemble(configuration)
    assembly.check_begun_with(store.plugins())
    assembly.evaluator.prepare(folder.cache)
    warn_of_another_machine(store)
    store.reopen(configuration.trials)
    folder.write_configuration(configuration)
    return assembly


def warn_of_another_machine(store: Store) -> None:
    """Logs that scores may not be exactly those that the study was begun with."""
    now = (provenance.versions(), provenance.machine())
    if any((worker["versions"], worker["machine"]) != now for worker in store.workers()[:1]):
        _LOG.warning(
            "the study was begun on another machine or with other versions: scores may differ in the last bits"
        )


def run_study(
    folder: StudyFolder,
    store: Store,
    assembly: Assembly,
    looked: Callable[[], None],
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Evaluates trials until none is left to begin: in this process, or in as many as the configuration says.

    Args:
        folder, store, assembly: of the study, its evaluator prepared.
        looked: called after each trial, or every half second where other processes evaluate.
        enough: asked before each trial; true ends the run, which can be taken up again.

    Raises:
        StudyStopped, ValueError: see `paretobert.runner.run` and `paretobert.executors.local.run_side_by_side`.
    """
    if (workers := assembly.configuration.workers) > 1:
        from paretobert.executors.local import run_side_by_side

        run_side_by_side(folder, workers, looked, enough)
    else:
        study = Study(store, assembly, Worker.current())
        run(study, folder.logs, lambda trial, outcome: looked(), enough)
