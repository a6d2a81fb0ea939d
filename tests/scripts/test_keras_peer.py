"""The Keras model that the evaluator is measured against does the same work: from equal weights, equal losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras_peer import Lessons, compiled, fit, student

from mobilebert import Batch, Losses, Optimizer, Schedule, Style, Trainer
from search_space import Architecture, Stage

ARCHITECTURE = Architecture(
    12, (Stage(1, 2, 8, 16, 2), Stage(1, 4, 4, 8, 1)), embedding_size=4, vocab_size=30, max_positions=9
)
LENGTH, BATCH, STEPS, TEACHER = 9, 4, 6, 5
WITHOUT_GRADIENT = ("key/bias", "span/bias")
"""Softmax does not see them: their gradient is rounding, which AdamW blows up to whole steps."""


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    # Keras adds epsilon before the correction of bias, the papers after it: only 0 means the same to both.
    return Trainer(
        Style(),
        Losses(hidden=1.0, span=0.3, span_distillation=0.2),
        Optimizer(epsilon=1e-12),
        teacher_mean=np.linspace(-1, 1, TEACHER, dtype=np.float32),
        teacher_deviation=np.linspace(0.5, 2, TEACHER, dtype=np.float32),
    )


def batch(rng: np.random.Generator) -> Batch:
    lengths = rng.integers(4, LENGTH + 1, BATCH)
    return Batch(
        token_ids=rng.integers(0, 30, (BATCH, LENGTH)),
        mask=(np.arange(LENGTH) < lengths[:, None]).astype(np.int8),
        type_ids=rng.integers(0, 2, (BATCH, LENGTH)),
        start=rng.integers(0, 4, BATCH),
        end=rng.integers(0, 4, BATCH),
        hidden=rng.normal(size=(BATCH, LENGTH, TEACHER)).astype(np.float16),
        start_logits=rng.normal(size=(BATCH, LENGTH)).astype(np.float16),
        end_logits=rng.normal(size=(BATCH, LENGTH)).astype(np.float16),
    )


def test_the_peer_trains_to_the_losses_of_the_trainer_from_equal_weights(trainer: Trainer) -> None:
    rng = np.random.default_rng(0)
    batches = [batch(rng) for _ in range(STEPS)]
    schedule = Schedule(1e-2, STEPS)
    layout = trainer.layout(ARCHITECTURE)
    flat = rng.normal(0, 0.3, layout.num_weights).astype(np.float32)
    tensors = layout.unpack(flat)

    state, losses = trainer.resume(layout, flat), []
    for step, one in enumerate(batches):
        state, loss = trainer.step(state, one, schedule(step))
        losses.append(float(loss))

    lessons = Lessons.of(trainer, batches, [schedule(step) for step in range(STEPS)])
    model = compiled(student(ARCHITECTURE, trainer, LENGTH), trainer, lessons, jit_compile=False)
    for weight in model.trainable_variables:
        weight.assign(tensors.pop(_name(weight)))
    assert not tensors

    assert fit(model, lessons) == pytest.approx(np.mean(losses), rel=1e-5)
    ours, theirs = layout.unpack(state.weights.numpy()), {_name(w): w.numpy() for w in model.trainable_variables}
    before = layout.unpack(flat)
    names = [name for name in ours if not name.endswith(WITHOUT_GRADIENT)]
    difference = sum(np.sum((ours[name] - theirs[name]) ** 2) for name in names)
    movement = sum(np.sum((ours[name] - before[name]) ** 2) for name in names)
    assert difference < 0.02**2 * movement


def test_another_style_than_the_published_one_is_refused(trainer: Trainer) -> None:
    other = Architecture(12, ARCHITECTURE.stages, activation="gelu")
    with pytest.raises(ValueError, match="gelu"):
        student(other, trainer, LENGTH)


def _name(weight: Any) -> str:
    """Of a Keras variable, as the layout has it."""
    path: str = weight.path
    return path.replace("-", "/").removesuffix("/embeddings").removesuffix("/table")
