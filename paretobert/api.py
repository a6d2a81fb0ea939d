"""`search`, `resume`, `verify` and `load_study`: the command line's first commands as functions, for a notebook."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paretobert.assembly import Assembly, assemble
from paretobert.config import configure
from paretobert.fetched import with_fetched_data
from paretobert.folder import STUDIES, StudyFolder
from paretobert.launch import begin, go_on, run_study
from paretobert.progress import Progress, retraining_progress
from paretobert.retraining import Retraining
from paretobert.saved_study import SavedStudy
from paretobert.storage import Store

_LOG = logging.getLogger(__name__)


def search(
    *,
    preset: str | None = None,
    config: Path | str | None = None,
    settings: Mapping[str, Any] | Sequence[str] = (),
    name: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    controller: str | None = None,
    latency_model: str | None = None,
    evaluator: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    workers: int | None = None,
    squad_dir: Path | str | None = None,
    folder: Path | str = STUDIES,
    progress: bool = False,
) -> SavedStudy:
    """Begins a study and runs it to its end; an argument goes before a setting, that before the file and the preset.

    A search that is interrupted leaves a study that `resume` goes on with. The report is written in any case.

    Args:
        preset: configuration to start from; `demo` if there is no `config` either.
        config: TOML file with fields of the configuration.
        settings: any field by its dotted name, such as `{"steps": 60, "constraints": ["latency_ms <= 12"]}`; a name
            that is no field of the configuration is an option of the evaluator, and None leaves a field as it is.
            Also a list of `key=value` texts.
        name: of the study; one that exists is an error. None numbers the preset's name, or the file's: demo-2.
        trials: how many trials to evaluate.
        seed: of proposals and evaluations.
        controller, latency_model, evaluator: a built-in, an entry point or `package.module:Class`.
        device: device profile of the latency model.
        precision: `int8` or `float`.
        workers: processes that evaluate side by side; a script that asks for several is imported by each, so it needs
            `if __name__ == "__main__":` around what it does.
        squad_dir: folder of the SQuAD files.
        folder: of studies.
        progress: shows a progress bar on standard error.

    Raises:
        ValueError: a mistake in the configuration; nothing was written.
        OSError: a file cannot be read or written.
        StudyStopped: so many trials in a row failed that the next would too; the message says what to do.
    """
    flags = {
        "name": name,
        "trials": trials,
        "seed": seed,
        "controller": controller,
        "latency_model": latency_model,
        "evaluator": evaluator,
        "device": device,
        "precision": precision,
        "workers": workers,
        "evaluator_options.squad_dir": squad_dir and str(Path(squad_dir).resolve()),
    }
    configuration = configure(
        preset=preset, file=None if config is None else Path(config), settings=settings, flags=flags
    )
    assembly = assemble(with_fetched_data(configuration))
    created = begin(assembly, numbered=name is None, root=Path(folder))
    with created.store() as store:
        _run(created, store, assembly, progress)
    return SavedStudy(created.path)


def resume(
    study: Path | str,
    *,
    trials: int | None = None,
    workers: int | None = None,
    folder: Path | str = STUDIES,
    progress: bool = False,
) -> SavedStudy:
    """Goes on with a study that was stopped, or asks it for more trials.

    Args:
        study: name or folder of the study.
        trials: another number of trials to evaluate in all.
        workers: another number of processes, as for `search`.
        folder: of studies.
        progress: shows a progress bar on standard error.

    Raises:
        FileNotFoundError: there is no such study.
        ValueError: a plug-in is no longer what the study was begun with.
        StudyStopped: as for `search`.
    """
    found = StudyFolder.find(str(study), Path(folder))
    with found.store() as store:
        _run(found, store, go_on(found, store, trials, workers), progress)
    return SavedStudy(found.path)


def verify(
    study: Path | str,
    *,
    trials: int,
    seeds: int = 1,
    budget_factor: int = 10,
    references: bool = False,
    folder: Path | str = STUDIES,
    progress: bool = False,
) -> SavedStudy:
    """Retrains a spread of a study's trials for longer, and writes into it how well its scores rank them.

    A verification that is interrupted goes on when it is asked for again.

    Args:
        study: name or folder of the study.
        trials: how many to retrain, spread over latency and over rank; those of the frontier always are.
        seeds: how often each; two tell how well a ranking could agree at all.
        budget_factor: how often the search's training steps.
        references: retrains the published models too.
        folder: of studies.
        progress: shows a progress bar on standard error.

    Raises:
        FileNotFoundError: there is no such study.
        ValueError: a number is out of range, the study has too few complete trials, or its evaluator trains nothing.
        StudyStopped: so many retrainings in a row failed that the next would too.
    """
    found = StudyFolder.find(str(study), Path(folder))
    with found.store() as store:
        retraining = Retraining(
            found, store, trials=trials, seeds=seeds, budget_factor=budget_factor, references=references
        )
        retraining.prepare()
        try:
            with retraining_progress(len(retraining.verification.runs), shown=progress) as ended:
                retraining.run(ended)
        finally:
            found.write_report(store)
    return SavedStudy(found.path)


def load_study(study: Path | str, folder: Path | str = STUDIES) -> SavedStudy:
    """A study to be read, by its name in a folder of studies or by its own folder.

    Raises:
        FileNotFoundError: there is no such study.
        ValueError: its database is damaged or of another version.
    """
    return SavedStudy(StudyFolder.find(str(study), Path(folder)).path)


def _run(folder: StudyFolder, store: Store, assembly: Assembly, progress: bool) -> None:
    try:
        with Progress(store, shown=progress) as bar:
            run_study(folder, store, assembly, bar.look)
    finally:
        folder.write_report(store)
    if ended := store.ended():
        _LOG.warning("%s: %s", folder.path.name, ended)
