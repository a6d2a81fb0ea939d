from __future__ import annotations

import numpy as np
import pytest

from controllers import Constraint
from controllers.pareto import hypervolume_gains
from controllers.surrogate.acquisition import (
    Cells,
    expected_hypervolume_improvement,
    expected_improvement,
    probability_of_feasibility,
)

FRONT = np.array([[-0.9, 9.0, 3.0], [-0.7, 5.0, 3.5], [-0.6, 4.0, 2.0], [-0.3, 1.0, 1.0]])
REFERENCE = np.array([0.0, 12.0, 4.0])
MEAN = np.array([[-0.8, 6.0, 2.5], [-0.5, 3.0, 1.5], [-0.2, 0.5, 0.8], [-0.95, 11.0, 3.9], [-0.1, 13.0, 3.0]])
STD = np.array([0.1, 0.8, 0.5])


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("costly", [(0,), (0, 1), ()], ids=str)
def test_the_closed_form_is_what_samples_average_to(m: int, costly: tuple[int, ...]) -> None:
    uncertain = [objective for objective in costly if objective < m]
    std = np.zeros((len(MEAN), m))
    std[:, uncertain] = STD[uncertain]
    expected = expected_hypervolume_improvement(FRONT[:, :m], REFERENCE[:m], MEAN[:, :m], std)
    samples = np.random.default_rng(0).normal(MEAN[:, :m], std, (500 if m == 3 else 10_000, len(MEAN), m))
    gains = hypervolume_gains(FRONT[:, :m], samples.reshape(-1, m), REFERENCE[:m]).reshape(len(samples), -1)
    error = gains.std(axis=0) / np.sqrt(len(samples))
    assert (np.abs(gains.mean(axis=0) - expected) <= 4 * error + 0.01 * expected + 1e-5).all()


def test_a_point_that_is_dominated_for_sure_adds_nothing() -> None:
    gain = expected_hypervolume_improvement(
        FRONT[:, :2], REFERENCE[:2], np.array([[-0.5, 6.0], [-0.5, 12.5]]), np.array([[1e-9, 0.0], [0.5, 0.0]])
    )
    assert gain == pytest.approx([0, 0], abs=1e-12)


def test_an_improvement_that_is_certain_is_expected_in_full() -> None:
    expected = expected_improvement(np.array([1.0, 1.0, 1.0]), np.array([0.4, 1.0, 2.0]), np.zeros(3))
    assert expected == pytest.approx([0.6, 0, 0])


def test_a_front_of_many_points_in_three_objectives_is_cut_at_some_of_them() -> None:
    rng = np.random.default_rng(0)
    front = rng.random((200, 3))
    candidates = rng.random((20, 3)) * 0.3
    cells = Cells.under(front, np.ones(3), 0)
    assert len(cells.ceiling_of) <= 25**2
    approximate = expected_hypervolume_improvement(front, np.ones(3), candidates, np.zeros((20, 3)))
    exact = hypervolume_gains(front, candidates, np.ones(3))
    assert np.corrcoef(approximate, exact)[0, 1] > 0.98


def test_a_bound_at_the_mean_is_met_half_of_the_time() -> None:
    mean, std = np.array([0.5, 0.6, 0.4]), np.array([0.1, 0.1, 0.1])
    at_least = probability_of_feasibility(Constraint.parse("score >= 0.5"), mean, std)
    at_most = probability_of_feasibility(Constraint.parse("score <= 0.5"), mean, std)
    assert at_least == pytest.approx([0.5, 0.8413, 0.1587], abs=1e-4)
    assert at_least + at_most == pytest.approx(1.0)
