"""`paretobert latency inspect`: the operations of a `.tflite` file, their costs, and which an Edge TPU takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from latency_models.tflite_file import TfliteTensor


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE.tflite")],
    device: Annotated[str | None, typer.Option(help="Show what each operation takes on this device, modelled.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the operations of a .tflite file, and why an Edge TPU would leave some to its host."""
    from latency_models import EdgeTpuAnalytical, OpGraphBatch
    from latency_models.edgetpu_support import left_to_host, refusal
    from latency_models.tflite_file import read_tflite
    from paretobert.output import print_json

    batch, operations = OpGraphBatch.from_tflite(file), read_tflite(file).operations
    on_host, table = left_to_host(operations), batch.operations
    parts = EdgeTpuAnalytical(device).breakdown(batch) if device else None
    rows: list[dict[str, Any]] = [
        {
            "operation": operation.name,
            "inputs": [_shaped(tensor) for tensor in operation.inputs if tensor and tensor.buffer is None],
            "outputs": [_shaped(tensor) for tensor in operation.outputs],
            "multiply_adds": int(table.multiply_adds[row]),
            "weight_bytes": int(table.weight_bytes[row]),
            "activation_bytes": int(table.activation_bytes[row]),
            "on_host": bool(on_host[row]),
            "reason": refusal(operation) or ("an operation before it runs on the host" if on_host[row] else None),
            **({"compute_ms": parts.compute_ms[row], "memory_ms": parts.memory_ms[row]} if parts else {}),
            **({"overhead_ms": parts.overhead_ms[row]} if parts else {}),
        }
        for row, operation in enumerate(operations)
    ]
    if json:
        print_json({"file": str(file), "precision": batch.precision, "device": device, "operations": rows})
    else:
        _print_table(file, rows, device)


def _shaped(tensor: TfliteTensor) -> str:
    return f"{tensor.type}{list(tensor.shape)}".replace(" ", "")


def _print_table(file: Path, rows: list[dict[str, Any]], device: str | None) -> None:
    from rich import box
    from rich.table import Table

    from paretobert.output import results

    multiply_adds, weights = (sum(row[name] for row in rows) for name in ("multiply_adds", "weight_bytes"))
    left = sum(row["on_host"] for row in rows)
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        title=f"{file.name}: {len(rows)} operations, {multiply_adds / 1e6:,.1f} M multiply-adds, "
        f"{weights / 1e6:,.2f} MB of weights",
        caption=f"a Coral Edge TPU leaves {left} of them to its host" if left else "a Coral Edge TPU takes all of them",
    )
    table.add_column("operation")
    table.add_column("output", overflow="fold")
    for heading in ("M mult.-adds", "kB weights", *([f"ms, {device}"] if device else [])):
        table.add_column(heading, justify="right")
    table.add_column("on the host because", overflow="fold")
    for row in rows:
        ms = [f"{row['compute_ms'] + row['memory_ms'] + row['overhead_ms']:.3f}"] if device else []
        table.add_row(
            row["operation"],
            " ".join(row["outputs"]),
            f"{row['multiply_adds'] / 1e6:.2f}",
            f"{row['weight_bytes'] / 1e3:.1f}",
            *ms,
            row["reason"] or "",
        )
    results().print(table)
