"""Measurements as a command reads them: latencies that look like seconds are asked about."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

if TYPE_CHECKING:
    from latency_models import Measurements
    from latency_models.measurements import Unit


def read_measurements(path: Path, unit: str) -> Measurements:
    """See `Measurements.read`. Where a person can answer, seconds that call themselves milliseconds are a question."""
    from latency_models import Measurements
    from latency_models.measurements import UnitDoubtError

    try:
        return Measurements.read(path, unit=cast("Unit", unit))
    except UnitDoubtError as doubt:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        question = str(doubt).partition(": are these seconds?")[0]
        if not typer.confirm(f"{question}. Are these seconds?", err=True):
            raise
        return Measurements.read(path, unit="s")
