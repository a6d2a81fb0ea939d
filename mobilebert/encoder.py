"""The MobileBERT encoder: its mathematics, once, and two ways to walk its blocks.

Source: MobileBERT, Sun et al. 2020, section 3 and figure 1; in details the official TensorFlow implementation
(`MobileBERTEncoder` of the Model Garden), with which it agrees to 1e-5 of each block's largest output.

`encode` takes weights in one flat vector, and no dimension is fixed in its trace: one trace serves every architecture.
`encode_unrolled` takes named tensors of static shape: the form to export. The mathematics is `embed`, here, and the
parts of a block in `mobilebert.blocks`, which both walk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import tensorflow as tf

from mobilebert.attention_teacher import AttentionTeacher
from mobilebert.blocks import attend, attention_weights, feed_forward, widen
from mobilebert.layers import Attention, Named, Style, Tensor, linear, normalize, sizes_of
from mobilebert.vectors import EMBEDDING_SHAPES, Sizes, named
from mobilebert.walk import Walk
from search_space import Architecture

FLOAT_MASK = -10_000.0
"""What is added to the attention logits of padding; int8 models need -120, so that their scale is not lost to it."""


class Inputs(NamedTuple):
    """Token ids, mask (1 for tokens, 0 for padding) and type ids, each int32 `[batch, length]`."""

    token_ids: Tensor
    mask: Tensor
    type_ids: Tensor


class Encoding(NamedTuple):
    """The outputs of the encoder.

    Attributes:
        hidden: float32 `[batch, length, hidden_size]`, the last block's output.
        outputs: float32 `[blocks + 1, batch, length, hidden_size]`, the embeddings and every block's output; None if
            they were not asked for.
        divergence: of the attention from the teacher's, see `mobilebert.attention_teacher`; 0 without one.
    """

    hidden: Tensor
    outputs: Tensor | None = None
    divergence: Tensor | float = 0.0


def embed(style: Style, w: Named, inputs: Inputs) -> Tensor:
    """Token, position and type embeddings: `[batch * length, hidden]`.

    The tokens' narrow embeddings are joined with those of their neighbours, [next, current, previous], and projected.
    """
    batch, length = sizes_of(inputs.token_ids)
    token = tf.gather(w["token"], inputs.token_ids)
    nothing = tf.zeros_like(token[:, :1])
    following = tf.concat([token[:, 1:], nothing], 1)
    previous = tf.concat([nothing, token[:, :-1]], 1)
    trigram = tf.concat([following, token, previous], 2)
    x = linear(w, "projection", tf.reshape(trigram, [batch * length, 3 * sizes_of(token)[-1]]))
    hidden = sizes_of(x)[-1]
    x = tf.reshape(x, [batch, length, hidden]) + w["position"][:length] + tf.gather(w["type"], inputs.type_ids)
    x, _ = normalize(style, w, "norm", tf.reshape(x, [batch * length, hidden]))
    return x


def encode(
    style: Style,
    embeddings: Tensor,
    blocks: Tensor,
    sizes: Sizes,
    inputs: Inputs,
    *,
    mask_value: float = FLOAT_MASK,
    training: bool = False,
    collect: bool = False,
    teacher_attention: Tensor | None = None,
) -> Encoding:
    """Encodes with any architecture's weights, traced once.

    Args:
        style: what the trace fixes.
        embeddings, blocks: float32 `[e]` and `[b]`, parts of a vector laid out as in `mobilebert.layout`.
        sizes: the architecture.
        inputs: the tokens.
        mask_value: what is added to the attention logits of padding.
        training: keep what the gradient needs; there is none without it.
        collect: give every block's output too; not in training.
        teacher_attention: float16 `[batch, layers, length, length]`, to be told the divergence from in training.
    """
    teachers = []
    if teacher_attention is not None:
        teachers = AttentionTeacher.of_halves(teacher_attention, inputs.mask)
    walk = Walk(style, sizes, _mask_bias(inputs.mask, mask_value), teachers)
    x = embed(style, named(embeddings, EMBEDDING_SHAPES, sizes.tables[: len(EMBEDDING_SHAPES)]), inputs)
    shape = [*sizes_of(inputs.mask), tf.shape(x)[1]]
    if collect:
        outputs = tf.reshape(walk.outputs(blocks, x), [-1, *shape])
        return Encoding(outputs[-1], outputs)
    if not training:
        return Encoding(tf.reshape(walk.last(blocks, x), shape))
    x, divergence = walk.differentiable(blocks, x)
    return Encoding(tf.reshape(x, shape), divergence=divergence)


def encode_unrolled(
    architecture: Architecture,
    weights: Mapping[str, Tensor],
    inputs: Inputs,
    *,
    mask_value: float = FLOAT_MASK,
    collect: bool = False,
    observe: Callable[[str, Tensor], None] = lambda name, value: None,
) -> Encoding:
    """Encodes with one architecture's named weights (`Layout.unpack`), in static shapes where the inputs have them.

    Args:
        architecture: whose weights they are.
        weights: tensors or arrays by name.
        inputs: the tokens.
        mask_value: what is added to the attention logits of padding.
        collect: give every block's output too.
        observe: is told, on the way up, what goes on within: `embeddings`, `[batch * length, hidden]`,
            `block0/attention`, the weights `[batch, heads, length, length]`, and `block0/feedforward0/activation`,
            `[batch * length, intermediate]`.
    """
    style = Style.of(architecture)

    def below(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}

    x = embed(style, below("embeddings/"), inputs)
    observe("embeddings", x)
    bias = _mask_bias(inputs.mask, mask_value)
    outputs = [x]
    stages = [stage for stage in architecture.stages for _ in range(stage.num_blocks)]
    for n, stage in enumerate(stages):
        w, x = below(f"block{n}/"), outputs[-1]
        narrow, kept = attend(style, w, x, Attention(bias, stage.num_attention_heads))
        observe(f"block{n}/attention", attention_weights(kept))
        for f in range(stage.num_feedforward):
            narrow, (_, _, inner, _) = feed_forward(style, below(f"block{n}/feedforward{f}/"), narrow)
            observe(f"block{n}/feedforward{f}/activation", inner)
        x, _ = widen(style, w, narrow, x)
        outputs.append(x)
    shape = [*sizes_of(inputs.mask), architecture.hidden_size]
    outputs = [tf.reshape(output, shape) for output in outputs]
    return Encoding(outputs[-1], tf.stack(outputs) if collect else None)


# Private


def _mask_bias(mask: Tensor, value: float) -> Tensor:
    return (1.0 - tf.cast(mask, tf.float32))[:, None, None, :] * value
