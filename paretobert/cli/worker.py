"""`worker`: one more process for a study that stands."""

from __future__ import annotations

from typing import Annotated

import typer

from paretobert.cli.completion import study_names
from paretobert.cli.failures import log_tracebacks_to
from paretobert.cli.search import Json, Timeout, advice_on_interrupt, show_log


def worker(
    study: Annotated[str, typer.Argument(help="Name or folder of the study.", autocompletion=study_names)],
    timeout: Timeout = None,
    json: Json = False,
) -> None:
    """Join a study: evaluate its trials beside the processes that do already, until none is left to begin.

    Start as many as there are machines or cores. Each asks the study for its next trial; none waits for another.
    """
    from paretobert.cli.early_end import EarlyEnd
    from paretobert.executors.joining import join
    from paretobert.folder import StudyFolder
    from paretobert.output import messages, print_json, results
    from paretobert.runner import StudyStopped
    from paretobert.trial import Outcome, Trial

    early_end = EarlyEnd(timeout)
    folder = StudyFolder.find(study)
    show_log()
    log_tracebacks_to(folder.logs)
    ended: list[str] = []
    stopped = ""

    def count(trial: Trial, outcome: Outcome) -> None:
        ended.append(outcome.state)

    with advice_on_interrupt(folder.how_to_resume), early_end.on_interrupt():
        try:
            join(folder, count, early_end)
        except StudyStopped as stop:
            stopped = str(stop)
    name = folder.path.name
    if json:
        print_json({"study": name, "folder": str(folder.path), "trials_ended_here": len(ended)})
    else:
        results().print(f"{name}: {len(ended)} trials ended here")
    if why := stopped or early_end.reason:
        messages().print(f"{name}: {why}")
    if early_end.interrupted:
        raise typer.Exit(130)
    if stopped:
        raise typer.Exit(1)
