"""The MobileBERT encoder: its mathematics, once, and two ways to walk its blocks.

Source: MobileBERT, Sun et al. 2020, section 3 and figure 1; in details the official TensorFlow implementation
(`MobileBERTEncoder` of the Model Garden), with which it agrees to 1e-5 of each block's largest output.

`encode` walks the blocks with a `while_loop` over weights in one flat vector, and no dimension is fixed in its
trace: one trace serves every architecture. `encode_unrolled` walks them in Python over named tensors of static
shape: the form to export. Both call `embed` and `block`, where the mathematics is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from mobilebert.layout import Shapes, block_shapes, embedding_shapes, feedforward_shapes, total
from search_space import Activation, Architecture, Normalization

Tensor = Any
"""A `tf.Tensor`, or what TensorFlow converts to one."""

FLOAT_MASK = -10_000.0
"""What is added to the attention logits of padding; int8 models need -120, so that their scale is not lost to it."""

LAYER_NORM_EPSILON = 1e-12  # of the official implementation


@dataclass(frozen=True)
class Style:
    """What is decided in Python: one trace for each combination; constant in a study."""

    activation: Activation = "relu"
    normalization: Normalization = "no_norm"
    key_query_shared_bottleneck: bool = True

    @classmethod
    def of(cls, architecture: Architecture) -> Style:
        return cls(architecture.activation, architecture.normalization, architecture.key_query_shared_bottleneck)


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
    """

    hidden: Tensor
    outputs: Tensor | None


class Sizes(NamedTuple):
    """An architecture's sizes as tensors.

    Attributes:
        tables: int32 `[5]`: hidden size, embedding size, vocabulary, positions, types.
        blocks: int32 `[n, 4]`: heads, bottleneck, intermediate size, feed-forward networks of each block.
    """

    tables: Tensor
    blocks: Tensor


def size_table(shapes: Shapes) -> Tensor:
    """The sizes of tensors: int32 `[tensors, 2]`, a vector having one row; `[n, tensors, 2]` where sizes are `[n]`."""
    rows = [shape if len(shape) == 2 else (tf.ones_like(shape[0]), *shape) for shape in shapes.values()]
    return tf.stack([tf.stack(row, -1) for row in rows], -2)


