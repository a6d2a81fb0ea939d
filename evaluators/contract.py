"""The contracts of this package: `Evaluator`, and what the proxies are made of, `Task` and `Teacher`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from search_space import Architecture

Signal = Literal["hidden", "attention", "span_logits"]

PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"


class Pruned(Exception):  # noqa: N818
    """Raised by `report` to end an evaluation early."""


class Diverged(Exception):  # noqa: N818
    """A candidate's loss is no longer finite."""


@dataclass(frozen=True)
class Evaluation:
    """What one run of an evaluator gives.

    Attributes:
        score: fraction in [0, 1], higher is better.
        steps: training steps taken.
        seconds: wall-clock time of the run.
        metrics: further numbers by name.
    """

    score: float
    steps: int
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)


class Evaluator(Protocol):
    """Scores an architecture: a pure function of architecture, seed, budget and the evaluator's configuration."""

    def prepare(self, workspace: Path) -> None:
        """Does the work needed once a study (tokens, teacher outputs); idempotent, under a file lock, resumable.

        Raises:
            ValueError: the configuration cannot work (a teacher that does not fit the task, too little disk).
        """
        ...

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """Scores one architecture after `budget` training steps.

        Raises:
            Pruned: raised by `report(step, value)`, let through.
            Diverged: the loss is not finite.
        """
        ...

    def fingerprint(self) -> str:
        """Equal for two evaluators that give equal scores."""
        ...


@runtime_checkable
class ArchitectureCheck(Protocol):
    """What an `Evaluator` may offer beside its contract: to say before a study begins what it could not score."""

    def check_architecture(self, architecture: Architecture) -> None:
        """Raises `ValueError` for an architecture that could never be scored; needs no preparation and no time."""
        ...


@dataclass(frozen=True)
class Vocabulary:
    """A WordPiece vocabulary: continuation pieces start with `##`.

    Raises:
        ValueError: a special token is missing or a token stands twice.
    """

    tokens: tuple[str, ...]
    lowercase: bool = True

    def __post_init__(self) -> None:
        if len(set(self.tokens)) != len(self.tokens):
            raise ValueError("vocabulary: a token stands twice")
        for token in (PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK):
            if token not in self.tokens:
                raise ValueError(f"vocabulary: no {token}")

    def __len__(self) -> int:
        return len(self.tokens)

    def id(self, token: str) -> int:
        return self.tokens.index(token)

    def fingerprint(self) -> str:
        return hashlib.sha256("\n".join((str(self.lowercase), *self.tokens)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Examples:
    """Tokenised questions with their passages, one window a row; the arrays may be memory-mapped.

    Attributes:
        token_ids: int32 `[n, length]`: [CLS] question [SEP] passage [SEP], padded with [PAD].
        type_ids: int8 `[n, length]`: 0 for the question, 1 for the passage.
        mask: int8 `[n, length]`: 1 for tokens, 0 for padding.
        start, end: int32 `[n]`, first and last token of the answer; 0 where this window does not hold it.
    """

    token_ids: NDArray[np.int32]
    type_ids: NDArray[np.int8]
    mask: NDArray[np.int8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.token_ids)

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """The given rows, in memory."""
        return Examples(self.token_ids[rows], self.type_ids[rows], self.mask[rows], self.start[rows], self.end[rows])


class Task(Protocol):
    """Text with questions whose answers are spans of it.

    A task without questions has an attribute `has_answers` that is false, labels of 0, and no answer metrics.
    """

    name: str
    sequence_length: int

    def vocabulary(self, workspace: Path) -> Vocabulary:
        """The vocabulary that the task uses when no teacher brings one."""
        ...

    def examples(self, split: Literal["train", "held_out"], vocabulary: Vocabulary, workspace: Path) -> Examples:
        """The examples of a split, tokenised once and kept in the workspace. No passage is in both splits.

        Raises:
            ValueError: the task's text needs tokens that the vocabulary has not, or its files are damaged.
        """
        ...

    def answer_metrics(
        self,
        start_logits: NDArray[np.float32],
        end_logits: NDArray[np.float32],
        vocabulary: Vocabulary,
        workspace: Path,
    ) -> dict[str, float]:
        """Scores of span logits `[n, length]` for the first n held-out examples.

        Returns:
            `exact_match`, `f1`, `exact_match_standard_error` and `f1_standard_error`, in per cent.
        """
        ...

    def fingerprint(self) -> str:
        """Equal for two tasks with equal examples."""
        ...


@dataclass(frozen=True)
class TeacherOutputs:
    """What a teacher says of a batch; None for a signal it does not declare.

    Attributes:
        hidden: float32 `[batch, length, hidden_size]`, the last hidden states.
        start_logits, end_logits: float32 `[batch, length]`.
        attention: float32 `[batch, layers, length, length]`, of each token over all, the mean over heads.
    """

    hidden: NDArray[np.float32]
    start_logits: NDArray[np.float32] | None = None
    end_logits: NDArray[np.float32] | None = None
    attention: NDArray[np.float32] | None = None


class Teacher(Protocol):
    """A trained network to learn from."""

    name: str
    vocabulary: Vocabulary
    signals: frozenset[Signal]
    hidden_size: int
    max_positions: int
    num_layers: int

    def outputs(
        self, token_ids: NDArray[np.int32], mask: NDArray[np.int8], type_ids: NDArray[np.int8]
    ) -> TeacherOutputs:
        """The teacher's outputs for arrays `[batch, length]`, without dropout."""
        ...

    def token_table(self) -> NDArray[np.float32]:
        """Its token embeddings, `[vocabulary, width]`."""
        ...

    def fingerprint(self) -> str:
        """Equal for two teachers with equal outputs."""
        ...
