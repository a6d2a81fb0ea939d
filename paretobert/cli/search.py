"""`search` and `resume`: run a study to its end."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretobert.cli.completion import preset_names, study_names
from paretobert.cli.failures import log_tracebacks_to
from paretobert.output import messages, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paretobert.assembly import Assembly
    from paretobert.cli.early_end import EarlyEnd
    from paretobert.folder import StudyFolder
    from paretobert.storage import Store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Workers = Annotated[int | None, typer.Option(help="Processes of this machine that evaluate side by side.")]
Timeout = Annotated[
    str | None, typer.Option(metavar="TIME", help="Begin no trial after this time: seconds, 30m or 2h.")
]


def search(
    preset: Annotated[
        str | None,
        typer.Option(help="Configuration to start from: demo (the default) or squad.", autocompletion=preset_names),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with fields of the configuration.")] = None,
    study: Annotated[str | None, typer.Option(help="Name of the study; an existing one is an error.")] = None,
    trials: Annotated[int | None, typer.Option(help="How many trials to evaluate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of proposals and evaluations.")] = None,
    controller: Annotated[
        str | None, typer.Option(help="What proposes: surrogate, pareto-evolution, random and others.")
    ] = None,
    latency_model: Annotated[str | None, typer.Option(help="What predicts latency: edgetpu-analytical.")] = None,
    evaluator: Annotated[str | None, typer.Option(help="What scores: proxy-distillation, zero-cost.")] = None,
    device: Annotated[str | None, typer.Option(help="Device profile: tensor-g1.")] = None,
    precision: Annotated[str | None, typer.Option(help="int8 or float.")] = None,
    workers: Workers = None,
    squad_dir: Annotated[Path | None, typer.Option(help="Folder with the SQuAD files.")] = None,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(help="A file of UTF-8 text to distill on, instead of the preset's task; again for more."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any field, such as teacher=minilm.")
    ] = None,
    enqueue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="JSON: an architecture, or a list of them or of published models, tried first."
        ),
    ] = None,
    timeout: Timeout = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the configuration and what it would take; begin nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Begin a study and run it to its end."""
    from paretobert.assembly import assemble
    from paretobert.cli.early_end import EarlyEnd
    from paretobert.config import configure
    from paretobert.enqueued import read_enqueued
    from paretobert.fetched import with_fetched_data
    from paretobert.launch import begin

    early_end = EarlyEnd(timeout)
    flags = {
        "name": study,
        "trials": trials,
        "seed": seed,
        "controller": controller,
        "latency_model": latency_model,
        "evaluator": evaluator,
        "device": device,
        "precision": precision,
        "workers": workers,
        "enqueue": enqueue and read_enqueued(enqueue),
        "evaluator_options.squad_dir": squad_dir and str(squad_dir.resolve()),
        "evaluator_options.task": "text" if corpus else None,
        "evaluator_options.corpus": [str(path.resolve()) for path in corpus or ()] or None,
    }
    configuration = configure(preset=preset, file=config, settings=settings or (), flags=flags)
    assembly = assemble(with_fetched_data(configuration))
    if dry_run:
        from paretobert.cli.dry_run import show_plan
        from paretobert.folder import StudyFolder
        from paretobert.plan import plan

        if study is not None:
            StudyFolder.check_free(study)
        show_plan(plan(assembly), json)
        return
    show_log()
    folder = begin(assembly, numbered=study is None)
    with folder.store() as store, advice_on_interrupt(folder.how_to_resume):
        _run(folder, store, assembly, early_end, json)


def resume(
    study: Annotated[str, typer.Argument(help="Name or folder of the study.", autocompletion=study_names)],
    trials: Annotated[int | None, typer.Option(help="Another number of trials to evaluate.")] = None,
    workers: Workers = None,
    timeout: Timeout = None,
    json: Json = False,
) -> None:
    """Go on with a study that was stopped, or ask it for more trials."""
    from paretobert.cli.early_end import EarlyEnd
    from paretobert.folder import StudyFolder
    from paretobert.launch import go_on

    early_end = EarlyEnd(timeout)
    folder = StudyFolder.find(study)
    show_log()
    with folder.store() as store, advice_on_interrupt(folder.how_to_resume):
        _run(folder, store, go_on(folder, store, trials, workers), early_end, json)


@contextmanager
def advice_on_interrupt(how_to_go_on: str) -> Iterator[None]:
    """Says how to go on with what `KeyboardInterrupt` ends."""
    try:
        yield
    except KeyboardInterrupt:
        messages().print(f"stopped; {how_to_go_on}")
        raise


class _Messages(logging.Handler):
    """Prints what is logged among the other messages."""

    def emit(self, record: logging.LogRecord) -> None:
        messages().print(record.getMessage())


def show_log() -> None:
    """Shows, on standard error, what is logged: such as the disk that a teacher's outputs need."""
    for name in ("evaluators", "paretobert"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        if not any(isinstance(handler, _Messages) for handler in logger.handlers):
            logger.addHandler(_Messages())


def _run(folder: StudyFolder, store: Store, assembly: Assembly, early_end: EarlyEnd, json: bool) -> None:
    from paretobert.cli.tables import frontier_table
    from paretobert.document import frontier_document, study_document
    from paretobert.launch import run_study
    from paretobert.output import results
    from paretobert.progress import Progress
    from paretobert.runner import StudyStopped

    log_tracebacks_to(folder.logs)
    name = folder.path.name
    stopped = ""
    try:
        with Progress(store, shown=sys.stderr.isatty()) as progress, early_end.on_interrupt():
            run_study(folder, store, assembly, progress.look, early_end)
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
    elif early_end.reason and document["evaluated"] < document["trials_asked"]:
        messages().print(f"{early_end.reason}; {folder.how_to_resume}")
    if early_end.interrupted:
        raise typer.Exit(130)
    if stopped:
        raise typer.Exit(1)