def named(flat: Tensor, shapes: Shapes, table: Tensor) -> dict[str, Tensor]:
    """The tensors that stand one after another in a vector; of `shapes` only names and ranks count.

    Its own gradient, which puts the tensors' gradients one after another and so needs to remember no shape.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def cut(flat: Tensor) -> tuple[list[Tensor], Callable[..., Tensor]]:
        pieces = tf.split(flat, tf.reduce_prod(table, -1), num=len(shapes))
        rows = tf.unstack(table, len(shapes))
        tensors = [
            tf.reshape(piece, row) if len(shape) == 2 else piece
            for piece, row, shape in zip(pieces, rows, shapes.values(), strict=True)
        ]
        return tensors, lambda *upstream: tf.concat([tf.reshape(tensor, [-1]) for tensor in upstream], 0)

    return dict(zip(shapes, cut(flat), strict=True))


# The mathematics


def linear(w: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    """x W + b for x `[rows, inputs]`."""
    return tf.nn.bias_add(tf.matmul(x, w[f"{name}/kernel"]), w[f"{name}/bias"])


@tf.custom_gradient  # type: ignore[untyped-decorator]
def scale_and_shift(x: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    """x * gamma + beta for x `[rows, width]`.

    Its own gradient, because that of broadcast operations on sizes unknown in the trace first works out which axes
    were broadcast: as many small operations again as the rest of a block.
    """

    def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
        return upstream * gamma, tf.reduce_sum(upstream * x, 0), tf.reduce_sum(upstream, 0)

    return x * gamma + beta, gradient


@tf.custom_gradient  # type: ignore[untyped-decorator]
def add(x: Tensor, y: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
    """x + y of one shape, with a gradient that needs no shapes; `tf.add_n` has that too, but no int8 form in TFLite."""
    return x + y, lambda upstream: (upstream, upstream)


def normalize(style: Style, w: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    """NoNorm (section 3.2), an element-wise scale and shift, or layer normalization."""
    if style.normalization == "layer_norm":
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        x = (x - mean) * tf.math.rsqrt(variance + LAYER_NORM_EPSILON)
    return scale_and_shift(x, w[f"{name}/gamma"], w[f"{name}/beta"])


def activate(style: Style, x: Tensor) -> Tensor:
    return tf.nn.relu(x) if style.activation == "relu" else tf.nn.gelu(x, approximate=False)


def embed(style: Style, w: Mapping[str, Tensor], inputs: Inputs) -> Tensor:
    """Token, position and type embeddings: `[batch * length, hidden]`.

    The tokens' narrow embeddings are joined with those of their neighbours, [next, current, previous], and projected.
    """
    batch, length = _shape(inputs.token_ids)
    token = tf.gather(w["token"], inputs.token_ids)
    nothing = tf.zeros_like(token[:, :1])
    following = tf.concat([token[:, 1:], nothing], 1)
    previous = tf.concat([nothing, token[:, :-1]], 1)
    trigram = tf.concat([following, token, previous], 2)
    x = linear(w, "projection", tf.reshape(trigram, [batch * length, 3 * _shape(token)[-1]]))
    hidden = _shape(x)[-1]
    x = tf.reshape(x, [batch, length, hidden]) + w["position"][:length] + tf.gather(w["type"], inputs.type_ids)
    return normalize(style, w, "norm", tf.reshape(x, [batch * length, hidden]))


def attend(query: Tensor, key: Tensor, value: Tensor, mask_bias: Tensor, heads: Any) -> Tensor:
    """Multi-head attention of `[batch * length, bottleneck]`; `mask_bias` is `[batch, 1, 1, length]`.

    Its own gradient, for the reason of `scale_and_shift`; the softmax's row sums are those of the context with its
    gradient, as in FlashAttention (Dao et al. 2022, appendix B.2), which are shorter.
    """
    batch, length = _shape(mask_bias)[0], _shape(mask_bias)[3]
    bottleneck = _shape(query)[1]
    head_size = bottleneck // heads
    scale = tf.math.rsqrt(tf.cast(head_size, tf.float32))

    def split(x: Tensor) -> Tensor:
        return tf.transpose(tf.reshape(x, [batch, length, heads, head_size]), (0, 2, 1, 3))

    def merge(x: Tensor) -> Tensor:
        return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), [batch * length, bottleneck])

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def attention(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
        q, k, v = split(query * scale), split(key), split(value)
        weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) + mask_bias)
        context = tf.matmul(weights, v)

        def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
            d_context = split(upstream)
            d_weights = tf.matmul(d_context, v, transpose_b=True)
            d_logits = weights * (d_weights - tf.reduce_sum(d_context * context, -1, keepdims=True))
            d_query = tf.matmul(d_logits, k)
            d_key = tf.matmul(d_logits, q, transpose_a=True)
            d_value = tf.matmul(weights, d_context, transpose_a=True)
            return merge(d_query) * scale, merge(d_key), merge(d_value)

        return merge(context), gradient

    return attention(query, key, value)


def feedforward(style: Style, w: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """One feed-forward network with its residual."""
    return normalize(style, w, "norm", add(linear(w, "output", activate(style, linear(w, "intermediate", x))), x))


def block(
    style: Style,
    w: Mapping[str, Tensor],
    x: Tensor,
    mask_bias: Tensor,
    heads: Any,
    feedforwards: Callable[[Tensor], Tensor],
) -> Tensor:
    """One block: `x` is `[batch * length, hidden]`; `feedforwards` applies its feed-forward networks in turn."""
    narrow = normalize(style, w, "input/norm", linear(w, "input", x))
    attended = x
    if style.key_query_shared_bottleneck:
        attended = normalize(style, w, "shared/norm", linear(w, "shared", x))
    query, key, value = linear(w, "query", attended), linear(w, "key", attended), linear(w, "value", x)
    attention = linear(w, "attention_output", attend(query, key, value, mask_bias, heads))
    attention = normalize(style, w, "attention_output/norm", add(attention, narrow))
    return normalize(style, w, "output/norm", add(linear(w, "output", feedforwards(attention)), x))


# Two walks


def encode(
    style: Style,
    embeddings: Tensor,
    blocks: Tensor,
    sizes: Sizes,
    inputs: Inputs,
    *,
    mask_value: float = FLOAT_MASK,
    collect: bool = False,
) -> Encoding:
    """Encodes with any architecture's weights, traced once.

    Args:
        style: what the trace fixes.
        embeddings: float32 `[e]`, the embeddings' part of a vector laid out as in `mobilebert.layout`.
        blocks: float32 `[b]`, the blocks' part.
        sizes: the architecture.
        inputs: the tokens.
        mask_value: what is added to the attention logits of padding.
        collect: give every block's output too.
    """
    tables, own, network = _shapes(style, sizes)
    own_table, network_table = size_table(own), size_table(network)
    x = embed(style, named(embeddings, tables, size_table(tables)), inputs)
    bias = _mask_bias(inputs.mask, mask_value)
    num_blocks = tf.shape(sizes.blocks)[0]
    outputs = tf.TensorArray(tf.float32, size=num_blocks + 1, element_shape=x.shape).write(0, x) if collect else None

    def walk(n: Tensor, rows: Tensor, x: Tensor, *outputs: Any) -> tuple[Tensor, ...]:
        heads, _, _, count = tf.unstack(sizes.blocks[n], 4)
        rows, row = _take_row(rows)
        w, network_sizes = named(row, own, own_table[n]), network_table[n]

        def feedforwards(a: Tensor) -> Tensor:
            def apply(f: Tensor, rows: Tensor, a: Tensor) -> tuple[Tensor, ...]:
                rows, row = _take_row(rows)
                return f + 1, rows, feedforward(style, named(row, network, network_sizes), a)

            nonlocal rows
            invariants = (tf.TensorShape([]), rows.shape, tf.TensorShape([None, None]))
            _, rows, a = tf.while_loop(lambda f, *_: f < count, apply, (0, rows, a), invariants)
            return a

        x = block(style, w, x, bias, heads, feedforwards)
        return n + 1, rows, x, *(array.write(n + 1, x) for array in outputs)

    rows = _rows(blocks, _row_lengths(own_table, network_table, sizes.blocks[:, 3]))
    start = (0, rows, x, *([outputs] if collect else []))
    invariants = (tf.TensorShape([]), rows.shape, tf.TensorShape([None, None]), tf.TensorShape(None))
    end = tf.while_loop(lambda n, *_: n < num_blocks, walk, start, invariants[: len(start)])
    shape = [*_shape(inputs.mask), sizes.tables[0]]
    return Encoding(tf.reshape(end[2], shape), tf.reshape(end[3].stack(), [-1, *shape]) if collect else None)


def encode_unrolled(
    architecture: Architecture,
    weights: Mapping[str, Tensor],
    inputs: Inputs,
    *,
    mask_value: float = FLOAT_MASK,
    collect: bool = False,
) -> Encoding:
    """Encodes with one architecture's named weights (`Layout.unpack`), in static shapes where the inputs have them.

    Args:
        architecture: whose weights they are.
        weights: tensors or arrays by name.
        inputs: the tokens.
        mask_value: what is added to the attention logits of padding.
        collect: give every block's output too.
    """
    style = Style.of(architecture)

    def below(prefix: str) -> dict[str, Tensor]:
        return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}

    x = embed(style, below("embeddings/"), inputs)
    bias = _mask_bias(inputs.mask, mask_value)
    outputs = [x]
    stages = [stage for stage in architecture.stages for _ in range(stage.num_blocks)]
    for n, stage in enumerate(stages):

        def feedforwards(a: Tensor, n: int = n, count: int = stage.num_feedforward) -> Tensor:
            for f in range(count):
                a = feedforward(style, below(f"block{n}/feedforward{f}/"), a)
            return a

        outputs.append(block(style, below(f"block{n}/"), outputs[-1], bias, stage.num_attention_heads, feedforwards))
    shape = [*_shape(inputs.mask), architecture.hidden_size]
    outputs = [tf.reshape(output, shape) for output in outputs]
    return Encoding(outputs[-1], tf.stack(outputs) if collect else None)


def encoder_size(style: Style, sizes: Sizes) -> Tensor:
    """How many of a flat vector's weights belong to the embeddings, and how many to the blocks: two scalars."""
    tables, own, network = _shapes(style, sizes)
    lengths = _row_lengths(size_table(own), size_table(network), sizes.blocks[:, 3])
    return total(tables), tf.reduce_sum(lengths)


