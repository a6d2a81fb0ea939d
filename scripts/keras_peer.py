"""The same student as an ordinary Keras 3 functional model, trained by `compile` and `fit`.

It is what the evaluator is measured against, so it is built as Keras users build: stock layers (Dense, Embedding),
`keras.ops` for attention, a small NoNorm layer, stock losses, AdamW with a schedule and clipping by global norm. The
mathematics, the initial deviations, the batches and the learning rates are those of the evaluator; a test trains both
from equal weights to equal losses.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras  # type: ignore[import-untyped]
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from mobilebert import FLOAT_MASK, Batch, Style, Trainer
from mobilebert.initialization import KERNEL_DEVIATION
from search_space import Architecture, Stage

Arrays = dict[str, NDArray[Any]]
KerasTensor = Any


@dataclass(frozen=True)
class Lessons:
    """All batches of a run, one after another, as `fit` takes them.

    Attributes:
        inputs: `token_ids`, `mask` and `type_ids`, int32 `[steps * batch, length]`.
        targets, weights: of each output, by its name.
        batch_size: examples a step.
        rates: float32 `[steps]`, the learning rate of each step.
    """

    inputs: Arrays
    targets: Arrays
    weights: Arrays
    batch_size: int
    rates: NDArray[np.float32]

    @classmethod
    def of(cls, trainer: Trainer, batches: Sequence[Batch], rates: Sequence[float]) -> Lessons:
        """What a trainer was given step by step; the teacher's states are normalised here, once and for all."""

        def joined(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(batch, name) for batch in batches])

        inputs = {name: joined(name).astype(np.int32) for name in ("token_ids", "mask", "type_ids")}
        targets: Arrays = {}
        if trainer.losses.hidden and trainer.teacher_mean is not None and trainer.teacher_deviation is not None:
            states = joined("hidden").astype(np.float32)
            targets["hidden"] = (states - trainer.teacher_mean) / trainer.teacher_deviation
        if trainer.losses.span:
            targets |= {"start": joined("start"), "end": joined("end")}
        if trainer.losses.span_distillation:
            padding = -1e4 * (1.0 - inputs["mask"])
            for end in ("start", "end"):
                logits = joined(f"{end}_logits").astype(np.float32) + padding
                chances = np.exp(logits - logits.max(axis=1, keepdims=True))
                targets[f"taught_{end}"] = (chances / chances.sum(axis=1, keepdims=True)).astype(np.float32)
        weights = {
            name: inputs["mask"].astype(np.float32) if name == "hidden" else np.ones(len(target), np.float32)
            for name, target in targets.items()
        }
        return cls(inputs, targets, weights, len(batches[0].token_ids), np.asarray(rates, np.float32))


class NoNorm(layers.Layer):  # type: ignore[misc]
    """An element-wise scale and shift."""

    def build(self, shape: Sequence[int | None]) -> None:
        self.gamma = self.add_weight(name="gamma", shape=(shape[-1],), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(shape[-1],), initializer="zeros")

    def call(self, x: KerasTensor) -> KerasTensor:
        return x * self.gamma + self.beta


class AddPositions(layers.Layer):  # type: ignore[misc]
    """Adds the position embeddings to `[batch, length, hidden]`."""

    def __init__(self, max_positions: int, **options: Any) -> None:
        super().__init__(**options)
        self.max_positions = max_positions

    def build(self, shape: Sequence[int | None]) -> None:
        self.table = self.add_weight(name="table", shape=(self.max_positions, shape[-1]), initializer=_normal())

    def call(self, x: KerasTensor) -> KerasTensor:
        return x + self.table[: x.shape[1]]


