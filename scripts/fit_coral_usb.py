"""Fits `edgetpu-analytical` to latencies measured on one Coral Edge TPU and rewrites `coral-usb` and `coral-pcie`.

    python scripts/fit_coral_usb.py [--measurements CSV] [--test CSV]

The file has the columns `family`, `width`, `onchip_mib`, `offchip_mib` and `latency_ms`, a row for each stack of five
layers of one width: `fc`, dense layers from 64 numbers over w, w, w and w to 10, and `conv`, convolutions of 3 x 3 on
64 x 64 pixels, from 3 channels to w in every layer (these shapes give the file's `macs` to the unit). On-chip and
off-chip memory are as the Edge TPU compiler reported them; they set the size of the parameter cache, the latencies set
the prices. Such stacks are what "Improving inference time in multi-TPU systems with profiled model segmentation"
(arXiv 2503.01025) measures; the file is public under the MIT licence and no part of this project.

Prints one JSON object: the constants; the errors of this structure and of the others tried, by family, where each of
`BLOCKS` contiguous ranges of width of a family is left out in turn; and with `--test` the errors on rows of another
file, which no fit has seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import latency_models
from latency_models import (
    Calibration,
    ConstantTable,
    DeviceProfile,
    EdgeTpuAnalytical,
    OperationKind,
    Operations,
    OpGraphBatch,
    calibrate,
)
from latency_models.contract import Floats
from latency_models.terms import DEVICE_CONSTANTS, Work
from paretobert.output import print_json

ROOT = Path(__file__).parents[1]
_DATA = Path("shared") / "data" / "latency" / "coral_fc_conv.csv"
MEASUREMENTS = next((folder / _DATA for folder in ROOT.parents if (folder / _DATA).exists()), ROOT.parent / _DATA)
PROFILES = Path(latency_models.__file__).parent / "profiles"
BLOCKS = 5
FAMILIES = {"dense": "fc", "convolution": "conv"}
MIB = 2.0**20

CHOSEN = "fixed, tiles of columns, inputs, weights on the chip, link"
_COMPUTE = {"fixed_ms": 1.0, "multiply_adds_per_second": 1.0}
_INPUTS, _OUTPUTS = {"inputs_per_second": 1.0}, {"outputs_per_second": 1.0}
_LINK, _ON_CHIP = {"link_bytes_per_second": 1.0}, {"on_chip_bytes_per_second": 1.0}
_COLUMNS, _ROWS = {"array_columns": 64.0}, {"array_rows": 64.0}
STRUCTURES: dict[str, dict[str, float]] = {
    CHOSEN: _COMPUTE | _COLUMNS | _INPUTS | _ON_CHIP | _LINK,
    "fixed, multiply-adds, link": _COMPUTE | _LINK,
    "fixed, tiles of columns, link": _COMPUTE | _COLUMNS | _LINK,
    "fixed, tiles of columns, inputs, link": _COMPUTE | _COLUMNS | _INPUTS | _LINK,
    "fixed, multiply-adds, inputs, weights on the chip, link": _COMPUTE | _INPUTS | _ON_CHIP | _LINK,
    "fixed, tiles of columns and inner size, inputs, weights on the chip, link": (
        _COMPUTE | _COLUMNS | _ROWS | _INPUTS | _ON_CHIP | _LINK
    ),
    "fixed, tiles of columns, outputs, weights on the chip, link": _COMPUTE | _COLUMNS | _OUTPUTS | _ON_CHIP | _LINK,
    "fixed, tiles of columns, inputs, outputs, weights on the chip, link": (
        _COMPUTE | _COLUMNS | _INPUTS | _OUTPUTS | _ON_CHIP | _LINK
    ),
    "per operation, tiles of columns, inputs, weights on the chip, link": (
        _COMPUTE | {"operation_ms": 1.0} | _COLUMNS | _INPUTS | _ON_CHIP | _LINK
    ),
}
"""By what is paid for, the constants beside the size of the cache; the values of prices do not matter."""

_DATA_SHEET = "Coral M.2 Accelerator data sheet"
_COMPILER = "coral.ai/docs/edgetpu/models-intro, table of supported operations"


def stacks(rows: pd.DataFrame, activations: bool = True) -> OpGraphBatch:
    """The graphs of rows; without `activations` none is counted, as if they never left the array."""
    graphs = [_layers(str(family), int(width)) for family, width in zip(rows["family"], rows["width"], strict=True)]
    table = np.array([layer for graph in graphs for layer in graph], np.int64).reshape(-1, 5)
    pixels, inner, columns, inputs, outputs = table.T
    ones = np.ones(len(table), np.int64)
    operations = Operations(
        kind=np.full(len(table), OperationKind.DENSE, np.int8),
        batch=ones,
        rows=pixels,
        inner=inner,
        columns=columns,
        repeats=ones,
        weight_bytes=(inner + 8) * columns,  # int32 bias and scale of each column
        activation_bytes=(inputs + outputs) * activations,
    )
    return OpGraphBatch(operations, np.cumsum([0, *map(len, graphs)]), "int8")


def _layers(family: str, width: int) -> list[tuple[int, int, int, int, int]]:
    """Rows, inner size and columns of each layer's product, and its input and output in bytes."""
    if family == "fc":
        sizes = [64, width, width, width, width, 10]
        return [(1, a, b, a, b) for a, b in pairwise(sizes)]
    if family == "conv":
        pixels = 64 * 64
        return [(pixels, 9 * a, width, pixels * a, pixels * width) for a in (3, *[width] * 4)]
    raise ValueError(f"unknown family {family!r}; known: fc, conv")


