"""`paretobert latency`: what architectures cost on a device, and how well the built-in latency model holds."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from latency_models import Validation

app = typer.Typer(no_args_is_help=True, help="Predict latency, and compare predictions with published latencies.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
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
    json: Json = False,
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


@app.command()
def validate(json: Json = False) -> None:
    """Compare the analytical model with the published latencies, also where a model was left out of the fit."""
    from latency_models import validate as validate_model
    from paretobert.output import print_json

    validation = validate_model()
    if json:
        print_json(validation)
    else:
        _print_validation(validation)


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


def _print_validation(validation: Validation) -> None:
    from rich.table import Table

    from paretobert.output import results

    table = Table(
        title="Modelled latency on tensor-g1 (ms)",
        caption=f"held-out error: {validation.held_out_mean_error:.1%} on average, "
        f"{validation.held_out_largest_error:.1%} at most",
    )
    table.add_column("model")
    table.add_column("precision")
    for heading in ("published", "predicted", "held out"):
        table.add_column(heading, justify="right")
    for row in validation.rows:
        table.add_row(
            row.model,
            row.precision,
            f"{row.published_ms:.1f}",
            f"{row.predicted_ms:.2f}",
            f"{row.held_out_ms:.2f}",
        )
    utilization = Table(title="Utilization over MobileBERT's")
    utilization.add_column("model")
    for heading in ("published", "predicted"):
        utilization.add_column(heading, justify="right")
    for model, value in validation.utilization_over_baseline.items():
        utilization.add_row(model, f"{value.published:.2f}", f"{value.predicted:.2f}")
    console = results()
    console.print(table)
    console.print(utilization)
