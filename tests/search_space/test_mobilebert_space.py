"""Vectors and architectures are two names of the same points."""

from dataclasses import replace
from itertools import product

import numpy as np
import pyglove as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_space import NUM_SLOTS, PUBLISHED, Architecture, MobileBertSpace, Stage, StageOptions

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
NARROW = MobileBertSpace(  # every kind of narrowing at once
    hidden_size=(4, 8),
    num_attention_heads=(1, 2),
    bottleneck_size=(3, 4, 6),
    intermediate_size=(4, 8),
    num_feedforward=(1,),
    max_blocks_per_slot=3,
    num_stages=(1, 3),
    stages=(
        StageOptions(num_blocks=(1, 3)),
        StageOptions(num_blocks=(2,), bottleneck_size=(4,)),
        StageOptions(num_attention_heads=(2,), bottleneck_size=(3, 4), intermediate_size=(8,)),
    ),
)


def any_vector(space: MobileBertSpace) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(*(st.integers(0, int(c) - 1) for c in space.cardinalities)).map(np.array)


spaces = pytest.mark.parametrize("space", [SPACE, ODD, NARROW], ids=["default", "odd", "narrow"])


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


@pytest.mark.parametrize("space", [SPACE, ODD], ids=["default", "odd"])
def test_samples_are_valid_and_reach_every_value_of_every_decision(space: MobileBertSpace) -> None:
    X = space.sample(np.random.default_rng(0), 20_000)
    assert space.is_valid(X).all()
    for decision, cardinality in enumerate(space.cardinalities):
        expected = range(1, cardinality) if decision == 1 else range(cardinality)  # the first slot is never empty
        assert set(X[:, decision]) == set(expected)


def all_valid(space: MobileBertSpace) -> np.ndarray:
    """Every valid vector; slots that no vector uses are left at zero, or there would be too many to try."""
    used = np.repeat(np.arange(NUM_SLOTS) < space.num_stages[-1], 5)
    ranges = [range(c if u else 1) for c, u in zip(space.cardinalities, [True, *used], strict=True)]
    vectors = np.array(list(product(*ranges)), np.int16)
    return vectors[space.is_valid(vectors)]


@pytest.mark.parametrize("space", [TINY, NARROW], ids=["tiny", "narrow"])
def test_both_sizes_are_what_counting_gives(space: MobileBertSpace) -> None:
    valid = all_valid(space)
    assert len(valid) == space.num_vectors
    assert len({space.canonical_key(x) for x in valid}) == space.num_architectures < len(valid)


def test_samples_of_a_narrow_space_reach_every_vector_of_it() -> None:
    fixed = replace(NARROW, hidden_size=(4,), bottleneck_size=(4,), stages=(*NARROW.stages[:2], StageOptions((3,))))
    X = fixed.sample(np.random.default_rng(0), 4_000)
    assert fixed.is_valid(X).all()
    assert len(np.unique(X, axis=0)) == fixed.num_vectors


def test_a_narrow_stage_takes_only_its_own_options() -> None:
    second = NARROW.dimensions(NARROW.sample(np.random.default_rng(0), 500))
    in_use = second.num_blocks[:, 1] > 0
    assert set(in_use) == {False, True}
    assert set(second.num_blocks[in_use, 1]) == {2}
    assert set(second.bottleneck_size[in_use, 1]) == {4}
    assert set((second.num_blocks > 0).sum(axis=1)) == {1, 3}


@pytest.mark.parametrize("space", [SPACE, ODD, NARROW], ids=["default", "odd", "narrow"])
def test_a_few_architectures_cover_every_size_and_every_bottleneck_of_a_number_of_heads(space: MobileBertSpace) -> None:
    few = list(space.covering())
    drawn = [space.decode(x) for x in space.sample(np.random.default_rng(0), 3_000)]
    assert len(few) <= 24
    assert {a.hidden_size for a in few} == {a.hidden_size for a in drawn}
    for sizes in (("num_attention_heads", "bottleneck_size"), ("intermediate_size",), ("num_feedforward",)):
        covered, needed = (
            {tuple(getattr(s, n) for n in sizes) for a in some for s in a.stages} for some in (few, drawn)
        )
        assert covered == needed


@pytest.mark.parametrize("space", [SPACE, ODD, TINY, NARROW], ids=["default", "odd", "tiny", "narrow"])
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


def test_an_architecture_that_only_the_stages_options_leave_out_is_refused() -> None:
    assert NARROW.decode(NARROW.encode(Architecture(4, (Stage(5, 2, 4, 8, 1),)))).num_blocks == 5  # 1 + 2 + 2
    with pytest.raises(ValueError, match="stages: num_stages and the options of each stage in this space leave no pl"):
        NARROW.encode(Architecture(4, (Stage(5, 2, 4, 4, 1),)))  # the third stage has no intermediate size 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_stages": (0, 1)}, "num_stages must list positive integers in ascending order, not"),
        ({"num_stages": (1, 5)}, "num_stages must be from 1 to 4, not 5"),
        ({"stages": (StageOptions(),) * 5}, "at most 4 stages can be narrowed, not 5"),
        ({"stages": (StageOptions(num_blocks=(7,)),)}, "stage 1: num_blocks 7 is not in the space's own: 1 to 6"),
        ({"stages": (StageOptions(bottleneck_size=(65,)),)}, "stage 1: bottleneck_size 65 is not in the space's own"),
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
