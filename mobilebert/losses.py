"""What a student is trained for: the teacher's hidden states and attention, answer spans, masked tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from mobilebert.layers import Tensor


class Batch(NamedTuple):
    """Examples and what is to be learned from them; a field that no loss reads may be None.

    Attributes:
        token_ids, mask, type_ids: int32 `[batch, length]`.
        start, end: int32 `[batch]`, the answer's first and last token.
        hidden: float16 `[batch, length, teacher_size]`, the teacher's last hidden states.
        start_logits, end_logits: float16 `[batch, length]`, the teacher's.
        masked_labels: int32 `[batch, length]`, the tokens behind masked positions, -1 elsewhere.
        attention: float16 `[batch, layers, length, length]`, the teacher's, of a token over all, the mean over heads.
    """

    token_ids: Any
    mask: Any
    type_ids: Any
    start: Any = None
    end: Any = None
    hidden: Any = None
    start_logits: Any = None
    end_logits: Any = None
    masked_labels: Any = None
    attention: Any = None


@dataclass(frozen=True)
class Losses:
    """Weights of the losses; one of weight 0 is not computed.

    Attributes:
        hidden: mean squared difference to the teacher's hidden states, normalised by dimension.
        attention: divergence from the teacher's attention, the mean over blocks; see `mobilebert.attention_teacher`.
        span: cross-entropy of the answer's first and last token.
        span_distillation: cross-entropy to the teacher's distribution over spans.
        masked_lm: cross-entropy of masked tokens.
    """

    hidden: float = 0.0
    attention: float = 0.0
    span: float = 0.0
    span_distillation: float = 0.0
    masked_lm: float = 0.0


def hidden_loss(projected: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference over tokens and dimensions of `[batch, length, teacher_size]`."""
    weight = tf.cast(mask, tf.float32)[:, :, None]
    width = tf.cast(tf.shape(projected)[-1], tf.float32)
    return tf.reduce_sum(weight * tf.square(projected - target)) / (tf.reduce_sum(weight) * width)


def span_loss(start_logits: Tensor, end_logits: Tensor, mask: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of both ends, over the tokens that are not padding."""
    start = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.start, _unpadded(start_logits, mask))
    end = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.end, _unpadded(end_logits, mask))
    return 0.5 * tf.reduce_mean(start + end)


def span_distillation_loss(start_logits: Tensor, end_logits: Tensor, mask: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy to the teacher's distributions (softmax once) of both ends."""

    def one(student: Tensor, teacher: Tensor) -> Tensor:
        target = tf.nn.softmax(_unpadded(tf.cast(teacher, tf.float32), mask))
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, _unpadded(student, mask)))

    return 0.5 * (one(start_logits, batch.start_logits) + one(end_logits, batch.end_logits))


def masked_lm_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of logits `[rows, vocabulary]` and labels `[rows]`; 0 for no rows."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.cast(tf.size(labels), tf.float32))


def _unpadded(logits: Tensor, mask: Tensor) -> Tensor:
    return logits - 1e4 * (1.0 - tf.cast(mask, tf.float32))
