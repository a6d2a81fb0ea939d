"""The flat vector holds every weight once, and initial weights depend on their tensor alone."""

import numpy as np
import pytest

from mobilebert.heads import Heads
from mobilebert.initialization import initial_weights
from mobilebert.layout import Layout
from search_space import PUBLISHED, Architecture, Stage, parameters

TINY = Architecture(8, (Stage(2, 2, 4, 6, 2), Stage(1, 1, 6, 4, 1)), embedding_size=4, vocab_size=9, max_positions=5)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_layout_without_heads_has_the_parameters_of_the_closed_form(name: str) -> None:
    assert Layout(PUBLISHED[name], {}).num_weights == parameters(PUBLISHED[name])


def test_packing_undoes_unpacking() -> None:
    layout = Layout(TINY, Heads(span=True, masked_lm=True, teacher_size=3).of(TINY))
    flat = np.random.default_rng(0).normal(size=layout.num_weights).astype(np.float32)
    np.testing.assert_array_equal(layout.pack(layout.unpack(flat)), flat)


def test_weights_of_another_architecture_are_refused_by_name() -> None:
    layout = Layout(TINY, {})
    tensors = layout.unpack(initial_weights(layout, 0))
    wrong = {**tensors, "block0/query/kernel": np.zeros((4, 5))}
    with pytest.raises(ValueError, match=r"block0/query/kernel is \(4, 5\), not \(4, 4\)"):
        layout.pack(wrong)
    with pytest.raises(ValueError, match=r"block0/query/kernel is missing"):
        layout.pack({name: value for name, value in tensors.items() if name != "block0/query/kernel"})


def test_a_tensor_starts_the_same_in_every_architecture_that_has_it() -> None:
    deeper = Architecture(8, (Stage(4, 2, 4, 6, 2),), embedding_size=4, vocab_size=9, max_positions=5)
    one, two = (Layout(a, {}).unpack(initial_weights(Layout(a, {}), 7)) for a in (TINY, deeper))
    shared = [name for name in one if name in two and one[name].shape == two[name].shape]
    assert "block1/feedforward1/output/kernel" in shared
    for name in shared:
        np.testing.assert_array_equal(one[name], two[name])
    other_seed = Layout(TINY, {}).unpack(initial_weights(Layout(TINY, {}), 8))
    assert np.abs(other_seed["embeddings/token"] - one["embeddings/token"]).max() > 0
