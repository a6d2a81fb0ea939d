"""Fits the constants of `edgetpu-analytical` to the published latencies and rewrites the profile `tensor-g1`.

    python scripts/fit_tensor_g1.py

Prints one JSON object: the constants, and the error on held-out rows of this formula and of the others tried, each
with four constants (three coefficients and the float ratio).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import tomli_w

import latency_models
from latency_models import OpGraphBatch
from latency_models.analytical import EdgeTpuAnalytical, analytical_features
from latency_models.contract import Floats
from latency_models.fitting import Features, fit_published, held_out_errors
from latency_models.published import TENSOR_G1

PROFILE = Path(latency_models.__file__).parent / "profiles" / "tensor-g1.toml"


def per_operation(batch: OpGraphBatch) -> Floats:
    """Fixed cost, cost of each operation, one rate."""
    fixed, _, multiply_adds = analytical_features(batch).T
    return np.column_stack([fixed, batch.total(batch.operations.repeats), multiply_adds])


def rate_by_inner_size(batch: OpGraphBatch) -> Floats:
    """Fixed cost, and a rate proportional to k / (k + k0) for products of inner size k: linear in 1 and k0."""
    fixed, _, multiply_adds = analytical_features(batch).T
    operations = batch.operations
    rows = operations.batch * operations.rows * operations.columns * operations.repeats * (operations.inner > 0)
    return np.column_stack([fixed, batch.total(rows), multiply_adds])


def rate_by_inner_size_per_block(batch: OpGraphBatch) -> Floats:
    """The same rate with a cost of each block and no fixed cost."""
    return np.column_stack([analytical_features(batch)[:, 1], rate_by_inner_size(batch)[:, 1:]])


def padded(array_size: int) -> Features:
    """Fixed and per-block cost, one rate for products padded to an array of this size."""

    def features(batch: OpGraphBatch) -> Floats:
        operations = batch.operations
        inner, columns = (-(-size // array_size) * array_size for size in (operations.inner, operations.columns))
        products = operations.batch * operations.rows * inner * columns * operations.repeats
        return np.column_stack([analytical_features(batch)[:, :2], batch.total(products)])

    return features


FORMULAS: dict[str, Features] = {
    "fixed, per block, one rate": analytical_features,
    "fixed, per operation, one rate": per_operation,
    "fixed, rate by inner size": rate_by_inner_size,
    "per block, rate by inner size": rate_by_inner_size_per_block,
    "fixed, per block, rate padded to 64": padded(64),
    "fixed, per block, rate padded to 128": padded(128),
}


def main() -> None:
    fitted = fit_published(analytical_features, TENSOR_G1)
    fixed_ms, block_ms, ms_per_multiply_add = fitted.coefficients
    rate = 1e3 / ms_per_multiply_add
    constants = {
        "fixed_ms": rounded(fixed_ms),
        "block_ms": rounded(block_ms),
        "multiply_adds_per_second": rounded(rate),
        "float_ratio": rounded(fitted.float_ratio),
    }
    errors = {name: held_out_errors(formula, TENSOR_G1) for name, formula in FORMULAS.items()}
    chosen = errors["fixed, per block, one rate"]
    profile = {
        "description": "Edge TPU of Google's first Tensor SoC (Pixel 6)",
        "peak_multiply_adds_per_second": {
            "int8": rounded(rate),
            "float": rounded(rate / fitted.float_ratio),
            "source": (
                "the real peak is not published: this is the fitted marginal rate of edgetpu-analytical, so a "
                "utilization is the share of latency spent in products at that rate, above the share of the real peak"
            ),
        },
        "latency_models": {
            EdgeTpuAnalytical.name: {
                "source": (
                    f"scripts/fit_tensor_g1.py, least squares over {len(TENSOR_G1)} published latencies of MobileBERT "
                    f"models at an inferred sequence length of 384; leaving out one architecture at a time, "
                    f"the error is {chosen.mean():.1%} on average and {chosen.max():.1%} at most"
                ),
                "constants": constants,
            }
        },
    }
    PROFILE.write_text(tomli_w.dumps(profile), encoding="utf-8")
    report = {
        "constants": constants,
        "held_out": {
            name: {"mean_error": float(error.mean()), "largest_error": float(error.max())}
            for name, error in errors.items()
        },
    }
    print(json.dumps(report, indent=2))


def rounded(value: float) -> float:
    """Six significant digits, more than the data can mean."""
    return float(f"{value:.6g}")


if __name__ == "__main__":
    main()
