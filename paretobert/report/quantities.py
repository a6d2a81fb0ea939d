"""Numbers in sentences: rounded, with their unit. Those in tables and plots are rounded by the page itself."""

from __future__ import annotations

_SPACE = "\N{NO-BREAK SPACE}"


def score(value: float) -> str:
    """A fraction with four digits: the standard error of a proxy's score is seldom below 0.001."""
    return f"{value:.4f}"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}{_SPACE}%"
