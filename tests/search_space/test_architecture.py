"""An architecture is plain data that says what is wrong with it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_space import Architecture, Stage

stages = st.builds(
    lambda blocks, heads, width, intermediate, networks: Stage(blocks, heads, heads * width, intermediate, networks),
    st.integers(0, 5),
    *[st.integers(1, 3)] * 4,
)
architectures = st.builds(Architecture, st.integers(1, 64), st.lists(stages, max_size=5).map(tuple))


@given(architectures)
def test_json_round_trips(architecture: Architecture) -> None:
    assert Architecture.from_json(architecture.to_json()) == architecture


@given(architectures)
def test_canonical_form_keeps_the_blocks_and_has_no_equal_neighbours(architecture: Architecture) -> None:
    canonical = architecture.canonical()

    def blocks(a: Architecture) -> list[tuple[int, ...]]:
        return [
            (s.num_attention_heads, s.bottleneck_size, s.intermediate_size, s.num_feedforward)
            for s in a.stages
            for _ in range(s.num_blocks)
        ]

    assert blocks(canonical) == blocks(architecture)
    assert all(stage.num_blocks for stage in canonical.stages)
    assert canonical.canonical() == canonical
    assert hash(canonical) == hash(architecture.canonical())


GOOD = {
    "hidden_size": 8,
    "stages": [
        {
            "num_blocks": 1,
            "num_attention_heads": 2,
            "bottleneck_size": 4,
            "intermediate_size": 4,
            "num_feedforward": 1,
        }
    ],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": "8"}, "hidden_size must be an integer from 1 to 1048576, not '8'"),
        ({"hidden_size": True}, "hidden_size must be an integer from 1 to 1048576, not True"),
        ({"activation": "swish"}, "activation must be one of relu, gelu, not 'swish'"),
        ({"normalization": 3}, "normalization must be one of no_norm, layer_norm, not 3"),
        ({"key_query_shared_bottleneck": 1}, "key_query_shared_bottleneck must be true or false, not 1"),
        ({"stages": 3}, "stages must be a list, not 3"),
        ({"colour": "red"}, "unknown field 'colour' in architecture"),
        ({"stages": [{}]}, r"stage has no num_blocks \(stage 1\)"),
        (
            {"stages": [{**GOOD["stages"][0], "num_attention_heads": 3}]},
            r"bottleneck_size 4 is not a multiple of num_attention_heads 3 \(stage 1\)",
        ),
        ({"stages": [GOOD["stages"][0], 5]}, r"stage must be an object, not 5 \(stage 2\)"),
    ],
)
def test_bad_architectures_are_refused_by_field(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Architecture.from_json(json.dumps({**GOOD, **change}))


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_text_that_holds_no_architecture_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="architecture"):
        Architecture.from_json(text)
