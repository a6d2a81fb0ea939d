"""Candidates an hour of the proxy distillation, against Keras models of the same students with `compile` and `fit`.

    python scripts/benchmark_evaluator.py [--json] [--quick]

Both train the same shrunk architectures for the demo preset's steps on the same batches, paired in one run and in
alternating order, each in a process of its own that is warm: TensorFlow is imported, the study prepared. Keras runs as
its users get it, with XLA and without; what is asked is judged against the faster of the two. For information it runs
the published XS once more with the threads that the proxy chooses for itself. Held-out scoring is in neither time,
what a study prepares once is in neither, and the one trace of the proxy is in the time of its first candidate. A
step's time is the median of the intervals between the ends of steps, so making batches counts. Then, for information,
the candidates an hour of whole evaluations (held-out scoring included) with one and two threads, and with two
single-threaded workers side by side.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from benchmarking import Findings, Row, Target, note, parser, run
from scoring import Scorers, draw_candidates

from evaluators import ProxyDistillation
from paretobert.assembly import assemble
from paretobert.config import Configuration
from search_space import PUBLISHED, Architecture, parameters

if TYPE_CHECKING:
    from mobilebert import Batch, State, Trainer

OURS, KERAS, KERAS_WITHOUT_XLA = "proxy-distillation", "keras fit", "keras fit, jit_compile=False"
KERAS_WITH_OUR_THREADS = "keras fit, the proxy's threads"
ASKED = (OURS, KERAS, KERAS_WITHOUT_XLA)
PEERS = (*ASKED, KERAS_WITH_OUR_THREADS)
XS = "mobilebert-edgetpu-xs"
RANDOM_CANDIDATES = 5
WORKERS_AND_THREADS = ((1, 1), (1, 2), (2, 1))


@dataclass(frozen=True)
class Timing:
    """When a run began and when each of its steps ended, in seconds; and its mean loss."""

    begun: float
    ends: list[float]
    mean_loss: float

    @property
    def start_up(self) -> float:
        """Build, compile or trace, and the first step."""
        return self.ends[0] - self.begun

    @property
    def step(self) -> float:
        return float(np.median(np.diff(self.ends)))

    @property
    def total(self) -> float:
        return self.ends[-1] - self.begun


@dataclass
class Record:
    """What a trainer was given, step by step, and when it was done."""

    trainers: list[Trainer] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    assembly = assemble(configuration)
    evaluator, seed, budget = assembly.evaluator.inner, configuration.seed, assembly.budget
    if not isinstance(evaluator, ProxyDistillation):
        raise ValueError(f"evaluator {configuration.evaluator!r}: only proxy-distillation has a peer in Keras")
    candidates = {XS: PUBLISHED[XS]}
    if not options.quick:
        drawn = draw_candidates(assembly, RANDOM_CANDIDATES, seed)
        candidates |= {f"random {number}": architecture for number, architecture in enumerate(drawn, 1)}

    rows: list[Row] = []
    timings: dict[str, list[Timing]] = {}
    with TemporaryDirectory(prefix="benchmark-") as workspace:
        evaluator.prepare(Path(workspace))
        peers = Peers(configuration, Path(workspace))
        for number, (name, architecture) in enumerate(candidates.items()):
            for peer in PEERS if number == 0 else ASKED[:: -1 if number % 2 else 1]:
                timing = peers.timed(peer, architecture, seed, budget)
                timings.setdefault(peer, []).append(timing)
                rows.append(_row(name, evaluator.shrunk(architecture), peer, timing))
                note(f"{name}, {peer}: {timing.total:.1f} s, {1e3 * timing.step:.1f} ms a step")
        peers.close()
    rows += [_summary(peer, timings[peer]) for peer in PEERS]
    rows += [_ratios(peer, timings) for peer in PEERS[1:]]
    if not options.quick:
        rows += [_throughput(configuration, list(candidates.values()), *setting) for setting in WORKERS_AND_THREADS]
    settings = {"steps": budget, "batch_size": evaluator.batch_size, "width_divisor": evaluator.width_divisor}
    return Findings(rows, _targets(timings), settings)


class Peers:
    """A process for each way of running TensorFlow, for a process cannot change it."""

    def __init__(self, configuration: Configuration, workspace: Path) -> None:
        context = multiprocessing.get_context("spawn")

        def process(*, defaults: bool) -> ProcessPoolExecutor:
            return ProcessPoolExecutor(1, context, initializer=_enter, initargs=(configuration, workspace, defaults))

        tuned, by_default = process(defaults=False), process(defaults=True)
        self._processes = {
            OURS: tuned,
            KERAS: by_default,
            KERAS_WITHOUT_XLA: by_default,
            KERAS_WITH_OUR_THREADS: process(defaults=False),
        }

    def timed(self, peer: str, architecture: Architecture, seed: int, budget: int) -> Timing:
        run = _train if peer == OURS else _fit
        options = {"jit_compile": False} if peer == KERAS_WITHOUT_XLA else {}
        return self._processes[peer].submit(run, architecture, seed, budget, **options).result()

    def close(self) -> None:
        for process in self._processes.values():
            process.shutdown()


# In a process

_evaluator: ProxyDistillation


def _enter(configuration: Configuration, workspace: Path, defaults: bool) -> None:
    global _evaluator
    _evaluator = assemble(configuration).evaluator.inner  # type: ignore[assignment]
    if defaults:
        import tensorflow  # noqa: F401  # before `prepare`, which then leaves it as it is
    _evaluator.prepare(workspace)
    import keras  # type: ignore[import-untyped]  # noqa: F401


def _train(architecture: Architecture, seed: int, budget: int) -> Timing:
    with _recorded(training=True) as record:
        begun = time.perf_counter()
        _evaluator.evaluate(architecture, seed=seed, budget=budget, report=lambda step, value: None)
    return Timing(begun, record.ends, float(np.mean(record.losses)))


def _fit(architecture: Architecture, seed: int, budget: int, jit_compile: bool | str = "auto") -> Timing:
    import keras
    from keras_peer import Lessons, StepClock, compiled, fit, student

    with _recorded(training=False) as record:
        _evaluator.evaluate(architecture, seed=seed, budget=budget, report=lambda step, value: None)
    trainer, shrunk, clock = record.trainers[0], _evaluator.shrunk(architecture), StepClock()
    lessons = Lessons.of(trainer, record.batches, record.rates)
    keras.utils.clear_session()
    gc.collect()
    begun = time.perf_counter()
    model = student(shrunk, trainer, lessons.inputs["token_ids"].shape[1])
    mean_loss = fit(compiled(model, trainer, lessons, jit_compile=jit_compile), lessons, [clock])
    return Timing(begun, clock.ends, mean_loss)


@contextmanager
def _recorded(*, training: bool) -> Iterator[Record]:
    """Records what any trainer is given meanwhile; without training, its steps only keep the batches."""
    from mobilebert import Trainer

    record, step = Record(), Trainer.step

    def recorded(trainer: Trainer, state: State, batch: Batch, learning_rate: float) -> tuple[State, Any]:
        loss: Any = 0.0
        if training:
            state, loss = step(trainer, state, batch, learning_rate)
        record.losses.append(float(loss))
        record.ends.append(time.perf_counter())
        record.trainers.append(trainer)
        record.batches.append(batch)
        record.rates.append(learning_rate)
        return state, loss

    with patch.object(Trainer, "step", recorded):
        yield record


def _row(name: str, shrunk: Architecture, peer: str, timing: Timing) -> Row:
    return {
        "what": "candidate",
        "candidate": name,
        "blocks": shrunk.num_blocks,
        "shrunk_parameters": parameters(shrunk),
        "peer": peer,
        "start_up_seconds": timing.start_up,
        "step_ms": 1e3 * timing.step,
        "seconds": timing.total,
        "mean_loss": timing.mean_loss,
        "shrunk_architecture": shrunk.to_dict(),
    }


def _summary(peer: str, timings: list[Timing]) -> Row:
    return {
        "what": "peer",
        "peer": peer,
        "candidates_per_hour": _per_hour(timings),
        "start_up_share": sum(t.start_up for t in timings) / sum(t.total for t in timings),
        "first_start_up_seconds": timings[0].start_up,
        "median_later_start_up_seconds": float(np.median([t.start_up for t in timings[1:] or timings])),
        "median_step_ms": 1e3 * float(np.median([t.step for t in timings])),
    }


def _throughput(configuration: Configuration, candidates: list[Architecture], workers: int, threads: int) -> Row:
    with Scorers(configuration, workers=workers, threads=threads) as scorers:
        budget = assemble(configuration).budget
        rate = scorers.candidates_per_hour(candidates, configuration.seed, budget)
    note(f"{workers} workers of {threads} threads: {rate:.0f} candidates an hour")
    return {"what": "workers", "workers": workers, "threads_each": threads, "candidates_per_hour": rate}


def _ratios(peer: str, timings: dict[str, list[Timing]]) -> Row:
    """How many times as long a peer takes: the sum over candidates, and the median over candidates of a step."""
    theirs = timings[peer]
    ours = timings[OURS][: len(theirs)]
    return {
        "what": "ratio",
        "peer": peer,
        "candidates_per_hour_ratio": _per_hour(ours) / _per_hour(theirs),
        "step_time_ratio": float(np.median([t.step / o.step for t, o in zip(theirs, ours, strict=True)])),
    }


def _targets(timings: dict[str, list[Timing]]) -> list[Target]:
    ratios = [_ratios(peer, timings) for peer in ASKED[1:]]
    asked = {"candidates_per_hour_ratio": 4, "step_time_ratio": 2}
    return [Target(name, min(row[name] for row in ratios), at_least=bound) for name, bound in asked.items()]


def _per_hour(timings: list[Timing]) -> float:
    return 3600 * len(timings) / sum(timing.total for timing in timings)


if __name__ == "__main__":
    run(parser(__doc__), measure)
