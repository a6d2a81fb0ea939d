"""Vectors and architectures are two names of the same points."""

from dataclasses import replace
from itertools import product

import numpy as np
import pyglove as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_space import NUM_SLOTS, PUBLISHED, Architecture, MobileBertSpace, Stage

SPACE = MobileBertSpace()
ODD = MobileBertSpace(  # not every bottleneck is a multiple of the heads
    hidden_size=(12, 20),
    num_attention_heads=(2, 3, 5),
    bottleneck_size=(6, 10, 15, 30),
    intermediate_size=(8,),
    num_feedforward=(1, 2),
    max_blocks_per_slot=3,
)
TINY = MobileBertSpace(
    hidden_size=(4,),
    num_attention_heads=(1, 2),
    bottleneck_size=(3, 4),
    intermediate_size=(4,),
    num_feedforward=(1,),
    max_blocks_per_slot=2,
)


def any_vector(space: MobileBertSpace) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(*(st.integers(0, int(c) - 1) for c in space.cardinalities)).map(np.array)


spaces = pytest.mark.parametrize("space", [SPACE, ODD], ids=["default", "odd"])


@spaces
@given(data=st.data())
def test_repair_gives_valid_vectors_and_keeps_valid_ones(space: MobileBertSpace, data: st.DataObject) -> None:
    x = data.draw(any_vector(space))
    repaired = space.repair(x)
    assert space.is_valid(repaired).all()
    np.testing.assert_array_equal(space.repair(repaired), repaired)
    if space.is_valid(x)[0]:
        np.testing.assert_array_equal(repaired[0], x)


@spaces
@given(data=st.data())
def test_decoding_undoes_encoding_up_to_the_canonical_form(space: MobileBertSpace, data: st.DataObject) -> None:
    architecture = space.decode(space.repair(data.draw(any_vector(space)))[0])
    assert architecture == architecture.canonical()
    assert space.decode(space.encode(architecture)) == architecture


@spaces
@given(data=st.data())
def test_keys_are_equal_where_architectures_are(space: MobileBertSpace, data: st.DataObject) -> None:
    x = space.repair(data.draw(any_vector(space)))[0]
    other = space.repair(data.draw(st.one_of(any_vector(space), st.just(space.encode(space.decode(x))))))[0]
    assert (space.canonical_key(x) == space.canonical_key(other)) == (space.decode(x) == space.decode(other))


def test_every_published_model_is_in_the_space() -> None:
    for architecture in PUBLISHED.values():
        assert SPACE.decode(SPACE.encode(architecture)) == architecture


@spaces
def test_samples_are_valid_and_reach_every_value_of_every_decision(space: MobileBertSpace) -> None:
    X = space.sample(np.random.default_rng(0), 20_000)
    assert space.is_valid(X).all()
    for decision, cardinality in enumerate(space.cardinalities):
        expected = range(1, cardinality) if decision == 1 else range(cardinality)  # the first slot is never empty
        assert set(X[:, decision]) == set(expected)


def test_both_sizes_are_what_counting_gives() -> None:
    vectors = np.array(list(product(*(range(c) for c in TINY.cardinalities))))
    valid = vectors[TINY.is_valid(vectors)]
    assert len(valid) == TINY.num_vectors
    assert len({TINY.canonical_key(x) for x in valid}) == TINY.num_architectures


@pytest.mark.parametrize("space", [SPACE, ODD, TINY], ids=["default", "odd", "tiny"])
def test_the_pyglove_space_has_a_point_for_every_vector(space: MobileBertSpace) -> None:
    assert pg.dna_spec(space.pyglove()).space_size == space.num_vectors


def test_what_pyglove_draws_is_in_the_space() -> None:
    drawn = set()
    for value, feedback in pg.sample(ODD.pyglove(), pg.geno.Random(seed=0), num_examples=8):
        architecture = ODD.from_pyglove(value)
        assert ODD.decode(ODD.encode(architecture)) == architecture
        drawn.add(architecture)
        feedback(0.0)  # without it the same value comes again
    assert len(drawn) > 1


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (replace(PUBLISHED["mobilebert"], hidden_size=500), "hidden_size 500 is not in this space: 256, 384, 512, 640"),
        (
            replace(PUBLISHED["mobilebert"], activation="gelu"),
            "activation is fixed at 'relu' in this space, not 'gelu'",
        ),
        (Architecture(512, (Stage(25, 4, 128, 512, 4),)), "num_blocks: these stages need 5 slots"),
        (Architecture(512, ()), "num_blocks: these stages need 0 slots"),
        (Architecture(512, (Stage(1, 4, 100, 512, 4),)), "bottleneck_size 100 is not in this space"),
    ],
)
def test_an_architecture_outside_is_refused_by_field(architecture: Architecture, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SPACE.encode(architecture)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": ()}, "hidden_size must list positive integers in ascending order"),
        ({"num_feedforward": (2, 1)}, "num_feedforward must list positive integers in ascending order"),
        ({"num_attention_heads": (7,)}, "no bottleneck_size of .* is a multiple of num_attention_heads 7"),
        ({"max_blocks_per_slot": 0}, "max_blocks_per_slot must be at least 1, not 0"),
    ],
)
def test_an_impossible_space_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MobileBertSpace(**options)


def test_a_vector_that_is_not_valid_is_not_decoded() -> None:
    with pytest.raises(ValueError, match="not a vector of this space"):
        SPACE.decode(np.zeros(len(SPACE.cardinalities), np.int64))


def test_features_tell_all_architectures_apart_and_are_finite() -> None:
    X = SPACE.sample(np.random.default_rng(1), 2000)
    features = SPACE.features(X)
    assert np.isfinite(features).all()
    assert len(np.unique(features, axis=0)) == len({tuple(x) for x in X})
    assert NUM_SLOTS == 4
