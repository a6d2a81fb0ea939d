"""One search of a problem by one of our controllers or by a peer: its hypervolume as evaluations come in."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import controller_peers
import numpy as np
from controller_peers import NEED_TORCH, PEERS, Costs, Peer, Task
from controller_problems import OBJECTIVES, Problem
from nas_bench_bert import Floats

from controllers import BUILT_IN, History
from search_space import Vectors

MAX_PROPOSALS = 5
"""Of an evaluation, on average; a peer that proposes the same again and again ends its search there."""
_TARGET_SAMPLE = 1_000  # vectors whose median latency is a peer's target


@dataclass(frozen=True)
class Run:
    """What a search found.

    Attributes:
        hypervolume: by number of evaluations, as a fraction of the best known front's.
        evaluations: made; fewer than asked for where the controller proposed nothing new any more.
        duplicates: proposals of what had been evaluated before. They count as no evaluation: their costs are known.
        seconds: spent in the controller, evaluation apart.
    """

    hypervolume: dict[int, float]
    evaluations: int
    duplicates: int
    seconds: float


class Searcher(Protocol):
    """A controller or a peer in the middle of a search."""

    def ask(self) -> Vectors | None:
        """A valid vector `[d]`; None if there is none left."""
        ...

    def tell(self, x: Vectors, point: Floats) -> None:
        """The objectives `[2]` of the vector asked for last, to minimise; NaN where the evaluation failed."""
        ...


class Ours:
    """A built-in controller and the history that its trials make, as a study of one worker would."""

    def __init__(self, problem: Problem, name: str, seed: int, evaluations: int) -> None:
        d = len(problem.space.cardinalities)
        self._controller = BUILT_IN[name](problem.space, OBJECTIVES, (), problem.free_metrics)
        self._seed, self._trials = seed, 0
        self._vectors = np.zeros((evaluations, d), np.int64)
        self._points = np.full((evaluations, len(OBJECTIVES)), np.nan)

    def ask(self) -> Vectors | None:
        return self._controller.propose(self.history(), np.random.default_rng([self._seed, self._trials]))

    def tell(self, x: Vectors, point: Floats) -> None:
        self._vectors[self._trials], self._points[self._trials] = x, point
        self._trials += 1

    def history(self) -> History:
        vectors, points = self._vectors[: self._trials], self._points[: self._trials]
        vectors.flags.writeable = False
        states = np.where(np.isnan(points[:, 0]), "failed", "complete").astype("U10")
        values = {"score": -points[:, 0], "latency_ms": points[:, 1].copy()}
        return History(vectors, states, values, np.zeros(self._trials), np.arange(self._trials))


class Theirs:
    """A peer, which chooses among the values that occur in valid vectors; what it chooses is repaired."""

    def __init__(self, problem: Problem, peer: Peer) -> None:
        self._problem, self._peer = problem, peer

    def ask(self) -> Vectors | None:
        point = self._peer.ask()
        x = [values[position] for values, position in zip(self._problem.options, point, strict=True)]
        return np.asarray(self._problem.space.repair(np.array([x], np.int64))[0])

    def tell(self, x: Vectors, point: Floats) -> None:
        worst_score, largest_latency = self._problem.reference
        failed = np.isnan(point).any()
        self._peer.tell((-worst_score, largest_latency) if failed else (float(point[0]), float(point[1])))


class RemotePeer:
    """A peer in a Python of its own, for libraries that the project's does not have."""

    def __init__(self, python: str, name: str, task: Task) -> None:
        self._process = subprocess.Popen(
            [python, controller_peers.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say({"peer": name, "task": asdict(task)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def ask(self) -> list[int]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ValueError(f"{self._process.args}: the peer ended with status {self._process.wait()}")
        point: list[int] = json.loads(line)
        return point

    def tell(self, costs: Costs) -> None:
        self._say(costs)

    def _say(self, message: object) -> None:
        assert self._process.stdin is not None
        print(json.dumps(message), file=self._process.stdin, flush=True)


def run(problem: Problem, name: str, seed: int, marks: Sequence[int], torch_python: str) -> Run:
    """A whole search by the controller or the peer of a name, its hypervolume taken at so many evaluations."""
    if name in BUILT_IN:
        return search(problem, Ours(problem, name, seed, max(marks)), marks)
    with ExitStack() as stack:
        task = _task(problem, seed)
        peer = stack.enter_context(RemotePeer(torch_python, name, task)) if name in NEED_TORCH else PEERS[name](task)
        return search(problem, Theirs(problem, peer), marks)


def search(problem: Problem, searcher: Searcher, marks: Sequence[int]) -> Run:
    """Asks, evaluates and tells until the last mark."""
    known: dict[Hashable, Floats] = {}
    volumes: dict[int, float] = {}
    duplicates, seconds = 0, 0.0
    while len(known) < max(marks) and len(known) + duplicates < MAX_PROPOSALS * max(marks):
        begun = time.perf_counter()
        x = searcher.ask()
        seconds += time.perf_counter() - begun
        if x is None:
            break
        key = problem.space.canonical_key(x)
        if key in known:
            duplicates += 1
        else:
            known[key] = _evaluated(problem, x)
            if len(known) in marks:
                volumes[len(known)] = problem.hypervolume(np.array([*known.values()]))
        begun = time.perf_counter()
        searcher.tell(x, known[key])
        seconds += time.perf_counter() - begun
    last = problem.hypervolume(np.array([*known.values()]).reshape(-1, 2))  # nothing more will be found
    return Run({mark: volumes.get(mark, last) for mark in marks}, len(known), duplicates, seconds)


def installed(torch_python: str | None) -> dict[str, str]:
    """Versions of the peers that can run, by name; those that need torch by what another Python has."""
    ours, others = _versions(sys.executable), _versions(torch_python) if torch_python else {}
    found = {}
    for name, distribution in controller_peers.DISTRIBUTIONS.items():
        of, also = (others, ["torch"]) if name in NEED_TORCH else (ours, [])
        if {distribution, *also} <= of.keys():
            found[name] = " ".join(f"{each} {of[each]}" for each in (distribution, *also))
    return found


def _versions(python: str) -> dict[str, str]:
    asked = subprocess.run(
        [python, controller_peers.__file__], input='{"peer": ""}\n', capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise ValueError(f"{python} cannot run {Path(controller_peers.__file__).name}: {asked.stderr.splitlines()[-1]}")
    versions: dict[str, str] = json.loads(asked.stdout)
    return versions


def _evaluated(problem: Problem, x: Vectors) -> Floats:
    point = problem.points(x[None])[0]
    return np.full(len(point), math.nan) if np.isnan(point[0]) else point


def _task(problem: Problem, seed: int) -> Task:
    ordered = tuple(bool(is_ordered) for is_ordered in problem.space.ordered)
    X = problem.space.sample(np.random.default_rng(0), _TARGET_SAMPLE)
    return Task(tuple(map(len, problem.options)), ordered, float(np.median(problem.latency_ms(X))), seed)
