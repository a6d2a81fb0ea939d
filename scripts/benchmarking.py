"""What the benchmarks share: their options, the rows they keep, and the one report they give.

With `--json` a benchmark prints one object: `benchmark`, `settings`, `machine`, `versions`, `seconds`, `rows` (what was
measured, peers included) and `targets`; without it, the same as tables.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import math
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from paretobert.config import Configuration, configure
from paretobert.output import jsonable, print_json
from paretobert.provenance import machine, versions

PRESET = "demo"
_LINE_START = '{"setting"'
CODE_BEHIND_A_SCORE = ("evaluators", "mobilebert", "search_space")

Row = Mapping[str, Any]
"""One measurement; its first field, `what`, names the kind, and rows of one kind have the same fields."""


@dataclass(frozen=True)
class Target:
    """A number asked of the project; a value that is not finite misses it.

    Attributes:
        name: of the number.
        value: as measured.
        at_least, at_most: the bound, one of the two.
        strictly: whether the bound itself is not enough.
    """

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    strictly: bool = False

    @property
    def holds(self) -> bool:
        low, high = self._bounds
        return low < self.value < high or (
            not self.strictly and self.value in (low, high) and math.isfinite(self.value)
        )

    @property
    def _bounds(self) -> tuple[float, float]:
        low = -math.inf if self.at_least is None else self.at_least
        return low, math.inf if self.at_most is None else self.at_most

    def to_dict(self) -> dict[str, Any]:
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        bound = {name: value for name, value in bounds.items() if value is not None}
        strictly = {"strictly": True} if self.strictly else {}
        return {"name": self.name, "value": self.value, **bound, **strictly, "holds": self.holds}

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "MISSED"
        if self.at_least is not None:
            bound = f"{'above' if self.strictly else 'at least'} {self.at_least:g}"
        else:
            bound = f"{'below' if self.strictly else 'at most'} {self.at_most:g}"
        return f"{self.name} {self.value:.3g} ({bound}): {verdict}"


@dataclass(frozen=True)
class Findings:
    """What a benchmark found; `settings` are those that it was run with, beside the configuration."""

    rows: Sequence[Row]
    targets: Sequence[Target]
    settings: Mapping[str, Any] = field(default_factory=dict)


def parser(description: str | None, *, resumable: bool = False) -> argparse.ArgumentParser:
    """The options that every benchmark takes; `--resume` where a run is long."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--quick", action="store_true", help="a smaller run, in about a minute")
    options.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change the demo preset, as in a search"
    )
    if resumable:
        options.add_argument("--resume", type=Path, metavar="FILE", help="keep rows here and take up those it has")
    return options


def run(options: argparse.ArgumentParser, measure: Callable[[argparse.Namespace, Configuration], Findings]) -> None:
    """Measures with the options of the command line and prints the report; a user's mistake is one line, status 2."""
    given = options.parse_args()
    begun = time.perf_counter()
    try:
        configuration = configure(preset=PRESET, settings=given.set)
        findings = measure(given, configuration)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    settings = {"quick": given.quick, **findings.settings, "configuration": configuration.to_dict()}
    report = {
        "benchmark": Path(options.prog).stem,
        "settings": settings,
        "machine": machine(),
        "versions": versions(),
        "seconds": time.perf_counter() - begun,
        "rows": findings.rows,
        "targets": [target.to_dict() for target in findings.targets],
    }
    if given.json:
        print_json(report)
    else:
        _print_tables(findings)


def note(text: str) -> None:
    """Says how far a run has come."""
    sys.stderr.write(f"{text}\n")  # one write: threads do not mix their lines


class KeptRows:
    """Rows kept in a file of JSON lines as soon as they are measured, so that a long run can be taken up again.

    Lines of another setting (other options, machine, versions or code) stay in the file and are never given back.

    Args:
        path: the file; None keeps rows in memory alone.
        setting: everything, beside its key, that a row depends on.

    Raises:
        OSError: the file cannot be written.
        ValueError: it holds something else.
    """

    def __init__(self, path: Path | None, setting: Mapping[str, Any]) -> None:
        self._path = path
        self._setting = _digest(setting)
        self._lock = threading.Lock()
        self._rows: dict[str, Row] = {}
        if path is not None:
            path.touch()
            self._read(path)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: Mapping[str, Any]) -> Row | None:
        return self._rows.get(_digest(key))

    def add(self, key: Mapping[str, Any], row: Row) -> None:
        """Keeps a row; safe among threads."""
        line = json.dumps({"setting": self._setting, "key": _digest(key), "row": jsonable(row)})
        with self._lock:
            self._rows[_digest(key)] = row
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")

    def _read(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        *lines, unfinished = text.split("\n")
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                setting, key, row = entry["setting"], entry["key"], entry["row"]
            except (ValueError, TypeError, KeyError):
                raise ValueError(f"{path}, line {number}: not a row of a benchmark; give --resume a new file") from None
            if setting == self._setting:
                self._rows[key] = row
        if unfinished:  # the run was killed while it wrote; without its end the line would spoil the next one
            if not _LINE_START.startswith(unfinished[: len(_LINE_START)]):
                raise ValueError(f"{path}: not rows of a benchmark; give --resume a new file")
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def score_setting(**more: Any) -> dict[str, Any]:
    """What a score depends on beside its architecture, seed and budget: machine, versions, code, and what is given."""
    return {"machine": machine(), "versions": versions(), "code": code_digest(*CODE_BEHIND_A_SCORE), **more}


def code_digest(*names: str) -> str:
    """Equal for equal code of packages and modules; comments and docstrings do not count."""
    digest = hashlib.sha256()
    for name in names:
        for file in _files(name):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    node.body = [part for part in node.body if not _is_text(part)]
            digest.update(f"{file.name}{ast.dump(tree)}".encode())
    return digest.hexdigest()[:16]


def _files(name: str) -> list[Path]:
    """The files of a package or a module, which is not imported: that could take TensorFlow with it."""
    found = find_spec(name)
    if found is None:
        return []
    if found.submodule_search_locations is None:
        return [Path(found.origin)] if found.origin else []
    return [file for path in found.submodule_search_locations for file in sorted(Path(path).rglob("*.py"))]


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(jsonable(data), sort_keys=True).encode()).hexdigest()[:16]


def _print_tables(findings: Findings) -> None:
    for what in dict.fromkeys(row["what"] for row in findings.rows):
        rows = [row for row in findings.rows if row["what"] == what]
        columns = [name for name, value in rows[0].items() if name != "what" and not isinstance(value, Mapping)]
        cells = [columns, *([_cell(row[name]) for name in columns] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        print(f"\n{what}")
        for line in cells:
            print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    print()
    for target in findings.targets:
        print(target)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
