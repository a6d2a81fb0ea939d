"""`compare`: studies side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from paretobert.cli.completion import study_names
from paretobert.output import messages, print_json, results


def compare(
    studies: Annotated[
        list[str],
        typer.Argument(metavar="STUDY STUDY...", help="Names or folders of studies.", autocompletion=study_names),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare studies: hypervolumes from one point, picks side by side, and how their configurations differ."""
    from paretobert.cli.comparison_tables import comparison_tables
    from paretobert.comparison import comparison_document
    from paretobert.document import study_document
    from paretobert.folder import StudyFolder

    if len(studies) < 2 or len(set(studies)) < len(studies):
        raise ValueError(f"compare needs two studies or more, each named once, not {' '.join(studies)}")
    documents = {}
    for name in studies:
        with StudyFolder.find(name).store() as store:
            documents[name] = study_document(store)
    comparison = comparison_document(documents)
    if json:
        print_json(comparison)
        return
    for table in comparison_tables(comparison):
        results().print(table)
    for reason in comparison["reasons"]:
        messages().print(f"not comparable: {reason}")
    for note in comparison["notes"]:
        messages().print(f"note: {note}")
