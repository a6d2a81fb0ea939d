"""The command line. What a command needs is imported when it runs, so that help answers at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from paretobert.cli import failures, latency, squad
from paretobert.cli.browse import browse
from paretobert.cli.compare import compare
from paretobert.cli.doctor import doctor
from paretobert.cli.init import init
from paretobert.cli.plugins import plugins
from paretobert.cli.quiet import quiet_tensorflow
from paretobert.cli.search import resume, search
from paretobert.cli.show import frontier, models, report, studies
from paretobert.cli.verify import verify
from paretobert.cli.worker import worker

app = typer.Typer(
    name="paretobert",
    help="Search MobileBERT architectures for the most accurate model at every Edge TPU latency.",
    add_completion=True,
    no_args_is_help=True,
)
commands = (init, search, resume, worker, verify, studies, frontier, compare, report, browse, models, plugins, doctor)
for command in commands:
    app.command()(command)
app.add_typer(latency.app, name="latency")
app.command("squad-score")(squad.squad_score)
app.add_typer(squad.data, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"paretobert {version('paretobert')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The command `paretobert`."""
    quiet_tensorflow()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs a command and gives its exit status.

    0; 2 after a user's mistake, which is one line on standard error and has changed nothing; 130 after Ctrl-C; 1 after
    anything unexpected, which is one line that names the log with the traceback.
    """
    failures.forget_log_folder()
    command = typer.main.get_command(app)
    try:
        status = command.main(list(arguments) or ["--help"], prog_name="paretobert", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        message = failures.expected(error)
        if message is None:
            return _say(failures.unexpected(error), 1)
        return _say(f"error: {message}", 2) if message else 2  # without a message, help was asked for by saying nothing
    return status if isinstance(status, int) else 0


def _say(message: str, status: int) -> int:
    print(f"paretobert: {' '.join(message.split())}", file=sys.stderr)
    return status
