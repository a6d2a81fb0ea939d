"""Questions with their passages as rows of tokens: overlapping windows, answer spans, and the way back to the text.

Source: Devlin et al. 2019, section 4.2, and the sliding window of its published code (`doc_stride`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import CLASSIFY, PAD, SEPARATE, UNKNOWN, Examples, Vocabulary
from evaluators.squad.dataset import Passage, Question
from evaluators.squad.wordpiece import wordpiece_tokenizer

_MAX_QUESTION_TOKENS = 64
"""Longer questions are cut there, as in the published code, and at a third of a window."""


@dataclass(frozen=True)
class Windows:
    """Examples and, for each, where its tokens come from. A question's windows are neighbours.

    Attributes:
        examples: the rows, n in all.
        question: int32 `[n]`, which of the given questions a row is of.
        first: int32 `[n]`, the row of `offsets` that holds the row's first passage token; the others follow it.
        offsets: int32 `[passage tokens, 2]`, first and past-the-last character of each token of all passages.
    """

    examples: Examples
    question: NDArray[np.int32]
    first: NDArray[np.int32]
    offsets: NDArray[np.int32]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name; `of` reads them back."""
        own = {name: getattr(self, name) for name in ("question", "first", "offsets")}
        return {**vars(self.examples), **own}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Windows:
        examples = Examples(**{field.name: arrays[field.name] for field in fields(Examples)})
        return cls(examples, arrays["question"], arrays["first"], arrays["offsets"])

    def passage_begins(self) -> NDArray[np.int64]:
        """`[n]`: the column of each row's first passage token."""
        columns: NDArray[np.int64] = self.examples.type_ids.argmax(axis=1)
        return columns

    def passage_ends(self) -> NDArray[np.int64]:
        """`[n]`: the column of the [SEP] after each row's last passage token."""
        tokens: NDArray[np.int64] = self.examples.mask.sum(axis=1, dtype=np.int64)
        return tokens - 1


@dataclass(frozen=True)
class _Tokens:
    """The tokens of one text, and their first and past-the-last characters `[tokens, 2]`."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int32]


def make_windows(
    questions: Sequence[tuple[Passage, Question]], vocabulary: Vocabulary, sequence_length: int, stride: int
) -> Windows:
    """Cuts every passage into windows that begin `stride` tokens apart (fewer where a window has less room).

    Args:
        questions: each with its passage, in the order that the rows shall have.
        sequence_length: tokens of a row, at least 16.
    """
    passages = list({id(passage): passage for passage, _ in questions}.values())
    tokenize = _Tokenize(vocabulary)
    passage_tokens = tokenize([passage.text for passage in passages])
    question_tokens = tokenize([question.text for _, question in questions])
    begins = np.cumsum([0, *(len(tokens.ids) for tokens in passage_tokens)])
    place = {id(passage): number for number, passage in enumerate(passages)}

    limit = min(_MAX_QUESTION_TOKENS, sequence_length // 3)
    plan: list[tuple[int, int, int, int]] = []  # question, passage, first and past-the-last token of the passage
    for number, (passage, _) in enumerate(questions):
        room = sequence_length - 3 - min(len(question_tokens[number].ids), limit)
        which = place[id(passage)]
        length = len(passage_tokens[which].ids)
        plan += [(number, which, begin, end) for begin, end in _window_bounds(length, room, stride)]

    count = len(plan)
    token_ids = np.full((count, sequence_length), vocabulary.id(PAD), np.int32)
    type_ids, mask = np.zeros((2, count, sequence_length), np.int8)
    start, end = np.zeros((2, count), np.int32)
    classify, separate = vocabulary.id(CLASSIFY), vocabulary.id(SEPARATE)
    spans = [_answer_tokens(*pair, passage_tokens[place[id(pair[0])]].offsets) for pair in questions]
    for row, (number, which, window_begin, window_end) in enumerate(plan):
        asked = question_tokens[number].ids[:limit]
        column = len(asked) + 2
        stop = column + window_end - window_begin
        token_ids[row, 0], token_ids[row, column - 1], token_ids[row, stop] = classify, separate, separate
        token_ids[row, 1 : column - 1] = asked
        token_ids[row, column:stop] = passage_tokens[which].ids[window_begin:window_end]
        type_ids[row, column : stop + 1] = 1
        mask[row, : stop + 1] = 1
        span = spans[number]
        if span is not None and window_begin <= span[0] and span[1] < window_end:
            start[row], end[row] = column + span[0] - window_begin, column + span[1] - window_begin
    return Windows(
        Examples(token_ids, type_ids, mask, start, end),
        question=np.array([number for number, *_ in plan], np.int32),
        first=np.array([begins[which] + begin for _, which, begin, _ in plan], np.int32),
        offsets=np.concatenate([np.zeros((0, 2), np.int32), *(tokens.offsets for tokens in passage_tokens)]),
    )


def unknown_fraction(windows: Windows, vocabulary: Vocabulary) -> float:
    """The part of all tokens, padding aside, that the vocabulary does not know."""
    examples = windows.examples
    return float((examples.token_ids == vocabulary.id(UNKNOWN)).sum() / max(1, examples.mask.sum(dtype=np.int64)))


def _window_bounds(length: int, room: int, stride: int) -> Iterable[tuple[int, int]]:
    begin = 0
    while begin + room < length:
        yield begin, begin + room
        begin += min(stride, room)
    yield begin, length


def _answer_tokens(passage: Passage, question: Question, offsets: NDArray[np.int32]) -> tuple[int, int] | None:
    """First and last passage token of the first answer that stands where it is said to; None where none does."""
    for answer in question.answers:
        begin, end = answer.start, answer.start + len(answer.text)
        if begin < 0 or not answer.text or passage.text[begin:end] != answer.text:
            continue
        first = int(np.searchsorted(offsets[:, 1], begin, side="right"))
        last = int(np.searchsorted(offsets[:, 0], end, side="left")) - 1
        if first <= last:
            return first, last
    return None


class _Tokenize:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._tokenizer = wordpiece_tokenizer(vocabulary)

    def __call__(self, texts: list[str]) -> list[_Tokens]:
        return [
            _Tokens(np.array(encoding.ids, np.int32), np.array(encoding.offsets, np.int32).reshape(-1, 2))
            for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False)
        ]
