"""Parameters and multiply-adds are exact, one by one and in arrays."""

from dataclasses import replace

import numpy as np
import pytest

from search_space import (
    PUBLISHED,
    Architecture,
    Dimensions,
    MobileBertSpace,
    Stage,
    multiply_add_counts,
    multiply_adds,
    parameter_counts,
    parameters,
)

OFFICIAL = {  # counted on the official implementation's variables, pooler left out
    "mobilebert": 24_581_888,
    "mobilebert-edgetpu-xxs": 9_416_960,
    "mobilebert-edgetpu-xs": 27_006_720,
    "mobilebert-edgetpu-s": 38_326_016,
    "mobilebert-edgetpu-m": 50_951_936,
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_published_models_have_the_official_number_of_parameters(name: str) -> None:
    assert parameters(PUBLISHED[name]) == OFFICIAL[name]


def test_multiply_adds_are_those_of_each_matrix_product() -> None:
    length, V, E, H, B, I = 7, 11, 3, 5, 4, 6  # noqa: E741
    architecture = Architecture(H, (Stage(2, 2, B, I, 3),), embedding_size=E, vocab_size=V, max_positions=length)

    def product(rows: int, inner: int, columns: int) -> int:
        return rows * inner * columns

    attention = 2 * (product(length, B // 2, length) + product(length, length, B // 2))
    block = (
        3 * product(length, H, B)  # input, shared, value
        + 3 * product(length, B, B)  # query, key, attention output
        + attention
        + 3 * 2 * product(length, B, I)
        + product(length, B, H)
    )
    assert multiply_adds(architecture, length) == product(length, 3 * E, H) + 2 * block
    separate = replace(architecture, key_query_shared_bottleneck=False)
    difference = product(length, H, B) + 2 * product(length, B, B) - 2 * product(length, H, B)
    assert multiply_adds(separate, length) == multiply_adds(architecture, length) - 2 * difference


def test_arrays_of_vectors_give_what_single_architectures_give() -> None:
    space = MobileBertSpace()
    X = space.sample(np.random.default_rng(0), 200)
    architectures = [space.decode(x) for x in X]
    for dimensions in (space.dimensions(X), Dimensions.of(architectures)):
        np.testing.assert_array_equal(parameter_counts(dimensions), [parameters(a) for a in architectures])
        np.testing.assert_array_equal(
            multiply_add_counts(dimensions, 384), [multiply_adds(a, 384) for a in architectures]
        )
