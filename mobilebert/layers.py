"""The layers of a block, each with its gradient.

Source: MobileBERT, Sun et al. 2020, section 3; the gradient of attention as in FlashAttention, Dao et al. 2022,
appendix B.2.

A layer gives its output and what it keeps for its gradient, `(y, kept)`; `*_gradient` takes `kept` and the gradient of
y, gives that of the input, and adds those of the weights to `dw` under the weights' names. They are derived by hand
because automatic ones, where no size is known in the trace, come with more small operations than a network this narrow
has large ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import tensorflow as tf

from search_space import Activation, Architecture, Normalization

Tensor = Any
"""A `tf.Tensor`, or what TensorFlow converts to one."""

Named = Mapping[str, Tensor]
"""Weights by name."""

Gradients = dict[str, Tensor]
"""Gradients by the weights' names."""

Kept = Any
"""Tensors in nested tuples."""

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


def linear(w: Named, name: str, x: Tensor) -> Tensor:
    """x W + b for x `[rows, inputs]`, which is what the gradient needs."""
    return tf.nn.bias_add(tf.matmul(x, w[f"{name}/kernel"]), w[f"{name}/bias"])


def linear_gradient(w: Named, name: str, x: Tensor, dy: Tensor, dw: Gradients) -> Tensor:
    dw[f"{name}/kernel"] = tf.matmul(x, dy, transpose_a=True)
    dw[f"{name}/bias"] = _sum_rows(dy)
    return tf.matmul(dy, w[f"{name}/kernel"], transpose_b=True)


def normalize(style: Style, w: Named, name: str, x: Tensor) -> tuple[Tensor, Kept]:
    """NoNorm (section 3.2), an element-wise scale and shift, or layer normalization."""
    inverse_deviation = None
    if style.normalization == "layer_norm":
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        inverse_deviation = tf.math.rsqrt(variance + LAYER_NORM_EPSILON)
        x = (x - mean) * inverse_deviation
    return x * w[f"{name}/gamma"] + w[f"{name}/beta"], (x, inverse_deviation)


def normalize_gradient(style: Style, w: Named, name: str, kept: Kept, dy: Tensor, dw: Gradients) -> Tensor:
    x, inverse_deviation = kept
    dw[f"{name}/gamma"], dw[f"{name}/beta"] = _sum_rows(dy * x), _sum_rows(dy)
    dx = dy * w[f"{name}/gamma"]
    if style.normalization == "layer_norm":
        mean, along = (tf.reduce_mean(part, -1, keepdims=True) for part in (dx, dx * x))
        dx = (dx - mean - x * along) * inverse_deviation
    return dx


def activate(style: Style, x: Tensor) -> tuple[Tensor, Kept]:
    """The rectifier, or the exact Gaussian error linear unit."""
    if style.activation == "relu":
        y = tf.nn.relu(x)
        return y, y
    return tf.nn.gelu(x, approximate=False), x


def activate_gradient(style: Style, kept: Kept, dy: Tensor) -> Tensor:
    if style.activation == "relu":
        return tf.raw_ops.ReluGrad(gradients=dy, features=kept)
    density = tf.exp(-0.5 * tf.square(kept)) / sqrt(2 * pi)
    return dy * (0.5 * (1.0 + tf.math.erf(kept * sqrt(0.5))) + kept * density)


class Attention:
    """Multi-head attention of `[batch * length, bottleneck]`.

    Args:
        mask_bias: float32 `[batch, 1, 1, length]`, what is added to the logits.
        heads: how many, an integer or a scalar tensor.
    """

    def __init__(self, mask_bias: Tensor, heads: Any) -> None:
        batch, _, _, length = sizes_of(mask_bias)
        self.mask_bias, self.heads, self._by_head = mask_bias, heads, [batch, length, heads, -1]

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Kept]:
        q, k, v = self._split(query * self._scale(query)), self._split(key), self._split(value)
        weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) + self.mask_bias)
        context = tf.matmul(weights, v)
        return _join(context, query), (q, k, v, weights, context)

    def gradient(
        self, kept: Kept, dy: Tensor, more_of_logits: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients of query, key and value.

        Args:
            kept: by the call.
            dy: gradient of what it gave.
            more_of_logits: of the attention weights `[batch, heads, length, length]`, a gradient of their logits that
                they have by another way.
        """
        q, k, v, weights, context = kept
        d_context = self._split(dy)
        d_weights = tf.matmul(d_context, v, transpose_b=True)
        # The sums of the softmax's gradient over keys are those of the context's over its width, which is shorter.
        d_logits = weights * (d_weights - tf.reduce_sum(d_context * context, -1, keepdims=True))
        if more_of_logits is not None:
            d_logits += more_of_logits(weights)
        d_query = tf.matmul(d_logits, k)
        d_key = tf.matmul(d_logits, q, transpose_a=True)
        d_value = tf.matmul(weights, d_context, transpose_a=True)
        return _join(d_query, dy) * self._scale(dy), _join(d_key, dy), _join(d_value, dy)

    def _scale(self, query: Tensor) -> Tensor:
        return tf.math.rsqrt(tf.cast(sizes_of(query)[1] // self.heads, tf.float32))

    def _split(self, x: Tensor) -> Tensor:
        """`[batch * length, bottleneck]` by head: `[batch, heads, length, size]`."""
        return tf.transpose(tf.reshape(x, self._by_head), (0, 2, 1, 3))


def sizes_of(x: Tensor) -> list[Any]:
    """Sizes as integers where they are static, else as scalar tensors."""
    x = tf.convert_to_tensor(x)
    if x.shape.is_fully_defined():
        return list(x.shape)
    return [
        dynamic if size is None else size
        for size, dynamic in zip(x.shape, tf.unstack(tf.shape(x), x.shape.rank), strict=True)
    ]


# Private


def _sum_rows(x: Tensor) -> Tensor:
    return tf.raw_ops.BiasAddGrad(out_backprop=x)


def _join(x: Tensor, like: Tensor) -> Tensor:
    """What is split by head, of the shape that it had."""
    return tf.reshape(
        tf.transpose(x, (0, 2, 1, 3)), sizes_of(like) if like.shape.is_fully_defined() else tf.shape(like)
    )
