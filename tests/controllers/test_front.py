from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controllers.front import GrowingFront
from controllers.pareto import constrained_front

LENGTH = 14
cells = st.integers(0, 5).map(float) | st.just(np.nan)
rows = st.lists(st.tuples(cells, cells, st.sampled_from([0.0, 0.0, 0.0, 0.5])), min_size=LENGTH, max_size=LENGTH)
orders = st.permutations(range(LENGTH))


def expected(points: np.ndarray, violations: np.ndarray) -> list[int]:
    return np.flatnonzero(constrained_front(points, violations)).tolist()


@given(rows, orders, st.data())
def test_a_front_that_grows_is_the_front_of_all(
    trials: list[tuple[float, ...]], order: list[int], data: st.DataObject
) -> None:
    """Trials end in any order, among others that still run; some are added while others end."""
    table = np.array(trials)
    front, seen = GrowingFront(), np.zeros(LENGTH, bool)
    for ending in order:
        seen[ending] = True
        length = data.draw(st.integers(int(np.flatnonzero(seen).max()) + 1, LENGTH))
        points = np.where(seen[:, None], table[:, :2], np.nan)[:length]
        violations = np.where(seen, table[:, 2], 0.0)[:length]
        assert front.rows(points, violations).tolist() == expected(points, violations)


@given(rows, rows)
def test_another_history_is_compared_anew(one: list[tuple[float, ...]], other: list[tuple[float, ...]]) -> None:
    front = GrowingFront()
    for trials, length in ((one, LENGTH), (other, LENGTH), (one, LENGTH // 2), (other, LENGTH)):
        table = np.array(trials)[:length]
        points, violations = table[:, :2], table[:, 2]
        assert front.rows(points, violations).tolist() == expected(points, violations)
    single = np.array(one)[:, :1]
    assert front.rows(single, np.zeros(LENGTH)).tolist() == expected(single, np.zeros(LENGTH))
