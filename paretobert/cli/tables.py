"""Tables for people, made from a study's document."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table


def plain_table(title: str, headings: Sequence[str], *, left: Collection[str], caption: str | None = None) -> Table:
    """An empty table with few lines; the columns that are not aligned left hold numbers."""
    table = Table(title=title, caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in left else "right", overflow="fold")
    return table


def frontier_table(document: Mapping[str, Any]) -> Table:
    """The frontier of a study beside its reference trials; picks are named in their row.

    Where no trial meets the constraints, those that violate them least stand there with their violation.
    """
    configuration = document["configuration"]
    last = "over by" if document["closest"] else "pick"
    table = plain_table(
        f"{document['study']}: {document['evaluated']} of {document['trials_asked']} trials; latency "
        f"{document['latency_source'] or 'predicted'} for {configuration['device']}, {configuration['precision']}",
        ("trial", "score", "ms", "util.", "params", "hidden", "stages", last),
        left=("trial", "stages", "pick"),
        caption=_caption(document),
    )
    by_number = {trial["number"]: trial for trial in document["trials"]}
    for number in document["frontier"]:
        picks = [size for size, pick in document["picks"].items() if pick and pick["number"] == number]
        table.add_row(str(number), *_columns(by_number[number]), ", ".join(picks))
    for number in document["closest"]:
        trial = by_number[number]
        table.add_row(str(number), *_columns(trial), f"{trial['violation']:.3g}")
    table.add_section()
    for reference in document["references"]:
        name = reference["name"].removeprefix("mobilebert-")
        table.add_row(name, *_columns(reference), "", style="dim")
    for size, pick in document["picks"].items():
        if pick is not None and pick["number"] not in document["frontier"]:
            table.add_row(str(pick["number"]), *_columns(pick), size)
    return table


def studies_table(rows: list[dict[str, Any]]) -> Table:
    """One study a row."""
    headings = ("study", "trials", "best score", "frontier", "controller", "evaluator", "note")
    table = plain_table("Studies", headings, left=("study", "controller", "evaluator", "note"))
    for row in rows:
        table.add_row(
            row["study"],
            f"{row['evaluated']}/{row['trials_asked']}",
            rounded(row["best_score"], ".3f"),
            str(row["frontier"]),
            row["controller"],
            row["evaluator"],
            "ended early" if row["ended"] else "",
        )
    return table


def models_table(rows: list[dict[str, Any]]) -> Table:
    """One published model a row."""
    table = plain_table("Published models", ("model", "parameters", "hidden", "stages"), left=("model", "stages"))
    for row in rows:
        table.add_row(
            row["name"], f"{row['parameters']:,}", str(row["architecture"]["hidden_size"]), sketch(row["architecture"])
        )
    return table


def sketch(architecture: Mapping[str, Any]) -> str:
    """One stage a line: `12x b256 h4 i1024 f4` is 12 blocks of bottleneck 256, 4 heads, intermediate size 1024 and
    4 feed-forward networks."""
    return "\n".join(
        f"{stage['num_blocks']}x b{stage['bottleneck_size']} h{stage['num_attention_heads']} "
        f"i{stage['intermediate_size']} f{stage['num_feedforward']}"
        for stage in architecture["stages"]
    )


def _caption(document: Mapping[str, Any]) -> str:
    if document["closest"]:
        return (
            f"No trial meets {', '.join(document['constraints'])}. These are the closest, over by the sum of the "
            "excesses, each relative to its bound."
        )
    parts = []
    if document["hypervolume"] is not None:
        parts.append(f"hypervolume {document['hypervolume']:.4g}")
    for size, pick in document["picks"].items():
        if pick is None:
            parts.append(f"{size}: none yet")
    return "; ".join(parts)


def _columns(trial: Mapping[str, Any]) -> tuple[str, ...]:
    metrics = trial["metrics"]
    return (
        rounded(metrics.get("score"), ".4f"),
        rounded(metrics.get("latency_ms"), ".2f"),
        rounded(metrics.get("utilization"), ".0%"),
        f"{metrics['parameters'] / 1e6:.1f}M",
        str(trial["architecture"]["hidden_size"]),
        sketch(trial["architecture"]),
    )


def rounded(value: float | None, form: str) -> str:
    """A number in a format, or a dash where there is none."""
    return "-" if value is None else format(value, form)
