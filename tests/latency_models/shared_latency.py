"""Where the public measurements are, on machines that have them."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path("shared") / "data" / "latency"
SHARED_LATENCY = next(
    (parent / _FOLDER for parent in Path(__file__).parents[2].parents if (parent / _FOLDER).is_dir()),
    Path(__file__).parents[3] / _FOLDER,
)
"""Beside the project, or beside a folder that holds it."""
