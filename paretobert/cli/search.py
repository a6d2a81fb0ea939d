"""`search` and `resume`: run a study to its end."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretobert.cli.completion import preset_names, study_names
from paretobert.cli.failures import log_tracebacks_to
from paretobert.output import messages, print_json

if TYPE_CHECKING:
    from paretobert.assembly import Assembly
    from paretobert.config import Configuration
    from paretobert.folder import StudyFolder
    from paretobert.storage import Store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def search(
    preset: Annotated[
        str | None,
        typer.Option(help="Configuration to start from: demo (the default) or squad.", autocompletion=preset_names),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with fields of the configuration.")] = None,
    study: Annotated[str | None, typer.Option(help="Name of the study; an existing one is an error.")] = None,
    trials: Annotated[int | None, typer.Option(help="How many trials to evaluate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of proposals and evaluations.")] = None,
    controller: Annotated[str | None, typer.Option(help="What proposes: random, pareto-evolution, reinforce.")] = None,
    latency_model: Annotated[str | None, typer.Option(help="What predicts latency: edgetpu-analytical.")] = None,
    evaluator: Annotated[str | None, typer.Option(help="What scores: proxy-distillation.")] = None,
    device: Annotated[str | None, typer.Option(help="Device profile: tensor-g1.")] = None,
    precision: Annotated[str | None, typer.Option(help="int8 or float.")] = None,
    squad_dir: Annotated[Path | None, typer.Option(help="Folder with the SQuAD files.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any field, such as teacher=minilm.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the configuration and what it would take; begin nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Begin a study and run it to its end."""
    from paretobert.assembly import assemble
    from paretobert.config import configure
    from paretobert.folder import StudyFolder

    flags = {
        "name": study,
        "trials": trials,
        "seed": seed,
        "controller": controller,
        "latency_model": latency_model,
        "evaluator": evaluator,
        "device": device,
        "precision": precision,
        "evaluator_options.squad_dir": squad_dir and str(squad_dir.resolve()),
    }
    configuration = configure(preset=preset, file=config, settings=settings or (), flags=flags)
    assembly = assemble(_with_fetched_data(configuration))
    if dry_run:
        from paretobert.cli.dry_run import show_plan
        from paretobert.plan import plan

        if study is not None:
            StudyFolder.check_free(study)
        show_plan(plan(assembly), json)
        return
    folder = StudyFolder.create(assembly, numbered=study is None)
    _show_preparation()
    try:
        assembly.evaluator.prepare(folder.cache)
    except (ValueError, OSError):
        folder.remove()
        raise
    with folder.store() as store:
        _run(folder, store, assembly, json)


def resume(
    study: Annotated[str, typer.Argument(help="Name or folder of the study.", autocompletion=study_names)],
    trials: Annotated[int | None, typer.Option(help="Another number of trials to evaluate.")] = None,
    json: Json = False,
) -> None:
    """Go on with a study that was stopped, or ask it for more trials."""
    from paretobert.assembly import assemble
    from paretobert.config import validated
    from paretobert.folder import StudyFolder

    folder = StudyFolder.find(study)
    with folder.store() as store:
        configuration = store.configuration()
        if trials is not None:
            configuration = validated({**configuration.to_dict(), "trials": trials})
        assembly = assemble(configuration)
        assembly.check_begun_with(store.plugins())
        _note_other_versions(store)
        _show_preparation()
        assembly.evaluator.prepare(folder.cache)
        store.reopen(configuration.trials)
        folder.write_configuration(configuration)
        _run(folder, store, assembly, json)


def _show_preparation() -> None:
    """Shows, on standard error, what the evaluators log: such as the disk that a teacher's outputs need."""
    logger = logging.getLogger("evaluators")
    logger.setLevel(logging.INFO)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)


def _with_fetched_data(configuration: Configuration) -> Configuration:
    """SQuAD where `paretobert data fetch squad` puts it, if the configuration names no folder of its own."""
    from paretobert.cli.squad import default_squad_folder

    options = configuration.evaluator_options
    folder = default_squad_folder()
    if options.get("task") != "squad" or "squad_dir" in options or not folder.is_dir():
        return configuration
    return configuration.model_copy(update={"evaluator_options": {**options, "squad_dir": str(folder)}})


def _run(folder: StudyFolder, store: Store, assembly: Assembly, json: bool) -> None:
    from paretobert.cli.progress import Progress
    from paretobert.cli.tables import frontier_table
    from paretobert.document import frontier_document, study_document
    from paretobert.output import results
    from paretobert.runner import StudyStopped, run
    from paretobert.storage import Worker
    from paretobert.study import Study

    log_tracebacks_to(folder.logs)
    name = folder.path.name
    stopped = ""
    try:
        with Progress(store) as progress:
            run(Study(store, assembly, Worker.current()), folder.logs, progress.trial_ended)
    except KeyboardInterrupt:
        messages().print(f"stopped; to go on: paretobert resume {name}")
        raise
    except StudyStopped as stop:
        stopped = str(stop)
    report = folder.write_report(store)
    document = study_document(store)
    if json:
        print_json({**frontier_document(document), "folder": str(folder.path), "report": str(report)})
    else:
        results().print(frontier_table(document))
        results().print(f"report: {report}", soft_wrap=True)
    if held := document["counts"].get("running", 0):
        messages().print(f"{name}: another process is still at {held} of the trials")
    if ended := stopped or document["ended"]:
        messages().print(f"{name}: {ended}")
    if stopped:
        raise typer.Exit(1)


def _note_other_versions(store: Store) -> None:
    from paretobert.provenance import machine, versions

    for worker in store.workers()[:1]:
        if (worker["versions"], worker["machine"]) != (versions(), machine()):
            messages().print(
                "the study was begun on another machine or with other versions: scores may differ in the last bits",
            )
