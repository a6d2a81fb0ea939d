"""Tables for people, made from a comparison's document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from paretobert.cli.tables import plain_table, rounded, sketch


def comparison_tables(comparison: Mapping[str, Any]) -> Iterator[Table]:
    """What the studies found, their picks size by size, and the fields of their configurations that differ."""
    yield _found(comparison)
    yield _picks(comparison)
    if comparison["differences"]:
        yield _differences(comparison)


def _found(comparison: Mapping[str, Any]) -> Table:
    point = comparison["reference_point"]
    caption = "no hypervolume: the studies cannot be compared" if not comparison["comparable"] else None
    if point is not None:
        caption = f"hypervolume up to {', '.join(f'{metric} {value:.4g}' for metric, value in point.items())}"
    headings = ("study", "trials", "best score", "frontier", "hypervolume")
    table = plain_table("What the studies found", headings, left=("study",), caption=caption)
    for study in comparison["studies"]:
        table.add_row(
            study["study"],
            f"{study['evaluated']}/{study['trials_asked']}",
            rounded(study["best_score"], ".4f"),
            str(study["frontier"]),
            rounded(study["hypervolume"], ".5g"),
        )
    return table


def _picks(comparison: Mapping[str, Any]) -> Table:
    headings = ("pick", "study", "trial", "score", "ms", "params", "hidden", "stages")
    table = plain_table("Picks", headings, left=("pick", "study", "stages"))
    for size in comparison["studies"][0]["picks"]:
        for study in comparison["studies"]:
            pick = study["picks"][size]
            if pick is None:
                table.add_row(size, study["study"], "none yet")
                continue
            metrics, architecture = pick["metrics"], pick["architecture"]
            table.add_row(
                size,
                study["study"],
                str(pick["number"]),
                rounded(metrics["score"], ".4f"),
                rounded(metrics["latency_ms"], ".2f"),
                f"{metrics['parameters'] / 1e6:.1f}M",
                str(architecture["hidden_size"]),
                sketch(architecture),
            )
        table.add_section()
    return table


def _differences(comparison: Mapping[str, Any]) -> Table:
    headings = ("field", *(study["study"] for study in comparison["studies"]))
    table = plain_table("Differences", headings, left=headings)
    for difference in comparison["differences"]:
        table.add_row(difference["field"], *("-" if value is None else str(value) for value in difference["values"]))
    return table
