"""Tells of every moment at which a process is about to change a database or a folder, or has changed a database."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

_CHANGES = ("INSERT", "UPDATE", "DELETE", "CREATE")
_FILES = {"os.mkdir": 0, "os.rmdir": 0, "os.remove": 0, "os.rename": 1}
"""The audit events of Python that change a folder, and which of their arguments names what is changed."""


class Moments:
    """Watches this process to its end: what it does with SQLAlchemy, and with files below a folder.

    Args:
        folder: files elsewhere do not count.
        moment: called with a few words at each moment.
    """

    def __init__(self, folder: Path, moment: Callable[[str], None]) -> None:
        self._folder = str(folder)
        self._moment = moment
        self._is_changed = False

    def watch(self) -> None:
        """Begins to; there is no end to it."""
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        event.listen(Pool, "checkin", self._returned)
        sys.addaudithook(self._audit)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = statement.split(maxsplit=3)
        if words[0] in _CHANGES:
            self._is_changed = True
            self._moment("before " + " ".join(words[:3]))

    def _commit(self, _connection: Any) -> None:
        if self._is_changed:
            self._moment("before COMMIT")

    def _returned(self, *_: Any) -> None:
        """A connection goes back to its pool when its transaction is over."""
        if self._is_changed:
            self._is_changed = False
            self._moment("after COMMIT")

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in _FILES:
            path = arguments[_FILES[name]]
        elif name == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            path = arguments[0]
        else:
            return
        if isinstance(path, str | os.PathLike) and os.path.abspath(path).startswith(self._folder):
            self._moment(f"before {name} {Path(path).name}")
