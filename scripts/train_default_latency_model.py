"""Trains the learned latency model that comes with ParetoBERT for `tensor-g1`.

    python scripts/train_default_latency_model.py

There is nothing to learn from but the analytical model and the seven published latencies, so what comes out is
*modelled*, and says so: architectures drawn from the space are labelled with the analytical model's estimates, times a
ratio that meets the published latencies exactly and fades to 1 away from them. What the labels are worth is the
analytical model's error on architectures that were left out of its fit; the model's standard deviations hold it.
Prints one JSON object.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import latency_models
from latency_models import PRECISIONS, EdgeTpuAnalytical, OpGraphBatch, Precision, validate
from latency_models.learned import LearnedLatencyModel, graph_features
from latency_models.published import SEQUENCE_LENGTH, TENSOR_G1
from search_space import PUBLISHED, Dimensions, MobileBertSpace

Floats = NDArray[np.float64]

DEVICE = "tensor-g1"
OUT = Path(latency_models.__file__).parent / "learned" / "defaults" / f"{DEVICE}.safetensors"
ARCHITECTURES = 600
REACH = 0.5
"""How far a published latency tells on others, in the logarithms of their work: at a factor of exp(0.5) in all of them
together its say has fallen to 0.6. A choice, for seven rows cannot tell."""


def main() -> None:
    begun = time.perf_counter()
    validation = validate()
    errors = np.array([np.log(row.held_out_ms / row.published_ms) for row in validation.rows])
    label_error = float(np.sqrt((errors**2).mean()))
    space = MobileBertSpace()
    model: LearnedLatencyModel | None = None
    rows = []
    for precision in PRECISIONS:
        drawn = space.sample(np.random.default_rng(0), ARCHITECTURES)
        names = [row.model for row in TENSOR_G1 if row.precision == precision]
        published_ms = np.array([row.latency_ms for row in TENSOR_G1 if row.precision == precision])
        dimensions = Dimensions.of([*(PUBLISHED[name] for name in names), *map(space.decode, drawn)])
        batch = OpGraphBatch.from_architectures(dimensions, SEQUENCE_LENGTH, precision=precision)
        labels_ms = anchored(batch, published_ms)
        model = LearnedLatencyModel.fit(
            batch, labels_ms, device=DEVICE, source="modelled", label_error=label_error, beside=model
        )
        rows.append({"precision": precision, **checked(model, precision, names, published_ms)})
    assert model is not None
    OUT.parent.mkdir(exist_ok=True)
    model.save(OUT)
    report = {
        "file": OUT.name,
        "bytes": OUT.stat().st_size,
        "label_error": label_error,
        "rows": rows,
        "seconds": time.perf_counter() - begun,
    }
    print(json.dumps(report, indent=2))


def anchored(batch: OpGraphBatch, published_ms: Floats) -> Floats:
    """Analytical estimates `[n]` of a batch whose first networks are the published ones, moved to meet these.

    The logarithm of the ratio is interpolated by simple kriging with a Gaussian covariance (Cressie 1993, section
    3.2), whose mean is 0.
    """
    analytical_ms = EdgeTpuAnalytical(DEVICE).predict(batch).latency_ms
    work = np.log1p(graph_features(batch).work)
    squares = ((work[:, None] - work[None, : len(published_ms)]) ** 2).mean(axis=2) / REACH**2
    covariance = np.exp(-0.5 * squares)
    ratio = np.log(published_ms / analytical_ms[: len(published_ms)])
    anchors = covariance[: len(published_ms)] + 1e-9 * np.eye(len(published_ms))
    return np.asarray(analytical_ms * np.exp(covariance @ np.linalg.solve(anchors, ratio)))


def checked(
    model: LearnedLatencyModel, precision: Precision, names: list[str], published_ms: Floats
) -> dict[str, object]:
    """How the trained model meets the published rows, and the labels of architectures that it has not seen."""
    space = MobileBertSpace()
    fresh = [space.decode(x) for x in space.sample(np.random.default_rng(1), 2000)]
    dimensions = Dimensions.of([*(PUBLISHED[name] for name in names), *fresh])
    batch = OpGraphBatch.from_architectures(dimensions, SEQUENCE_LENGTH, precision=precision)
    cost = model.predict(batch)
    error = np.abs(cost.latency_ms / anchored(batch, published_ms) - 1)
    assert cost.is_outside is not None
    return {
        "published": {
            name: {"published_ms": float(ms), "predicted_ms": float(predicted), "std_ms": float(std)}
            for name, ms, predicted, std in zip(names, published_ms, cost.latency_ms, cost.latency_std_ms, strict=False)
        },
        "mean_error_on_unseen_labels": float(error[len(names) :].mean()),
        "largest_error_on_unseen_labels": float(error[len(names) :].max()),
        "share_of_unseen_outside": float(cost.is_outside[len(names) :].mean()),
    }


if __name__ == "__main__":
    main()
