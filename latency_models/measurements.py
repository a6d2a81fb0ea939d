"""`Measurements`: latencies of architectures, measured on one device, read from a CSV file.

    architecture,precision,sequence_length,latency_ms,spread_ms
    mobilebert-edgetpu-xs,int8,384,9.1,0.1
    "{""hidden_size"": 512, ""stages"": [...]}",int8,384,7.3,

An architecture is the name of a published model or JSON. `spread_ms`, the standard error of the latency, may be empty
or left out.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import FASTEST_MULTIPLY_ADDS_PER_MS, Floats
from latency_models.graph import OpGraphBatch
from latency_models.operations import Precision, check_precision
from search_space import PUBLISHED, Architecture, Vectors

Unit = Literal["ms", "s"]

COLUMNS = ("architecture", "precision", "sequence_length", "latency_ms", "spread_ms")
_REQUIRED = COLUMNS[:4]


class UnitDoubtError(ValueError):
    """The latencies would be milliseconds only on a device faster than any: they look like seconds."""


@dataclass(frozen=True)
class Measurements:
    """n latencies.

    Attributes:
        architectures: what was measured, n of them.
        precisions: of weights and activations, n of them.
        sequence_lengths: int64 `[n]`, tokens.
        latency_ms: float64 `[n]`, each above 0.
        spread_ms: float64 `[n]`, standard errors; NaN where unknown.
    """

    architectures: tuple[Architecture, ...]
    precisions: tuple[Precision, ...]
    sequence_lengths: Vectors
    latency_ms: Floats
    spread_ms: Floats

    def __len__(self) -> int:
        return len(self.architectures)

    def batches(self) -> Iterator[tuple[NDArray[np.int64], OpGraphBatch]]:
        """The graphs of all rows, those of one precision and length together, with their row numbers `[k]`."""
        settings = list(zip(self.precisions, self.sequence_lengths.tolist(), strict=True))
        for precision, length in dict.fromkeys(settings):
            rows = np.array([row for row, setting in enumerate(settings) if setting == (precision, length)])
            architectures = [self.architectures[row] for row in rows]
            yield rows, OpGraphBatch.from_architectures(architectures, length, precision=precision)

    def by_precision(self) -> Iterator[tuple[Precision, OpGraphBatch, NDArray[np.int64]]]:
        """The graphs of all rows of a precision, whatever their length, with their row numbers `[k]`."""
        batches = list(self.batches())
        for precision in dict.fromkeys(batch.precision for _, batch in batches):
            own = [(rows, batch) for rows, batch in batches if batch.precision == precision]
            joined = OpGraphBatch.joined([batch for _, batch in own])
            yield precision, joined, np.concatenate([rows for rows, _ in own])

    @classmethod
    def read(cls, path: Path, *, unit: Unit = "ms", at_least: int = 1) -> Measurements:
        """The measurements of a CSV file.

        Args:
            path: of the file.
            unit: of the column of latencies, whatever its name says.
            at_least: rows that are needed.

        Raises:
            OSError: the file cannot be read.
            UnitDoubtError: what should be milliseconds looks like seconds.
            ValueError: a column is missing, a cell is no architecture or number, a latency is not above 0, or there
                are too few rows; the message names file and line.
        """
        if unit not in get_args(Unit):
            raise ValueError(f"unit must be ms or s, not {unit!r}")
        try:
            with path.open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file)
                _check_columns(path, reader.fieldnames or [], unit)
                rows = [_Row.of(path, reader.line_num, cells, 1e3 if unit == "s" else 1.0) for cells in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: not a CSV file: {error}") from None
        if len(rows) < at_least:
            raise ValueError(f"{path}: {len(rows)} measurements; at least {at_least} are needed: measure more")
        measurements = cls(
            tuple(row.architecture for row in rows),
            tuple(row.precision for row in rows),
            np.array([row.sequence_length for row in rows], np.int64),
            np.array([row.latency_ms for row in rows], float),
            np.array([row.spread_ms for row in rows], float),
        )
        measurements._check_unit(path)
        return measurements

    def _check_unit(self, path: Path) -> None:
        for rows, batch in self.batches():
            rate = batch.multiply_adds / self.latency_ms[rows]
            if (rate > FASTEST_MULTIPLY_ADDS_PER_MS).mean() > 0.5:
                row = rows[int(np.argmax(rate))]
                raise UnitDoubtError(
                    f"{path}: {self.latency_ms[row]:g} ms for {rate.max() * self.latency_ms[row]:.3g} multiply-adds is "
                    "faster than any device: are these seconds? Then say so with --unit s"
                )


@dataclass(frozen=True)
class _Row:
    architecture: Architecture
    precision: Precision
    sequence_length: int
    latency_ms: float
    spread_ms: float

    @classmethod
    def of(cls, path: Path, line: int, cells: Mapping[str, str | None], factor: float) -> _Row:
        try:
            architecture = _architecture(cells["architecture"] or "")
            length = _number("sequence_length", cells["sequence_length"])
            if length != int(length) or not 1 <= length <= architecture.max_positions:
                raise ValueError(
                    f"sequence_length must be an integer from 1 to {architecture.max_positions}, not {length:g}"
                )
            latency_ms = factor * _number("latency_ms", cells["latency_ms"])
            if latency_ms <= 0:
                raise ValueError(f"latency_ms must be above 0, not {cells['latency_ms']}")
            spread = cells.get("spread_ms")
            spread_ms = factor * _number("spread_ms", spread) if spread else math.nan
            if spread_ms < 0:
                raise ValueError(f"spread_ms must be at least 0, not {spread}")
            precision = check_precision((cells["precision"] or "").strip())
        except ValueError as error:
            raise ValueError(f"{path}, line {line}: {error}") from None
        return cls(architecture, precision, int(length), latency_ms, spread_ms)


def _check_columns(path: Path, columns: object, unit: Unit) -> None:
    names = list(columns) if isinstance(columns, list | tuple) else []
    if not (missing := [name for name in _REQUIRED if name not in names]):
        return
    hint = ""
    if missing == ["latency_ms"] and (seconds := [name for name in names if name in ("latency_s", "latency")]):
        hint = f"; rename {seconds[0]!r} to latency_ms" + (", and give --unit s" if unit == "ms" else "")
    raise ValueError(
        f"{path}: no column {missing[0]!r}; expected {', '.join(_REQUIRED)}, found {', '.join(names) or 'none'}{hint}"
    )


def _architecture(text: str) -> Architecture:
    text = text.strip()
    if text in PUBLISHED:
        return PUBLISHED[text]
    if not text.startswith("{"):
        raise ValueError(f"architecture must be JSON or one of {', '.join(PUBLISHED)}, not {text!r}")
    return Architecture.from_json(text)


def _number(name: str, text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a number, not {text!r}")
    return value
