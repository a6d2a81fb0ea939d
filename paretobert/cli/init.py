"""`init`: a configuration file to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paretobert.cli.completion import preset_names
from paretobert.output import messages


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it; nothing is overwritten.")] = Path("paretobert.toml"),
    preset: Annotated[
        str | None,
        typer.Option(help="Configuration to start from: demo (the default) or squad.", autocompletion=preset_names),
    ] = None,
) -> None:
    """Write a configuration file: every field with its meaning and its default."""
    from paretobert.commented import commented
    from paretobert.config import configure

    text = commented(configure(preset=preset))
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise ValueError(f"{file} exists: name another file, or remove it first") from None
    print(file)
    messages().print(f"to run it: paretobert search --config {file}")
