"""The picture of docs/controllers.md: how far each controller is after 50, 100, 200 and 400 evaluations.

A line a controller, in a panel a problem: a dot at the median and a bar from quartile to quartile for each number of
evaluations, the darker the more of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from controller_peers import PEERS

MARKS = (50, 100, 200, 400)
WIDTH, LEFT, RIGHT, TOP, ROW, GAP = 760, 220, 24, 60, 19, 66
INK, FAINT, GRID = "#202124", "#5f6368", "#e3e5e8"
OURS = ("#a8c7f0", "#6ba0e4", "#1a66d0", "#0b3d86")
THEIRS = ("#f0c3a8", "#e29468", "#c5521a", "#7e3009")
TICKS = 5

Row = Mapping[str, Any]


def draw(panels: Mapping[str, Sequence[Row]]) -> str:
    """An SVG of rows of controllers by the title of their problem."""
    parts, y = [], TOP
    for title, rows in panels.items():
        parts += _panel(title, rows, y)
        y += ROW * len(rows) + GAP
    label = "Hypervolume after 50, 100, 200 and 400 evaluations"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{label}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}">'
    )
    return (
        "\n".join([head, f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>', *_legend(), *parts, "</svg>"]) + "\n"
    )


def _panel(title: str, rows: Sequence[Row], top: int) -> list[str]:
    worst = min(row[f"lower_{mark}"] for row in rows for mark in MARKS if row[f"lower_{mark}"] is not None)
    low, bottom = min(worst, 0.99), top + ROW * len(rows)

    def x(volume: float) -> float:
        return LEFT + (volume - low) / (1 - low) * (WIDTH - RIGHT - LEFT)

    parts = [f'<text x="{LEFT}" y="{top - 8}" font-weight="600">{escape(title)}</text>']
    for tick in range(TICKS + 1):
        volume = low + (1 - low) * tick / TICKS
        parts.append(f'<path d="M{x(volume):.1f} {top}V{bottom}" stroke="{GRID}"/>')
        parts.append(
            f'<text x="{x(volume):.1f}" y="{bottom + 16}" text-anchor="middle" fill="{FAINT}">{volume:.3f}</text>'
        )
    for number, row in enumerate(rows):
        y = top + ROW * (number + 0.5)
        name = escape(row["controller"])
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
        colors = THEIRS if row["controller"] in PEERS else OURS
        for mark, color in zip(MARKS, colors, strict=True):
            if row[f"median_{mark}"] is not None:
                quartiles = (x(row[f"{part}_{mark}"]) for part in ("lower", "median", "upper"))
                parts.append(_marker(*quartiles, y, color))
    return parts


def _marker(low: float, median: float, high: float, y: float, color: str) -> str:
    bar = f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{color}" stroke-width="3" opacity="0.6"/>'
    return f'{bar}<circle cx="{median:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>'


def _legend() -> list[str]:
    parts = []
    for line, (who, colors) in enumerate((("ours", OURS), ("peers", THEIRS))):
        y = 14 + 16 * line
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{who}, evaluations:</text>')
        for number, (mark, color) in enumerate(zip(MARKS, colors, strict=True)):
            at = LEFT + 60 * number + 6
            parts.append(f'<rect x="{at - 4}" y="{y - 4}" width="8" height="8" fill="{color}"/>')
            parts.append(f'<text x="{at + 8}" y="{y + 4}">{mark}</text>')
    return parts
