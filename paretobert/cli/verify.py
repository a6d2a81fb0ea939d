"""`verify`: retrain some of a study's trials for longer, to learn how far its ranking is to be trusted."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from paretobert.cli.completion import study_names
from paretobert.cli.failures import log_tracebacks_to
from paretobert.cli.search import Json, Timeout, advice_on_interrupt, show_log
from paretobert.output import messages, print_json, results


def verify(
    study: Annotated[str, typer.Argument(help="Name or folder of the study.", autocompletion=study_names)],
    trials: Annotated[int, typer.Option(help="How many trials to retrain; those of the frontier always are.")],
    seeds: Annotated[int, typer.Option(help="How often to retrain each.")] = 1,
    budget_factor: Annotated[int, typer.Option(help="How often the search's training steps.")] = 10,
    references: Annotated[bool, typer.Option("--references", help="Retrain the published models too.")] = False,
    timeout: Timeout = None,
    json: Json = False,
) -> None:
    """Retrain a spread of a study's trials for longer and see whether its scores rank them alike; it can be resumed."""
    from paretobert.cli.early_end import EarlyEnd
    from paretobert.cli.verification_tables import verification_tables
    from paretobert.folder import StudyFolder
    from paretobert.progress import retraining_progress
    from paretobert.retraining import Retraining
    from paretobert.runner import StudyStopped

    early_end = EarlyEnd(timeout)
    folder = StudyFolder.find(study)
    show_log()
    stopped = ""
    how_to_go_on = "to go on: the same command again"
    with folder.store() as store, advice_on_interrupt(how_to_go_on):
        retraining = Retraining(
            folder, store, trials=trials, seeds=seeds, budget_factor=budget_factor, references=references
        )
        log_tracebacks_to(folder.logs)
        retraining.prepare()
        runs = len(retraining.verification.runs)
        try:
            with retraining_progress(runs, shown=sys.stderr.isatty()) as ended, early_end.on_interrupt():
                retraining.run(ended, early_end)
        except StudyStopped as stop:
            stopped = str(stop)
        document = retraining.document()
        report = folder.write_report(store)
    if json:
        print_json(document)
    else:
        for table in verification_tables(document):
            results().print(table)
        results().print(f"report: {report}", soft_wrap=True)
    for failure in document["failed"]:
        messages().print(f"{failure['kind']} trial {failure['number']}, seed {failure['seed']}: {failure['reason']}")
    if stopped:
        messages().print(f"{folder.path.name}: {stopped}")
        raise typer.Exit(1)
    if early_end.reason and document["done"] < document["retrainings"]:
        messages().print(f"{early_end.reason}; {how_to_go_on}")
    if early_end.interrupted:
        raise typer.Exit(130)
