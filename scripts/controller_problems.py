"""The problems that controllers are measured on: a space, a latency that costs nothing, a score, and the true front."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nas_bench_bert
import nas_bench_bert_space
import numpy as np
import proxy_table
from nas_bench_bert import Floats

from controllers import Objective
from controllers.pareto import hypervolume, non_dominated
from latency_models import EdgeTpuAnalytical, OpGraphBatch
from search_space import Space, Vectors

OBJECTIVES = (Objective("score", True), Objective("latency_ms", False))
FINGERPRINTED = 1_000
"""Sampled vectors whose objectives a problem's fingerprint holds."""


@dataclass(frozen=True)
class Problem:
    """Find the front of score and latency.

    Attributes:
        name: of the problem.
        space: what is searched.
        latency_ms: of valid vectors `[n, d]`, `[n]`; costs nothing.
        score: of valid vectors `[n, d]`, `[n]`, a fraction; what an evaluation gives. NaN where it fails.
        front: vectors of the best known front, `[k, d]`.
        reference: the worst score and the largest latency, `[2]`: the corner that hypervolume is measured from.
        options: the values that each decision takes in valid vectors; peers choose among them.
    """

    name: str
    space: Space
    latency_ms: Callable[[Vectors], Floats]
    score: Callable[[Vectors], Floats]
    front: Vectors
    reference: Floats
    options: tuple[tuple[int, ...], ...]

    def free_metrics(self, X: Vectors) -> dict[str, Floats]:
        return {"latency_ms": self.latency_ms(X)}

    def points(self, X: Vectors) -> Floats:
        """The objectives of valid vectors as columns to minimise, `[n, 2]`."""
        return np.column_stack([-self.score(X), self.latency_ms(X)])

    def hypervolume(self, points: Floats) -> float:
        """What points `[n, 2]` dominate, as a fraction of what the best known front dominates."""
        return self._volume(points) / self._best

    def fingerprint(self) -> str:
        """Equal for problems whose front, reference and sampled vectors have the same objectives."""
        X = self.space.sample(np.random.default_rng(0), FINGERPRINTED)
        content = (self.points(X), self.points(self.front), self.reference)
        return hashlib.sha256(b"".join(np.round(part, 9).tobytes() for part in content)).hexdigest()[:16]

    @cached_property
    def _best(self) -> float:
        return self._volume(self.points(self.front))

    def _volume(self, points: Floats) -> float:
        worst_score, largest_latency = self.reference
        return hypervolume(points, (-worst_score, largest_latency))


def _nas_bench_bert() -> Problem:
    """GLUE scores by regression and a made-up latency; see `nas_bench_bert`."""
    path = nas_bench_bert.find_data()
    if path is None:
        raise FileNotFoundError("NAS-Bench-BERT is not at ../shared/data/nas_bench_bert")
    space, known = nas_bench_bert.SPACE, nas_bench_bert.everything(path)
    return Problem(
        name="nas-bench-bert",
        space=space,
        latency_ms=nas_bench_bert_space.latency_ms,
        score=lambda X: known.scores[space.index(X)].astype(float),
        front=np.vstack([space.every(number, number + 1) for number in known.front]),
        reference=known.reference,
        options=tuple(tuple(range(count)) for count in space.cardinalities),
    )


def _proxy_table() -> Problem:
    """The small space of `proxy_table`: its proxy's scores, and the modelled latency on Tensor G1 in int8."""
    return table_problem(proxy_table.PATH)


def table_problem(path: Path) -> Problem:
    """The problem of a file of `scripts/train_proxy_table.py`; an architecture that it does not have fails."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such table; scripts/train_proxy_table.py makes it")
    space, table = proxy_table.SPACE, proxy_table.read(path)
    vectors = table[list(space.decision_names)].to_numpy(np.int64)
    scores = dict(zip(map(space.canonical_key, vectors), table["score"], strict=True))
    device = EdgeTpuAnalytical("tensor-g1")

    def latency_ms(X: Vectors) -> Floats:
        return device.predict(OpGraphBatch.from_architectures(space.dimensions(X), precision="int8")).latency_ms

    def score(X: Vectors) -> Floats:
        return np.array([scores.get(space.canonical_key(x), np.nan) for x in X], float)

    latencies = latency_ms(vectors)
    front = vectors[non_dominated(np.column_stack([-table["score"].to_numpy(float), latencies]))]
    reference = np.array([table["score"].min(), latencies.max()])
    options = tuple(tuple(np.unique(column).tolist()) for column in vectors.T)
    return Problem("proxy-table", space, latency_ms, score, front, reference, options)


PROBLEMS: dict[str, Callable[[], Problem]] = {"nas-bench-bert": _nas_bench_bert, "proxy-table": _proxy_table}
"""By name; making one raises `FileNotFoundError` where its data are not."""
