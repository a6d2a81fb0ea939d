"""The training step: traced once, it trains every architecture of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import tensorflow as tf

from mobilebert import heads as head
from mobilebert import losses as loss
from mobilebert.encoder import Encoding, Inputs, encode
from mobilebert.heads import Heads
from mobilebert.initialization import KERNEL_DEVIATION, initial_weights
from mobilebert.layers import Style, Tensor
from mobilebert.layout import Layout, Weights
from mobilebert.losses import Batch, Losses
from mobilebert.optimizers import Groups, Moments, Optimizer
from mobilebert.vectors import EMBEDDING_SHAPES, Sizes, named
from search_space import Architecture


class State(NamedTuple):
    """A network in training: weights float32 `[p]`, the optimizer's moments, and what both belong to."""

    weights: Tensor
    moments: Moments
    sizes: Sizes
    groups: Groups


class Outputs(NamedTuple):
    """What a network says of tokens; None for a head it has not.

    Attributes:
        hidden: float32 `[batch, length, hidden_size]`.
        projected: float32 `[batch, length, teacher_size]`, in units of the normalised teacher's states.
        start_logits, end_logits: float32 `[batch, length]`.
        masked_tokens: int32 `[batch, length]`, the likeliest token where a label asks for one, -1 elsewhere.
    """

    hidden: Tensor
    projected: Tensor
    start_logits: Tensor
    end_logits: Tensor
    masked_tokens: Tensor


