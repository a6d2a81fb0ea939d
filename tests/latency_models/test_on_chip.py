from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from small_graphs import dense, graphs

from latency_models.on_chip import cached_repeats

networks = st.lists(
    st.lists(st.builds(dense, st.just(4), st.integers(1, 40), st.integers(1, 40), st.integers(1, 3)), min_size=1),
    min_size=1,
    max_size=5,
)


def in_order(sizes: list[float], repeats: list[int], capacity: float) -> list[int]:
    """The rule, one network at a time."""
    left, cached = capacity, []
    for size, count in zip(sizes, repeats, strict=True):
        fit = 0
        while fit < count and size <= left:
            left -= size
            fit += 1
        cached.append(fit)
    return cached


@given(networks, st.integers(0, 3000))
def test_operations_are_cached_in_their_order_and_what_does_not_fit_is_passed_over(rows: object, capacity: int) -> None:
    batch = graphs(*rows)  # type: ignore[misc]
    sizes = batch.operations.weight_bytes.astype(float)
    cached = cached_repeats(batch, sizes, capacity)
    for start, end in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        expected = in_order(sizes[start:end].tolist(), batch.operations.repeats[start:end].tolist(), capacity)
        assert cached[start:end].tolist() == expected


def test_a_small_layer_after_one_that_did_not_fit_is_still_cached() -> None:
    batch = graphs([dense(1, 10, 10), dense(1, 20, 20), dense(1, 5, 5)])
    assert cached_repeats(batch, batch.operations.weight_bytes.astype(float), 130).tolist() == [1, 0, 1]


def test_what_has_no_weights_takes_no_memory() -> None:
    batch = graphs([dense(1, 10, 10), dense(1, 20, 20, repeats=3)])
    assert cached_repeats(batch, np.array([100.0, 0.0]), 0).tolist() == [0, 3]
