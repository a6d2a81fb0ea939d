"""`paretobert latency measure`: runs networks on this machine."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from latency_models.timing import Measurement
    from paretobert.cli.latency.networks import Network


def measure(
    networks: Annotated[
        list[str],
        typer.Argument(metavar="NETWORK...", help="A published model, a JSON file, JSON text, or a .tflite file."),
    ],
    precision: Annotated[str, typer.Option(metavar="int8|float", help="Of an architecture's export.")] = "int8",
    sequence_length: Annotated[int, typer.Option(help="Tokens of an architecture's export.")] = 384,
    threads: Annotated[int, typer.Option(min=1, help="Of the interpreter, each on a core of its own.")] = 1,
    delegate: Annotated[
        str | None, typer.Option(metavar="edgetpu", help="Run what was compiled for an Edge TPU on the one plugged in.")
    ] = None,
    append: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Add the architectures' latencies to a file of measurements.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure how long networks take on this machine; an architecture is exported with random weights."""
    import tempfile

    from latency_models import measure_file
    from latency_models.measured import exported
    from paretobert.cli.latency.networks import read_network
    from paretobert.cli.quiet import without_standard_error
    from paretobert.output import print_json

    if delegate not in (None, "edgetpu"):
        raise ValueError(f"unknown delegate {delegate!r}; known: edgetpu")
    known = [read_network(text, sequence_length, precision) for text in networks]
    if append is not None:
        _check_columns(append)
    measured: list[Measurement] = []
    for network in known:
        with tempfile.TemporaryDirectory() as folder, without_standard_error():
            path = network.file or Path(folder) / "encoder.tflite"
            if network.architecture is not None:
                path.write_bytes(exported(network.architecture, network.batch.precision, sequence_length))
            measured.append(measure_file(path, threads=threads, delegate=delegate))  # type: ignore[arg-type]
    if append is not None:
        _append(append, known, measured)
    if json:
        print_json([{**network.described(), **vars(found)} for network, found in zip(known, measured, strict=True)])
    else:
        _print_table(networks, known, measured)


def _check_columns(path: Path) -> None:
    from latency_models.measurements import COLUMNS

    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            if (found := next(csv.reader(file), [])) != list(COLUMNS):
                raise ValueError(f"{path}: its columns must be {','.join(COLUMNS)}, not {','.join(found)}")


def _append(path: Path, known: Sequence[Network], measured: Sequence[Measurement]) -> None:
    """Writes the rows of architectures, with a head where the file is new."""
    from latency_models.measurements import COLUMNS

    rows: list[tuple[Any, ...]] = [
        (
            network.architecture.to_json(),
            network.batch.precision,
            network.sequence_length,
            found.latency_ms,
            found.spread_ms,
        )
        for network, found in zip(known, measured, strict=True)
        if network.architecture is not None
    ]
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(([COLUMNS] if is_new else []) + rows)


def _print_table(names: Sequence[str], known: Sequence[Network], measured: Sequence[Measurement]) -> None:
    from rich.table import Table

    from paretobert.output import results

    table = Table(title=f"Measured on {measured[0].machine}", caption=f"{measured[0].threads} thread(s)")
    table.add_column("network", overflow="fold")
    table.add_column("precision")
    table.add_column("latency (ms)", justify="right")
    table.add_column("runs", justify="right")
    for name, network, found in zip(names, known, measured, strict=True):
        table.add_row(name, network.batch.precision, f"{found.latency_ms:.3f} ± {found.spread_ms:.3f}", str(found.runs))
    results().print(table)
