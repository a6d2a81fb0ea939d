"""The `squad` task: SQuAD v1.1, trained on its training file and held out on its development file."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluators.array_cache import cached_arrays, cached_text
from evaluators.contract import Examples, Vocabulary
from evaluators.squad.answers import scores, with_standard_errors
from evaluators.squad.dataset import Passage, Question
from evaluators.squad.files import find, read
from evaluators.squad.spans import answer_texts
from evaluators.squad.windows import Windows, make_windows, unknown_fraction
from evaluators.squad.wordpiece import train_vocabulary

VOCABULARY_SIZE = 8_000
MAX_UNKNOWN = 0.05
"""A vocabulary that knows less of the text does not belong to it; English ones of BERT's size miss under 0.1 %."""

_SHORTEST_SEQUENCE = 16

Split = Literal["train", "held_out"]


class SquadTask:
    """Extractive question answering on Wikipedia (Rajpurkar et al. 2016), in windows.

    In both splits the questions stand in an order of their own, given by their ids, so that the first n windows are
    a fair sample of all articles; the windows of a question are neighbours. Training passages that also stand in the
    held-out file are left out.

    Args:
        squad_dir: the folder of `train-v1.1.json` and `dev-v1.1.json` (or the only `train*.json`, `dev*.json`).
        sequence_length: tokens of a window, question included.
        stride: tokens between the begins of neighbouring windows.

    Raises:
        FileNotFoundError: the folder or one of the files is missing.
        ValueError: several files fit, or a size is out of range.
    """

    def __init__(self, squad_dir: str | Path, sequence_length: int = 128, stride: int = 64) -> None:
        if sequence_length < _SHORTEST_SEQUENCE:
            raise ValueError(f"sequence_length must be at least {_SHORTEST_SEQUENCE}, not {sequence_length}")
        if stride < 1:
            raise ValueError(f"stride must be at least 1, not {stride}")
        self.name = "squad"
        self.sequence_length = sequence_length
        self.stride = stride
        self._train_file = find(Path(squad_dir), "train")
        self._held_out_file = find(Path(squad_dir), "dev")

    def vocabulary(self, workspace: Path) -> Vocabulary:
        """A vocabulary of at most 8,000 tokens, trained on the training split and kept in the workspace.

        Raises:
            OSError: a file cannot be read or written.
            ValueError: a file is damaged.
        """

        def train() -> str:
            questions = self._questions("train")
            passages = {id(passage): passage.text for passage, _ in questions}
            texts = [*passages.values(), *(question.text for _, question in questions)]
            return "\n".join(train_vocabulary(texts, VOCABULARY_SIZE).tokens)

        text = cached_text(workspace / "squad" / f"vocabulary-{self._content}.txt", train)
        return Vocabulary(tuple(text.split("\n")))

    def examples(self, split: Split, vocabulary: Vocabulary, workspace: Path) -> Examples:
        """The windows of a split, memory-mapped; see `Task.examples`.

        Raises:
            OSError: a file cannot be read or written.
            ValueError: a file is damaged, or over 5 % of the text's tokens are unknown to the vocabulary.
        """
        return self._windows(split, vocabulary, workspace).examples

    def answer_metrics(
        self,
        start_logits: NDArray[np.float32],
        end_logits: NDArray[np.float32],
        vocabulary: Vocabulary,
        workspace: Path,
    ) -> dict[str, float]:
        """Scores (see `Task.answer_metrics`) of span logits `[n, length]` for the first n held-out windows.

        Only questions that have all their windows among these n count; all are NaN where there is none.

        Raises:
            ValueError: the logits' shapes are not equal, not of this length, or have more rows than there are windows.
        """
        windows = self._windows("held_out", vocabulary, workspace)
        most = windows.examples.token_ids.shape
        shape = start_logits.shape
        if shape != end_logits.shape or shape[1:] != most[1:] or shape[0] > most[0]:
            raise ValueError(
                f"start and end logits {shape} and {end_logits.shape} must both be (n, {most[1]}) with n <= {most[0]}"
            )
        answers = answer_texts(windows, self._held_out, start_logits, end_logits)
        if not answers:
            return with_standard_errors([], [])
        questions = [self._held_out[number][1] for number in answers]
        predictions = {self._held_out[number][1].id: text for number, text in answers.items()}
        return with_standard_errors(*scores(questions, predictions))

    def fingerprint(self) -> str:
        """Equal for equal files, sequence length and stride."""
        return f"squad-{self._content}-{self.sequence_length}-{self.stride}"

    def _windows(self, split: Split, vocabulary: Vocabulary, workspace: Path) -> Windows:
        def make() -> dict[str, NDArray[Any]]:
            questions = self._held_out if split == "held_out" else self._questions(split)
            windows = make_windows(questions, vocabulary, self.sequence_length, self.stride)
            if (unknown := unknown_fraction(windows, vocabulary)) > MAX_UNKNOWN:
                raise ValueError(
                    f"the vocabulary ({len(vocabulary):,} tokens) does not know {unknown:.0%} of the text of SQuAD "
                    f"(at most {MAX_UNKNOWN:.0%}): choose a teacher of English text, or none"
                )
            return windows.arrays()

        return Windows.of(cached_arrays(workspace / "squad" / f"{split}-{self._key(vocabulary)}", make))

    def _key(self, vocabulary: Vocabulary) -> str:
        return hashlib.sha256(f"{self.fingerprint()} {vocabulary.fingerprint()}".encode()).hexdigest()[:16]

    @cached_property
    def _content(self) -> str:
        digests = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (self._train_file, self._held_out_file))
        return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]

    @cached_property
    def _held_out(self) -> list[tuple[Passage, Question]]:
        return self._questions("held_out")

    def _questions(self, split: Split) -> list[tuple[Passage, Question]]:
        passages = read(self._held_out_file)
        if split == "train":
            held_out = {passage.text for passage in passages}
            passages = tuple(passage for passage in read(self._train_file) if passage.text not in held_out)
            if not passages:
                raise ValueError(f"every passage of {self._train_file} is also in {self._held_out_file}")
        pairs = [(passage, question) for passage in passages for question in passage.questions]
        return sorted(pairs, key=lambda pair: hashlib.sha256(pair[1].id.encode()).digest())
