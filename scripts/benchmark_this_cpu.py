"""The whole loop on real hardware: a learned latency model of this machine's processor, on architectures it never saw.

    python scripts/benchmark_this_cpu.py --resume cpu.csv [--json] [--quick]

Architectures drawn from the space are exported, run and measured (`measure_this_cpu.py`, whose file `--resume` names;
without it they are measured anew, an hour). Then, once a seed, the learned model learns from 150 of them and predicts
the others; of an architecture that was measured more than once the mean counts. Beside it, on the same rows: a line
through the multiply-adds, ridge regression of log latency on the logarithms of the network's features, and gradient
boosting of log latency on the features. The repeatability is the standard deviation of an architecture's measurements
over their mean. What is asked: a mean error of at most 6 %, or 1.5 times the repeatability if that is more, and a rank
correlation (Spearman) of at least 0.98.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import measure_this_cpu
import numpy as np
from benchmarking import Findings, Row, Target, note, parser, run
from numpy.typing import NDArray

from latency_models import OpGraphBatch, accuracy_of
from latency_models.learned import LearnedLatencyModel
from latency_models.measured import DEVICE
from latency_models.network_features import network_features
from paretobert.config import Configuration
from search_space import Architecture

Floats = NDArray[np.float64]

ARCHITECTURES, TRAINED_ON = 220, 150
QUICK_ARCHITECTURES, QUICK_TRAINED_ON = 12, 9
SEEDS, QUICK_SEEDS = 5, 1
SEQUENCE_LENGTH = 128
MOST_MAPE, OF_REPEATABILITY, LEAST_SPEARMAN = 6.0, 1.5, 0.98


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    size, trained_on, seeds = (
        (QUICK_ARCHITECTURES, QUICK_TRAINED_ON, QUICK_SEEDS) if options.quick else (ARCHITECTURES, TRAINED_ON, SEEDS)
    )
    with TemporaryDirectory() as folder:
        path = options.resume or Path(folder) / "cpu.csv"
        plan = measure_this_cpu.plan_of(size, sequence_length=SEQUENCE_LENGTH)
        measure_this_cpu.fill(path, plan)
        measured = measure_this_cpu.read(path, plan)
    repeatability = float(np.median(measure_this_cpu.repeatability(measured) or [np.nan]))
    of_each: dict[Architecture, list[float]] = defaultdict(list)
    for architecture, latency_ms in measured:
        of_each[architecture].append(latency_ms)
    batch = OpGraphBatch.from_architectures(list(of_each), SEQUENCE_LENGTH, precision=plan.precision)
    latency_ms = np.array([np.mean(each) for each in of_each.values()])

    rows: list[Row] = []
    for seed in range(seeds):
        drawn = np.zeros(len(batch), bool)
        drawn[np.random.default_rng(seed).permutation(len(batch))[:trained_on]] = True
        for name, predict in MODELS.items():
            predicted_ms, std_ms = predict(batch.taken(drawn), latency_ms[drawn], batch.taken(~drawn))
            found = accuracy_of(predicted_ms, latency_ms[~drawn], std_ms)
            rows.append({"what": "seed", "seed": seed, "model": name, **vars(found)})
        note(f"seed {seed}: {rows[-len(MODELS)]['mape']:.1f} % off")
    means = [_mean([row for row in rows if row["model"] == name]) for name in MODELS]
    most = max(MOST_MAPE, OF_REPEATABILITY * repeatability)
    targets = [
        Target("mape", float(means[0]["mape"]), at_most=most),
        Target("spearman", float(means[0]["spearman"]), at_least=LEAST_SPEARMAN),
    ]
    settings = {
        "architectures": len(batch),
        "trained_on": trained_on,
        "precision": plan.precision,
        "sequence_length": SEQUENCE_LENGTH,
        "repeatability_per_cent": repeatability,
    }
    return Findings([*means, *rows], targets, settings)


def _mean(rows: list[Row]) -> Row:
    numbers = [name for name, value in rows[0].items() if isinstance(value, float)]
    return {"what": "mean", "model": rows[0]["model"], **{n: float(np.mean([row[n] for row in rows])) for n in numbers}}


def _learned(drawn: OpGraphBatch, latency_ms: Floats, rest: OpGraphBatch) -> tuple[Floats, Floats | None]:
    cost = LearnedLatencyModel.fit(drawn, latency_ms, device=DEVICE).predict(rest)
    return cost.latency_ms, cost.latency_std_ms


def _multiply_adds(drawn: OpGraphBatch, latency_ms: Floats, rest: OpGraphBatch) -> tuple[Floats, Floats | None]:
    line = np.polyfit(drawn.multiply_adds, latency_ms, deg=1)
    return np.maximum(np.polyval(line, rest.multiply_adds), latency_ms.min()), None


def _ridge(drawn: OpGraphBatch, latency_ms: Floats, rest: OpGraphBatch) -> tuple[Floats, Floats | None]:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-4, 4, 17)))
    model.fit(np.log(network_features(drawn)), np.log(latency_ms))
    return np.exp(model.predict(np.log(network_features(rest)))), None


def _boosting(drawn: OpGraphBatch, latency_ms: Floats, rest: OpGraphBatch) -> tuple[Floats, Floats | None]:
    from sklearn.ensemble import GradientBoostingRegressor

    model = GradientBoostingRegressor(n_estimators=400, learning_rate=0.05, max_depth=3, subsample=0.7, random_state=0)
    model.fit(network_features(drawn), np.log(latency_ms))
    return np.exp(model.predict(network_features(rest))), None


MODELS: dict[str, Callable[[OpGraphBatch, Floats, OpGraphBatch], tuple[Floats, Floats | None]]] = {
    "learned": _learned,
    "multiply-adds": _multiply_adds,
    "ridge": _ridge,
    "gradient boosting": _boosting,
}
"""By name: latencies of the last batch, learned from the first with its own, and standard errors if there are any."""


if __name__ == "__main__":
    run(parser(__doc__, resumable=True), measure)
