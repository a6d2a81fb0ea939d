"""How well answers match: exact match and F1 as the official SQuAD v1.1 evaluation computes them.

Source: Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6.1. Both are
the best over the reference answers of a question, averaged over all questions; one without a prediction scores 0.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

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
    exact_match, f1 = scores(questions, predictions)
    return {"exact_match": _mean(exact_match), "f1": _mean(f1)}


def scores(questions: Iterable[Question], predictions: Mapping[str, str]) -> tuple[list[float], list[float]]:
    """Exact match and F1 of each question, in [0, 1]; 0 for one without a prediction.

    Raises:
        ValueError: there is no question.
    """
    exact_match, f1 = [], []
    for question in questions:
        prediction = predictions.get(question.id)
        exact_match.append(0.0 if prediction is None else _best(exact_match_score, prediction, question))
        f1.append(0.0 if prediction is None else _best(f1_score, prediction, question))
    if not f1:
        raise ValueError("no question to score")
    return exact_match, f1


def with_standard_errors(exact_match: Sequence[float], f1: Sequence[float]) -> dict[str, float]:
    """Means over questions and their standard errors, in per cent; NaN where there are too few questions."""
    metrics: dict[str, float] = {}
    for name, values in (("exact_match", exact_match), ("f1", f1)):
        size = len(values)
        mean = _mean(values) if size else math.nan
        squares = sum((100.0 * value - mean) ** 2 for value in values)
        error = math.sqrt(squares / (size - 1) / size) if size > 1 else math.nan
        metrics |= {name: mean, f"{name}_standard_error": error}
    return metrics


def _mean(values: Sequence[float]) -> float:
    return 100.0 * sum(values) / len(values)


def _best(metric: Callable[[str, str], float], prediction: str, question: Question) -> float:
    return max(metric(prediction, answer.text) for answer in question.answers)
