"""What a failed command says: one line, and for what nobody expected a log that holds the traceback."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from contextvars import ContextVar
from pathlib import Path

_logs: ContextVar[Path | None] = ContextVar("logs", default=None)

_DATABASE_ADVICE = {
    "readonly": "make the study's folder writable",
    "unable to open": "make the study's folder readable and writable",
    "full": "free some of the disk, then resume",
    "locked": "another process is writing; try again",
    "malformed": "restore study.db from a copy",
    "not a database": "restore study.db from a copy",
    "no such table": "restore study.db from a copy",
    "no such column": "restore study.db from a copy",
    "disk i/o": "look after the disk",
}


def log_tracebacks_to(folder: Path) -> None:
    """From now on, in this command, the traceback of an unexpected exception goes to a file of this folder."""
    _logs.set(folder)


def forget_log_folder() -> None:
    """Tracebacks go to a temporary file, until a command names its study's folder."""
    _logs.set(None)


def expected(error: Exception) -> str | None:
    """The line for an exception that a user can do something about; None for any other."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
    if isinstance(error, ValueError):
        return str(error)
    if usage := getattr(error, "format_message", None):  # Typer's own errors, from whichever click it carries
        return str(usage())
    return _database_trouble(error)


def unexpected(error: Exception) -> str:
    """The line for any other exception, whose traceback it writes to a log."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"unexpected {what}; the traceback is in {_write_log(error)}"


def _database_trouble(error: Exception) -> str | None:
    """What SQLite says of a file or a disk; its other errors are faults of the program."""
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy.exc import DatabaseError, OperationalError

    if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
        return None
    message = str(error.orig)
    advice = next((advice for words, advice in _DATABASE_ADVICE.items() if words in message.lower()), None)
    return f"the study's database: {message}" + (f": {advice}" if advice else "")


def _write_log(error: Exception) -> Path:
    text = "".join(traceback.format_exception(error))
    folder = _logs.get()
    if folder is not None:
        path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError:
            pass  # a study that only can be read, or a full disk
        else:
            return path
    handle, name = tempfile.mkstemp(prefix="paretobert-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(text)
    return Path(name)
