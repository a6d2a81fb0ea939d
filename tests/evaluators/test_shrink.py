"""The small network that stands for an architecture stands for no other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators import shrink
from search_space import PUBLISHED, Architecture, MobileBertSpace, Stage

SPACE = MobileBertSpace()
DIVISOR = 8


@pytest.mark.parametrize("name", ["hidden_size", "bottleneck_size", "intermediate_size"])
def test_every_option_of_the_space_keeps_a_width_of_its_own(name: str) -> None:
    options = getattr(SPACE, name)
    assert all(option % DIVISOR == 0 for option in options)
    assert all(a // DIVISOR < b // DIVISOR for a, b in pairwise(options))


@given(st.integers(0, 2**32 - 1))
def test_shrinking_is_undone_by_multiplying(seed: int) -> None:
    architecture = SPACE.decode(SPACE.sample(np.random.default_rng(seed), 1)[0])
    small = shrink(architecture, divisor=DIVISOR, vocab_size=100, max_positions=64)
    assert small.num_blocks == architecture.num_blocks
    restored = Architecture(
        small.hidden_size * DIVISOR,
        tuple(
            Stage(
                s.num_blocks,
                s.num_attention_heads,
                s.bottleneck_size * DIVISOR,
                s.intermediate_size * DIVISOR,
                s.num_feedforward,
            )
            for s in small.stages
        ),
    )
    assert restored == architecture


def test_the_task_gives_vocabulary_and_positions() -> None:
    small = shrink(PUBLISHED["mobilebert-edgetpu-xs"], divisor=8, vocab_size=123, max_positions=64)
    assert (small.vocab_size, small.max_positions, small.hidden_size, small.embedding_size) == (123, 64, 64, 16)


@pytest.mark.parametrize(
    ("divisor", "message"),
    [
        (7, "hidden_size 512 is not a multiple of width_divisor 7"),
        (128, "bottleneck_size 256 divided by width_divisor 128 is not a multiple of num_attention_heads 4"),
    ],
)
def test_a_divisor_that_does_not_suit_is_refused(divisor: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shrink(PUBLISHED["mobilebert-edgetpu-xs"], divisor=divisor, vocab_size=10, max_positions=8)
