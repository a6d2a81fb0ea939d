"""How many architectures a second latency models predict, from integer vectors of the space to cost estimates.

    python scripts/benchmark_latency_throughput.py [--json] [--quick]

Vectors are drawn from the configured space. A batch is all of them at once, as a controller looks at a population; the
figure is the median of repeats. One architecture alone is what a study pays a trial: the median over different ones.
Everything runs in one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from benchmarking import Findings, Row, Target, note, parser, run

from latency_models import BUILT_IN, DEVICES, LatencyModel, OpGraphBatch, load
from paretobert.config import Configuration
from search_space import MobileBertSpace, Vectors

MODELS: dict[str, tuple[tuple[str, ...], float]] = {
    "edgetpu-analytical": (DEVICES, 200_000),
    "learned": (("tensor-g1",), 50_000),
}
"""By latency model: its devices, and how many architectures a second it is to predict in a batch."""

BATCH, QUICK_BATCH = 100_000, 10_000
REPEATS = 7
ALONE = 200
"""How many architectures are predicted one by one."""

MOST_MS_ALONE = 2.0


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    size = QUICK_BATCH if options.quick else BATCH
    space = configuration.space.build()
    X = space.sample(np.random.default_rng(configuration.seed), size)
    rows: list[Row] = []
    targets: list[Target] = []
    for name, (devices, a_second) in MODELS.items():
        if name not in BUILT_IN:
            note(f"latency model {name!r} is not here, its rows are left out")
            continue
        for device in devices:
            note(f"{name} on {device}: {size} architectures")
            row = _row(name, device, space, X)
            rows.append(row)
            targets += [
                Target(f"{name}_{device}_a_second", float(row["a_second"]), at_least=a_second),
                Target(f"{name}_{device}_ms_alone", float(row["ms_alone"]), at_most=MOST_MS_ALONE),
            ]
    return Findings(rows, targets, {"batch": size, "repeats": REPEATS, "alone": ALONE, "sequence_length": 384})


def _row(name: str, device: str, space: MobileBertSpace, X: Vectors) -> Row:
    model = load(name, device)
    batch_s = [_seconds(partial(_predict, model, space, X)) for _ in range(REPEATS)]
    alone_s = [_seconds(partial(_predict, model, space, x)) for x in X[:ALONE, None]]
    return {
        "what": "throughput",
        "latency_model": name,
        "device": device,
        "architectures": len(X),
        "a_second": len(X) / float(np.median(batch_s)),
        "a_second_at_worst": len(X) / max(batch_s),
        "ms_alone": 1e3 * float(np.median(alone_s)),
        "ms_alone_95th": 1e3 * float(np.quantile(alone_s, 0.95)),
    }


def _predict(model: LatencyModel, space: MobileBertSpace, X: Vectors) -> None:
    model.predict(OpGraphBatch.from_architectures(space.dimensions(X)))


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    run(parser(__doc__), measure)
