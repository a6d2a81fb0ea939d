from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pyglove as pg
import pytest

from search_space import MobileBertSpace, StageOptions, Vectors, dna_map

NARROW = MobileBertSpace(
    hidden_size=(512,),
    num_attention_heads=(2, 4, 6),
    bottleneck_size=(64, 96, 128),
    num_stages=(2, 3),
    stages=(StageOptions(num_blocks=(2, 5), bottleneck_size=(96, 128)), StageOptions(num_attention_heads=(4,))),
)
spaces = pytest.mark.parametrize("space", [MobileBertSpace(), NARROW], ids=["default", "narrow"])


@spaces
def test_dna_and_its_vector_are_the_same_architecture(space: MobileBertSpace) -> None:
    dna_of, value = dna_map(space), pg.template(space.pyglove())
    for seed in range(12):
        dna = pg.random_dna(dna_of.spec, random.Random(seed))
        x = dna_of.vector(dna)
        assert space.is_valid(x)[0]
        assert space.decode(x) == space.from_pyglove(value.decode(dna))


@spaces
def test_every_vector_is_its_dna_s_again(space: MobileBertSpace) -> None:
    dna_of = dna_map(space)
    for x in space.sample(np.random.default_rng(0), 12):
        assert np.array_equal(dna_of.vector(dna_of.dna(x)), x)


@dataclass(frozen=True)
class Rising:
    """Vectors whose numbers do not fall."""

    cardinalities: Vectors

    def repair(self, X: Vectors) -> Vectors:
        return np.maximum.accumulate(X, axis=1)


def test_any_space_is_a_list_of_choices_and_dna_of_none_of_its_points_is_repaired() -> None:
    dna_of = dna_map(Rising(np.array([2, 3, 3])))  # type: ignore[arg-type]
    assert dna_of.spec.space_size == 18
    assert dna_of.vector(pg.DNA.from_numbers([1, 0, 2], dna_of.spec)).tolist() == [1, 1, 2]
    assert dna_of.dna(np.array([0, 1, 2])).to_numbers() == [0, 1, 2]
