"""One traced step trains every architecture, and its mathematics is that of the unrolled function."""

import numpy as np
import pytest
import tensorflow as tf

from mobilebert import Batch, Inputs, Losses, Optimizer, State, Style, Trainer, encode_unrolled
from mobilebert.training import total_loss
from search_space import Architecture, MobileBertSpace

TEACHER_SIZE, VOCABULARY, LENGTH = 12, 50, 10
SPACE = MobileBertSpace(
    hidden_size=(16, 24),
    num_attention_heads=(1, 2, 4),
    bottleneck_size=(8, 12),
    intermediate_size=(8, 16),
    num_feedforward=(1, 2, 3),
    max_blocks_per_slot=2,
    base=Architecture(16, (), embedding_size=8, vocab_size=VOCABULARY, max_positions=LENGTH),
)
ALL_LOSSES = Losses(hidden=1.0, span=0.5, span_distillation=0.5, masked_lm=0.5)


def make_batch(seed: int = 0) -> Batch:
    rng = np.random.default_rng(seed)
    mask = (np.arange(LENGTH) < rng.integers(5, LENGTH + 1, (4, 1))).astype(np.int32)
    return Batch(
        token_ids=rng.integers(0, VOCABULARY, (4, LENGTH)),
        mask=mask,
        type_ids=rng.integers(0, 2, (4, LENGTH)),
        start=rng.integers(0, 4, 4),
        end=rng.integers(0, 4, 4),
        hidden=rng.normal(size=(4, LENGTH, TEACHER_SIZE)).astype(np.float16),
        start_logits=rng.normal(size=(4, LENGTH)).astype(np.float16),
        end_logits=rng.normal(size=(4, LENGTH)).astype(np.float16),
        masked_labels=np.where(rng.random((4, LENGTH)) < 0.3, rng.integers(0, VOCABULARY, (4, LENGTH)), -1),
    )


def make_trainer(style: Style, name: str = "adamw", losses: Losses = ALL_LOSSES) -> Trainer:
    rng = np.random.default_rng(1)
    mean, deviation = rng.normal(size=TEACHER_SIZE), 0.5 + rng.random(TEACHER_SIZE)
    return Trainer(style, losses, Optimizer(name), mean.astype(np.float32), deviation.astype(np.float32))


def perturbed(trainer: Trainer, architecture: Architecture) -> State:
    """A state in which no norm is the identity and no bias zero."""
    state = trainer.start(architecture, seed=3, token_deviation=1.0)
    noise = np.random.default_rng(4).normal(size=len(state.weights)).astype(np.float32)
    return state._replace(weights=state.weights + 0.1 * noise)


def unrolled_loss_and_gradient(trainer: Trainer, architecture: Architecture, state: State, batch: Batch):
    layout = trainer.layout(architecture)
    tensors = {name: tf.Variable(value) for name, value in layout.unpack(state.weights.numpy()).items()}
    batch = Batch(**trainer._tensors(batch))
    with tf.GradientTape() as tape:
        inputs = Inputs(batch.token_ids, batch.mask, batch.type_ids)
        hidden = encode_unrolled(architecture, tensors, inputs).hidden
        value = total_loss(trainer, tensors["embeddings/token"], tensors, hidden, batch)
    gradients = tape.gradient(value, tensors)
    return value, layout.pack({name: tf.convert_to_tensor(gradient).numpy() for name, gradient in gradients.items()})


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return make_trainer(Style())


def test_twenty_architectures_train_in_one_trace_with_the_unrolled_gradients(trainer: Trainer) -> None:
    X = SPACE.sample(np.random.default_rng(0), 40)
    architectures = [SPACE.decode(x) for x in X]
    mixed = [a for a in architectures if len({stage.num_attention_heads for stage in a.stages}) > 1]
    chosen = mixed[:14] + [a for a in architectures if len(a.stages) == 1][:6]
    assert {len(a.stages) for a in chosen} == {1, 2, 3, 4}
    batch = make_batch()
    for architecture in chosen:
        state = perturbed(trainer, architecture)
        value, gradient = trainer.loss_and_gradient(state, batch)
        expected_value, expected = unrolled_loss_and_gradient(trainer, architecture, state, batch)
        assert float(value) == pytest.approx(float(expected_value), rel=1e-5)
        difference = np.abs(gradient.numpy() - expected)
        assert difference.max() <= 1e-5 * np.abs(expected).max()
        assert np.linalg.norm(difference) <= 1e-5 * np.linalg.norm(expected)
        after, _ = trainer.step(state, batch, 1e-3)
        assert np.abs(after.weights.numpy() - state.weights.numpy()).max() > 0
    assert len(chosen) == 20
    assert trainer.num_traces == 1


def test_an_encoder_without_blocks_trains(trainer: Trainer) -> None:
    architecture = Architecture(16, (), embedding_size=8, vocab_size=VOCABULARY, max_positions=LENGTH)
    state, batch = perturbed(trainer, architecture), make_batch()
    _, gradient = trainer.loss_and_gradient(state, batch)
    _, expected = unrolled_loss_and_gradient(trainer, architecture, state, batch)
    assert np.abs(gradient.numpy() - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", ["adamw", "lamb"])
def test_training_learns_a_batch_by_heart(name: str) -> None:
    trainer = make_trainer(Style(), name, Losses(hidden=1.0))
    architecture = SPACE.decode(SPACE.sample(np.random.default_rng(5), 1)[0])
    state, batch = trainer.start(architecture, seed=0, token_deviation=1.0), make_batch()
    state, first = trainer.step(state, batch, 0.01)
    for _ in range(60):
        state, last = trainer.step(state, batch, 0.01)
    assert float(last) < 0.7 * float(first)


def test_what_stands_in_the_padding_changes_nothing_for_the_tokens(trainer: Trainer) -> None:
    architecture = SPACE.decode(SPACE.sample(np.random.default_rng(6), 1)[0])
    state, batch = perturbed(trainer, architecture), make_batch()
    tokens = batch.mask.astype(bool)
    seen = np.arange(LENGTH) <= tokens.sum(axis=1, keepdims=True)  # the last token sees its neighbour in the trigram
    assert not seen.all()
    other = batch._replace(token_ids=np.where(seen, batch.token_ids, 7))
    one, two = trainer.outputs(state, batch), trainer.outputs(state, other)
    np.testing.assert_allclose(one.hidden.numpy()[tokens], two.hidden.numpy()[tokens], atol=1e-5)


def test_a_trainer_refuses_an_architecture_of_another_style(trainer: Trainer) -> None:
    with pytest.raises(ValueError, match="this trainer is for"):
        trainer.layout(Architecture(16, (), activation="gelu"))
