"""What docs/json.md says."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENTED = Path(__file__).parents[2] / "docs" / "json.md"


def keys(heading: str) -> set[str]:
    """The keys that a section of docs/json.md has a row for."""
    section = DOCUMENTED.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    return {key for cell in first_cells for key in re.findall(r"`(\w+)`", cell)}
