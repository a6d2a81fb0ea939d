"""`ReadingTask`: the generated examples as a task that a search is run on."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.array_cache import cached_arrays
from evaluators.contract import Examples, Vocabulary
from evaluators.reading.generate import LONGEST, SHORTEST, generate, join, reading_vocabulary
from evaluators.reading.names import Split
from evaluators.squad.answers import exact_match_score, f1_score, with_standard_errors
from evaluators.squad.spans import best_spans

_FINGERPRINTED = 64  # examples of each split


class ReadingTask:
    """Extractive question answering on generated text; see `evaluators.reading`.

    Args:
        sequence_length: tokens of an example; passages fill three quarters of it or more and are never cut.
        train_examples, held_out_examples: size of the splits; a larger split begins with the examples of a smaller.
        seed: of the generator.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(
        self,
        sequence_length: int = 64,
        train_examples: int = 20_000,
        held_out_examples: int = 2_000,
        seed: int = 0,
    ) -> None:
        if not SHORTEST <= sequence_length <= LONGEST:
            raise ValueError(
                f"sequence_length must be from {SHORTEST} to {LONGEST} for task 'reading', not {sequence_length}"
            )
        for name, size in (("train_examples", train_examples), ("held_out_examples", held_out_examples)):
            if size < 1:
                raise ValueError(f"{name} must be at least 1, not {size}")
        if seed < 0:
            raise ValueError(f"seed must be at least 0, not {seed}")
        self.name = "reading"
        self.sequence_length = sequence_length
        self.seed = seed
        self._sizes: dict[Split, int] = {"train": train_examples, "held_out": held_out_examples}

    def vocabulary(self, workspace: Path) -> Vocabulary:
        """The grammar's own tokens; the workspace is not used."""
        return reading_vocabulary()

    def examples(self, split: Split, vocabulary: Vocabulary, workspace: Path) -> Examples:
        """The examples of a split, generated once and memory-mapped.

        Raises:
            OSError: the workspace cannot be written.
            ValueError: the vocabulary is not the task's own.
        """
        if vocabulary != reading_vocabulary():
            raise ValueError(
                f"task 'reading' has {len(reading_vocabulary())} tokens of its own and cannot be written in the "
                f"{len(vocabulary):,} of this teacher: use teacher 'builtin' or 'none'"
            )
        size = self._sizes[split]
        arrays = cached_arrays(
            workspace / "reading" / f"{split}-{size}-{self._content}",
            lambda: vars(generate(split, size, self.sequence_length, self.seed)),
        )
        return Examples(**arrays)

    def answer_metrics(
        self,
        start_logits: NDArray[np.float32],
        end_logits: NDArray[np.float32],
        vocabulary: Vocabulary,
        workspace: Path,
    ) -> dict[str, float]:
        """Scores (see `Task.answer_metrics`) of the best spans for the first n held-out examples.

        Raises:
            ValueError: the logits are not both `[n, length]` with n from 1 to the number of held-out examples.
        """
        examples = self.examples("held_out", vocabulary, workspace)
        size = len(start_logits)
        expected = (size, self.sequence_length)
        if start_logits.shape != expected or end_logits.shape != expected or not 1 <= size <= len(examples):
            raise ValueError(
                f"start and end logits {start_logits.shape} and {end_logits.shape} must both be "
                f"(n, {self.sequence_length}) with n from 1 to {len(examples)}"
            )
        examples = examples.take(np.arange(size))
        begins = examples.type_ids.argmax(axis=1)
        ends = examples.mask.sum(axis=1, dtype=np.int64) - 1  # the last token is [SEP]
        first, last, _ = best_spans(start_logits, end_logits, begins, ends)
        exact_match, f1 = [], []
        for row in range(size):
            tokens = [vocabulary.tokens[number] for number in examples.token_ids[row]]
            predicted = join(tokens[first[row] : last[row] + 1])
            answer = join(tokens[examples.start[row] : examples.end[row] + 1])
            exact_match.append(exact_match_score(predicted, answer))
            f1.append(f1_score(predicted, answer))
        return with_standard_errors(exact_match, f1)

    def fingerprint(self) -> str:
        """Equal for equal sizes, sequence length, seed and grammar."""
        return f"reading-{self._sizes['train']}-{self._sizes['held_out']}-{self._content}"

    @cached_property
    def _content(self) -> str:
        """A digest of the vocabulary and of the first examples, which change with the grammar."""
        digest = hashlib.sha256(reading_vocabulary().fingerprint().encode())
        splits: tuple[Split, ...] = ("train", "held_out")
        for split in splits:
            examples = generate(split, _FINGERPRINTED, self.sequence_length, self.seed)
            for array in (examples.token_ids, examples.start, examples.end):
                digest.update(array.astype("<i4").tobytes())
        return digest.hexdigest()[:16]
