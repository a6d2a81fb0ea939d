"""What a study's architectures cost beyond their metrics: at both precisions, operation by operation, and how sure.

Only latency models that come with ParetoBERT are asked, and only if they are those that the study was made with: to
look at a study runs nobody's plug-in. Where no model may be asked, the parts that need one are null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from latency_models import (
    BUILT_IN,
    PRECISIONS,
    CostEstimate,
    DeviceProfile,
    EdgeTpuAnalytical,
    LatencyModel,
    LearnedLatencyModel,
    OperationKind,
    OpGraphBatch,
    validate,
)
from latency_models.contract import Floats
from latency_models.operations import BYTES_PER_NUMBER, Precision
from latency_models.published import TENSOR_G1
from search_space import PUBLISHED, Dimensions, Vectors

VALIDATED_DEVICE = "tensor-g1"
_ASKED = (EdgeTpuAnalytical.name, LearnedLatencyModel.name)
_PRODUCTS = {
    OperationKind.LOOKUP: "embedding look-ups",
    OperationKind.DENSE: "products with weights",
    OperationKind.BATCH_MATMUL: "products within attention",
    OperationKind.SOFTMAX: "softmax",
}
_DIGITS = 5  # of milliseconds drawn or listed; the study's own metrics keep all of theirs


def study_costs(study: Mapping[str, Any], dimensions: Dimensions) -> dict[str, Any]:
    """What n architectures of a study cost, JSON-able; what is not finite is null.

    Returns:
        latency_ms: by precision that the model predicts, `[n]`; empty where no model may be asked.
        latency_std_ms: `[n]`, standard error at the study's precision; null where unknown.
        multiply_adds_per_byte: `[n]`, of the weights and of what products read and write.
        breakdown: `{part: [n]}`, milliseconds at the study's precision; null where the model is no sum of parts.
        outside: `{texts, rows: [n]}`, what of each architecture lies beyond the data that the model was fitted to,
            each a list of positions in `texts`; null where that cannot be said.
    """
    configuration = study["configuration"]
    length, precision = configuration["sequence_length"], configuration["precision"]
    graphs = {p: OpGraphBatch.from_architectures(dimensions, length, precision=p) for p in PRECISIONS}
    model = study_model(study) if len(dimensions) else None
    estimates = {} if model is None else _estimates(model, graphs)
    own = estimates.get(precision)
    return {
        "latency_ms": {p: _rounded(estimate.latency_ms) for p, estimate in estimates.items()},
        "latency_std_ms": None if own is None else _known(own.latency_std_ms),
        "multiply_adds_per_byte": _rounded(_intensity(graphs[precision])) if len(dimensions) else [],
        "breakdown": _breakdown(model, graphs[precision]) if isinstance(model, EdgeTpuAnalytical) and own else None,
        "outside": _outside(study, dimensions, own) if own else None,
    }


def study_model(study: Mapping[str, Any]) -> LatencyModel | None:
    """The latency model of a study as it is installed here; None if it is a plug-in, runs networks, or has changed."""
    configuration = study["configuration"]
    name = configuration["latency_model"]
    if name not in _ASKED:
        return None
    try:
        model = BUILT_IN[name](configuration["device"], **configuration["latency_model_options"])
    except (ValueError, OSError, TypeError):  # its profile or its file is gone, or it takes other options by now
        return None
    begun = next(plugin["fingerprint"] for plugin in study["plugins"] if plugin["kind"] == "latency_model")
    return model if model.fingerprint() == begun else None


def peak_rate(study: Mapping[str, Any]) -> float | None:
    """Multiply-adds a millisecond at a utilization of 1; None where the device's profile does not say."""
    configuration = study["configuration"]
    try:
        peaks = DeviceProfile.load(configuration["device"]).peak_multiply_adds_per_second
    except (ValueError, OSError):  # a device without a profile, or whose profile is gone
        return None
    peak = peaks.get(configuration["precision"])
    return None if peak is None else peak / 1e3


def latency_error(study: Mapping[str, Any]) -> dict[str, Any] | None:
    """`{mean, largest, of}`: relative errors on data that were left out of the model's fit; None where unknown."""
    configuration = study["configuration"]
    if not isinstance(study_model(study), EdgeTpuAnalytical) or configuration["device"] != VALIDATED_DEVICE:
        return None
    validation = validate()
    return {
        "mean": validation.held_out_mean_error,
        "largest": validation.held_out_largest_error,
        "of": "published latencies, each predicted from those of the other architectures",
    }


