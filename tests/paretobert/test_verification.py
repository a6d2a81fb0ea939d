"""A verification retrains the frontier and a spread of the rest, and says how the scores rank them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluators.contract import Evaluation
from paretobert.trial import Trial
from paretobert.verification import Failure, Verification, spread, verification_document
from search_space import PUBLISHED


def trial(number: int, latency_ms: float, score: float) -> Trial:
    metrics = {"latency_ms": latency_ms, "score": score, "parameters": 1e6 * (number + 1), "multiply_adds": 1e9}
    architecture = PUBLISHED["mobilebert"]
    return Trial(number, "search", number, None, "complete", (), architecture, metrics, 0.0, 0, number, 0, 200, 1.0, "")


LINE = [trial(number, 1.0 + number, (number * 7 % 20) / 20) for number in range(20)]


def test_the_frontier_is_always_retrained_and_the_rest_is_far_apart() -> None:
    chosen = spread(LINE, [LINE[3], LINE[4]], 8)
    numbers = [trial.number for trial in chosen]
    assert len(numbers) == 8
    assert {3, 4} <= {*numbers}
    assert numbers == sorted(numbers)
    assert max(numbers) - min(numbers) >= 15
    scores = sorted(trial.metrics["score"] for trial in chosen)
    assert scores[0] <= 0.15
    assert scores[-1] >= 0.8


def test_a_frontier_of_more_trials_than_asked_for_is_taken_whole() -> None:
    assert spread(LINE, LINE[:6], 2) == LINE[:6]


def test_no_more_trials_are_chosen_than_are_complete() -> None:
    failed = replace(LINE[0], state="failed", metrics={})
    assert spread([failed, *LINE[1:4]], [LINE[1]], 10) == LINE[1:4]


def verification(trials: list[Trial], seeds: tuple[int, ...] = (1, 2)) -> Verification:
    return Verification(tuple(trials), seeds, 2000, 10, "f")


def test_a_verification_says_how_far_it_came() -> None:
    scores = {(trial.number, 1): Evaluation(trial.metrics["score"], 2000, 9.0) for trial in LINE[:7]}
    document = verification_document(verification(LINE[:8]), scores, [Failure(LINE[7], 1, "diverged")])
    assert (document["retrainings"], document["done"]) == (16, 7)
    assert document["failed"] == [{"kind": "search", "number": 7, "seed": 1, "reason": "diverged"}]
    assert document["trials"][7]["retrained_score"] is None
    assert document["correlations"]["all"]["tau"] == 1.0
    assert document["correlations"]["all"]["pairs"] == 21
    assert document["correlations"]["all"]["ceiling"] is None
    assert document["seed_deviation"] is None


def test_two_seeds_give_a_ceiling_and_the_noise() -> None:
    scores = {
        (trial.number, seed): Evaluation(trial.metrics["score"] + 0.01 * seed * (-1) ** trial.number, 2000, 9.0)
        for trial in LINE
        for seed in (1, 2)
    }
    document = verification_document(verification(LINE), scores)
    assert document["seed_deviation"] == pytest.approx(0.01 / 2**0.5)
    assert document["correlations"]["all"]["tau"] <= 1.0
    assert document["correlations"]["all"]["ceiling"] > 0.9
    assert document["rivals"]["parameters"]["all"] < 0.5


def test_published_models_are_shown_and_do_not_count() -> None:
    reference = replace(LINE[3], identifier=99, kind="reference", name="mobilebert")
    scores = {(t.identifier, 1): Evaluation(t.metrics["score"], 2000, 9.0) for t in (*LINE[:3], reference)}
    document = verification_document(verification([*LINE[:3], reference], (1,)), scores)
    assert [row["kind"] for row in document["trials"]] == [*3 * ["search"], "reference"]
    assert document["correlations"]["all"]["pairs"] == 3


def test_one_trial_cannot_be_ranked() -> None:
    scores = {(0, 1): Evaluation(0.5, 2000, 9.0)}
    document = verification_document(verification(LINE[:2]), scores)
    assert document["correlations"] is None
    assert document["rivals"] is None
