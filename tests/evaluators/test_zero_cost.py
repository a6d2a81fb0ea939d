"""Training-free measures say what their papers define, and a score keeps the order of its number."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from evaluators.zero_cost import ZeroCost
from evaluators.zero_cost.evaluator import Metric
from evaluators.zero_cost.measures import (
    MEASURES,
    Probed,
    activation_distance,
    head_confidence,
    jacobian_covariance,
    synaptic_diversity,
    synaptic_saliency,
)
from search_space import PUBLISHED, Architecture, Stage, parameters

RNG = np.random.default_rng(0)
SMALL = Architecture(256, (Stage(1, 2, 64, 128, 2),))
LARGER = Architecture(512, (Stage(2, 4, 128, 256, 1),))
ONES = np.ones((2, 3), np.int8)
EMPTY = Probed({}, {}, [], [], np.zeros((2, 1), np.float32), ONES)


def score(evaluator: ZeroCost, architecture: Architecture, seed: int = 0) -> float:
    return evaluator.evaluate(architecture, seed=seed, budget=1, report=lambda step, value: None).score


def test_heads_that_look_at_one_token_are_sure_and_padding_does_not_count() -> None:
    even = np.full((2, 4, 3, 3), 1 / 3, np.float32)
    sure = np.broadcast_to(np.eye(3, dtype=np.float32), (2, 4, 3, 3))
    assert head_confidence(dataclasses.replace(EMPTY, attention=[sure])) == 1.0
    assert head_confidence(dataclasses.replace(EMPTY, attention=[even])) == pytest.approx(1 / 3)
    mixed = np.concatenate([sure[:, :, :1], even[:, :, 1:]], axis=2)
    mask = np.array([[1, 0, 0], [1, 0, 0]], np.int8)
    assert head_confidence(dataclasses.replace(EMPTY, attention=[mixed], mask=mask)) == 1.0


def test_saliency_and_diversity_are_means_over_the_matrices_they_are_of() -> None:
    weights = {
        "embeddings/projection/kernel": np.full((2, 2), 100.0, np.float32),
        "block0/query/kernel": np.diag([3.0, 4.0]).astype(np.float32),
        "block0/key/kernel": np.zeros((2, 2), np.float32),
        "block0/output/kernel": np.full((2, 2), 100.0, np.float32),
        "block0/feedforward0/output/kernel": np.array([[1.0, -2.0]], np.float32),
        "block0/feedforward0/output/bias": np.ones(2, np.float32),
    }
    gradients = {name: np.ones_like(array) for name, array in weights.items()}
    gradients["block0/query/kernel"] = np.diag([1.0, 1.0]).astype(np.float32)
    probed = dataclasses.replace(EMPTY, weights=weights, gradients=gradients)
    assert synaptic_diversity(probed) == pytest.approx((7 * 2 + 0) / 2)
    assert synaptic_saliency(probed) == pytest.approx(3.0)


def test_examples_that_switch_alike_have_no_distance() -> None:
    apart = RNG.normal(size=(4, 1000)).astype(np.float32)
    alike = np.concatenate([apart[:1]] * 4) * np.array([[1], [2], [3], [4]])
    far, near = (activation_distance(dataclasses.replace(EMPTY, activations=[a])) for a in (apart, alike))
    assert far > -3.0
    assert near < -20.0


def test_jacobians_that_correlate_are_worse() -> None:
    apart = RNG.normal(size=(6, 400)).astype(np.float32)
    common = apart + 3 * RNG.normal(size=400).astype(np.float32)
    best = jacobian_covariance(dataclasses.replace(EMPTY, jacobian=apart))
    assert -7.0 < best <= -6.0  # -1 for each eigenvalue of 1
    assert jacobian_covariance(dataclasses.replace(EMPTY, jacobian=common)) < best - 5


def test_every_measure_of_the_papers_can_be_chosen() -> None:
    assert {*get_args(Metric)} == {"parameters", "multiply_adds", *MEASURES}


@pytest.mark.parametrize("metric", MEASURES)
def test_a_score_is_a_pure_function_of_architecture_and_seed(metric: Metric, tmp_path: Path) -> None:
    evaluator = ZeroCost(metric, examples=4)
    evaluator.prepare(tmp_path)
    first = score(evaluator, SMALL)
    assert 0 < first < 1
    assert score(evaluator, LARGER) != first
    assert score(evaluator, SMALL) == first
    assert score(evaluator, SMALL, seed=1) != first
    both = evaluator.values([SMALL, LARGER], 0)
    assert (both[0] < both[1]) == (first < score(evaluator, LARGER))


def test_counting_needs_no_network_and_keeps_the_order(tmp_path: Path) -> None:
    evaluator = ZeroCost("parameters")
    evaluator.prepare(tmp_path)
    models = [*PUBLISHED.values(), SMALL, LARGER]
    order = np.argsort([score(evaluator, model) for model in models])
    np.testing.assert_array_equal(order, np.argsort([parameters(model) for model in models]))
    evaluation = evaluator.evaluate(SMALL, seed=0, budget=1, report=lambda step, value: None)
    assert (evaluation.steps, evaluation.metrics) == (0, {})
    assert not any(tmp_path.iterdir())


def test_options_that_cannot_work_are_refused() -> None:
    for options, message in (
        ({"examples": 1}, "examples must be at least 2, not 1"),
        ({"width_divisor": 0}, "width_divisor must be at least 1, not 0"),
        ({"metric": "head_confidence", "task": "writing"}, "unknown task 'writing'"),
    ):
        with pytest.raises(ValueError, match=message):
            ZeroCost(**options)
    with pytest.raises(RuntimeError, match="prepare"):
        score(ZeroCost("head_confidence"), SMALL)