def _estimates(model: LatencyModel, graphs: Mapping[Precision, OpGraphBatch]) -> dict[Precision, CostEstimate]:
    estimates = {}
    for precision, batch in graphs.items():
        try:
            estimates[precision] = model.predict(batch)
        except ValueError:  # the device does not run this precision, or nothing was learned of it
            continue
    return estimates


def _intensity(batch: OpGraphBatch) -> Floats:
    """Multiply-adds a byte, `[n]`: of weights once, and of every product's inputs and outputs.

    Source of the view: Williams, Waterman & Patterson 2009, "Roofline", whose operational intensity this is if nothing
    but weights stays on the chip between operations.
    """
    o = batch.operations
    right = np.where(o.kind == OperationKind.BATCH_MATMUL, o.columns, 0)
    numbers = o.batch * (o.inner * (o.rows + right) + o.rows * o.columns) * (o.inner > 0)
    moved = batch.total((BYTES_PER_NUMBER[batch.precision] * numbers + o.weight_bytes * (o.inner > 0)) * o.repeats)
    intensity: Floats = batch.multiply_adds / moved
    return intensity


def _breakdown(model: EdgeTpuAnalytical, batch: OpGraphBatch) -> dict[str, list[float | None]]:
    found, kind = model.breakdown(batch), batch.operations.kind
    parts: dict[str, Floats] = {}
    for what, ms in (("", found.compute_ms), ("data moved for ", found.memory_ms)):
        for each, name in _PRODUCTS.items():
            parts[what + name] = batch.total(np.where(kind == each, ms, 0.0))
    first = np.zeros(len(kind), bool)
    first[batch.offsets[:-1]] = True
    parts["fixed cost of blocks and operations"] = batch.total(np.where(first, 0.0, found.overhead_ms))
    parts["fixed cost of a run"] = batch.total(np.where(first, found.overhead_ms, 0.0))
    return {name: _rounded(ms) for name, ms in parts.items() if ms.any()}


def _outside(study: Mapping[str, Any], dimensions: Dimensions, estimate: CostEstimate) -> dict[str, Any] | None:
    if estimate.is_outside is not None:
        rows = [[0] if outside else [] for outside in estimate.is_outside.tolist()]
        return {"texts": ["the sizes taken together"], "rows": rows}
    if study["configuration"]["device"] != VALIDATED_DEVICE:
        return None
    texts: list[str] = []
    found: list[list[int]] = [[] for _ in range(len(dimensions))]
    fitted = Dimensions.of([PUBLISHED[name] for name in dict.fromkeys(row.model for row in TENSOR_G1)])
    for name, (least, most), seen in zip(_SIZES, map(_ends, _sizes(fitted)), _sizes(dimensions), strict=True):
        low, high = least.min(), most.max()
        lowest, highest = _ends(seen)
        for row in np.flatnonzero((lowest < low) | (highest > high)).tolist():
            found[row].append(len(texts))
        texts.append(f"{name} (fitted: {low})" if low == high else f"{name} (fitted: {low} to {high})")
    return {"texts": texts, "rows": found}


_SIZES = ("stages", "blocks", "hidden size", "attention heads", "bottleneck", "intermediate size", "feed-forwards")


def _sizes(d: Dimensions) -> list[Vectors]:
    """By `_SIZES`, integers `[n, k]`; 0 where there is no such stage."""
    return [
        (d.num_blocks > 0).sum(axis=1, keepdims=True),
        d.num_blocks.sum(axis=1, keepdims=True),
        d.hidden_size[:, None],
        d.num_attention_heads,
        d.bottleneck_size,
        d.intermediate_size,
        d.num_feedforward,
    ]


def _ends(sizes: Vectors) -> tuple[Any, Any]:
    """Least and largest of each row's sizes that are there."""
    there = sizes > 0
    return sizes.min(axis=1, where=there, initial=np.iinfo(np.int64).max), sizes.max(axis=1, where=there, initial=0)


def _known(values: Floats) -> list[float | None] | None:
    return _rounded(values) if np.isfinite(values).all() else None


def _rounded(values: Floats) -> list[float | None]:
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values.tolist()]
