"""Heads on the encoder's last hidden states: answer spans, masked tokens, and the projection to a teacher's width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from mobilebert.layers import LAYER_NORM_EPSILON, Tensor, linear
from mobilebert.layout import Shapes
from search_space import Architecture


@dataclass(frozen=True)
class Heads:
    """Which heads a network has.

    Attributes:
        span: start and end logits of an answer.
        masked_lm: logits of masked tokens, over the tied token table (MobileBERT, section 4.1).
        teacher_size: width of the teacher's hidden states to project to; 0 for no projection.
    """

    span: bool = False
    masked_lm: bool = False
    teacher_size: int = 0

    def shapes(self, hidden: Any, embedding: Any, vocab: Any) -> Shapes:
        """Shapes of the heads' tensors, in the order in which they stand in the vector."""
        shapes: dict[str, tuple[Any, ...]] = {}
        if self.span:
            shapes |= {"span/kernel": (hidden, 2), "span/bias": (2,)}
        if self.masked_lm:
            shapes |= {
                "masked_lm/transform/kernel": (hidden, hidden),
                "masked_lm/transform/bias": (hidden,),
                "masked_lm/norm/gamma": (hidden,),
                "masked_lm/norm/beta": (hidden,),
                "masked_lm/extra": (hidden - embedding, vocab),
                "masked_lm/logits/bias": (vocab,),
            }
        if self.teacher_size:
            shapes |= {"projection/kernel": (hidden, self.teacher_size), "projection/bias": (self.teacher_size,)}
        return shapes

    def of(self, architecture: Architecture) -> Shapes:
        """`shapes` of an architecture.

        Raises:
            ValueError: the masked-token head needs a hidden size of at least the embedding size.
        """
        a = architecture
        if self.masked_lm and a.hidden_size < a.embedding_size:
            raise ValueError(
                f"hidden_size {a.hidden_size} is below embedding_size {a.embedding_size}: no tied MLM head"
            )
        return self.shapes(a.hidden_size, a.embedding_size, a.vocab_size)


def span_logits(w: Mapping[str, Tensor], hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Start and end logits `[batch, length]` of hidden states `[batch, length, hidden]`."""
    start, end = tf.unstack(_dense(w, "span", hidden), 2, axis=-1)
    return start, end


def masked_lm_logits(w: Mapping[str, Tensor], token_table: Tensor, hidden: Tensor) -> Tensor:
    """Logits `[rows, vocabulary]` of the hidden states `[rows, hidden]` at masked positions."""
    x = tf.nn.relu(linear(w, "masked_lm/transform", hidden))
    mean, variance = tf.nn.moments(x, -1, keepdims=True)
    x = (x - mean) * tf.math.rsqrt(variance + LAYER_NORM_EPSILON)
    x = x * w["masked_lm/norm/gamma"] + w["masked_lm/norm/beta"]
    table = tf.concat([tf.transpose(token_table), w["masked_lm/extra"]], 0)
    return tf.matmul(x, table) + w["masked_lm/logits/bias"]


def project(w: Mapping[str, Tensor], hidden: Tensor) -> Tensor:
    """Hidden states at the teacher's width: `[batch, length, teacher_size]`."""
    return _dense(w, "projection", hidden)


def _dense(w: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    shape = tf.shape(x)
    y = linear(w, name, tf.reshape(x, [-1, shape[2]]))
    return tf.reshape(y, [shape[0], shape[1], -1])
