"""The command line. What a command needs is imported when it runs, so that help answers at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from paretobert.cli import latency, squad
from paretobert.cli.plugins import plugins
from paretobert.cli.search import resume, search
from paretobert.cli.show import frontier, models, report, studies

app = typer.Typer(
    name="paretobert",
    help="Search MobileBERT architectures for the most accurate model at every Edge TPU latency.",
    add_completion=True,
    no_args_is_help=True,
)
for command in (search, resume, studies, frontier, report, models, plugins):
    app.command()(command)
app.add_typer(latency.app, name="latency")
app.command("squad-score")(squad.squad_score)
app.add_typer(squad.data, name="data")


def main() -> None:
    """The command `paretobert`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reports its start-up on standard error
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs a command and gives its exit status: 0, 2 after a user's mistake, 130 after Ctrl-C.

    A user's mistake is one line on standard error, and nothing changed.
    """
    command = typer.main.get_command(app)
    try:
        status = command.main(list(arguments) or ["--help"], prog_name="paretobert", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except OSError as error:
        return _mistake(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except ValueError as error:
        return _mistake(str(error))
    except Exception as error:
        usage_message = getattr(error, "format_message", None)  # Typer's own errors, from whichever click it carries
        if usage_message is None:
            raise
        return _mistake(usage_message())
    return status if isinstance(status, int) else 0


def _mistake(message: str) -> int:
    print(f"paretobert: error: {' '.join(message.split())}", file=sys.stderr)
    return 2
