from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.squad import (
    Answer,
    Passage,
    Question,
    evaluate,
    exact_match_score,
    f1_score,
    normalize_answer,
)
from evaluators.squad.answers import with_standard_errors

words = st.lists(st.sampled_from(["Paris", "the", "a", "An", "in", "1990s", "U.S.", "café", "!"]), max_size=6)
texts = words.map(" ".join)


def passage(*answers: tuple[str, ...]) -> Passage:
    questions = (Question(f"q{i}", "?", tuple(Answer(text, 0) for text in texts)) for i, texts in enumerate(answers))
    return Passage("", tuple(questions))


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("  The Denver  Broncos. ", "denver broncos"),
        ("U.S.", "us"),
        ("an-other", "another"),  # punctuation goes first, so that no article is left
        ("a b a", "b"),
        ("“quoted”", "“quoted”"),  # only ASCII punctuation goes
        ("The", ""),
    ],
)
def test_normalisation_drops_case_punctuation_articles_and_space_in_the_official_order(
    text: str, normalized: str
) -> None:
    assert normalize_answer(text) == normalized


@pytest.mark.parametrize(
    ("prediction", "answer", "f1"),
    [
        ("the cat sat", "cat sat down", 0.8),  # precision 2/2, recall 2/3
        ("cat cat", "cat", 2 / 3),  # words count as often as both have them
        ("dog", "cat", 0.0),
        ("the", "a", 0.0),  # equal once normalised, and yet without a common word
    ],
)
def test_f1_counts_common_words(prediction: str, answer: str, f1: float) -> None:
    assert f1_score(prediction, answer) == pytest.approx(f1, abs=1e-12)


@given(texts, texts)
def test_f1_is_a_symmetric_fraction_and_one_for_exact_matches_with_words(one: str, other: str) -> None:
    assert 0 <= f1_score(one, other) <= 1
    assert f1_score(one, other) == pytest.approx(f1_score(other, one))
    if exact_match_score(one, other) and normalize_answer(one):
        assert f1_score(one, other) == 1


def test_a_question_scores_its_best_answer_and_one_without_prediction_scores_0() -> None:
    dataset = [passage(("wrong", "cat sat down"), ("Paris",), ("never predicted",))]
    scores = evaluate(dataset, {"q0": "the cat sat", "q1": "paris!", "unknown": "ignored"})
    assert scores == pytest.approx({"exact_match": 100 / 3, "f1": 100 * (0.8 + 1) / 3}, abs=1e-9)


def test_a_data_set_without_questions_is_refused() -> None:
    with pytest.raises(ValueError, match="no question"):
        evaluate([passage()], {})


def test_standard_errors_are_those_of_the_mean_over_questions() -> None:
    metrics = with_standard_errors([1.0, 0.0, 0.0, 1.0], [1.0, 0.5, 0.0, 1.0])
    assert (metrics["exact_match"], metrics["f1"]) == (50.0, 62.5)
    assert metrics["exact_match_standard_error"] == pytest.approx(100 / 12**0.5)
    assert metrics["f1_standard_error"] == pytest.approx(100 * 0.4787136 / 2)
    assert all(value != value for value in with_standard_errors([], []).values())
