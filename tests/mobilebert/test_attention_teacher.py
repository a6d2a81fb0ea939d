"""A block learns the attention of the teacher's layer at its depth, and its gradient is the automatic one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from mobilebert import Batch, Inputs, Layout, Losses, Style, Trainer, encode_unrolled, random_weights
from mobilebert.attention_teacher import AttentionTeacher
from search_space import Architecture, Stage

SIZES = {"embedding_size": 8, "vocab_size": 20, "max_positions": 9, "normalization": "layer_norm"}
STUDENT = Architecture(16, (Stage(2, 2, 8, 8, 1), Stage(1, 4, 16, 8, 2)), **SIZES)
SHALLOW = Architecture(16, (Stage(1, 1, 8, 8, 1),), **SIZES)
LAYERS = 4


def batch(size: int = 5, length: int = 7) -> Batch:
    rng = np.random.default_rng(0)
    mask = (np.arange(length) < rng.integers(3, length + 1, (size, 1))).astype(np.int32)
    logits = rng.normal(size=(size, LAYERS, length, length)) - 1e9 * (1 - mask[:, None, None, :])
    attention = np.exp(logits - logits.max(-1, keepdims=True))
    attention /= attention.sum(-1, keepdims=True)
    token_ids = rng.integers(0, 20, (size, length)).astype(np.int32)
    return Batch(token_ids, mask, np.zeros_like(mask), attention=attention.astype(np.float16))


def attention_of(architecture: Architecture, weights: Any, of: Batch) -> tf.Tensor:
    """The student's, the mean over heads: `[batch, blocks, length, length]`."""
    seen = []

    def observe(name: str, value: tf.Tensor) -> None:
        if name.endswith("/attention"):
            seen.append(tf.reduce_mean(value, 1))

    encode_unrolled(architecture, weights, Inputs(of.token_ids, of.mask, of.type_ids), observe=observe)
    return tf.stack(seen, 1)


def unrolled_loss(architecture: Architecture, weights: dict[str, tf.Tensor], of: Batch) -> tf.Tensor:
    """The mean over blocks of the divergence, by what TensorFlow derives by itself."""
    student = attention_of(architecture, weights, of)
    blocks = student.shape[1]
    layers = [-(-(n + 1) * LAYERS // blocks) - 1 for n in range(blocks)]
    teacher = tf.gather(tf.cast(of.attention, tf.float32), layers, axis=1)
    tokens = tf.cast(of.mask, tf.float32)[:, None, :]
    by_token = tf.reduce_sum(tf.math.xlogy(teacher, teacher) - tf.math.xlogy(teacher, student + 1e-20), -1)
    return tf.reduce_sum(by_token * tokens) / (tf.reduce_sum(tokens) * blocks)


@pytest.mark.parametrize("architecture", [STUDENT, SHALLOW], ids=["three blocks", "one block"])
def test_loss_and_gradient_are_those_that_tensorflow_derives(architecture: Architecture) -> None:
    of = batch()
    trainer = Trainer(Style.of(architecture), Losses(attention=2.0))
    layout = trainer.layout(architecture)
    flat = random_weights(architecture, 0)
    assert layout.num_weights == len(flat)
    value, gradient = trainer.loss_and_gradient(trainer.resume(layout, flat), of)
    named = {name: tf.constant(array) for name, array in layout.unpack(flat).items()}
    with tf.GradientTape() as tape:
        tape.watch(named)
        expected = 2.0 * unrolled_loss(architecture, named, of)
    derived = {
        name: 0.0 if g is None else tf.convert_to_tensor(g) for name, g in tape.gradient(expected, named).items()
    }
    np.testing.assert_allclose(value, expected, rtol=1e-4)
    for name, ours in layout.unpack(gradient.numpy()).items():
        np.testing.assert_allclose(ours, derived[name], atol=2e-5, err_msg=name)
    assert np.abs(gradient).max() > 1e-3


def test_one_trace_serves_students_of_any_depth_and_they_learn() -> None:
    of = batch()
    trainer = Trainer(Style.of(STUDENT), Losses(attention=1.0))
    for architecture in (STUDENT, SHALLOW):
        state = trainer.start(architecture, 0, token_deviation=1.0)
        losses = []
        for _ in range(60):
            state, loss = trainer.step(state, of, 1e-2)
            losses.append(float(loss))
        assert losses[-1] < 0.6 * losses[0]
    assert trainer.num_traces == 1


@pytest.mark.parametrize(("blocks", "layers"), [(1, [3]), (2, [1, 3]), (4, [0, 1, 2, 3]), (6, [0, 1, 1, 2, 3, 3])])
def test_depths_are_matched_evenly_and_the_last_with_the_last(blocks: int, layers: list[int]) -> None:
    numbered = np.broadcast_to(np.arange(LAYERS)[:, None, None], (2, LAYERS, 3, 3)).astype(np.float16)
    (teacher, _) = AttentionTeacher.of_halves(tf.constant(numbered), tf.ones([2, 3], tf.int32))
    found = [int(teacher.target(tf.constant(n), tf.constant(blocks)).attention[0, 0, 0]) for n in range(blocks)]
    assert found == layers


def test_attention_that_is_the_teachers_has_no_loss() -> None:
    weights = Layout(SHALLOW, {}).unpack(random_weights(SHALLOW, 0))
    of = batch()
    own = attention_of(SHALLOW, weights, of)
    taught = of._replace(attention=np.repeat(own.numpy(), LAYERS, axis=1).astype(np.float16))
    trainer = Trainer(Style.of(SHALLOW), Losses(attention=1.0))
    layout = trainer.layout(SHALLOW)
    value, _ = trainer.loss_and_gradient(trainer.resume(layout, layout.pack(weights)), taught)
    assert abs(float(value)) < 1e-4
