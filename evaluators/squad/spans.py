"""The answers that span logits choose, as text of the passage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluators.squad.dataset import Passage, Question
from evaluators.squad.windows import Windows

MAX_ANSWER_TOKENS = 30
"""As in the published code of BERT (`max_answer_length`)."""


def best_spans(
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The best span of every row `[n, length]` among columns `begins <= start <= end < ends`.

    Returns:
        First columns, last columns and scores (the sum of both logits), each `[n]`; the score of a row without a
        valid span is -inf.
    """
    columns = np.arange(start_logits.shape[1])
    passage = (begins[:, None] <= columns) & (columns < ends[:, None])
    start_logits = np.where(passage, start_logits, -np.inf).astype(np.float32)
    end_logits = np.where(passage, end_logits, -np.inf).astype(np.float32)
    rows = np.arange(len(start_logits))
    first, last = begins.copy(), begins.copy()
    best = np.full(len(rows), -np.inf, np.float32)
    for further in range(min(MAX_ANSWER_TOKENS, len(columns))):
        scores = start_logits[:, : len(columns) - further] + end_logits[:, further:]
        column = scores.argmax(axis=1)
        better = scores[rows, column] > best
        best = np.where(better, scores[rows, column], best)
        first, last = np.where(better, column, first), np.where(better, column + further, last)
    return first, last, best


def covered_questions(windows: Windows, count: int) -> NDArray[np.bool_]:
    """Of the first `count` rows, those of questions that have all their rows among them `[count]`."""
    covered = np.ones(count, np.bool_)
    if 0 < count < len(windows.question) and windows.question[count - 1] == windows.question[count]:
        covered &= np.asarray(windows.question[:count]) != windows.question[count]
    return covered


def answer_texts(
    windows: Windows,
    questions: Sequence[tuple[Passage, Question]],
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
) -> dict[int, str]:
    """The chosen answer by number of the question, for the questions that the first `len(start_logits)` rows cover.

    The best span of a question's best row wins; the first where they are equal.
    """
    count = len(start_logits)
    begins, ends = windows.passage_begins()[:count], windows.passage_ends()[:count]
    first, last, best = best_spans(start_logits, end_logits, begins, ends)
    rows = np.flatnonzero(covered_questions(windows, count))
    rows = rows[np.lexsort((-best[rows], windows.question[rows]))]
    _, chosen = np.unique(windows.question[rows], return_index=True)
    answers = {}
    for row in rows[chosen]:
        number = int(windows.question[row])
        shift = int(windows.first[row]) - int(begins[row])
        if best[row] == -np.inf:
            answers[number] = ""
            continue
        begin, end = windows.offsets[shift + first[row], 0], windows.offsets[shift + last[row], 1]
        answers[number] = questions[number][0].text[begin:end]
    return answers
