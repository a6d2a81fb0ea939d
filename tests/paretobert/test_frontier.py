from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretobert.config import Configuration
from paretobert.frontier import find_frontier
from paretobert.trial import Trial
from search_space import PUBLISHED

Configurations = Callable[..., Configuration]
METRIC = st.integers(1, 8).map(float)


def trial(number: int, score: float, latency_ms: float, **changes: object) -> Trial:
    made = Trial(
        number, "search", number, None, "complete", (), PUBLISHED["mobilebert"], {"score": score}, 0, 0, 0, 0, 1, 1, ""
    )
    return replace(made, metrics={"score": score, "latency_ms": latency_ms}, **changes)  # type: ignore[arg-type]


REFERENCES = [
    trial(0, 0.5, 9.0, kind="reference", name="mobilebert-edgetpu-xs"),
    trial(1, 0.6, 12.0, kind="reference", name="mobilebert-edgetpu-s"),
]


def test_the_frontier_holds_feasible_trials_that_no_other_beats(configuration: Configurations) -> None:
    trials = [
        trial(0, 0.5, 10.0),
        trial(1, 0.4, 11.0),
        trial(2, 0.9, 1.0, violation=0.1),
        trial(3, 0.3, 5.0),
        trial(4, 0.9, 1.0, state="failed"),
        trial(5, 0.5, 10.0),
    ]
    found = find_frontier(configuration(), trials, REFERENCES)
    assert [t.number for t in found.trials] == [3, 0, 5]
    assert found.reference_point == {"score": 0.0, "latency_ms": 24.0}
    assert found.hypervolume == pytest.approx(0.5 * (24 - 10) + 0.3 * (10 - 5))


def test_a_pick_is_the_best_score_within_the_predicted_latency_of_the_published_model(
    configuration: Configurations,
) -> None:
    trials = [trial(0, 0.5, 12.0), trial(1, 0.5, 11.5), trial(2, 0.9, 12.1), trial(3, 0.8, 4.0, state="pruned")]
    found = find_frontier(configuration(), trials, REFERENCES)
    assert found.latency_budgets_ms == {"XS": 9.0, "S": 12.0, "M": None}
    assert {size: pick and pick.number for size, pick in found.picks.items()} == {"XS": None, "S": 1, "M": None}


def test_the_users_budgets_go_before_the_published_models(configuration: Configurations) -> None:
    found = find_frontier(configuration(latency_budgets_ms={"XS": 5.0, "M": 20.0}), [trial(0, 0.5, 6.0)], REFERENCES)
    assert found.latency_budgets_ms == {"XS": 5.0, "S": 12.0, "M": 20.0}
    assert found.picks["XS"] is None
    assert found.picks["M"] is not None


def test_without_reference_trials_there_is_no_volume(configuration: Configurations) -> None:
    found = find_frontier(configuration(), [trial(0, 0.5, 6.0)], [])
    assert found.hypervolume is None
    assert found.reference_point == {"score": 0.0, "latency_ms": None}
    assert len(found.trials) == 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(METRIC, METRIC), max_size=8))
def test_the_frontier_is_what_pairwise_comparison_leaves(points: list[tuple[float, float]]) -> None:
    trials = [trial(number, *point) for number, point in enumerate(points)]
    best = {
        number
        for number, (score, latency) in enumerate(points)
        if not any(s >= score and ms <= latency and (s, ms) != (score, latency) for s, ms in points)
    }
    assert {t.number for t in find_frontier(Configuration(), trials, REFERENCES).trials} == best
