from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Vocabulary
from evaluators.squad import Answer, Passage, Question
from evaluators.squad.windows import Windows, make_windows, unknown_fraction

VOCABULARY = Vocabulary(
    (PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK, *string.ascii_lowercase, *(f"##{c}" for c in string.ascii_lowercase), "?")
)
Pairs = list[tuple[Passage, Question]]


@st.composite
def pairs(draw: st.DrawFn) -> Pairs:
    """Passages of short words, each with questions whose answers are runs of whole words."""
    result: Pairs = []
    for number in range(draw(st.integers(1, 3))):
        words = draw(st.lists(st.text("abcé", min_size=1, max_size=5), min_size=1, max_size=40))
        gaps = draw(st.lists(st.sampled_from([" ", "  ", "\n"]), min_size=len(words), max_size=len(words)))
        text = "".join(word + gap for word, gap in zip(words, gaps, strict=True))
        begins = np.cumsum([0, *(len(word) + len(gap) for word, gap in zip(words, gaps, strict=True))])
        questions = []
        for which in range(draw(st.integers(1, 2))):
            first = draw(st.integers(0, len(words) - 1))
            last = draw(st.integers(first, min(len(words) - 1, first + 4)))
            begin, end = int(begins[first]), int(begins[last]) + len(words[last])
            asked = " ".join(draw(st.lists(st.text("xyz", min_size=1, max_size=3), max_size=12)))
            questions.append(Question(f"{number}-{which}", asked, (Answer(text[begin:end], begin),)))
        passage = Passage(text, tuple(questions))
        result += [(passage, question) for question in questions]
    return result


def text_of(windows: Windows, pairs: Pairs, row: int, first: int, last: int) -> str:
    """The passage's text from one column of a row to another."""
    shift = windows.first[row] - windows.passage_begins()[row]
    begin, end = windows.offsets[shift + first, 0], windows.offsets[shift + last, 1]
    return pairs[windows.question[row]][0].text[begin:end]


shapes = given(pairs(), st.integers(16, 40), st.integers(1, 30))


@settings(max_examples=50)
@shapes
def test_every_row_is_question_and_passage_between_separators(pairs: Pairs, length: int, stride: int) -> None:
    windows = make_windows(pairs, VOCABULARY, length, stride)
    examples = windows.examples
    begins, ends = windows.passage_begins(), windows.passage_ends()
    columns = np.arange(length)
    assert examples.token_ids.shape == (len(examples), length)
    assert (examples.token_ids[:, 0] == VOCABULARY.id(CLASSIFY)).all()
    np.testing.assert_array_equal(examples.mask, columns <= ends[:, None])
    np.testing.assert_array_equal(examples.type_ids, (columns >= begins[:, None]) & (columns <= ends[:, None]))
    np.testing.assert_array_equal(
        examples.token_ids == VOCABULARY.id(SEPARATE), (columns == begins[:, None] - 1) | (columns == ends[:, None])
    )
    np.testing.assert_array_equal(examples.token_ids == VOCABULARY.id(PAD), columns > ends[:, None])


@settings(max_examples=50)
@shapes
def test_the_windows_of_a_question_are_neighbours_and_hold_its_whole_passage(
    pairs: Pairs, length: int, stride: int
) -> None:
    windows = make_windows(pairs, VOCABULARY, length, stride)
    assert (np.diff(windows.question) >= 0).all()
    for number, (passage, _) in enumerate(pairs):
        rows = np.flatnonzero(windows.question == number)
        held = set()
        for row in rows:
            columns = range(windows.passage_begins()[row], windows.passage_ends()[row])
            held |= {windows.first[row] + column - columns.start for column in columns}
        characters = "".join(passage.text[begin:end] for begin, end in windows.offsets[sorted(held)])
        assert characters == "".join(passage.text.split())


@settings(max_examples=50)
@shapes
def test_every_labelled_span_is_the_answer(pairs: Pairs, length: int, stride: int) -> None:
    windows = make_windows(pairs, VOCABULARY, length, stride)
    for row, (first, last) in enumerate(zip(windows.examples.start, windows.examples.end, strict=True)):
        answer = pairs[windows.question[row]][1].answers[0]
        if first == last == 0:
            shift = windows.first[row] - windows.passage_begins()[row]
            window_begin = windows.offsets[windows.first[row], 0]
            window_end = windows.offsets[shift + windows.passage_ends()[row] - 1, 1]
            assert answer.start < window_begin or window_end < answer.start + len(answer.text)
        else:
            assert windows.passage_begins()[row] <= first <= last < windows.passage_ends()[row]
            assert text_of(windows, pairs, row, first, last) == answer.text


def one_window(passage: str, *answers: Answer) -> tuple[int, int]:
    question = Question("1", "who?", answers)
    examples = make_windows([(Passage(passage, (question,)), question)], VOCABULARY, 64, 32).examples
    return int(examples.start[0]), int(examples.end[0])


def test_an_answer_that_does_not_stand_where_it_is_said_to_has_no_span() -> None:
    first_token = 6  # [CLS] w ##h ##o ? [SEP]
    assert one_window("ab cd", Answer("cd", 3)) == (first_token + 2, first_token + 3)
    assert one_window("abcd", Answer("bc", 1)) == (first_token + 1, first_token + 2)
    assert one_window("ab cd", Answer("cd", 2)) == (0, 0)
    assert one_window("ab cd", Answer("cd", -2)) == (0, 0)
    assert one_window("ab cd", Answer("", 1)) == (0, 0)
    assert one_window("ab cd", Answer("cd", 2), Answer("ab", 0)) == (first_token, first_token + 1)


def test_an_answer_inside_a_token_is_widened_to_the_token() -> None:
    words = Vocabulary((*VOCABULARY.tokens, "abcd"))
    question = Question("1", "who?", (Answer("bc", 1),))
    examples = make_windows([(Passage("abcd", (question,)), question)], words, 64, 32).examples
    assert (examples.start[0], examples.end[0]) == (6, 6)


def test_a_long_question_is_cut_to_leave_room_for_the_passage() -> None:
    question = Question("1", "x" * 90, (Answer("b", 2),))
    windows = make_windows([(Passage("a b", (question,)), question)], VOCABULARY, 24, 8)
    assert windows.passage_begins().tolist() == [10]  # [CLS], 8 tokens, [SEP]
    assert windows.examples.start.tolist() == [11]


@pytest.mark.parametrize(("tokens", "rows"), [(17, 1), (18, 2), (25, 2), (26, 3)])
def test_no_window_more_than_the_passage_needs(tokens: int, rows: int) -> None:
    question = Question("1", "who?", ())  # 7 of 24 tokens go to it and the separators
    windows = make_windows([(Passage("a " * tokens, (question,)), question)], VOCABULARY, 24, 8)
    assert len(windows.examples) == rows


def test_an_empty_passage_gives_one_row_without_passage_tokens() -> None:
    question = Question("1", "who?", (Answer("b", 2),))
    windows = make_windows([(Passage("", (question,)), question)], VOCABULARY, 24, 8)
    assert windows.passage_begins().tolist() == windows.passage_ends().tolist() == [6]


def test_unknown_tokens_are_counted_without_padding() -> None:
    question = Question("1", "who?", (Answer("b", 2),))
    windows = make_windows([(Passage("1 b 2", (question,)), question)], VOCABULARY, 64, 32)
    assert unknown_fraction(windows, VOCABULARY) == 2 / 10
