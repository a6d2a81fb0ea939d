"""How far a learned model is off on measurements that it was not shown."""

from __future__ import annotations

import numpy as np

from latency_models.accuracy import Accuracy, accuracy_of
from latency_models.learned.model import LearnedLatencyModel
from latency_models.learned.regressor import FEWEST_ROWS
from latency_models.learned.stacking import folds
from latency_models.measurements import Measurements
from latency_models.operations import Precision


def held_out(measurements: Measurements, *, device: str, analytical: str | None = None) -> dict[Precision, Accuracy]:
    """By precision: each row is predicted by a model that was learned without its fold and all equal architectures.

    A precision with too few rows to leave any out is not there.

    Raises:
        ValueError: as `LearnedLatencyModel.fit` does.
    """
    found: dict[Precision, Accuracy] = {}
    for precision, batch, rows in measurements.by_precision():
        architectures = [measurements.architectures[row].canonical() for row in rows]
        different = {architecture: number for number, architecture in enumerate(dict.fromkeys(architectures))}
        group = np.array([different[architecture] for architecture in architectures])
        latency_ms = measurements.latency_ms[rows]
        predicted_ms, std_ms = np.zeros(len(rows)), np.zeros(len(rows))
        parts = [out[group] for out in folds(len(different))]
        if min((~out).sum() for out in parts) < FEWEST_ROWS:
            continue
        for out in parts:
            model = LearnedLatencyModel.fit(batch.taken(~out), latency_ms[~out], device=device, analytical=analytical)
            cost = model.predict(batch.taken(out))
            predicted_ms[out], std_ms[out] = cost.latency_ms, cost.latency_std_ms
        found[precision] = accuracy_of(predicted_ms, latency_ms, std_ms)
    return found
