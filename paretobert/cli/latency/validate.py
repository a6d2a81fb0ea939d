"""`paretobert latency validate`: how well the analytical model holds on the published latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from latency_models import Validation


def validate(json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Compare the analytical model with the published latencies, also where a model was left out of the fit."""
    from latency_models import validate as validate_model
    from paretobert.output import print_json

    validation = validate_model()
    if json:
        print_json(validation)
    else:
        _print_validation(validation)


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
