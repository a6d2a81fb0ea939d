"""What a shell offers for an argument; nothing is read but names."""

from __future__ import annotations

from pathlib import Path


def study_names(incomplete: str) -> list[str]:
    """The names of the studies in `studies/` that begin like this."""
    return [path.parent.name for path in sorted(Path("studies").glob(f"{incomplete}*/study.db"))]


def preset_names(incomplete: str) -> list[str]:
    """The presets that begin like this."""
    from paretobert.config import presets

    return [name for name in presets() if name.startswith(incomplete)]