def cache_mib(rows: pd.DataFrame) -> tuple[float, float]:
    """The least and the largest cache, in steps of 0.005 MiB, with which most rows are as the compiler reported."""
    sizes = np.arange(6.0, 8.0, 0.005)
    wrong = [int((np.abs(on_chip_mib(rows, size) - rows["onchip_mib"]) > 0.5).sum()) for size in sizes]
    best = sizes[np.array(wrong) == min(wrong)]
    return float(best[0]), float(best[-1])


def on_chip_mib(rows: pd.DataFrame, size_mib: float) -> Floats:
    """What a cache of this size holds of each stack."""
    batch = stacks(rows)
    return batch.total(Work(batch, {**_COLUMNS, "cache_bytes": size_mib * MIB}).cached_bytes()) / MIB


def fit(
    rows: pd.DataFrame, structure: dict[str, float], cache: tuple[float, float], activations: bool = True
) -> Calibration:
    """The calibration of a Coral with these constants, leaving out contiguous ranges of width of each family."""
    values = {**structure, "cache_bytes": float(round(sum(cache) / 2 * MIB))}
    sources = {
        "array_columns": "weights of the stacks in the compiler's report are padded to columns of 64",
        "array_rows": "tried, as many as columns",
        "cache_bytes": (
            f"with {cache[0]:.3f} to {cache[1]:.3f} MiB, operations cached in order give the on-chip memory that the "
            f"compiler reported for {len(rows)} stacks; the data sheet's memory is about 8 MB"
        ),
    }
    profile = DeviceProfile(
        name="coral-usb",
        description="Coral Edge TPU on USB 3 (USB Accelerator)",
        peak_multiply_adds_per_second={"int8": 2e12},
        peak_source=f"{_DATA_SHEET}: 4 TOPS at int8, a multiply-add being two operations",
        tables={
            EdgeTpuAnalytical.name: ConstantTable(
                values,
                {name: sources.get(name, "to be fitted") for name in values},
                tuple(name for name in structure if name not in DEVICE_CONSTANTS),
            )
        },
        watts=2.0,
        watts_source=f"{_DATA_SHEET}: 2 TOPS a watt at 4 TOPS",
        host_operations=(OperationKind.LOOKUP, OperationKind.BATCH_MATMUL),
        host_source=(
            f"{_COMPILER}: neither gathering rows nor products of two activations; how fast the host does them is a "
            "matter of the host, so without host_multiply_adds_per_second only their transfers are counted"
        ),
    )
    origin = (
        f"latencies of dense and convolution stacks measured on one Coral over USB, {BLOCKS} ranges of width a family"
    )
    return calibrate(profile, [(stacks(rows, activations), rows["latency_ms"].to_numpy())], origin, _blocks(rows))


def _blocks(rows: pd.DataFrame) -> list[str]:
    """Which contiguous range of width of its family each row is in."""
    rank = rows.groupby("family")["width"].rank(method="first") - 1
    count = rows.groupby("family")["width"].transform("count")
    return [f"{family} {int(r * BLOCKS // n)}" for family, r, n in zip(rows["family"], rank, count, strict=True)]


