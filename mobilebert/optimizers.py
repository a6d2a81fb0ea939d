"""AdamW and LAMB over one flat vector of weights, and the learning rate's schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import tensorflow as tf

from mobilebert.layers import Tensor
from mobilebert.layout import Layout


class Moments(NamedTuple):
    """Running means of the gradient and of its square, float32 `[p]`, and the steps taken, float32."""

    first: Tensor
    second: Tensor
    step: Tensor

    @classmethod
    def zeros(cls, num_weights: int) -> Moments:
        return cls(tf.zeros([num_weights]), tf.zeros([num_weights]), tf.zeros([]))


class Groups(NamedTuple):
    """What an optimizer must know of the tensors within the vector.

    Attributes:
        segments: int32 `[p]`, the number of each weight's tensor, ascending.
        decayed: float32 `[p]`, 1 for the weights of kernels and tables, 0 for biases and norms.
    """

    segments: Tensor
    decayed: Tensor

    @classmethod
    def of(cls, layout: Layout) -> Groups:
        return cls(tf.constant(layout.segments()), tf.constant(layout.decayed()))


@dataclass(frozen=True)
class Optimizer:
    """AdamW (Loshchilov and Hutter 2019, algorithm 2) or LAMB (You et al. 2020, algorithm 2).

    LAMB's trust ratio is that of each single matrix. As in its authors' implementation, biases and norms neither
    decay nor adapt.

    Attributes:
        name: `adamw` or `lamb`.
        weight_decay: times the learning rate.
        beta_1, beta_2, epsilon: of the moments; epsilon is that of the authors of BERT.
        clip_norm: largest global norm of a gradient.
    """

    name: Literal["adamw", "lamb"] = "adamw"
    weight_decay: float = 0.01
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-6
    clip_norm: float = 1.0

    def apply(
        self, weights: Tensor, moments: Moments, gradient: Tensor, groups: Groups, learning_rate: Tensor
    ) -> tuple[Tensor, Moments]:
        """One step: the new weights `[p]` and moments."""
        norm = tf.norm(gradient)
        gradient *= self.clip_norm / tf.maximum(norm, self.clip_norm)
        step = moments.step + 1.0
        first = self.beta_1 * moments.first + (1 - self.beta_1) * gradient
        second = self.beta_2 * moments.second + (1 - self.beta_2) * tf.square(gradient)
        corrected = tf.sqrt(second * (1 / (1 - self.beta_2**step))) + self.epsilon
        update = first * (1 / (1 - self.beta_1**step)) / corrected + self.weight_decay * groups.decayed * weights
        if self.name == "lamb":
            update *= _trust_ratio(weights, update, groups)
        return weights - learning_rate * update, Moments(first, second, step)


def _trust_ratio(weights: Tensor, update: Tensor, groups: Groups) -> Tensor:
    """Norm of each matrix over that of its update, for each weight `[p]`; 1 where either norm is zero."""
    num_segments = groups.segments[-1] + 1
    weight_norm = tf.sqrt(tf.math.unsorted_segment_sum(tf.square(weights), groups.segments, num_segments))
    update_norm = tf.sqrt(tf.math.unsorted_segment_sum(tf.square(update), groups.segments, num_segments))
    both = (weight_norm > 0) & (update_norm > 0)
    ratio = tf.where(both, weight_norm / tf.where(both, update_norm, 1.0), 1.0)
    return tf.where(groups.decayed > 0, tf.gather(ratio, groups.segments), 1.0)


@dataclass(frozen=True)
class Schedule:
    """A linear rise to the peak, then a linear fall to zero at the last step.

    Each budget needs a schedule of its own: scores read in the middle of a longer one rank badly.
    """

    peak: float
    steps: int
    warmup: float = 0.1

    def __call__(self, step: int) -> float:
        """The learning rate of step 0, 1, ..., `steps` - 1."""
        rising = max(1, round(self.warmup * self.steps))
        if step < rising:
            return self.peak * (step + 1) / rising
        return self.peak * (self.steps - step) / max(1, self.steps - rising)
