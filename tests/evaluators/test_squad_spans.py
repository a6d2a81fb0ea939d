from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Vocabulary
from evaluators.squad import Answer, Passage, Question
from evaluators.squad.spans import MAX_ANSWER_TOKENS, answer_texts, best_spans, covered_questions
from evaluators.squad.windows import Windows, make_windows

WORDS = [f"w{i}" for i in range(30)]
VOCABULARY = Vocabulary((PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK, *WORDS, "who"))
LENGTH = 16


def windows_of(*passages: str) -> tuple[Windows, list[tuple[Passage, Question]]]:
    pairs = []
    for number, text in enumerate(passages):
        question = Question(str(number), "who", (Answer(text, 0),))
        pairs.append((Passage(text, (question,)), question))
    return make_windows(pairs, VOCABULARY, LENGTH, 6), pairs


@settings(max_examples=60)
@given(
    arrays(np.float32, (2, 3, 40), elements=st.floats(-9, 9, width=16)),
    st.lists(st.tuples(st.integers(1, 39), st.integers(1, 39)), min_size=3, max_size=3),
)
def test_the_best_span_is_the_best_of_all_valid_ones(
    logits: np.ndarray[tuple[int, int, int], np.dtype[np.float32]], bounds: list[tuple[int, int]]
) -> None:
    begins, ends = (np.array(column) for column in zip(*bounds, strict=True))
    first, last, best = best_spans(logits[0], logits[1], begins, ends)
    for row in range(3):
        scores = [
            logits[0, row, i] + logits[1, row, j]
            for i in range(begins[row], ends[row])
            for j in range(i, min(ends[row], i + MAX_ANSWER_TOKENS))
        ]
        if not scores:
            assert best[row] == -np.inf
            continue
        assert best[row] == max(scores)
        assert begins[row] <= first[row] <= last[row] < ends[row]
        assert last[row] - first[row] < MAX_ANSWER_TOKENS
        assert logits[0, row, first[row]] + logits[1, row, last[row]] == best[row]


@pytest.mark.parametrize(("tokens", "chosen"), [(MAX_ANSWER_TOKENS, True), (MAX_ANSWER_TOKENS + 1, False)])
def test_a_span_is_chosen_up_to_the_longest_answer(tokens: int, chosen: bool) -> None:
    start, end = np.zeros((2, 1, 40), np.float32)
    start[0, 3] = end[0, 3 + tokens - 1] = 5
    _, _, best = best_spans(start, end, np.array([1]), np.array([39]))
    assert best[0] == (10 if chosen else 5)


def test_the_best_window_of_a_question_gives_its_answer() -> None:
    windows, pairs = windows_of(" ".join(WORDS), "w3  w4 w5")
    rows = len(windows.question)
    assert rows > 3
    start, end = np.zeros((2, rows, LENGTH), np.float32)
    begins = windows.passage_begins()
    start[0, begins[0]] = end[0, begins[0]] = 1
    start[2, begins[2] + 1] = end[2, begins[2] + 3] = 2  # passage tokens 13 to 15
    start[-1, begins[-1]] = end[-1, begins[-1] + 1] = 5
    start[:, 0] = end[:, 0] = 99  # [CLS] is no answer
    assert answer_texts(windows, pairs, start, end) == {0: "w13 w14 w15", 1: "w3  w4"}


@pytest.mark.parametrize("count", range(6))
def test_only_questions_with_all_their_windows_are_covered(count: int) -> None:
    windows, _ = windows_of("w1 w2", " ".join(WORDS[:24]), "w3")
    assert windows.question.tolist() == [0, 1, 1, 1, 2]
    whole = {0: [], 1: [0], 2: [0], 3: [0], 4: [0, 1, 1, 1], 5: [0, 1, 1, 1, 2]}
    assert windows.question[:count][covered_questions(windows, count)].tolist() == whole[count]


def test_a_passage_without_tokens_is_answered_by_nothing() -> None:
    windows, pairs = windows_of("")
    logits = np.ones((1, LENGTH), np.float32)
    assert answer_texts(windows, pairs, logits, logits) == {0: ""}
