from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import SPACE, TINY_SPACE

from controllers.enumeration import MAX_VECTORS, every_architecture
from search_space import MobileBertSpace, StageOptions

WIDE = {"hidden_size": (256, 512), "num_attention_heads": (2, 4), "bottleneck_size": (128, 256)}
FEW_OF_MANY = [
    MobileBertSpace(**WIDE, intermediate_size=(512,), num_feedforward=(1, 2), max_blocks_per_slot=3, num_stages=(1, 2)),
    MobileBertSpace(**WIDE, intermediate_size=(512,), num_feedforward=(1, 2), max_blocks_per_slot=1, num_stages=(1, 3)),
    MobileBertSpace(
        num_attention_heads=(4,),
        max_blocks_per_slot=3,
        num_stages=(2,),
        stages=(
            StageOptions(
                num_blocks=(1, 3), num_feedforward=(1, 4), intermediate_size=(256,), bottleneck_size=(64, 384)
            ),
            StageOptions(num_blocks=(2,), num_feedforward=(2,), intermediate_size=(256, 1024)),
        ),
    ),
]
"""Spaces of few architectures, whose cardinalities multiply to more vectors than can be looked at."""


def test_all_of_a_tiny_space_are_found_each_once() -> None:
    found = every_architecture(TINY_SPACE, 1000)
    assert len(found) == TINY_SPACE.num_architectures == 60
    assert all(TINY_SPACE.canonical_key(x) == key for key, x in found.items())
    assert TINY_SPACE.is_valid(np.array([*found.values()])).all()


@pytest.mark.parametrize("space", FEW_OF_MANY, ids=["narrow", "one or three stages", "narrowed stages"])
def test_the_few_architectures_among_many_vectors_are_found_by_a_walk(space: MobileBertSpace) -> None:
    assert np.prod(space.cardinalities, dtype=float) > MAX_VECTORS
    found = every_architecture(space, 5000)
    assert len(found) == space.num_architectures
    assert space.is_valid(np.array([*found.values()])).all()


@pytest.mark.parametrize("space", [SPACE, TINY_SPACE], ids=["large", "tiny"])
def test_nothing_is_given_where_there_are_more_than_asked_for(space: MobileBertSpace) -> None:
    assert not every_architecture(space, 59)


def test_the_order_is_always_the_same() -> None:
    once, again = (every_architecture(FEW_OF_MANY[1], 5000) for _ in range(2))
    assert list(once) == list(again)
