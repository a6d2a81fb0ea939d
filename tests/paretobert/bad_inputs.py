"""What a user may get wrong: files and studies to point the commands at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from paretobert.cli import run

TOY = ("--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula")

STUDIES = ("changed", "cut", "empty", "garbled", "good", "hollow", "newer", "noise", "odd", "older")


def write_everything(folder: Path) -> None:
    """Files and studies in `folder`, the current one."""
    (folder / "broken.toml").write_text("trials = \n")
    (folder / "latin.toml").write_bytes(b"name = 'caf\xe9'\n")
    (folder / "typo.toml").write_text("trails = 3\n")
    (folder / "list.toml").write_text("[[evaluator_options]]\nsteps = 3\n")
    (folder / "space.toml").write_text("[space]\nhidden_size = [512, 256]\n")
    (folder / "text.json").write_text("{'hidden_size': 512}")
    (folder / "list.json").write_text("[1, 2]")
    (folder / "taken").write_text("a file")
    assert run(["search", *TOY, "--trials", "2", "--study", "good"]) == 0
    studies = folder / "studies"
    (studies / "good" / "report.html").unlink()  # megabytes, to be read again after every mistake
    whole = (studies / "good" / "study.db").read_bytes()
    for name, content in (("noise", b"no database" * 500), ("empty", b""), ("cut", whole[: len(whole) // 2])):
        (studies / name).mkdir()
        (studies / name / "study.db").write_bytes(content)
    for name, change in (
        ("newer", "UPDATE database SET schema_version = 99"),
        ("older", "DROP TABLE database"),
        ("hollow", "DELETE FROM studies"),
        ("odd", "UPDATE studies SET configuration = '{\"trials\": -1}'"),
        ("garbled", "UPDATE studies SET configuration = '{'"),
        ("changed", "UPDATE studies SET plugins = replace(plugins, 'formula 7', 'formula 8')"),
    ):
        (studies / name).mkdir()
        (studies / name / "study.db").write_bytes(whole)
        with closing(sqlite3.connect(studies / name / "study.db")) as database, database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute(change)
    (studies / "bare").mkdir()
