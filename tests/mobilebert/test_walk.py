"""The walk's gradient, derived by hand, is the automatic one of the unrolled blocks, in every style."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from mobilebert import Inputs, Layout, Sizes, Style, encode, encode_unrolled, initial_weights
from search_space import Architecture, Stage

STYLES = [Style(*choices) for choices in product(("relu", "gelu"), ("no_norm", "layer_norm"), (True, False))]
STAGES = (Stage(2, 2, 8, 12, 1), Stage(1, 4, 12, 8, 3), Stage(1, 1, 6, 10, 2))
ARCHITECTURE = Architecture(16, STAGES, embedding_size=8, vocab_size=30, max_positions=7)
LENGTH = ARCHITECTURE.max_positions


def make_inputs(batch: int) -> Inputs:
    rng = np.random.default_rng(0)
    mask = np.arange(LENGTH) < rng.integers(3, LENGTH + 1, (batch, 1))
    token_ids, type_ids = rng.integers(0, 30, (batch, LENGTH)), rng.integers(0, 2, (batch, LENGTH))
    return Inputs(*(tf.constant(x, tf.int32) for x in (token_ids, mask, type_ids)))


def make_weights(layout: Layout) -> np.ndarray:
    """No norm is the identity and no bias zero; larger noise would make NoNorm's states, and rounding, explode."""
    flat = initial_weights(layout, seed=0, token_deviation=1.0)
    return flat + 0.1 * np.random.default_rng(1).standard_normal(len(flat), np.float32)


def traced_gradient(style: Style):
    """The gradient of a random projection of the last hidden states."""

    def gradient(flat, sizes: Sizes, inputs: Inputs, direction):
        with tf.GradientTape() as tape:
            tape.watch(flat)
            embeddings, _, blocks = sizes.parts(flat)
            hidden = encode(style, embeddings, blocks, sizes, inputs, training=True).hidden
            value = tf.reduce_sum(hidden * direction)
        return tape.gradient(value, flat)

    inputs = Inputs(*[tf.TensorSpec([None, None], tf.int32)] * 3)
    direction = tf.TensorSpec([None, None, None])
    return tf.function(gradient, [tf.TensorSpec([None]), Sizes.signature(), inputs, direction])


def unrolled_gradient(architecture: Architecture, layout: Layout, flat, inputs: Inputs, direction) -> np.ndarray:
    tensors = {name: tf.Variable(value) for name, value in layout.unpack(flat).items()}
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(encode_unrolled(architecture, tensors, inputs).hidden * direction)
    gradients = tape.gradient(value, tensors)
    return layout.pack({name: tf.convert_to_tensor(gradient).numpy() for name, gradient in gradients.items()})


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_the_way_down_gives_the_gradients_of_the_unrolled_blocks(style: Style) -> None:
    architecture = replace(ARCHITECTURE, **vars(style))
    layout = Layout(architecture, {})
    flat, gradient = make_weights(layout), traced_gradient(style)
    for batch in (1, 2, 5):  # an empty half, equal halves, unequal ones
        inputs = make_inputs(batch)
        direction = np.random.default_rng(2).standard_normal((batch, LENGTH, 16), np.float32)
        expected = unrolled_gradient(architecture, layout, flat, inputs, direction)
        difference = gradient(flat, Sizes.of(layout), inputs, direction).numpy() - expected
        assert np.abs(difference).max() <= 1e-5 * np.abs(expected).max()
        assert np.linalg.norm(difference) <= 1e-5 * np.linalg.norm(expected)


def test_the_same_gradient_comes_out_to_the_last_bit() -> None:
    layout = Layout(ARCHITECTURE, {})
    flat, inputs, gradient = make_weights(layout), make_inputs(6), traced_gradient(Style())
    direction = np.random.default_rng(2).standard_normal((6, LENGTH, 16), np.float32)
    first, *others = (gradient(flat, Sizes.of(layout), inputs, direction).numpy() for _ in range(20))
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("training", [True, False])
def test_only_training_leaves_anything_on_a_tape(training: bool) -> None:
    @tf.function
    def hidden(flat, sizes: Sizes, inputs: Inputs):
        embeddings, _, blocks = sizes.parts(flat)
        return encode(Style(), embeddings, blocks, sizes, inputs, training=training).hidden

    layout = Layout(ARCHITECTURE, {})
    flat = make_weights(layout)
    graph = hidden.get_concrete_function(flat, Sizes.of(layout), make_inputs(2)).graph.as_graph_def()
    operations = {node.op for function in graph.library.function for node in function.node_def}
    assert ("TensorListPushBack" in operations) == training
