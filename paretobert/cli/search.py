"""`search` and `resume`: run a study to its end."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretobert.cli.completion import preset_names, study_names
from paretobert.cli.failures import log_tracebacks_to
from paretobert.output import messages, print_json

if TYPE_CHECKING:
    from paretobert.assembly import Assembly
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
    from paretobert.fetched import with_fetched_data
    from paretobert.launch import begin

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
    assembly = assemble(with_fetched_data(configuration))
    if dry_run:
        from paretobert.cli.dry_run import show_plan
        from paretobert.plan import plan

        if study is not None:
            StudyFolder.check_free(study)
        show_plan(plan(assembly), json)
        return
    _show_log()
    folder = begin(assembly, numbered=study is None)
    with folder.store() as store:
        _run(folder, store, assembly, json)


def resume(
    study: Annotated[str, typer.Argument(help="Name or folder of the study.", autocompletion=study_names)],
    trials: Annotated[int | None, typer.Option(help="Another number of trials to evaluate.")] = None,
    json: Json = False,
) -> None:
    """Go on with a study that was stopped, or ask it for more trials."""
    from paretobert.folder import StudyFolder
    from paretobert.launch import go_on

    folder = StudyFolder.find(study)
    _show_log()
    with folder.store() as store:
        _run(folder, store, go_on(folder, store, trials), json)


class _Messages(logging.Handler):
    """Prints what is logged among the other messages."""

    def emit(self, record: logging.LogRecord) -> None:
        messages().print(record.getMessage())


def _show_log() -> None:
    """Shows, on standard error, what is logged: such as the disk that a teacher's outputs need."""
    for name in ("evaluators", "paretobert"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        if not any(isinstance(handler, _Messages) for handler in logger.handlers):
            logger.addHandler(_Messages())


def _run(folder: StudyFolder, store: Store, assembly: Assembly, json: bool) -> None:
    from paretobert.cli.tables import frontier_table
    from paretobert.document import frontier_document, study_document
    from paretobert.output import results
    from paretobert.progress import Progress
    from paretobert.runner import StudyStopped, run
    from paretobert.storage import Worker
    from paretobert.study import Study

    log_tracebacks_to(folder.logs)
    name = folder.path.name
    stopped = ""
    try:
        with Progress(store, shown=sys.stderr.isatty()) as progress:
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
