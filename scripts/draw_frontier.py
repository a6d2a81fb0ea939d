"""Draws a study's frontier as an SVG, such as the one in the README.

    python scripts/draw_frontier.py STUDY docs/frontier.svg

The points are those of the study's report: trials, the frontier's staircase, the published models by the same proxy,
and the picks. Trials that were never scored are left out.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from paretobert import load_study
from paretobert.report.plot import plot_data

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 62, 20, 46, 52
INK, FAINT, GRID, FRONT, TRIAL, PUBLISHED = "#202124", "#5f6368", "#e3e5e8", "#1a66d0", "#b4bac2", "#c5521a"
TICKS = 8

Axis = Callable[[float], float]


def draw(plot: Mapping[str, Any], title: str) -> str:
    """The picture of `plot_data`'s points, whose texts are escaped already."""
    x = _axis(plot["x_range"], LEFT, WIDTH - RIGHT)
    y = _axis(plot["y_range"], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="14" font-weight="600">{escape(title)}</text>',
        *_grid(plot, x, y),
    ]
    for group in plot["scored"]:
        points = list(zip(group["x"], group["y"], strict=True))
        if group["kind"] == "front" and plot["steps"]:
            parts.append(_staircase(points, x, y))
        for (latency, score), label in zip(points, group["label"], strict=True):
            parts.append(_marker(group["kind"], x(latency), y(score)))
            if label:
                parts.append(_label(label, x(latency) - 10, y(score) + 4, PUBLISHED, "end"))
    for latency, score, label in zip(*(plot["picks"][key] for key in ("x", "y", "label")), strict=True):
        parts.append(
            f'<circle cx="{x(latency):.1f}" cy="{y(score):.1f}" r="8" fill="none" stroke="{FRONT}" stroke-width="1.5"/>'
        )
        parts.append(_label(f"pick {label}", x(latency), y(score) - 13, FRONT))
    return "\n".join([*parts, _legend(plot), "</svg>"]) + "\n"


def _axis(shown: tuple[float, float], first: float, last: float) -> Axis:
    low, high = shown
    return lambda value: first + (value - low) / (high - low) * (last - first)


def _grid(plot: Mapping[str, Any], x: Axis, y: Axis) -> list[str]:
    parts = []
    for value, text in _ticks(plot["x_range"]):
        at = f'x="{x(value):.1f}" y="{HEIGHT - BOTTOM + 18}"'
        parts.append(f'<path d="M{x(value):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{GRID}"/>')
        parts.append(f'<text {at} text-anchor="middle" fill="{FAINT}">{text}</text>')
    for value, text in _ticks(plot["y_range"]):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="{FAINT}">{text}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{plot["x_title"]}</text>'
    )
    parts.append(f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">{plot["y_title"]}</text>')
    return parts


def _ticks(shown: tuple[float, float]) -> list[tuple[float, str]]:
    """About `TICKS` round values within a range, with no more digits than their distance needs."""
    low, high = shown
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    digits = max(0, -math.floor(math.log10(step)))
    values = [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [(value, f"{value:.{digits}f}") for value in values]


def _staircase(points: list[tuple[float, float]], x: Axis, y: Axis) -> str:
    """What the frontier dominates begins below and to the right of this line."""
    (latency, score), *others = points
    path = [f"M{x(latency):.1f} {y(score):.1f}"]
    path += [f"H{x(latency):.1f}V{y(score):.1f}" for latency, score in others]
    return f'<path d="{"".join(path)}" fill="none" stroke="{FRONT}" stroke-width="2"/>'


def _marker(kind: str, x: float, y: float) -> str:
    if kind == "reference":
        return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" fill="{PUBLISHED}"/>'
    if kind == "violating":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="none" stroke="{TRIAL}"/>'
    color, radius = (FRONT, 4.5) if kind == "front" else (TRIAL, 3.5)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{color}"/>'


def _label(text: str, x: float, y: float, color: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" font-size="11">{text}</text>'


def _legend(plot: Mapping[str, Any]) -> str:
    parts, at = [], float(LEFT)
    for group in plot["scored"]:
        text = {"reference": "published models, by the same proxy", "dominated": "other trials"}.get(
            group["kind"], group["name"]
        )
        parts.append(_marker(group["kind"], at + 6, 34) + f'<text x="{at + 17}" y="38" font-size="11">{text}</text>')
        at += 30 + 6.0 * len(text)
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="name or folder of the study")
    parser.add_argument("picture", type=Path, help="SVG file to write")
    options = parser.parse_args()
    document = load_study(options.study).document()
    plot = plot_data(document)
    if plot is None:
        parser.error(f"study {options.study!r}: nothing has been scored yet")
    title = f"{document['evaluated']} trials, evaluator {document['configuration']['evaluator']}"
    options.picture.write_text(draw(plot, title), encoding="utf-8")


if __name__ == "__main__":
    main()
