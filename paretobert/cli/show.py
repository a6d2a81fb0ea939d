"""`studies`, `frontier`, `report` and `models`: look at what is there; nothing is trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretobert.cli.completion import study_names
from paretobert.cli.failures import log_tracebacks_to
from paretobert.output import messages, print_json, results

if TYPE_CHECKING:
    from paretobert.storage import Store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="Name or folder of the study.", autocompletion=study_names)
]


def studies(json: Json = False) -> None:
    """List the studies in the folder studies/."""
    from paretobert.cli.tables import studies_table
    from paretobert.document import study_document
    from paretobert.folder import StudyFolder
    from paretobert.summary import study_summary

    rows = []
    for folder in StudyFolder.all():
        try:
            with folder.store() as store:
                rows.append(study_summary(study_document(store), folder.path))
        except ValueError as error:
            messages().print(f"left out: {error}")
    if json:
        print_json(rows)
    else:
        results().print(studies_table(rows) if rows else "no study yet; begin one: paretobert search")


def frontier(
    study: StudyName,
    csv: Annotated[bool, typer.Option("--csv", help="Print a table of comma-separated values.")] = False,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it for a paper too: a .svg, .png or .pdf file.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the trials that no other beats, and the picks XS, S and M."""
    from paretobert.cli.scatter import scatter
    from paretobert.cli.tables import frontier_table
    from paretobert.document import frontier_document, study_document
    from paretobert.folder import StudyFolder

    if csv and json:
        raise ValueError("frontier prints either --csv or --json, not both")
    folder = StudyFolder.find(study)
    log_tracebacks_to(folder.logs)
    with folder.store() as store:
        document = study_document(store)
        if figure is not None:
            from paretobert.figure import write_figure

            write_figure(document, figure)
        if csv:
            _print_csv(store)
            return
    if json:
        print_json(frontier_document(document))
    else:
        results().print(frontier_table(document))
        results().print(scatter(document, results().width))
    if document["ended"]:
        messages().print(f"{document['study']}: {document['ended']}")


def report(study: StudyName) -> None:
    """Write the study's report.html anew."""
    from paretobert.folder import StudyFolder

    folder = StudyFolder.find(study)
    log_tracebacks_to(folder.logs)
    with folder.store() as store:
        results().print(str(folder.write_report(store)), soft_wrap=True)


def models(json: Json = False) -> None:
    """List the published models."""
    from search_space import PUBLISHED, parameters

    rows = [
        {"name": name, "parameters": parameters(architecture), "architecture": architecture.to_dict()}
        for name, architecture in PUBLISHED.items()
    ]
    if json:
        print_json(rows)
        return
    from paretobert.cli.tables import models_table

    results().print(models_table(rows))


def _print_csv(store: Store) -> None:
    """The frontier as `paretobert.frames.trials_frame` has it, with the sizes that a trial is picked for."""
    from paretobert.frames import trials_frame
    from paretobert.frontier import find_frontier

    found = find_frontier(store.configuration(), store.trials(), store.trials("reference"))
    frame = trials_frame(found.trials)
    picked = {
        number: [size for size, pick in found.picks.items() if pick and pick.number == number] for number in frame.index
    }
    frame.insert(0, "pick", [" ".join(picked[number]) for number in frame.index])
    frame.to_csv(sys.stdout)
