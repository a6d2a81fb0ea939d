from __future__ import annotations

import numpy as np

from latency_models.learned.stacking import folds, stack

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=300)


def test_every_row_is_left_out_once() -> None:
    for number in (8, 60, 300):
        assert (np.sum(list(folds(number)), axis=0) == 1).all()


def test_the_better_of_two_weighs_more_and_noise_nothing() -> None:
    predictions = TRUTH[:, None] + RNG.normal(size=(300, 2)) * [0.1, 0.3]
    noise = RNG.normal(size=(300, 1))
    better, worse, useless = stack(np.column_stack([predictions, noise]), TRUTH)
    assert better > worse
    assert useless == 0
    assert better + worse <= 1 + 1e-9


def test_outliers_do_not_decide() -> None:
    """Of squared errors, 0.25 of the shifted prediction would count less than 0.9 of the true one."""
    measured = TRUTH + 3 * (np.arange(300) % 10 == 0)
    true, shifted = stack(np.column_stack([TRUTH, TRUTH + 0.5]), measured)
    assert true > 0.9
    assert shifted < 0.1


def test_where_nothing_helps_nothing_weighs() -> None:
    assert stack(RNG.normal(size=(300, 2)), np.zeros(300)).tolist() == [0, 0]
