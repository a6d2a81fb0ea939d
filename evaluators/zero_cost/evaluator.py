"""`ZeroCost`: scores an architecture by a number that no training is needed for."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import Diverged, Evaluation, Examples, Task
from evaluators.shrink import shrink
from evaluators.small_networks import suit_small_networks
from evaluators.tasks import TaskFactory, load_task
from evaluators.zero_cost.measures import MEASURES
from evaluators.zero_cost.probe import probe
from search_space import PUBLISHED, Architecture, Dimensions, multiply_add_counts, parameter_counts

Metric = Literal[
    "parameters",
    "multiply_adds",
    "head_confidence",
    "synaptic_diversity",
    "synaptic_saliency",
    "activation_distance",
    "jacobian_covariance",
]
_BY_LOGARITHM = ("parameters", "multiply_adds", "synaptic_diversity", "synaptic_saliency")
"""Positive numbers that grow with a network's size; the others are logarithms or fractions themselves."""

_SEED = 0  # of the published models' weights, to which a number is held
_LEAST_SPREAD = 1e-12


@dataclass(frozen=True)
class ZeroCost:
    """An `Evaluator` that trains nothing; see `evaluators.zero_cost.measures` for what is measured, and its sources.

    The score keeps the order of the number and nothing else: with z its distance from the mean of the published models,
    in their standard deviations, it is (1 + z / (1 + |z|)) / 2. So 0.5 is a number like theirs, and no two different
    numbers have one score. What is measured stands beside it, under its name.

    Attributes:
        metric: `parameters` and `multiply_adds`, which need no network; `head_confidence`, `synaptic_diversity`,
            `synaptic_saliency`, `activation_distance` or `jacobian_covariance`, of a narrow copy with random weights.
        task: whose text the copy reads: `reading`, `squad`, `text`, or what makes another.
        examples: how many it reads.
        width_divisor: every width of the copy is divided by it.
        sequence_length: tokens of an example; None for the task's own choice.
        squad_dir: folder of the SQuAD files.
        corpus: text files of task `text`.

    Raises:
        ValueError: an option is out of range.
    """

    metric: Metric = "parameters"
    task: str | TaskFactory = "reading"
    examples: int = 16
    width_divisor: int = 8
    sequence_length: int | None = None
    squad_dir: str | None = None
    corpus: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.examples < 2:  # the Jacobians of one example have nothing to be compared with
            raise ValueError(f"examples must be at least 2, not {self.examples}")
        if self.width_divisor < 1:
            raise ValueError(f"width_divisor must be at least 1, not {self.width_divisor}")
        if self._reads:
            self._task  # noqa: B018  # a task that cannot be made is told of now

    # The contract

    def prepare(self, workspace: Path) -> None:
        """The text that the copies read, and the numbers of the published models; see `Evaluator.prepare`."""
        if self._reads:
            suit_small_networks()
            vocabulary = self._task.vocabulary(workspace)
            examples = self._task.examples("held_out", vocabulary, workspace)
            rows = np.arange(min(self.examples, len(examples)))
            self.__dict__["_batch"] = (examples.take(rows), len(vocabulary))
        published = self._comparable(self.values([*PUBLISHED.values()], _SEED))
        self.__dict__["_scale"] = (published.mean(), max(published.std(), _LEAST_SPREAD))

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """See `Evaluator.evaluate`; the seed is that of the copy's weights, and no step is taken."""
        begun = time.perf_counter()
        if "_scale" not in self.__dict__:
            raise _not_prepared()
        value = self.values([architecture], seed)[0]
        mean, spread = self.__dict__["_scale"]
        z = float((self._comparable(value) - mean) / spread)
        if not math.isfinite(z):
            raise Diverged(f"{self.metric} is {value}")
        score = (1 + z / (1 + abs(z))) / 2
        # What is counted is a free metric of every study.
        metrics: dict[str, float] = {self.metric: float(value)} if self._reads else {}
        return Evaluation(score, 0, time.perf_counter() - begun, metrics)

    def fingerprint(self) -> str:
        task = self._task.fingerprint() if self._reads else ""
        options = {name: value for name, value in asdict(self).items() if name not in ("task", "squad_dir", "corpus")}
        return hashlib.sha256(f"{task} {sorted(options.items())}".encode()).hexdigest()[:16]

    # Beside the contract

    def values(self, architectures: Sequence[Architecture], seed: int) -> NDArray[np.float64]:
        """The number itself, of each architecture `[n]`."""
        if self.metric in _COUNTED:
            return np.asarray(_COUNTED[self.metric](Dimensions.of(architectures)), np.float64)
        examples, _ = self._shared
        measure = MEASURES[self.metric]
        return np.array([measure(probe(self._copy(one), examples, seed)) for one in architectures])

    def check_architecture(self, architecture: Architecture) -> None:
        """Raises `ValueError` for what cannot be shrunk; see `evaluators.contract.ArchitectureCheck`."""
        if self._reads:
            length = self._task.sequence_length
            shrink(architecture, divisor=self.width_divisor, vocab_size=architecture.vocab_size, max_positions=length)

    # Private

    @property
    def _reads(self) -> bool:
        return self.metric not in _COUNTED

    @cached_property
    def _task(self) -> Task:
        return load_task(self.task, sequence_length=self.sequence_length, squad_dir=self.squad_dir, corpus=self.corpus)

    @property
    def _shared(self) -> tuple[Examples, int]:
        if "_batch" not in self.__dict__:
            raise _not_prepared()
        return self.__dict__["_batch"]  # type: ignore[no-any-return]

    def _copy(self, architecture: Architecture) -> Architecture:
        _, vocab_size = self._shared
        length = self._task.sequence_length
        return shrink(architecture, divisor=self.width_divisor, vocab_size=vocab_size, max_positions=length)

    def _comparable(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log(values) if self.metric in _BY_LOGARITHM else values


_COUNTED: dict[str, Callable[[Dimensions], NDArray[np.int64]]] = {
    "parameters": parameter_counts,
    "multiply_adds": lambda dimensions: multiply_add_counts(dimensions, _COUNTED_LENGTH),
}
_COUNTED_LENGTH = 384
"""Tokens, as in SQuAD and in the published latencies."""


def _not_prepared() -> RuntimeError:
    return RuntimeError("prepare(workspace) comes before evaluate")
