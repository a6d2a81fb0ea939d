"""`paretobert latency evaluate`: how well a latency model holds on measurements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from latency_models import Accuracy


def evaluate(
    measurements: Annotated[Path, typer.Argument(metavar="MEASUREMENTS.csv")],
    latency_model: Annotated[
        str, typer.Option(help="Latency model: a name, a file, or package.module:Class.")
    ] = "edgetpu-analytical",
    device: Annotated[str, typer.Option(help="Device profile: a name or the path of a .toml file.")] = "tensor-g1",
    unit: Annotated[str, typer.Option(metavar="ms|s", help="Of the measured latencies.")] = "ms",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare a latency model with measurements that it was not made from."""
    import numpy as np

    from latency_models import accuracy_of
    from paretobert.assembly import load_latency_model
    from paretobert.cli.latency.reading import read_measurements
    from paretobert.output import print_json
    from paretobert.plugins import resolve

    measured = read_measurements(measurements, unit)
    model = load_latency_model(resolve("latency_model", latency_model), device)
    predicted_ms, std_ms = np.zeros(len(measured)), np.zeros(len(measured))
    for rows, batch in measured.batches():
        cost = model.predict(batch)
        predicted_ms[rows], std_ms[rows] = cost.latency_ms, cost.latency_std_ms
    found = accuracy_of(predicted_ms, measured.latency_ms, std_ms)
    if json:
        print_json({"latency_model": latency_model, "device": device, **vars(found)})
    else:
        _print_table(f"{latency_model} on {device}, against {measurements}", found)


def _print_table(title: str, found: Accuracy) -> None:
    from math import isnan

    from rich import box
    from rich.table import Table

    from paretobert.output import results

    table = Table(title=title, box=box.SIMPLE_HEAD, show_header=False)
    rows = {
        "measurements": f"{found.rows}",
        "mean error": f"{found.mape:.1f} %",
        "largest error": f"{found.largest:.1f} %",
        "within 5 %": f"{found.within_5:.1f} %",
        "within 10 %": f"{found.within_10:.1f} %",
        "Spearman, Kendall": f"{found.spearman:.3f}, {found.kendall:.3f}",
        "in the 90 % interval": "no interval" if isnan(found.coverage_90) else f"{found.coverage_90:.1f} %",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    results().print(table)
