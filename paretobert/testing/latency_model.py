"""`check_latency_model`: a latency model keeps the contract of `latency_models.LatencyModel`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from latency_models import CostEstimate, OpGraphBatch, Precision
from paretobert.assembly import load_latency_model
from paretobert.guarded import GuardedLatencyModel
from paretobert.plugins import resolve
from paretobert.testing.elsewhere import elsewhere
from paretobert.testing.rules import Contract, plugin_of, require
from search_space import PUBLISHED, Architecture, MobileBertSpace, Vectors

_MANY = 1000
_COLUMNS = ("latency_ms", "latency_std_ms", "utilization", "peak_memory_bytes")
_ALONE = 1e-6  # relative difference of a prediction in a batch and alone; sums may be taken in another order
_PEAK = 1e-3  # relative difference of the peaks that two utilizations imply


def check_latency_model(
    latency_model: str | Callable[..., Any],
    *,
    device: str = "tensor-g1",
    precisions: Sequence[Precision] = ("int8", "float"),
    sequence_length: int = 384,
    seconds_a_thousand: float = 1.0,
) -> None:
    """Holds a latency model to its contract, on the published models and on networks drawn from the space.

    Args:
        latency_model: a name as in a configuration, or a class at the top of an importable module.
        device: what it is made with.
        precisions, sequence_length: that it predicts for.
        seconds_a_thousand: that a prediction of a thousand networks may take.

    Raises:
        AssertionError: it breaks a rule.
        ValueError: there is no such plug-in.
    """
    plugin = plugin_of("latency_model", latency_model)
    contract = Contract(plugin)
    with contract.rule("it is made with the name of a device"):
        model = load_latency_model(plugin, device)
    fingerprint = contract.fingerprint(model, lambda: load_latency_model(plugin, device))
    for precision in precisions:
        _check_predictions(contract, model, precision, sequence_length, seconds_a_thousand)
    contract.keeps_fingerprint(model, fingerprint)
    for precision in precisions:
        cost = model.predict(_batch(precision, sequence_length))
        with contract.rule("made anew in another process it predicts the same"):
            there = elsewhere(
                _predictions,
                name=plugin.name,
                device=device,
                precision=precision,
                sequence_length=sequence_length,
            )
            _require_equal(cost, there["columns"], "here", "there")
            require(there["fingerprint"] == fingerprint, f"fingerprint {fingerprint!r} here, {there['fingerprint']!r}")


def _check_predictions(
    contract: Contract,
    model: GuardedLatencyModel,
    precision: Precision,
    sequence_length: int,
    seconds_a_thousand: float,
) -> None:
    batch = _batch(precision, sequence_length)
    with contract.rule("a prediction holds an array [n] of each cost, in its units and bounds"):
        cost = model.predict(batch)
        weights = batch.total(batch.operations.weight_bytes * batch.operations.repeats)
        least = np.minimum.reduce(cost.peak_memory_bytes / weights)
        require(least >= 1e-3, f"peak_memory_bytes is {least:.1g} of the weights' bytes; is it in bytes?")
    with contract.rule("utilization is multiply-adds / (latency x one peak)"):
        is_known = np.isfinite(cost.utilization)
        require(is_known.all() or not is_known.any(), "it is known for some networks and NaN for others")
        if is_known.all():
            peaks = batch.multiply_adds / (cost.latency_ms * np.maximum(cost.utilization, np.finfo(float).tiny))
            spread = float(peaks.max() / peaks.min() - 1)
            require(spread <= _PEAK, f"the peaks that two networks imply differ by {spread:.1%}")
    with contract.rule("the same batch is predicted the same again"):
        _require_equal(cost, _columns(model.predict(batch)), "first", "then")
    with contract.rule("a batch is left as it was"):
        untouched = _batch(precision, sequence_length)
        for field in fields(batch.operations):
            before, after = getattr(untouched.operations, field.name), getattr(batch.operations, field.name)
            require(np.array_equal(before, after), f"{field.name} was changed")
        require(np.array_equal(untouched.offsets, batch.offsets), "offsets was changed")
    with contract.rule("a batch is predicted as its networks one by one"):
        alone = [model.predict(_batch(precision, sequence_length, slice(row, row + 1))) for row in range(len(batch))]
        columns = {name: [float(getattr(one, name)[0]) for one in alone] for name in _COLUMNS}
        _require_equal(cost, columns, "in the batch", "alone", _ALONE)
    with contract.rule(f"a batch of {_MANY} networks takes at most {seconds_a_thousand:g} s"):
        many = OpGraphBatch.from_architectures(
            MobileBertSpace().dimensions(_sample(_MANY)), sequence_length, precision=precision
        )
        begun = time.perf_counter()
        model.predict(many)
        seconds = time.perf_counter() - begun
        require(seconds <= seconds_a_thousand, f"it took {seconds:.1f} s, and a controller asks for as many a proposal")


def _architectures() -> list[Architecture]:
    return [*PUBLISHED.values(), *map(MobileBertSpace().decode, _sample(4))]


def _sample(size: int) -> Vectors:
    return MobileBertSpace().sample(np.random.default_rng(0), size)


def _batch(precision: Precision, sequence_length: int, rows: slice = slice(None)) -> OpGraphBatch:
    return OpGraphBatch.from_architectures(_architectures()[rows], sequence_length, precision=precision)


def _predictions(name: str, device: str, precision: Precision, sequence_length: int) -> dict[str, Any]:
    """Made anew from what a configuration says."""
    model = load_latency_model(resolve("latency_model", name), device)
    return {
        "fingerprint": model.fingerprint(),
        "columns": _columns(model.predict(_batch(precision, sequence_length))),
    }


def _columns(cost: CostEstimate) -> dict[str, list[float]]:
    return {name: [float(value) for value in getattr(cost, name)] for name in _COLUMNS}


def _require_equal(
    cost: CostEstimate, columns: dict[str, list[float]], one: str, other: str, tolerance: float = 0.0
) -> None:
    for name in _COLUMNS:
        here, there = np.asarray(getattr(cost, name), float), np.asarray(columns[name], float)
        equal = np.isclose(here, there, rtol=tolerance, atol=0.0, equal_nan=True)
        row = int(np.argmin(equal))
        require(equal.all(), f"{name} of network {row} is {here[row]!r} {one} and {there[row]!r} {other}")
