"""A study's folder: `study.db`, which is the study, and what is made beside it."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from paretobert.assembly import Assembly
from paretobert.config import Configuration
from paretobert.document import study_document
from paretobert.files import write_whole
from paretobert.references import reference_proposals
from paretobert.storage import Store

STUDIES = Path("studies")
_ABANDONED_SECONDS = 3600.0  # making a study takes less than one


class StudyFolder:
    """A folder with a study in it.

    Attributes:
        path: the folder.
        database: the study.
        cache: the evaluator's workspace.
        logs: tracebacks of failed trials.
        report: one page, rewritten from the database and never read back, like `configuration`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "study.db"
        self.cache = path / "cache"
        self.logs = path / "logs"
        self.report = path / "report.html"
        self.configuration = path / "config.toml"

    @classmethod
    def create(cls, assembly: Assembly, *, numbered: bool, root: Path = STUDIES) -> StudyFolder:
        """A new study, waiting to be run: the folder appears with the study in it, or not at all.

        Args:
            assembly: gives the configuration, whose `name` names the folder.
            numbered: a name that is taken gets a number (demo-2) instead of an error.
            root: the folder of studies.

        Raises:
            ValueError: the name is taken.
        """
        configuration = assembly.configuration
        names = [configuration.name]
        if numbered:
            names += [f"{configuration.name}-{number}" for number in range(2, 10_000)]
        for name in names:
            if not (root / name).exists() and _make(root / name, assembly):
                return cls(root / name)
        raise _taken(configuration.name, root)

    @classmethod
    def check_free(cls, name: str, root: Path = STUDIES) -> None:
        """Raises `ValueError` if there is a study of this name."""
        if (root / name).exists():
            raise _taken(name, root)

    @classmethod
    def find(cls, study: str, root: Path = STUDIES) -> StudyFolder:
        """The folder of an existing study, by its path or by its name.

        Raises:
            FileNotFoundError: there is no such study.
        """
        for path in (root / study, Path(study)):
            if (path / "study.db").is_file():
                return cls(path)
        known = ", ".join(folder.path.name for folder in cls.all(root))
        raise FileNotFoundError(f"no study {study!r} in {root}{os.sep}; known: {known or 'none'}")

    @classmethod
    def all(cls, root: Path = STUDIES) -> list[StudyFolder]:
        """The folders of every study, by name."""
        return [cls(path.parent) for path in sorted(root.glob("[!.]*/study.db"))]

    @property
    def how_to_resume(self) -> str:
        """What to tell somebody whose study has stopped."""
        return f"to go on: paretobert resume {self.path.name if self.path.parent == STUDIES else self.path}"

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The study's store, closed afterwards."""
        store = Store.open(self.database)
        try:
            yield store
        finally:
            store.close()

    def write_configuration(self, configuration: Configuration) -> None:
        write_whole(self.configuration, f"# Written from study.db and never read back.\n{configuration.to_toml()}")

    def write_report(self, store: Store) -> Path:
        """The report of the trials so far."""
        from paretobert.report import page_document, write_report

        write_report(page_document(study_document(store)), self.report)
        return self.report

    def remove(self, *, with_root: bool) -> None:
        """Takes a study away that could not begin, and with it the folder of studies if that is empty then."""
        aside = _aside(self.path)
        self.path.rename(aside)  # at once: a study is whole or not there
        shutil.rmtree(aside)
        if with_root:
            with suppress(OSError):
                self.path.parent.rmdir()


def _taken(name: str, root: Path) -> ValueError:
    return ValueError(f"study {name!r} exists ({root / name}); to go on with it: paretobert resume {name}")


def _make(path: Path, assembly: Assembly) -> bool:
    """Makes the study aside and gives it its name at once; False if the name was taken meanwhile."""
    configuration = assembly.configuration.model_copy(update={"name": path.name})
    _sweep(path)
    aside = _aside(path)
    aside.mkdir(parents=True)
    try:
        store = Store.create(aside / "study.db", configuration, assembly.plugins, reference_proposals(assembly))
        store.close()
        StudyFolder(aside).write_configuration(configuration)
        aside.rename(path)
    except OSError:
        if path.exists():
            return False
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return True


def _aside(path: Path) -> Path:
    """A hidden folder beside a study's, for what shall appear or disappear as a whole."""
    return path.parent / f".{path.name}.{uuid.uuid4().hex}"


def _sweep(path: Path) -> None:
    """Removes what processes left aside that were killed while they made or removed a study of this name."""
    for left in path.parent.glob(f".{path.name}.{'?' * 32}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left)
