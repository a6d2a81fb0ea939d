from __future__ import annotations

import numpy as np
import pytest

from controllers.objective import Constraint, Objective, minimized, violation


@pytest.mark.parametrize("text", ["max score", "min latency_ms"])
def test_an_objective_reads_as_it_is_written(text: str) -> None:
    assert str(Objective.parse(text)) == text


@pytest.mark.parametrize("text", ["score", "maximise score", "max", "min a b"])
def test_a_malformed_objective_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=f"objective '{text}' is not of the form"):
        Objective.parse(text)


@pytest.mark.parametrize("text", ["latency_ms <= 20", "score >= 0.5", "parameters <= 4e+07"])
def test_a_constraint_reads_as_it_is_written(text: str) -> None:
    assert str(Constraint.parse(text)) == text


@pytest.mark.parametrize("text", ["latency_ms < 20", "latency_ms <= fast", "latency_ms <= 0", "a <= nan", "a >= inf"])
def test_a_malformed_constraint_is_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=f"constraint '{text}'"):
        Constraint.parse(text)


def test_violations_are_relative_and_add_up() -> None:
    constraints = [Constraint.parse("latency_ms <= 20"), Constraint.parse("score >= 0.5")]
    metrics = {"latency_ms": np.array([10.0, 30.0, np.nan]), "score": np.array([0.25, 0.4, 0.9])}
    assert violation(constraints, metrics, 3) == pytest.approx([0.5, 0.5 + 0.2, 0.0])


def test_a_constraint_whose_metric_is_not_there_yet_is_not_violated() -> None:
    assert violation([Constraint.parse("score >= 0.5")], {}, 2).tolist() == [0.0, 0.0]


def test_objectives_become_columns_to_minimise() -> None:
    metrics = {"score": np.array([0.3, 0.5]), "latency_ms": np.array([4.0, 8.0])}
    objectives = [Objective.parse("max score"), Objective.parse("min latency_ms")]
    assert minimized(objectives, metrics).tolist() == [[-0.3, 4.0], [-0.5, 8.0]]
