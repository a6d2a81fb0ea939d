from __future__ import annotations

import numpy as np

from latency_models.learned.domain import Domain

RNG = np.random.default_rng(0)
FIRST = RNG.uniform(0, 10, 300)
SEEN = np.column_stack([FIRST, FIRST + RNG.normal(0, 0.3, 300), np.full(300, 7.0)])


def test_what_was_seen_is_inside() -> None:
    assert not Domain.of(SEEN).is_outside(SEEN).any()


def test_beyond_a_range_is_outside_also_of_a_column_that_never_varied() -> None:
    beyond = np.array([[12.0, 12, 7], [5, 5, 7.5]])
    assert Domain.of(SEEN).is_outside(beyond).tolist() == [True, True]


def test_a_combination_never_seen_is_outside_though_each_column_is_in_range() -> None:
    assert Domain.of(SEEN).is_outside(np.array([[1.0, 9, 7], [5, 5, 7]])).tolist() == [True, False]
