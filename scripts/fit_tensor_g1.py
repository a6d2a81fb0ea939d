"""Fits the constants of `edgetpu-analytical` to the published latencies and rewrites the profile `tensor-g1`.

    python scripts/fit_tensor_g1.py

Prints one JSON object: the constants, and the errors of this structure and of every other that was tried, none with
more than four fitted constants. The structure too was chosen with all seven rows in sight: its error on rows left out
is that of the constants, not of the choice.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import latency_models
from latency_models import Calibration, ConstantTable, DeviceProfile, EdgeTpuAnalytical
from latency_models.operations import PRECISIONS
from latency_models.terms import DEVICE_CONSTANTS
from latency_models.validation import calibrate_published

PROFILE = Path(latency_models.__file__).parent / "profiles" / "tensor-g1.toml"
CHOSEN = "fixed, per block, one rate"

_RATE = {"multiply_adds_per_second": 1.0, "float_ratio": 1.0}
_FIXED, _BLOCK, _OPERATION = {"fixed_ms": 1.0}, {"block_ms": 1.0}, {"operation_ms": 1.0}
_INPUTS, _OUTPUTS = {"inputs_per_second": 1.0}, {"outputs_per_second": 1.0}
_STREAMED = {"link_bytes_per_second": 1.0, "cache_bytes": 1.0}  # a cache that holds nothing

STRUCTURES: dict[str, dict[str, float]] = {
    CHOSEN: _FIXED | _BLOCK | _RATE,
    "one rate": _RATE,
    "fixed, one rate": _FIXED | _RATE,
    "per block, one rate": _BLOCK | _RATE,
    "fixed, per operation, one rate": _FIXED | _OPERATION | _RATE,
    "per operation, per block, one rate": _OPERATION | _BLOCK | _RATE,
    "fixed, rate by inner size": _FIXED | _OUTPUTS | _RATE,
    "per block, rate by inner size": _BLOCK | _OUTPUTS | _RATE,
    "fixed, rate by columns": _FIXED | _INPUTS | _RATE,
    "per block, rate by columns": _BLOCK | _INPUTS | _RATE,
    "fixed, one rate, all weights and their operations' activations streamed": _FIXED | _STREAMED | _RATE,
    "per block, one rate, all weights and their operations' activations streamed": _BLOCK | _STREAMED | _RATE,
    "fixed, per block, columns padded to 64": _FIXED | _BLOCK | _RATE | {"array_columns": 64.0},
    "fixed, per block, inner sizes and columns padded to 64": (
        _FIXED | _BLOCK | _RATE | {"array_rows": 64.0, "array_columns": 64.0}
    ),
    "fixed, per block, inner sizes and columns padded to 128": (
        _FIXED | _BLOCK | _RATE | {"array_rows": 128.0, "array_columns": 128.0}
    ),
}
"""By what is paid for, the constants; the values of those that are fitted do not matter."""


def fit(structure: dict[str, float]) -> Calibration:
    """The calibration of a device with these constants to the published rows."""
    table = ConstantTable(
        structure, dict.fromkeys(structure, "tried"), tuple(name for name in structure if name not in DEVICE_CONSTANTS)
    )
    free = (*table.free, "float_ratio")
    profile = DeviceProfile(
        name="tensor-g1",
        description="Edge TPU of Google's first Tensor SoC (Pixel 6)",
        peak_multiply_adds_per_second=dict.fromkeys(PRECISIONS, math.inf),
        peak_source="not known before the fit",
        tables={EdgeTpuAnalytical.name: replace(table, free=free)},
    )
    return calibrate_published(profile)


def main() -> None:
    found = {name: fit(structure) for name, structure in STRUCTURES.items()}
    profile = found[CHOSEN].profile
    constants = profile.constants[EdgeTpuAnalytical.name]
    rate = constants["multiply_adds_per_second"]
    peak = {"int8": rate, "float": float(f"{rate / constants['float_ratio']:.6g}")}
    profile = replace(
        profile,
        peak_multiply_adds_per_second={precision: peak[precision] for precision in PRECISIONS},
        peak_source=(
            "the real peak is not published: this is the fitted marginal rate of edgetpu-analytical, so a utilization "
            "is the share of latency spent in products at that rate, above the share of the real peak"
        ),
    )
    PROFILE.write_text(profile.to_toml(), encoding="utf-8")
    report = {"constants": dict(constants), "structures": {name: _errors(each) for name, each in found.items()}}
    print(json.dumps(report, indent=2))


def _errors(found: Calibration) -> dict[str, float | int | list[str]]:
    return {
        "fitted_constants": len(found.profile.tables[EdgeTpuAnalytical.name].free),
        "unused": list(found.unused),
        "fit_mean_error": float(found.errors.mean()),
        "held_out_mean_error": float(found.held_out_errors.mean()),
        "held_out_largest_error": float(found.held_out_errors.max()),
    }


if __name__ == "__main__":
    main()
