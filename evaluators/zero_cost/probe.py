"""One forward and backward pass of a network of random weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluators.contract import Examples
from evaluators.zero_cost.measures import Probed
from search_space import Architecture


def probe(architecture: Architecture, examples: Examples, seed: int) -> Probed:
    """What a batch shows of an architecture whose weights are drawn from a seed; see `Probed`.

    Nothing is traced, so every architecture costs one pass and no compiling.

    Args:
        architecture: as it is run, with the examples' vocabulary and positions.
        examples: a batch.
        seed: of the initial weights, which are those of `mobilebert.initial_weights` with tokens at unit scale.
    """
    import tensorflow as tf

    from mobilebert import Inputs, Layout, encode_unrolled, initial_weights

    layout = Layout(architecture, {})
    arrays = layout.unpack(initial_weights(layout, seed, token_deviation=1.0))
    inputs = Inputs(*(tf.constant(array, tf.int32) for array in (examples.token_ids, examples.mask, examples.type_ids)))
    seen: dict[str, Any] = {}
    weights = {name: tf.constant(array) for name, array in arrays.items()}
    with tf.GradientTape() as tape:
        tape.watch(weights)
        total = tf.reduce_sum(encode_unrolled(architecture, weights, inputs, observe=seen.__setitem__).hidden)
    embeddings = seen.pop("embeddings")  # no two examples have anything in common there
    gradients, jacobian = tape.gradient(
        total, [weights, embeddings], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    by_example = [len(examples), -1]
    return Probed(
        arrays,
        {name: tf.convert_to_tensor(gradient).numpy() for name, gradient in gradients.items()},
        [value.numpy() for name, value in seen.items() if name.endswith("/attention")],
        [np.reshape(value.numpy(), by_example) for name, value in seen.items() if name.endswith("/activation")],
        np.reshape(jacobian.numpy(), by_example),
        examples.mask,
    )
