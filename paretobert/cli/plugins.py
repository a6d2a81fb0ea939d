"""`paretobert plugins`: what a configuration may name, and whether it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from paretobert.plugin_list import ListedPlugin


def plugins(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """List the controllers, latency models, evaluators and tasks that are installed, and whether each loads."""
    from paretobert.output import print_json
    from paretobert.plugin_list import list_plugins

    rows = list_plugins()
    if json:
        print_json(rows)
    else:
        _print_table(rows)


def _print_table(rows: list[ListedPlugin]) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import results

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("kind", "name", "origin", "version", "loads"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        origin = row.origin if row.origin == "built-in" else f"{row.distribution or row.module} ({row.origin})"
        loads = "yes" if row.loads else f"no: {row.reason}"
        table.add_row(row.kind.replace("_", " "), row.name, origin, row.version or "-", loads)
    results().print(table)
