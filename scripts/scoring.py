"""Candidates of a configuration's space, and worker processes that score them with its evaluator."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import numpy as np
from benchmarking import KeptRows, Row, note, score_setting

from controllers.objective import violation
from evaluators.contract import Diverged, Evaluation, Evaluator
from evaluators.small_networks import cores
from paretobert.assembly import Assembly, assemble
from paretobert.config import Configuration
from search_space import PUBLISHED, Architecture

MAX_WORKERS = 8
_MAX_DRAWS = 1000  # batches before a space counts as having no candidate left
_WARM_UP = PUBLISHED["mobilebert-edgetpu-xs"]


def draw_candidates(assembly: Assembly, number: int, seed: int) -> list[Architecture]:
    """Random architectures of the space, all different, that meet the constraints on free metrics.

    Raises:
        ValueError: the constraints leave hardly any.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[Architecture, None] = {}
    for _ in range(_MAX_DRAWS):
        X = assembly.space.sample(rng, number)
        meets = violation(assembly.constraints, assembly.metrics_of(assembly.space.dimensions(X)), len(X)) == 0
        drawn |= dict.fromkeys(assembly.space.decode(x) for x in X[meets])
        if len(drawn) >= number:
            return list(drawn)[:number]
    raise ValueError(f"{_MAX_DRAWS * number} draws gave {len(drawn)} candidates that meet the constraints")


class Scorers:
    """Worker processes, each with an evaluator of its own, prepared and warm: its functions are traced.

    Args:
        configuration: names the evaluator.
        workers: processes.
        threads: of each, for the operations of TensorFlow.
    """

    def __init__(self, configuration: Configuration, *, workers: int, threads: int) -> None:
        self._configuration = configuration
        self._workers = workers
        self._threads = threads

    def __enter__(self) -> Scorers:
        context = multiprocessing.get_context("spawn")
        self._folder = TemporaryDirectory(prefix="benchmark-")
        self._pool = ProcessPoolExecutor(
            self._workers, context, initializer=_meet_at, initargs=(context.Barrier(self._workers),)
        )
        try:
            arguments = (self._configuration, Path(self._folder.name), self._threads)
            ready = [self._pool.submit(_enter, *arguments) for _ in range(self._workers)]
            errors = [error for error in (worker.exception() for worker in ready) if error is not None]
            for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
                raise error  # of the worker that failed, not of those that waited for it
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._folder.cleanup()

    def score(self, architecture: Architecture, seed: int, budget: int) -> Future[Evaluation]:
        """The evaluation to come; it raises `Diverged` if the loss is not finite."""
        return self._pool.submit(_score, architecture, seed, budget)

    def candidates_per_hour(self, architectures: Iterable[Architecture], seed: int, budget: int) -> float:
        """How many the workers score in an hour, held-out scoring included."""
        begun = time.perf_counter()
        scores = [self.score(architecture, seed, budget) for architecture in architectures]
        for score in scores:
            score.result()
        return 3600 * len(scores) / (time.perf_counter() - begun)


class KeptScores:
    """Evaluations by (architecture, seed, budget), each made once and kept in a file.

    Attributes:
        evaluated: how many were made by this run.
    """

    def __init__(self, scorers: Scorers, rows: KeptRows) -> None:
        self._scorers = scorers
        self._rows = rows
        self._made: dict[tuple[Architecture, int, int], Future[Evaluation]] = {}
        self._lock = threading.RLock()
        self.evaluated = 0

    def score(self, architecture: Architecture, seed: int, budget: int) -> Future[Evaluation]:
        """See `Scorers.score`; safe among threads."""
        architecture = architecture.canonical()
        key = {"architecture": architecture.to_dict(), "seed": seed, "budget": budget}
        with self._lock:
            wanted = (architecture, seed, budget)
            if wanted not in self._made:
                if (row := self._rows.get(key)) is not None:
                    self._made[wanted] = _kept(row)
                else:
                    self._made[wanted] = self._scorers.score(architecture, seed, budget)
                    self._made[wanted].add_done_callback(self._keeper(key))
            return self._made[wanted]

    def _keeper(self, key: Mapping[str, Any]) -> Callable[[Future[Evaluation]], None]:
        def keep(made: Future[Evaluation]) -> None:
            if made.cancelled():
                return
            error = made.exception()
            if error is None:
                self._rows.add(key, asdict(made.result()))
            elif isinstance(error, Diverged):
                self._rows.add(key, {"diverged": str(error)})
            self.evaluated += 1
            if self.evaluated % 10 == 0:
                note(f"{self.evaluated} evaluations made")

        return keep


def kept_rows(assembly: Assembly, path: Path | None) -> KeptRows:
    """The rows of a file that hold for this evaluator, on single-threaded workers of this machine."""
    return KeptRows(path, score_setting(evaluator=assembly.evaluator.fingerprint(), threads=1))


def single_threaded(configuration: Configuration) -> Scorers:
    """A worker a core: on small networks faster than one worker with a thread a core."""
    return Scorers(configuration, workers=min(cores(), MAX_WORKERS), threads=1)


def _kept(row: Row) -> Future[Evaluation]:
    done: Future[Evaluation] = Future()
    if "diverged" in row:
        done.set_exception(Diverged(row["diverged"]))
    else:
        done.set_result(Evaluation(**row))
    return done


# In a worker

_barrier: Barrier
_evaluator: Evaluator


def _meet_at(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _enter(configuration: Configuration, workspace: Path, threads: int) -> None:
    """Gets ready, then waits for the others, so that each worker takes exactly one of these tasks."""
    global _evaluator
    try:
        os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS=str(threads))
        _evaluator = assemble(configuration).evaluator
        _evaluator.prepare(workspace)
        _score(_WARM_UP, seed=0, budget=1)
    except BaseException:
        _barrier.abort()
        raise
    _barrier.wait()


def _score(architecture: Architecture, seed: int, budget: int) -> Evaluation:
    return _evaluator.evaluate(architecture, seed=seed, budget=budget, report=lambda step, value: None)