@dataclass(frozen=True)
class Trainer:
    """Trains networks of one style with one set of losses.

    Attributes:
        style: of the architectures to train.
        losses: weights of the losses.
        optimizer: AdamW or LAMB.
        teacher_mean, teacher_deviation: float32 `[teacher_size]`, by which the teacher's hidden states are
            normalised; None where no teacher's hidden states are learned from.
    """

    style: Style
    losses: Losses
    optimizer: Optimizer = field(default_factory=Optimizer)
    teacher_mean: Weights | None = None
    teacher_deviation: Weights | None = None

    @property
    def heads(self) -> Heads:
        """The heads that the losses need."""
        return Heads(
            span=bool(self.losses.span or self.losses.span_distillation),
            masked_lm=bool(self.losses.masked_lm),
            teacher_size=len(self.teacher_mean) if self.losses.hidden and self.teacher_mean is not None else 0,
        )

    def layout(self, architecture: Architecture) -> Layout:
        """Where the weights of an architecture with these heads stand.

        Raises:
            ValueError: the architecture is of another style than this trainer's trace.
        """
        if Style.of(architecture) != self.style:
            raise ValueError(f"this trainer is for {self.style}, the architecture has {Style.of(architecture)}")
        return Layout(architecture, self.heads.of(architecture))

    def start(self, architecture: Architecture, seed: int, *, token_deviation: float = KERNEL_DEVIATION) -> State:
        """A network with initial weights."""
        layout = self.layout(architecture)
        return self.resume(layout, initial_weights(layout, seed, token_deviation=token_deviation))

    def resume(self, layout: Layout, weights: Weights) -> State:
        """A network with given weights, float32 `[p]`, and fresh moments."""
        return State(tf.constant(weights), Moments.zeros(len(weights)), Sizes.of(layout), Groups.of(layout))

    def step(self, state: State, batch: Batch, learning_rate: float) -> tuple[State, Tensor]:
        """One step of training: the new state and the loss before it."""
        arguments = (*state, self._tensors(batch), tf.constant(learning_rate))
        weights, moments, value = _call(self._step, arguments)
        return state._replace(weights=weights, moments=moments), value

    def loss_and_gradient(self, state: State, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss and its gradient, float32 `[p]`."""
        return self._gradient(state.weights, state.sizes, self._tensors(batch))  # type: ignore[no-any-return]

    def outputs(self, state: State, batch: Batch) -> Outputs:
        """What the network says of a batch's tokens."""
        inputs = self._tensors(batch, self._output_names)
        return self._outputs(state.weights, state.sizes, inputs)  # type: ignore[no-any-return]

    @property
    def num_traces(self) -> int:
        """How often the training step has been traced."""
        return int(self._traced_step.experimental_get_tracing_count())

    # Traced

    @cached_property
    def _step(self) -> Any:
        return self._traced_step.get_concrete_function()

    @cached_property
    def _traced_step(self) -> Any:
        def step(
            weights: Tensor, moments: Moments, sizes: Sizes, groups: Groups, batch: dict[str, Tensor], rate: Tensor
        ) -> tuple[Tensor, Moments, Tensor]:
            value, gradient = self._value_and_gradient(weights, sizes, batch)
            return *self.optimizer.apply(weights, moments, gradient, groups, rate), value

        vector = tf.TensorSpec([None], tf.float32)
        moments = Moments(vector, vector, tf.TensorSpec([], tf.float32))
        groups = Groups(tf.TensorSpec([None], tf.int32), vector)
        rate = tf.TensorSpec([], tf.float32)
        signature = [vector, moments, Sizes.signature(), groups, self._batch_spec, rate]
        return tf.function(step, input_signature=signature)

    @cached_property
    def _gradient(self) -> Any:
        signature = [tf.TensorSpec([None], tf.float32), Sizes.signature(), self._batch_spec]
        return tf.function(self._value_and_gradient, input_signature=signature)

    @cached_property
    def _outputs(self) -> Any:
        tokens = {name: self._batch_spec[name] for name in self._output_names}
        return tf.function(
            self._forward, input_signature=[tf.TensorSpec([None], tf.float32), Sizes.signature(), tokens]
        )

    def _value_and_gradient(self, weights: Tensor, sizes: Sizes, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            value = self._loss(weights, sizes, Batch(**batch))
        return value, tape.gradient(value, weights)

    def _loss(self, weights: Tensor, sizes: Sizes, batch: Batch) -> Tensor:
        table, w, encoding = self._encode(weights, sizes, batch, training=True)
        value = total_loss(self, table, w, encoding.hidden, batch)
        return value + self.losses.attention * encoding.divergence if self.losses.attention else value

    def _forward(self, weights: Tensor, sizes: Sizes, batch: dict[str, Tensor]) -> Outputs:
        table, w, encoding = self._encode(weights, sizes, Batch(**batch), training=False)
        hidden, tokens = encoding.hidden, None
        start, end = head.span_logits(w, hidden) if self.heads.span else (None, None)
        if self.heads.masked_lm:
            tokens = _likeliest_tokens(w, table, hidden, batch["masked_labels"])
        return Outputs(hidden, head.project(w, hidden) if self.heads.teacher_size else None, start, end, tokens)

    def _encode(
        self, weights: Tensor, sizes: Sizes, batch: Batch, *, training: bool
    ) -> tuple[Tensor, dict[str, Tensor], Encoding]:
        """The token table `[vocabulary, embedding]`, the heads' tensors and the encoding."""
        embeddings, own, blocks = sizes.parts(weights)
        inputs = Inputs(batch.token_ids, batch.mask, batch.type_ids)
        encoding = encode(
            self.style, embeddings, blocks, sizes, inputs, training=training, teacher_attention=batch.attention
        )
        size = sizes.tables[0]  # the token table stands first
        table = tf.reshape(embeddings[: tf.reduce_prod(size)], size)
        shapes = self.heads.shapes(0, 0, 0)
        w = named(own, shapes, sizes.tables[len(EMBEDDING_SHAPES) :]) if shapes else {}
        return table, w, encoding

    # What a batch holds

    @cached_property
    def _batch_spec(self) -> dict[str, Any]:
        spec = {name: tf.TensorSpec([None, None], tf.int32) for name in Inputs._fields}
        if self.losses.span:
            spec |= {name: tf.TensorSpec([None], tf.int32) for name in ("start", "end")}
        if self.losses.hidden:
            spec |= {"hidden": tf.TensorSpec([None, None, self.heads.teacher_size], tf.float16)}
        if self.losses.attention:
            spec |= {"attention": tf.TensorSpec([None, None, None, None], tf.float16)}
        if self.losses.span_distillation:
            spec |= {name: tf.TensorSpec([None, None], tf.float16) for name in ("start_logits", "end_logits")}
        if self.losses.masked_lm:
            spec |= {"masked_labels": tf.TensorSpec([None, None], tf.int32)}
        return spec

    @property
    def _output_names(self) -> tuple[str, ...]:
        """What `outputs` reads of a batch."""
        return (*Inputs._fields, *["masked_labels"] * bool(self.losses.masked_lm))

    def _tensors(self, batch: Batch, names: Iterable[str] | None = None) -> dict[str, Tensor]:
        names = self._batch_spec if names is None else names
        return {name: tf.constant(getattr(batch, name), self._batch_spec[name].dtype) for name in names}


def total_loss(trainer: Trainer, token_table: Tensor, w: Mapping[str, Tensor], hidden: Tensor, batch: Batch) -> Tensor:
    """The weighted sum of a trainer's losses, for hidden states `[batch, length, hidden]` however they were made."""
    weights, value = trainer.losses, tf.zeros([])
    if weights.hidden:
        target = (tf.cast(batch.hidden, tf.float32) - trainer.teacher_mean) / trainer.teacher_deviation
        value += weights.hidden * loss.hidden_loss(head.project(w, hidden), target, batch.mask)
    if trainer.heads.span:
        start, end = head.span_logits(w, hidden)
        if weights.span:
            value += weights.span * loss.span_loss(start, end, batch.mask, batch)
        if weights.span_distillation:
            value += weights.span_distillation * loss.span_distillation_loss(start, end, batch.mask, batch)
    if weights.masked_lm:
        rows = tf.where(batch.masked_labels >= 0)
        logits = head.masked_lm_logits(w, token_table, tf.gather_nd(hidden, rows))
        value += weights.masked_lm * loss.masked_lm_loss(logits, tf.gather_nd(batch.masked_labels, rows))
    return value


def _likeliest_tokens(w: Mapping[str, Tensor], token_table: Tensor, hidden: Tensor, labels: Tensor) -> Tensor:
    """int32 `[batch, length]`, -1 where no label asks."""
    rows = tf.where(labels >= 0)
    logits = head.masked_lm_logits(w, token_table, tf.gather_nd(hidden, rows))
    told = tf.argmax(logits, -1, output_type=tf.int32)
    return tf.tensor_scatter_nd_update(tf.fill(tf.shape(labels), -1), rows, told)


def _call(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Calls a concrete function that captures nothing.

    Calling it directly compares each argument with the signature again, which takes a tenth of a small network's step.
    """
    outputs = tf.raw_ops.PartitionedCall(
        args=tf.nest.flatten(arguments), Tout=[output.dtype for output in function.outputs], f=function
    )
    return tf.nest.pack_sequence_as(function.structured_outputs, outputs)
