"""A block in its three parts: attention, feed-forward networks, and the way back to the hidden size.

Source: MobileBERT, Sun et al. 2020, section 3 and figure 1; in details the official TensorFlow implementation
(`MobileBERTEncoder` of the Model Garden).

Parts map rows `[batch * length, width]`; what they keep and how gradients are given is said in `mobilebert.layers`.
"""

from __future__ import annotations

from collections.abc import Callable

from mobilebert.layers import (
    Attention,
    Gradients,
    Kept,
    Named,
    Style,
    Tensor,
    activate,
    activate_gradient,
    linear,
    linear_gradient,
    normalize,
    normalize_gradient,
)


def attend(style: Style, w: Named, x: Tensor, attention: Attention) -> tuple[Tensor, Kept]:
    """From the block's wide input to what its feed-forward networks read."""
    narrow, kept_narrow = normalize(style, w, "input/norm", linear(w, "input", x))
    attended, kept_attended = x, None
    if style.key_query_shared_bottleneck:
        attended, kept_attended = normalize(style, w, "shared/norm", linear(w, "shared", x))
    query, key, value = linear(w, "query", attended), linear(w, "key", attended), linear(w, "value", x)
    context, kept_attention = attention(query, key, value)
    y, kept_y = normalize(style, w, "attention_output/norm", linear(w, "attention_output", context) + narrow)
    return y, (x, kept_narrow, attended, kept_attended, kept_attention, context, kept_y)


def attention_weights(kept: Kept) -> Tensor:
    """Of what `attend` keeps, the attention `[batch, heads, length, length]`."""
    *_, kept_attention, _, _ = kept
    _, _, _, weights, _ = kept_attention
    return weights


def attend_gradient(
    style: Style,
    w: Named,
    attention: Attention,
    kept: Kept,
    dy: Tensor,
    dw: Gradients,
    more_of_logits: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """The gradient of the wide input; for `more_of_logits` see `Attention.gradient`."""
    x, kept_narrow, attended, kept_attended, kept_attention, context, kept_y = kept
    d_narrow = normalize_gradient(style, w, "attention_output/norm", kept_y, dy, dw)
    d_context = linear_gradient(w, "attention_output", context, d_narrow, dw)
    d_query, d_key, d_value = attention.gradient(kept_attention, d_context, more_of_logits)
    by_attended = linear_gradient(w, "query", attended, d_query, dw) + linear_gradient(w, "key", attended, d_key, dw)
    if style.key_query_shared_bottleneck:
        d_shared = normalize_gradient(style, w, "shared/norm", kept_attended, by_attended, dw)
        by_attended = linear_gradient(w, "shared", x, d_shared, dw)
    by_value = linear_gradient(w, "value", x, d_value, dw)
    d_input = normalize_gradient(style, w, "input/norm", kept_narrow, d_narrow, dw)
    return by_attended + by_value + linear_gradient(w, "input", x, d_input, dw)


def feed_forward(style: Style, w: Named, x: Tensor) -> tuple[Tensor, Kept]:
    """One feed-forward network with its residual."""
    inner, kept_inner = activate(style, linear(w, "intermediate", x))
    y, kept_y = normalize(style, w, "norm", linear(w, "output", inner) + x)
    return y, (x, kept_inner, inner, kept_y)


def feed_forward_gradient(style: Style, w: Named, kept: Kept, dy: Tensor, dw: Gradients) -> Tensor:
    x, kept_inner, inner, kept_y = kept
    d_residual = normalize_gradient(style, w, "norm", kept_y, dy, dw)
    d_inner = activate_gradient(style, kept_inner, linear_gradient(w, "output", inner, d_residual, dw))
    return linear_gradient(w, "intermediate", x, d_inner, dw) + d_residual


def widen(style: Style, w: Named, x: Tensor, residual: Tensor) -> tuple[Tensor, Kept]:
    """Back to the width of the block's input, which is the residual."""
    y, kept_y = normalize(style, w, "output/norm", linear(w, "output", x) + residual)
    return y, (x, kept_y)


def widen_gradient(style: Style, w: Named, kept: Kept, dy: Tensor, dw: Gradients) -> tuple[Tensor, Tensor]:
    """The gradients of x and of the residual."""
    x, kept_y = kept
    d_residual = normalize_gradient(style, w, "output/norm", kept_y, dy, dw)
    return linear_gradient(w, "output", x, d_residual, dw), d_residual
