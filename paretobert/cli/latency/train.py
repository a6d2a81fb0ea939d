"""`paretobert latency train`: learns the latency of a device from measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from latency_models import Accuracy, Precision


def train(
    measurements: Annotated[Path, typer.Argument(metavar="MEASUREMENTS.csv")],
    output: Annotated[Path, typer.Option(metavar="FILE.safetensors", help="The learned model.")],
    device: Annotated[str, typer.Option(help="What was measured: a device profile or any name.")],
    analytical: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Lean on the analytical model of this device, for transfer.")
    ] = None,
    unit: Annotated[str, typer.Option(metavar="ms|s", help="Of the measured latencies.")] = "ms",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Learn a latency model from measured architectures, and tell how far it is off on those it left out."""
    from latency_models.files import SAVED
    from latency_models.learned import LearnedLatencyModel, held_out
    from paretobert.cli.latency.reading import read_measurements
    from paretobert.output import messages, print_json

    if output.suffix != SAVED:
        raise ValueError(f"{output}: the name of a learned model ends in {SAVED}")
    measured = read_measurements(measurements, unit)
    with messages().status(f"learning from {len(measured)} measurements"):
        model = LearnedLatencyModel.learn(measured, device=device, analytical=analytical)
    with messages().status("learning again, without some of them each time"):
        found = held_out(measured, device=device, analytical=analytical)
    model.save(output)
    if json:
        print_json({"model": str(output), "device": device, "held_out": found})
    else:
        _print_table(str(output), found)
        messages().print(f"to use it: paretobert search --latency-model {output} --device {device}")


def _print_table(title: str, found: Mapping[Precision, Accuracy]) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import results

    table = Table(title=f"{title}: on measurements that were left out", box=box.SIMPLE_HEAD)
    table.add_column("precision")
    for heading in ("rows", "mean error", "within 10 %", "Spearman", "in the 90 % interval"):
        table.add_column(heading, justify="right")
    for precision, of in found.items():
        shares = (f"{value:.1f} %" for value in (of.mape, of.within_10))
        table.add_row(precision, f"{of.rows}", *shares, f"{of.spearman:.3f}", f"{of.coverage_90:.1f} %")
    results().print(table)
