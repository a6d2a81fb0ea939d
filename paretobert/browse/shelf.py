"""The studies in a folder, read when they are asked for and kept in memory until their databases change."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from paretobert.cli.failures import expected
from paretobert.comparison import comparison_document
from paretobert.document import study_document
from paretobert.folder import StudyFolder
from paretobert.report import page_document
from paretobert.summary import study_summary

_DOCUMENTS_KEPT, _SUMMARIES_KEPT = 8, 10_000  # a document is large: some 60 MB for 20,000 trials


class UnknownStudy(Exception):  # noqa: N818
    """There is no study of this name."""


class UnreadableStudy(Exception):  # noqa: N818
    """A study that is there and cannot be read, for the reason that the message is."""


@dataclass(frozen=True)
class Listed:
    """A study in a list.

    Attributes:
        name: of its folder.
        changed_at: when its database was written last, in seconds since 1970.
        summary: see `study_summary`; None if the study cannot be read.
        trouble: why it cannot; else empty.
    """

    name: str
    changed_at: float
    summary: Mapping[str, Any] | None
    trouble: str


@dataclass(frozen=True)
class _State:
    """Of a database's files: `stamp` is another after every commit."""

    stamp: str
    changed_at: float


class Shelf:
    """Studies by the names of their folders. A study is read anew only after its database was written.

    Only databases below the folder are read: a link that leads out of it is as if it were not there.

    Args:
        root: the folder of studies.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._begun = uuid.uuid4().hex[:8]  # what another version of this program kept is not what this one would give
        self._document = lru_cache(_DOCUMENTS_KEPT)(_read)
        self._report = lru_cache(_DOCUMENTS_KEPT)(self._report_anew)
        self._summary = lru_cache(_SUMMARIES_KEPT)(self._summary_anew)

    def listed(self) -> list[Listed]:
        """All studies, the one that was written last first."""
        rows = []
        for name, folder in self._folders().items():
            try:
                state = _state(folder)
            except FileNotFoundError:  # deleted while this reads
                continue
            try:
                rows.append(Listed(name, state.changed_at, self._summary(folder.path, state.stamp), ""))
            except UnreadableStudy as error:
                rows.append(Listed(name, state.changed_at, None, str(error)))
        return sorted(rows, key=lambda row: (-row.changed_at, row.name))

    def report(self, name: str) -> tuple[str, bytes]:
        """What the page of a study shows, as JSON, with a tag that changes when it does.

        Raises:
            UnknownStudy: there is no such study.
            UnreadableStudy: it cannot be read.
        """
        path, stamp = self._find(name)
        return f'"{self._begun}-{stamp}"', self._report(path, stamp)

    def comparison(self, names: Sequence[str]) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
        """The comparison of studies, see `comparison_document`, and their documents by name.

        Raises:
            UnknownStudy: there is no such study.
            UnreadableStudy: one cannot be read.
        """
        documents = {name: self._document(*self._find(name)) for name in names}
        return comparison_document(documents), documents

    def check(self, name: str) -> None:
        """Raises `UnknownStudy` if there is no study of this name."""
        self._find(name)

    def _report_anew(self, path: Path, stamp: str) -> bytes:
        with _reading():
            page = page_document(self._document(path, stamp))
            return json.dumps(page, allow_nan=False, separators=(",", ":")).encode()

    def _summary_anew(self, path: Path, stamp: str) -> Mapping[str, Any]:
        with _reading():
            return study_summary(self._document(path, stamp), path)

    def _folders(self) -> dict[str, StudyFolder]:
        root = self.root.resolve()
        folders = StudyFolder.all(self.root)
        return {f.path.name: f for f in folders if f.database.resolve().is_relative_to(root)}

    def _find(self, name: str) -> tuple[Path, str]:
        try:
            folder = self._folders()[name]  # a name is looked up and never made part of a path
            return folder.path, _state(folder).stamp
        except (KeyError, FileNotFoundError):
            raise UnknownStudy(f"There is no study {name} in {self.root}.") from None


def _state(folder: StudyFolder) -> _State:
    """Raises `FileNotFoundError` where there is no database (any more)."""
    seen = [folder.database.stat()]
    with suppress(FileNotFoundError):
        log = folder.database.with_name(f"{folder.database.name}-wal").stat()  # where SQLite writes first
        if log.st_size:  # a reader leaves an empty one behind
            seen.append(log)
    stamp = "-".join(f"{file.st_ino:x}.{file.st_size:x}.{file.st_mtime_ns:x}" for file in seen)
    return _State(stamp, max(file.st_mtime for file in seen))


def _read(path: Path, stamp: str) -> Mapping[str, Any]:
    with _reading(), StudyFolder(path).store() as store:
        return study_document(store)


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever goes wrong within is said in a line: one damaged study must not take the others' pages with it."""
    try:
        yield
    except UnreadableStudy:
        raise
    except Exception as error:
        raise UnreadableStudy(expected(error) or f"{type(error).__name__}: {error}") from error
