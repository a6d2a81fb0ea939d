"""The teacher's attention as something to learn, block by block.

Source: the attention transfer of MobileBERT, Sun et al. 2020, section 3.3.1: the Kullback-Leibler divergence of the
student's attention from the teacher's. The softmax is taken once (the official code takes it twice), and both are means
over heads, for the numbers of heads differ from block to block. Where the depths differ, a block learns from the
teacher's layer at the same relative depth, as TinyBERT's uniform mapping does (Jiao et al. 2020, section 4.1).
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from mobilebert.layers import Tensor

_LEAST = 1e-12  # of a probability that is divided by, or whose logarithm is taken


class AttentionTarget(NamedTuple):
    """What attention `[rows, heads, length, length]` is to become.

    Attributes:
        attention: float32 `[rows, length, length]`, the teacher's, each token's a distribution.
        weight: float32 `[rows, length]`, how much each token counts in the loss.
    """

    attention: Tensor
    weight: Tensor

    def divergence(self, weights: Tensor) -> Tensor:
        """The weighted sum over tokens of KL(teacher || student), for the student's attention by head."""
        student = tf.maximum(tf.reduce_mean(weights, 1), _LEAST)
        teacher = tf.maximum(self.attention, _LEAST)
        by_token = tf.reduce_sum(self.attention * (tf.math.log(teacher) - tf.math.log(student)), -1)
        return tf.reduce_sum(by_token * self.weight)

    def logits_gradient(self, weights: Tensor) -> Tensor:
        """The gradient of `divergence` for the logits by head, of which `weights` are the softmax."""
        student = tf.maximum(tf.reduce_mean(weights, 1), _LEAST)
        heads = tf.cast(tf.shape(weights)[1], tf.float32)
        d_weights = (-self.attention * self.weight[:, :, None] / (student * heads))[:, None]
        return weights * (d_weights - tf.reduce_sum(weights * d_weights, -1, keepdims=True))


class AttentionTeacher(NamedTuple):
    """A teacher's attention for some rows of a batch, for a student of any depth.

    Attributes:
        attention: float16 `[rows, layers, length, length]`.
        weight: float32 `[rows, length]`, of a token in the mean over all tokens of the batch.
    """

    attention: Tensor
    weight: Tensor

    @classmethod
    def of_halves(cls, attention: Tensor, mask: Tensor) -> list[AttentionTeacher]:
        """Of each half of a batch, as `Walk` divides it; padding has no weight.

        Args:
            attention: float16 `[batch, layers, length, length]`.
            mask: int32 `[batch, length]`.
        """
        batch = tf.shape(mask)[0]
        rows = [batch // 2, batch - batch // 2]
        weight = tf.cast(mask, tf.float32)
        weight /= tf.reduce_sum(weight)
        return [cls(*part) for part in zip(tf.split(attention, rows), tf.split(weight, rows), strict=True)]

    def target(self, block: Tensor, num_blocks: Tensor) -> AttentionTarget:
        """Of a student's block, counted from 0: the divergences of all blocks make a mean."""
        num_layers = tf.shape(self.attention)[1]
        layer = ((block + 1) * num_layers + num_blocks - 1) // num_blocks - 1
        return AttentionTarget(
            tf.cast(self.attention[:, layer], tf.float32), self.weight / tf.cast(num_blocks, tf.float32)
        )
