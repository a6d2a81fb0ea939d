"""Begin a study, or go on with one: what `paretobert search`, `paretobert resume` and the Python API share."""

from __future__ import annotations

import logging
from pathlib import Path

from paretobert import provenance
from paretobert.assembly import Assembly, assemble
from paretobert.config import validated
from paretobert.folder import STUDIES, StudyFolder
from paretobert.storage import Store

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


def go_on(folder: StudyFolder, store: Store, trials: int | None = None) -> Assembly:
    """The parts of an existing study, its evaluator prepared, opened for more trials.

    Args:
        folder: the study's.
        store: that folder's, open.
        trials: another number of trials to evaluate in all; None for the study's own.

    Raises:
        ValueError: a plug-in is no longer what the study was begun with, or `trials` is out of range.
    """
    configuration = store.configuration()
    if trials is not None:
        configuration = validated({**configuration.to_dict(), "trials": trials})
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
