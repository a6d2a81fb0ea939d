"""What a page finds out of a study's trials: knees, importances, progress, the nearest published model."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import spearmanr
from toy_study import Document, toy_document

from paretobert.report.advance import progress_columns
from paretobert.report.importance import FEWEST, explained, importances
from paretobert.report.knees import KNEES, knees
from paretobert.report.nearest import nearest_published
from paretobert.report.sizes import DECISIONS, decision_values
from search_space import PUBLISHED, Dimensions, Stage


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return toy_document(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(finished: Document) -> Document:
    return copy.deepcopy(finished)


def test_a_sharp_bend_is_the_knee() -> None:
    x = np.array([1.0, 2.0, 3.0, 8.0, 10.0])
    y = np.array([0.0, 0.8, 0.9, 0.95, 1.0])
    assert knees(x, y)[0] == 1


def test_a_straight_front_and_one_of_two_points_have_no_knee() -> None:
    line = np.linspace(0.0, 1.0, 9)
    assert knees(line, line) == []
    assert knees(line[:2], line[:2]) == []


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=3, max_size=40))
def test_knees_are_a_few_inner_points_in_order(steps: list[tuple[float, float]]) -> None:
    x, y = np.cumsum(np.array(steps), axis=0).T
    found = knees(x, y)
    assert len(found) <= KNEES
    assert found == sorted(set(found))
    assert not {0, len(x) - 1} & set(found)


def test_a_decision_that_decides_all_explains_all_and_one_that_decides_nothing_little() -> None:
    rng = np.random.default_rng(0)
    decision, noise = rng.integers(0, 4, 400).astype(float), rng.normal(size=400)
    assert explained(decision, decision**2) > 0.95
    assert explained(noise, decision) < 0.03
    assert explained(np.ones(400), decision) == 0.0


@given(
    arrays.arrays(np.float64, 30, elements=st.integers(0, 5).map(float)),
    arrays.arrays(np.float64, 30, elements=st.floats(-1, 1, width=16)),
)
def test_a_share_is_a_share(x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    assert 0.0 <= explained(x, y) <= 1.0


def test_importance_says_which_way_a_metric_goes() -> None:
    rng = np.random.default_rng(1)
    decisions = rng.integers(1, 6, (60, len(DECISIONS))).astype(float)
    latency = 10 * decisions[:, 1] - decisions[:, 0]
    trials = [{"metrics": {"latency_ms": value}} for value in latency]
    found = importances(trials, decisions, ["latency_ms"])["latency_ms"]
    assert found["decisions"][0]["decision"] == "blocks"
    trends = {row["decision"]: row["trend"] for row in found["decisions"]}
    for column, name in enumerate(DECISIONS.values()):
        assert trends[name] == pytest.approx(spearmanr(decisions[:, column], latency).statistic)


def test_too_few_trials_say_nothing_of_importance() -> None:
    trials = [{"metrics": {"score": 0.5}}] * (FEWEST - 1) + [{"metrics": {}}] * 5
    assert importances(trials, np.ones((len(trials), len(DECISIONS))), ["score"]) == {"score": None}


def test_progress_ends_with_what_the_study_has_found(study: Document) -> None:
    found = progress_columns(study)
    assert found["evaluated"][-1] == study["evaluated"]
    assert found["hypervolume"][-1] == pytest.approx(study["hypervolume"])
    known = [score for score in found["best_score"] if score is not None]
    feasible = [t["metrics"]["score"] for t in study["trials"] if t["state"] == "complete" and not t["violation"]]
    assert known[-1] == max(feasible)
    assert known == sorted(known)
    assert found["hypervolume"] == sorted(found["hypervolume"])


def test_without_a_corner_there_is_no_volume(study: Document) -> None:
    study["reference_point"]["latency_ms"] = None
    assert set(progress_columns(study)["hypervolume"]) == {None}


def test_a_published_model_is_nearest_to_itself_and_one_like_it_to_it() -> None:
    xs = PUBLISHED["mobilebert-edgetpu-xs"]
    (stage,) = xs.stages
    halves = Stage(4, *list(vars(stage).values())[1:])
    like_it = type(xs)(xs.hidden_size, (halves, halves))
    architectures = [*PUBLISHED.values(), like_it]
    found = nearest_published(decision_values(Dimensions.of(architectures)))
    assert found == [*PUBLISHED, "mobilebert-edgetpu-xs"]
