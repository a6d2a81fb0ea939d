"""`paretobert latency predict`: what architectures cost on a device."""

from __future__ import annotations

from math import isnan
from typing import Annotated, Any

import typer


def predict(
    architectures: Annotated[
        list[str], typer.Argument(metavar="ARCHITECTURE...", help="A published model, a JSON file or JSON text.")
    ],
    device: Annotated[str, typer.Option(help="Device profile.")] = "tensor-g1",
    precision: Annotated[str, typer.Option(metavar="int8|float", help="Of weights and activations.")] = "int8",
    sequence_length: Annotated[int, typer.Option(help="Tokens of a sequence.")] = 384,
    latency_model: Annotated[
        str, typer.Option(help="Latency model: a name, or package.module:Class.")
    ] = "edgetpu-analytical",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Predict latency, utilization and peak memory of architectures."""
    from latency_models import OpGraphBatch, check_precision
    from paretobert.architectures import read_architecture
    from paretobert.assembly import load_latency_model
    from paretobert.output import print_json
    from paretobert.plugins import resolve

    model = load_latency_model(resolve("latency_model", latency_model), device)
    known = [read_architecture(text) for text in architectures]
    batch = OpGraphBatch.from_architectures(known, sequence_length, precision=check_precision(precision))
    cost = model.predict(batch)
    rows = [
        {
            "architecture": architecture.to_dict(),
            "device": device,
            "precision": precision,
            "sequence_length": sequence_length,
            "latency_ms": float(cost.latency_ms[i]),
            "latency_std_ms": float(cost.latency_std_ms[i]),
            "utilization": float(cost.utilization[i]),
            "peak_memory_bytes": int(cost.peak_memory_bytes[i]),
            "source": cost.source,
        }
        for i, architecture in enumerate(known)
    ]
    if json:
        print_json(rows)
    else:
        title = f"{cost.source.capitalize()} cost on {device}, {precision}, {sequence_length} tokens"
        _print_predictions(title, architectures, rows)


def _print_predictions(title: str, names: list[str], rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from paretobert.output import results

    table = Table(title=title)
    table.add_column("architecture", overflow="fold")
    for heading in ("latency (ms)", "utilization", "peak memory (MB)"):
        table.add_column(heading, justify="right")
    for name, row in zip(names, rows, strict=True):
        spread = "" if isnan(row["latency_std_ms"]) else f" ± {row['latency_std_ms']:.2f}"
        table.add_row(
            name,
            f"{row['latency_ms']:.2f}{spread}",
            f"{row['utilization']:.3f}",
            f"{row['peak_memory_bytes'] / 1e6:.1f}",
        )
    results().print(table)