class Tabulated(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """The given learning rate of each step."""

    def __init__(self, rates: NDArray[np.float32]) -> None:
        self.rates = rates

    def __call__(self, step: KerasTensor) -> KerasTensor:
        return ops.take(self.rates, ops.cast(step, "int32"))


class StepClock(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes when each step ends, in seconds of `time.perf_counter`."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        self.ends.append(time.perf_counter())


def student(architecture: Architecture, trainer: Trainer, length: int) -> keras.Model:
    """The network with the outputs that a trainer's losses read, for inputs `[batch, length]`.

    Raises:
        ValueError: an architecture of another style than the published models'.
    """
    if Style.of(architecture) != Style():
        raise ValueError(f"the Keras peer is built for {Style()}, not for {Style.of(architecture)}")
    token_ids, mask, type_ids = (
        keras.Input((length,), dtype="int32", name=name) for name in ("token_ids", "mask", "type_ids")
    )
    padding = 1.0 - ops.cast(mask, "float32")
    x = _embed(architecture, token_ids, type_ids)
    blocks = [stage for stage in architecture.stages for _ in range(stage.num_blocks)]
    for number, stage in enumerate(blocks):
        x = _block(f"block{number}", stage, architecture.hidden_size, x, padding * FLOAT_MASK)

    outputs: dict[str, KerasTensor] = {}
    if trainer.heads.teacher_size:
        outputs["hidden"] = _dense("projection", trainer.heads.teacher_size)(x)
    if trainer.heads.span:
        logits = _dense("span", 2)(x)
        ends = {"start": logits[:, :, 0] - 1e4 * padding, "end": logits[:, :, 1] - 1e4 * padding}
        if trainer.losses.span:
            outputs |= {name: layers.Identity(name=name)(end) for name, end in ends.items()}
        if trainer.losses.span_distillation:
            outputs |= {f"taught_{name}": layers.Identity(name=f"taught_{name}")(end) for name, end in ends.items()}
    return keras.Model({"token_ids": token_ids, "mask": mask, "type_ids": type_ids}, outputs)


def compiled(model: keras.Model, trainer: Trainer, lessons: Lessons, *, jit_compile: bool | str) -> keras.Model:
    """The model with a trainer's losses and optimizer."""
    weights = trainer.losses
    losses: dict[str, tuple[Any, float]] = {
        "hidden": (keras.losses.MeanSquaredError(reduction="mean_with_sample_weight"), weights.hidden),
        **{end: (keras.losses.SparseCategoricalCrossentropy(from_logits=True), weights.span / 2) for end in _ENDS},
        **{
            f"taught_{end}": (keras.losses.CategoricalCrossentropy(from_logits=True), weights.span_distillation / 2)
            for end in _ENDS
        },
    }
    given = trainer.optimizer
    optimizer = keras.optimizers.AdamW(
        Tabulated(lessons.rates),
        weight_decay=given.weight_decay,
        beta_1=given.beta_1,
        beta_2=given.beta_2,
        epsilon=given.epsilon,
        global_clipnorm=given.clip_norm,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer,
        loss={name: losses[name][0] for name in lessons.targets},
        loss_weights={name: losses[name][1] for name in lessons.targets},
        jit_compile=jit_compile,
    )
    return model


def fit(model: keras.Model, lessons: Lessons, callbacks: Sequence[keras.callbacks.Callback] = ()) -> float:
    """Takes the steps in order; the mean loss over them."""
    history = model.fit(
        lessons.inputs,
        lessons.targets,
        sample_weight=lessons.weights,
        batch_size=lessons.batch_size,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    )
    return float(history.history["loss"][-1])


# Private

_ENDS = ("start", "end")


def _normal(deviation: float = KERNEL_DEVIATION) -> Any:
    return keras.initializers.RandomNormal(stddev=deviation)


def _dense(name: str, units: int, activation: str | None = None) -> Any:
    return layers.Dense(units, activation=activation, kernel_initializer=_normal(), name=name)


def _embed(architecture: Architecture, token_ids: KerasTensor, type_ids: KerasTensor) -> KerasTensor:
    a = architecture
    table = layers.Embedding(a.vocab_size, a.embedding_size, _normal(1.0), name="embeddings-token")
    token = table(token_ids)
    following = ops.pad(token[:, 1:], ((0, 0), (0, 1), (0, 0)))
    previous = ops.pad(token[:, :-1], ((0, 0), (1, 0), (0, 0)))
    x = _dense("embeddings-projection", a.hidden_size)(ops.concatenate([following, token, previous], axis=-1))
    x = AddPositions(a.max_positions, name="embeddings-position")(x)
    x = x + layers.Embedding(a.type_vocab_size, a.hidden_size, _normal(), name="embeddings-type")(type_ids)
    return NoNorm(name="embeddings-norm")(x)


def _block(name: str, stage: Stage, hidden_size: int, x: KerasTensor, padding: KerasTensor) -> KerasTensor:
    width = stage.bottleneck_size
    narrow = NoNorm(name=f"{name}-input-norm")(_dense(f"{name}-input", width)(x))
    shared = NoNorm(name=f"{name}-shared-norm")(_dense(f"{name}-shared", width)(x))
    query, key = (_dense(f"{name}-{which}", width)(shared) for which in ("query", "key"))
    context = _attend(query, key, _dense(f"{name}-value", width)(x), padding, stage.num_attention_heads)
    a = _dense(f"{name}-attention_output", width)(context) + narrow
    a = NoNorm(name=f"{name}-attention_output-norm")(a)
    for number in range(stage.num_feedforward):
        network = f"{name}-feedforward{number}"
        inner = _dense(f"{network}-intermediate", stage.intermediate_size, "relu")(a)
        a = NoNorm(name=f"{network}-norm")(_dense(f"{network}-output", width)(inner) + a)
    return NoNorm(name=f"{name}-output-norm")(_dense(f"{name}-output", hidden_size)(a) + x)


def _attend(query: KerasTensor, key: KerasTensor, value: KerasTensor, padding: KerasTensor, heads: int) -> KerasTensor:
    _, length, width = query.shape
    size = width // heads

    def split(x: KerasTensor) -> KerasTensor:
        return ops.reshape(x, (-1, length, heads, size))

    query, value = (ops.transpose(split(x), (0, 2, 1, 3)) for x in (query * size**-0.5, value))
    logits = ops.matmul(query, ops.transpose(split(key), (0, 2, 3, 1))) + padding[:, None, None, :]
    context = ops.matmul(ops.softmax(logits), value)
    return ops.reshape(ops.transpose(context, (0, 2, 1, 3)), (-1, length, width))
