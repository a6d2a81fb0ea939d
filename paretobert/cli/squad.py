"""The commands about SQuAD: `squad-score`, and `data fetch squad`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretobert.output import messages, print_json, results

if TYPE_CHECKING:
    from evaluators.squad import Passage

DATA_SETS = ("squad",)

data = typer.Typer(no_args_is_help=True, help="Data that tasks need.")


def squad_score(
    dataset: Annotated[Path, typer.Argument(help="A SQuAD v1.1 file, such as dev-v1.1.json.")],
    predictions: Annotated[Path, typer.Argument(help="A JSON object: answer text by question id.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Exact match and F1 of predicted answers, in per cent, as the official SQuAD v1.1 script computes them."""
    from evaluators.squad import evaluate, read, read_predictions

    passages, answers = read(dataset), read_predictions(predictions)
    _warn_of_missing(passages, answers)
    scores = evaluate(passages, answers)
    if json:
        print_json(scores)
    else:
        results().print(f"exact match {scores['exact_match']:.2f} %, F1 {scores['f1']:.2f} %", highlight=False)


@data.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(DATA_SETS)}.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where to put the files; by default a cache of the user's.")
    ] = None,
) -> None:
    """Download a data set from its official address; each file is checked and appears only whole."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from evaluators.squad import fetch as fetch_squad
    from paretobert.fetched import default_squad_folder

    if name not in DATA_SETS:
        raise ValueError(f"unknown data set {name!r}; known: {', '.join(DATA_SETS)}")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = messages()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks = {}

        def progress(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total)
            bar.update(tasks[file], completed=done, total=total)

        paths = fetch_squad(folder or default_squad_folder(), progress)
    for path in paths:
        print(path)


def _warn_of_missing(passages: tuple[Passage, ...], answers: dict[str, str]) -> None:
    ids = [question.id for passage in passages for question in passage.questions]
    if missing := [question for question in ids if question not in answers]:
        messages().print(
            f"warning: {len(missing):,} of {len(ids):,} questions have no prediction and score 0 "
            f"(the first is {missing[0]})",
            markup=False,
            highlight=False,
        )
