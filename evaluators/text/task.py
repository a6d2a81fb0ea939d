"""`TextTask`: text files as a task that a search is run on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.array_cache import cached_arrays, cached_text
from evaluators.contract import UNKNOWN, Examples, Vocabulary
from evaluators.squad.wordpiece import train_vocabulary
from evaluators.text.corpus import Split, check_file, paragraphs, windows

VOCABULARY_SIZE = 8_000
MAX_UNKNOWN = 0.05
"""A vocabulary that knows less of the text does not belong to it."""

_SHORTEST_SEQUENCE = 16
_SEED = 0  # of the order of windows, so that the first n are a fair sample


class TextTask:
    """Windows over text files: what a teacher says of them, or their masked tokens, is there to learn; see `Task`.

    A line with text is a paragraph. One in ten is held out, the same wherever it stands. The vocabulary is the
    teacher's, or else trained on the text.

    Args:
        corpus: the files, UTF-8.
        sequence_length: tokens of a window.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: there is no file, one holds no text, or the length is too small.
    """

    has_answers = False

    def __init__(self, corpus: Sequence[str | Path], sequence_length: int = 128) -> None:
        if not corpus:
            raise ValueError("task 'text' needs its files: --corpus FILE, or corpus = [...]")
        if sequence_length < _SHORTEST_SEQUENCE:
            raise ValueError(f"sequence_length must be at least {_SHORTEST_SEQUENCE}, not {sequence_length}")
        self.name = "text"
        self.sequence_length = sequence_length
        self._files = tuple(map(Path, corpus))
        for path in self._files:
            check_file(path)

    def vocabulary(self, workspace: Path) -> Vocabulary:
        """At most 8,000 tokens, trained on the training split and kept in the workspace.

        Raises:
            OSError: a file cannot be read or written.
            ValueError: a file is no UTF-8 text.
        """

        def train() -> str:
            return "\n".join(train_vocabulary(paragraphs(self._files, "train"), VOCABULARY_SIZE).tokens)

        text = cached_text(workspace / "text" / f"vocabulary-{self._content}.txt", train)
        return Vocabulary(tuple(text.split("\n")))

    def examples(self, split: Split, vocabulary: Vocabulary, workspace: Path) -> Examples:
        """The windows of a split, tokenised once and memory-mapped; see `Task.examples`.

        Raises:
            OSError: a file cannot be read or written.
            ValueError: a file is no UTF-8 text, a split is empty, or over 5 % of the tokens are unknown to the
                vocabulary.
        """

        def make() -> dict[str, NDArray[np.int32] | NDArray[np.int8]]:
            token_ids, mask = windows(paragraphs(self._files, split), vocabulary, self.sequence_length)
            if not len(token_ids):
                raise ValueError(
                    f"corpus: too little text for a {split.replace('_', '-')} split: a line is a paragraph, give more"
                )
            unknown = float((token_ids == vocabulary.id(UNKNOWN)).sum() / mask.sum())
            if unknown > MAX_UNKNOWN:
                raise ValueError(
                    f"the vocabulary ({len(vocabulary):,} tokens) does not know {unknown:.0%} of the corpus "
                    f"(at most {MAX_UNKNOWN:.0%}): choose a teacher of such text, or none"
                )
            order = np.random.default_rng(_SEED).permutation(len(token_ids))
            return {"token_ids": token_ids[order], "mask": mask[order]}

        arrays = cached_arrays(workspace / "text" / f"{split}-{self._key(vocabulary)}", make)
        nowhere = np.zeros(len(arrays["mask"]), np.int32)
        return Examples(arrays["token_ids"], np.zeros_like(arrays["mask"]), arrays["mask"], nowhere, nowhere)

    def answer_metrics(
        self,
        start_logits: NDArray[np.float32],
        end_logits: NDArray[np.float32],
        vocabulary: Vocabulary,
        workspace: Path,
    ) -> dict[str, float]:
        """None: there is no question."""
        return {}

    def fingerprint(self) -> str:
        """Equal for equal files and sequence length."""
        return f"text-{self._content}-{self.sequence_length}"

    def _key(self, vocabulary: Vocabulary) -> str:
        return hashlib.sha256(f"{self.fingerprint()} {vocabulary.fingerprint()}".encode()).hexdigest()[:16]

    @cached_property
    def _content(self) -> str:
        digest = hashlib.sha256()
        for path in self._files:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]