# Private


def _shapes(style: Style, sizes: Sizes) -> tuple[Shapes, Shapes, Shapes]:
    """Of the embeddings, of each block `[n]` and of the feed-forward networks of each block `[n]`."""
    _, bottleneck, intermediate, _ = tf.unstack(sizes.blocks, 4, axis=1)
    hidden = tf.fill(tf.shape(bottleneck), sizes.tables[0])
    own = block_shapes(hidden, bottleneck, style.key_query_shared_bottleneck)
    return embedding_shapes(*tf.unstack(sizes.tables, 5)), own, feedforward_shapes(bottleneck, intermediate)


def _row_lengths(own: Tensor, network: Tensor, num_feedforward: Tensor) -> Tensor:
    """How many weights stand in each row of the blocks' part: int32 `[rows]`, the last row being taken first."""
    lengths = tf.stack([tf.reduce_sum(tf.reduce_prod(table, -1), -1) for table in (own, network)], -1)
    times = tf.stack([tf.ones_like(num_feedforward), num_feedforward], -1)
    return tf.reverse(tf.repeat(tf.reshape(lengths, [-1]), tf.reshape(times, [-1])), [0])


def _rows(flat: Tensor, lengths: Tensor) -> Tensor:
    """A vector cut into a list of rows.

    A loop that takes rows off a list's end has a gradient that only pushes rows back, where slices of one tensor
    would each add a gradient of that tensor's whole size.
    """
    return tf.raw_ops.TensorListSplit(tensor=flat, element_shape=[-1], lengths=tf.cast(lengths, tf.int64))


def _take_row(rows: Tensor) -> tuple[Tensor, Tensor]:
    rest, row = tf.raw_ops.TensorListPopBack(input_handle=rows, element_shape=[-1], element_dtype=tf.float32)
    return rest, row


def _mask_bias(mask: Tensor, value: float) -> Tensor:
    return (1.0 - tf.cast(mask, tf.float32))[:, None, None, :] * value


def _shape(x: Tensor) -> list[Any]:
    """Sizes as integers where they are static, else as scalar tensors."""
    x = tf.convert_to_tensor(x)
    dynamic = tf.shape(x)
    return [dynamic[axis] if size is None else size for axis, size in enumerate(x.shape)]
