"""What a user may get wrong: files and studies to point the commands at."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import safetensors.numpy

from latency_models import LearnedLatencyModel, Measurements
from latency_models.learned.storage import FORMAT
from paretobert.cli import run

TOY = ("--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula")

STUDIES = ("changed", "cut", "empty", "garbled", "good", "hollow", "newer", "noise", "odd", "older")


HEAD = "architecture,precision,sequence_length,latency_ms"
MEASURED = [f"{model},int8,384,{latency}" for model, latency in (("mobilebert", 15.0), ("mobilebert-edgetpu-s", 12.8))]


def _write_measurements(folder: Path) -> None:
    """Measured latencies, device profiles, models of latency and `.tflite` files, with something wrong in each."""
    cells = "{model},int8,384,{latency}"
    tables = {
        "measured.csv": [HEAD, *MEASURED * 6],
        "few.csv": [HEAD, *MEASURED],
        "nothing.csv": [HEAD],
        "columns.csv": ["architecture,sequence_length,ms", "mobilebert,384,15"],
        "in_seconds.csv": [HEAD.replace("latency_ms", "latency_s"), "mobilebert,int8,384,0.015"],
        "seconds.csv": [HEAD, *(cells.format(model="mobilebert", latency=0.015) for _ in range(9))],
        "negative.csv": [HEAD, cells.format(model="mobilebert", latency=-1)],
        "nan.csv": [HEAD, MEASURED[0], cells.format(model="mobilebert", latency="nan")],
        "unknown.csv": [HEAD, cells.format(model="bert", latency=15)],
    }
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    (folder / "noise.tflite").write_bytes(b"no model" * 50)
    (folder / "cut.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(8))
    (folder / "noise.safetensors").write_bytes(b"no model" * 50)
    (folder / "noise.keras").write_bytes(b"no model" * 50)
    (folder / "board.toml").write_text('description = "a board"\n[latency_models.edgetpu-analytical]\n')
    model = LearnedLatencyModel.learn(Measurements.read(folder / "measured.csv"), device="phone")
    model.save(folder / "phone.safetensors")
    damaged = bytearray((folder / "phone.safetensors").read_bytes())
    damaged[-9] ^= 1
    (folder / "damaged.safetensors").write_bytes(damaged)
    weights = {"kernel": np.zeros(3, np.float32)}
    (folder / "weights.safetensors").write_bytes(safetensors.numpy.save(weights))
    old = safetensors.numpy.save(weights, {"format": FORMAT, "version": "0"})
    (folder / "old.safetensors").write_bytes(old)


def _write_corpora_and_teachers(folder: Path) -> None:
    """Text files to distill on, and folders of teachers that lack something."""
    (folder / "blank.txt").write_text(" \n\n")
    (folder / "line.txt").write_text("One line.\n")
    (folder / "harbour.txt").write_text("".join(f"Boat {n} sails from harbour {n % 7}.\n" for n in range(300)))
    sizes = {"vocab_size": 8, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = json.dumps({**sizes, "intermediate_size": 4, "max_position_embeddings": 64})
    for name, files in {
        "unconfigured": {},
        "weightless": {"config.json": config},
        "pickled": {"config.json": config, "pytorch_model.bin": "pickle"},
    }.items():
        (folder / name).mkdir()
        for file, content in files.items():
            (folder / name / file).write_text(content)


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
    _write_corpora_and_teachers(folder)
    _write_measurements(folder)
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
