"""`paretobert latency predict`: what networks cost on a device."""

from __future__ import annotations

from math import isnan
from typing import Annotated, Any

import typer


def predict(
    networks: Annotated[
        list[str],
        typer.Argument(metavar="NETWORK...", help="A published model, a JSON file, JSON text, or a .tflite file."),
    ],
    device: Annotated[str, typer.Option(help="Device profile: a name or the path of a .toml file.")] = "tensor-g1",
    precision: Annotated[str, typer.Option(metavar="int8|float", help="Of weights and activations.")] = "int8",
    sequence_length: Annotated[int, typer.Option(help="Tokens of a sequence.")] = 384,
    latency_model: Annotated[
        str, typer.Option(help="Latency model: a name, a file, or package.module:Class.")
    ] = "edgetpu-analytical",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Predict latency, utilization and peak memory of networks.

    A .tflite file has a precision and a length of its own.
    """
    from paretobert.assembly import load_latency_model
    from paretobert.cli.latency.networks import read_network
    from paretobert.cli.quiet import without_standard_error
    from paretobert.output import messages, print_json
    from paretobert.plugins import resolve

    model = load_latency_model(resolve("latency_model", latency_model), device)
    known = [read_network(text, sequence_length, precision) for text in networks]
    rows = []
    for network in known:
        with without_standard_error():  # of what is exported and run, where that is how it is known
            cost = model.predict(network.batch)
        rows.append(
            {
                **network.described(device=device),
                "latency_ms": float(cost.latency_ms[0]),
                "latency_std_ms": float(cost.latency_std_ms[0]),
                "utilization": float(cost.utilization[0]),
                "peak_memory_bytes": int(cost.peak_memory_bytes[0]),
                "source": cost.source,
                "is_outside": None if cost.is_outside is None else bool(cost.is_outside[0]),
            }
        )
    if json:
        print_json(rows)
    else:
        _print_table(f"Latency on {device}, {latency_model}", networks, rows)
    if getattr(model.inner, "is_lower_bound", False):
        messages().print(f"a lower bound: what {device} leaves to its host multiplies there for free in its profile")


def _print_table(title: str, names: list[str], rows: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import messages, results

    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("network", overflow="fold")
    table.add_column("precision")
    for heading in ("tokens", "latency (ms)", "util.", "MB"):
        table.add_column(heading, justify="right")
    table.add_column("source")
    for name, row in zip(names, rows, strict=True):
        spread = "" if isnan(row["latency_std_ms"]) else f" ± {row['latency_std_ms']:.2f}"
        table.add_row(
            name,
            row["precision"],
            str(row["sequence_length"] or "-"),
            f"{row['latency_ms']:.2f}{spread}",
            "-" if isnan(row["utilization"]) else f"{row['utilization']:.3f}",
            f"{row['peak_memory_bytes'] / 1e6:.1f}",
            row["source"],
        )
    results().print(table)
    if outside := [name for name, row in zip(names, rows, strict=True) if row["is_outside"]]:
        messages().print(f"unlike all that the model has seen, so do not trust it there: {', '.join(outside)}")
