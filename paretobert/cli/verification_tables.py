"""Tables for people, made from a verification's document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from paretobert.cli.tables import plain_table, rounded

_NAMES = {
    "all": "over all",
    "top_half": "in the top half",
    "equal_latency": "at equal latency",
    "beyond_size": "beyond size",
}


def verification_tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """How the ranks agree, then trial by trial."""
    if document["correlations"] is not None:
        yield _correlations(document)
    yield _trials(document)


def _correlations(document: Mapping[str, Any]) -> Table:
    table = plain_table(
        f"Kendall's tau of scores with {document['budget_factor']} times the steps ({document['budget']:,})",
        ("pairs of trials", "number", "tau", "90 % interval", "between two seeds"),
        left=("pairs of trials",),
        caption="; ".join(
            f"{rival.replace('_', ' ')} alone: {rounded(tau['all'], '.2f')} over all, "
            f"{rounded(tau['top_half'], '.2f')} in the top half"
            for rival, tau in document["rivals"].items()
        ),
    )
    for name, found in document["correlations"].items():
        interval = f"{rounded(found['low'], '.2f')} to {rounded(found['high'], '.2f')}"
        cells = (str(found["pairs"]), rounded(found["tau"], ".2f"), interval, rounded(found["ceiling"], ".2f"))
        table.add_row(_NAMES[name], *cells)
    return table


def _trials(document: Mapping[str, Any]) -> Table:
    table = plain_table(
        f"{document['done']} of {document['retrainings']} retrainings",
        ("trial", "ms", "params", "score", "retrained"),
        left=("trial",),
    )
    for row in document["trials"]:
        table.add_row(
            (row["name"] or str(row["number"])).removeprefix("mobilebert-"),
            rounded(row["latency_ms"], ".2f"),
            f"{row['parameters'] / 1e6:.1f}M",
            rounded(row["score"], ".4f"),
            ", ".join(rounded(score, ".4f") for score in row["retrained_scores"]),
        )
    return table