def over_pcie(usb: DeviceProfile) -> DeviceProfile:
    """The same chip behind a lane of PCIe, on which nothing has been measured."""
    table = usb.tables[EdgeTpuAnalytical.name]
    sources = {name: f"as for coral-usb, not measured over PCIe: {source}" for name, source in table.sources.items()}
    link = {"link_bytes_per_second": 500e6}
    link_source = {
        "link_bytes_per_second": (
            f"{_DATA_SHEET}: one lane of PCIe Gen2, 5 GT/s with 8 bits in 10; what a transfer reaches is less, and was "
            "not measured"
        )
    }
    pcie = replace(table, values={**table.values, **link}, sources={**sources, **link_source})
    return replace(
        usb,
        name="coral-pcie",
        description="Coral Edge TPU on PCIe (M.2 and Mini PCIe Accelerator)",
        tables={EdgeTpuAnalytical.name: pcie},
    )


def errors(rows: pd.DataFrame, predicted_ms: Floats) -> dict[str, dict[str, float]]:
    """By family: relative errors, all and apart for what fits on the chip and what streams; and total over total."""
    latency_ms = rows["latency_ms"].to_numpy()
    relative, streams = np.abs(predicted_ms / latency_ms - 1), rows["offchip_mib"].to_numpy() > 0
    found = {}
    for name, family in FAMILIES.items():
        own = (rows["family"] == family).to_numpy()
        if own.any():
            found[name] = {
                "rows": int(own.sum()),
                "mean_error": float(relative[own].mean()),
                "largest_error": float(relative[own].max()),
                "mean_error_on_chip": _mean(relative[own & ~streams]),
                "mean_error_streaming": _mean(relative[own & streams]),
                "total_error_over_total_latency": float(
                    np.abs(predicted_ms - latency_ms)[own].sum() / latency_ms[own].sum()
                ),
            }
    return found


def neighbour_errors(rows: pd.DataFrame) -> dict[str, float]:
    """How far a stack that fits on the chip is from the mean of the next narrower and wider one: no smooth function of
    width predicts much better than that."""
    found = {}
    for name, family in FAMILIES.items():
        own = rows[(rows["family"] == family) & (rows["offchip_mib"] == 0)].sort_values("width")
        latency_ms = own["latency_ms"].to_numpy()
        found[name] = _mean(np.abs((latency_ms[:-2] + latency_ms[2:]) / 2 / latency_ms[1:-1] - 1))
    return found


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def read(path: Path) -> pd.DataFrame:
    """The rows of a file.

    Raises:
        ValueError: a column is missing.
        OSError: it cannot be read.
    """
    rows = pd.read_csv(path)
    missing = {"family", "width", "onchip_mib", "offchip_mib", "latency_ms"} - set(rows.columns)
    if missing:
        raise ValueError(f"{path}: column {sorted(missing)[0]} is missing; it has {', '.join(rows.columns)}")
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--measurements", type=Path, default=MEASUREMENTS, metavar="CSV")
    options.add_argument("--test", type=Path, metavar="CSV")
    given = options.parse_args(arguments)
    rows = read(given.measurements)
    cache = cache_mib(rows)
    found = {name: fit(rows, structure, cache) for name, structure in STRUCTURES.items()}
    profile = found[CHOSEN].profile
    for each in (profile, over_pcie(profile)):
        (PROFILES / f"{each.name}.toml").write_text(each.to_toml(), encoding="utf-8")
    on_chip = on_chip_mib(rows, sum(cache) / 2)
    report: dict[str, Any] = {
        "constants": dict(profile.constants[EdgeTpuAnalytical.name]),
        "blocks_a_family": BLOCKS,
        "cache_mib": cache,
        "largest_difference_to_reported_on_chip_mib": float(np.abs(on_chip - rows["onchip_mib"]).max()),
        "structures": {
            name: {
                "unused": each.unused,
                "fit": errors(rows, each.fitted_ms),
                "held_out": errors(rows, each.held_out_ms),
            }
            for name, each in found.items()
        },
        "chosen_without_activations_on_the_link": errors(rows, fit(rows, STRUCTURES[CHOSEN], cache, False).held_out_ms),
        "error_of_the_neighbours_mean_on_chip": neighbour_errors(rows),
    }
    if given.test is not None:
        unseen = read(given.test)
        report["test"] = errors(unseen, EdgeTpuAnalytical(profile).predict(stacks(unseen)).latency_ms)
    print_json(report)


if __name__ == "__main__":
    main()
