"""How well answers match: exact match and F1 as the official SQuAD v1.1 evaluation computes them.

Source: Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6.1. Both are
the best over the reference answers of a question, averaged over all questions; one without a prediction scores 0.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from evaluators.squad.dataset import Passage, Question

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalize_answer(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and superfluous white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match_score(prediction: str, answer: str) -> float:
    """1 where both are equal once normalised, else 0."""
    return float(normalize_answer(prediction) == normalize_answer(answer))


def f1_score(prediction: str, answer: str) -> float:
    """The harmonic mean of precision and recall of the prediction's words, in [0, 1]."""
    predicted, expected = normalize_answer(prediction).split(), normalize_answer(answer).split()
    common = (Counter(predicted) & Counter(expected)).total()
    if common == 0:
        return 0.0
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def evaluate(dataset: Iterable[Passage], predictions: Mapping[str, str]) -> dict[str, float]:
    """`exact_match` and `f1` in per cent over all questions of the data set.

    Args:
        dataset: passages with their questions.
        predictions: answer text by question id; ids that are not in the data set are ignored.

    Raises:
        ValueError: the data set has no question.
    """
    questions = [question for passage in dataset for question in passage.questions]
    return score(questions, predictions)


def score(questions: Iterable[Question], predictions: Mapping[str, str]) -> dict[str, float]:
    """As `evaluate`, over the given questions only.

    Raises:
        ValueError: there is no question.
    """
    exact_match = f1 = 0.0
    total = 0
    for question in questions:
        total += 1
        prediction = predictions.get(question.id)
        if prediction is not None:
            exact_match += _best(exact_match_score, prediction, question)
            f1 += _best(f1_score, prediction, question)
    if total == 0:
        raise ValueError("no question to score")
    return {"exact_match": 100.0 * exact_match / total, "f1": 100.0 * f1 / total}


def _best(metric: Callable[[str, str], float], prediction: str, question: Question) -> float:
    return max(metric(prediction, answer.text) for answer in question.answers)
