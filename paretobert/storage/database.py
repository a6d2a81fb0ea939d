"""Connections to a study's database: SQLite in a file, with one transaction a transition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError

from paretobert.storage.schema import SCHEMA_VERSION, database, metadata, studies

_BUSY_TIMEOUT_SECONDS = 60


class Database:
    """The engine of one SQLite file.

    Write-ahead logging lets readers read while a worker writes, and keeps every commit of a process that is killed.
    A dear commit (`synchronous` FULL) outlives a loss of power too, and with it all commits before. A writing
    transaction takes the write lock when it begins (BEGIN IMMEDIATE), so what it has read cannot change before it
    writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine: Engine = create_engine(
            URL.create("sqlite", database=str(path)), connect_args={"timeout": _BUSY_TIMEOUT_SECONDS}
        )
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "begin", _begin)
        self._dear = self.engine.execution_options(synchronous="FULL")
        self._cheap = self.engine.execution_options(synchronous="NORMAL")

    @classmethod
    def create(cls, path: Path) -> Database:
        """A new database with empty tables."""
        created = cls(path)
        with created.engine.connect() as connection:  # the mode stays with the file
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
        with created.writing() as connection:
            metadata.create_all(connection)
            connection.execute(insert(database).values(schema_version=SCHEMA_VERSION))
        return created

    @classmethod
    def open(cls, path: Path) -> Database:
        """An existing database.

        Raises:
            FileNotFoundError: there is no such file.
            PermissionError: its folder cannot be written, which even reading needs.
            ValueError: it is no study's database, or one of another schema.
        """
        if not path.is_file():
            raise FileNotFoundError(f"no study's database at {path}")
        opened = cls(path)
        try:
            with opened.reading() as connection:
                version = connection.execute(select(database.c.schema_version)).scalar_one_or_none()
                is_whole = version != SCHEMA_VERSION or connection.execute(select(studies.c.id)).first() is not None
        except DatabaseError as error:
            opened.close()
            if "unable to open" in str(error.orig):  # a reader too writes beside the file, to be seen by writers
                raise PermissionError(f"{path} cannot be opened: make its folder readable and writable") from None
            raise ValueError(f"{path} is not a study's database: {error.orig}") from None
        if version != SCHEMA_VERSION:
            opened.close()
            raise ValueError(
                f"{path} has schema version {version}; this version of paretobert reads {SCHEMA_VERSION}: "
                "use the version that the study was made with"
            )
        if not is_whole:
            opened.close()
            raise ValueError(f"{path} holds no study")
        return opened

    @contextmanager
    def writing(self, *, is_dear: bool = True) -> Iterator[Connection]:
        """One transaction that may write: committed as a whole, or not at all if the body raises.

        Args:
            is_dear: whether a loss of power must not undo it. What can be computed anew in no time need not be.
        """
        with (self._dear if is_dear else self._cheap).connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state of the database throughout."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing of its own; `_begin` does
    cursor = connection.cursor()
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    synchronous = connection.get_execution_options().get("synchronous")
    driver = connection.connection.driver_connection  # past SQLAlchemy, which takes far longer than SQLite for this
    assert driver is not None
    if synchronous is None:
        driver.execute("BEGIN")
    else:
        driver.execute(f"PRAGMA synchronous = {synchronous}")
        driver.execute("BEGIN IMMEDIATE")
