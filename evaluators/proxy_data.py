"""What the evaluations of a proxy share: examples, masks, the teacher's outputs for them, and batches of all that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from evaluators.agreement import Floats, centred_cosine, mean_state_by_token
from evaluators.contract import Examples, Signal, Task, Teacher, Vocabulary
from evaluators.masking import masked
from evaluators.teacher_outputs import CachedOutputs, bytes_needed, cached_outputs, check_disk, state_statistics

if TYPE_CHECKING:
    from mobilebert import Batch


@dataclass(frozen=True)
class Wanted:
    """What is to be prepared.

    Attributes:
        train_examples, held_out_examples: how many of each split.
        signals: of the teacher; none without one.
        is_masked: whether tokens are masked, for the student and the teacher alike.
    """

    train_examples: int
    held_out_examples: int
    signals: frozenset[Signal]
    is_masked: bool

    def bytes_needed(self, teacher: Teacher | None, sequence_length: int) -> int:
        """On disk, for the teacher's outputs."""
        if teacher is None:
            return 0
        num_examples = self.train_examples + self.held_out_examples
        return bytes_needed(teacher, self.signals, num_examples, sequence_length)


@dataclass(frozen=True)
class Lessons:
    """Examples of one split with what is to be learned from them.

    Attributes:
        examples: the tokens, masked ones among them.
        masked_labels: int32 `[n, length]`, see `evaluators.masking`; None where nothing is masked.
        outputs: the teacher's; None without one.
    """

    examples: Examples
    masked_labels: NDArray[np.int32] | None = None
    outputs: CachedOutputs | None = None

    def __len__(self) -> int:
        return len(self.examples)

    def taught_by(self, teacher: Teacher, folder: Path, signals: frozenset[Signal]) -> Lessons:
        """With the teacher's outputs for the examples, kept in a folder."""
        return replace(self, outputs=cached_outputs(folder, teacher, self.examples, signals))

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        from mobilebert import Batch

        taken = self.examples.take(rows)
        batch = Batch(taken.token_ids, taken.mask, taken.type_ids, taken.start, taken.end)
        if self.masked_labels is not None:
            batch = batch._replace(masked_labels=self.masked_labels[rows])
        kept = {} if self.outputs is None else vars(self.outputs)
        return batch._replace(**{name: array[rows] for name, array in kept.items() if array is not None})


@dataclass(frozen=True)
class Prepared:
    """What the evaluations of a study share.

    Attributes:
        workspace: the task's.
        vocabulary: the teacher's, or else the task's.
        train, held_out: the splits.
        mean, deviation: of the teacher's hidden states, float32 `[width]`; None without a teacher.
        context_free: agreement that the teacher's mean state of each token reaches; 0 without a teacher.
    """

    workspace: Path
    vocabulary: Vocabulary
    train: Lessons
    held_out: Lessons
    mean: Floats | None
    deviation: Floats | None
    context_free: float


def prepare(workspace: Path, task: Task, teacher: Teacher | None, wanted: Wanted) -> Prepared:
    """Tokens and the teacher's outputs for them, made once and kept in the workspace.

    Raises:
        OSError: the workspace cannot be written.
        ValueError: the text does not fit the teacher's vocabulary, a split is empty, or too little disk is free.
    """
    vocabulary = teacher.vocabulary if teacher else task.vocabulary(workspace)

    def lessons(split: Literal["train", "held_out"], size: int) -> Lessons:
        examples = task.examples(split, vocabulary, workspace)
        if not len(examples):
            raise ValueError(f"task {task.name!r} has no {split.replace('_', '-')} example")
        # In memory: in every task the first ones are a fair sample of the split.
        examples = examples.take(np.arange(min(size, len(examples))))
        return Lessons(*masked(examples, vocabulary)) if wanted.is_masked else Lessons(examples)

    train, held_out = lessons("train", wanted.train_examples), lessons("held_out", wanted.held_out_examples)
    if teacher is not None:
        check_disk(workspace, wanted.bytes_needed(teacher, task.sequence_length))
        folder = workspace / f"teacher-{_outputs_key(teacher, task, vocabulary, wanted)}"
        train = train.taught_by(teacher, folder / "train", wanted.signals)
        held_out = held_out.taught_by(teacher, folder / "held_out", wanted.signals)
    if train.outputs is None or held_out.outputs is None:
        return Prepared(workspace, vocabulary, train, held_out, None, None, 0.0)
    tokens, mask = train.examples.token_ids, train.examples.mask
    mean, deviation = state_statistics(train.outputs, mask)
    by_token = mean_state_by_token(tokens, mask, train.outputs.hidden, mean, len(vocabulary))
    of_held_out = by_token[held_out.examples.token_ids]
    agreement = centred_cosine(of_held_out, held_out.outputs.hidden, mean, held_out.examples.mask)
    return Prepared(workspace, vocabulary, train, held_out, mean, deviation, float(agreement.mean()))


def _outputs_key(teacher: Teacher, task: Task, vocabulary: Vocabulary, wanted: Wanted) -> str:
    parts = (teacher.fingerprint(), task.fingerprint(), vocabulary.fingerprint())
    sizes = (wanted.train_examples, wanted.held_out_examples, sorted(wanted.signals), wanted.is_masked)
    return hashlib.sha256(f"{parts} {sizes}".encode()).hexdigest()[:16]
