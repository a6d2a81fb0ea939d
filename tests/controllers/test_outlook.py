from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Study, free_metrics

from controllers import Constraint, RandomSearch
from controllers.outlook import Foresight, trend

FREE = np.array([False, True])


def test_free_objectives_are_known_and_costly_ones_are_not() -> None:
    X = SPACE.sample(np.random.default_rng(0), 5)
    outlook = Foresight(OBJECTIVES, [Constraint.parse("latency_ms <= 5")], free_metrics)(X)
    latency = free_metrics(X)["latency_ms"]
    assert outlook.free.tolist() == [False, True]
    assert np.isnan(outlook.points[:, 0]).all()
    assert outlook.points[:, 1] == pytest.approx(latency)
    assert outlook.violations == pytest.approx(np.maximum(0, latency / 5 - 1))


def test_a_trial_is_no_distance_from_itself_even_while_it_runs() -> None:
    foresee, study = Foresight(OBJECTIVES, [], free_metrics), Study()
    study.run(study.controller(RandomSearch), 6, ("running", "complete"))
    X = np.array(study.vectors)
    assert foresee.isolation(foresee(X), study.history()) == pytest.approx(np.zeros(6))


def test_twice_the_latency_is_as_far_whatever_the_latency() -> None:
    study = Study(free_metrics=lambda X: {"latency_ms": np.array([2.0, 20.0])[: len(X)]})
    foresee = Foresight(OBJECTIVES, [], lambda X: {"latency_ms": np.array([4.0, 40.0])})
    X = SPACE.sample(np.random.default_rng(0), 2)
    for x, latency in zip(X, (2.0, 20.0), strict=True):
        study.tell(x)
        study.values["latency_ms"][-1] = latency
    assert foresee.isolation(foresee(X), study.history()) == pytest.approx([np.log(2)] * 2)


def test_the_trend_is_the_line_that_the_points_lie_on() -> None:
    latency = np.array([1.0, 3.0, 10.0, 30.0])
    assert trend(np.column_stack([0.7 - 0.2 * np.log(latency), latency]), FREE) == pytest.approx(-0.2)


def test_one_point_has_no_trend() -> None:
    assert trend(np.array([[-0.5, 3.0]]), FREE).tolist() == [[0.0]]


def test_two_free_objectives_that_rise_together_share_the_trend() -> None:
    latency = np.array([1.0, 2.0, 4.0, 8.0])
    parameters = latency * np.array([1.0, 1.001, 0.999, 1.0])
    points = np.column_stack([-np.log(latency) + np.array([0.01, -0.01, -0.01, 0.01]), latency, parameters])
    slopes = trend(points, np.array([False, True, True]))
    assert slopes.ravel() == pytest.approx([-0.5, -0.5], abs=0.02)
