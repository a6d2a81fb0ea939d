"""Agreement is 1 for the teacher itself, 0 for its mean state, and padding does not count."""

import numpy as np
import pytest

from evaluators.agreement import centred_cosine, mean_state_by_token

RNG = np.random.default_rng(0)
STATES = RNG.normal(2.0, 1.0, (3, 5, 4)).astype(np.float32)
MASK = (np.arange(5) < np.array([[5], [3], [1]])).astype(np.int8)
MEAN = STATES[MASK.astype(bool)].mean(axis=0)


def test_a_teacher_agrees_with_itself_whatever_the_scale() -> None:
    np.testing.assert_allclose(centred_cosine(STATES, STATES, MEAN, MASK), 1.0, atol=1e-5)
    scaled = MEAN + 3.0 * (STATES - MEAN)
    np.testing.assert_allclose(centred_cosine(scaled, STATES, MEAN, MASK), 1.0, atol=1e-5)


def test_the_mean_state_agrees_with_nothing() -> None:
    np.testing.assert_array_equal(centred_cosine(np.broadcast_to(MEAN, STATES.shape), STATES, MEAN, MASK), 0.0)


def test_padding_does_not_count() -> None:
    other = np.where(MASK[:, :, None].astype(bool), STATES, 99.0).astype(np.float32)
    np.testing.assert_array_equal(centred_cosine(other, STATES, MEAN, MASK), centred_cosine(STATES, STATES, MEAN, MASK))


def test_the_mean_state_of_a_token_is_over_its_places_outside_the_padding() -> None:
    ids = np.array([[1, 2, 1, 3, 3], [2, 2, 1, 4, 4], [3, 1, 1, 1, 1]], np.int32)
    table = mean_state_by_token(ids, MASK, STATES.astype(np.float16), MEAN, vocab_size=6)
    states = STATES.astype(np.float16).astype(np.float64)
    np.testing.assert_allclose(table[1], (states[0, 0] + states[0, 2] + states[1, 2]) / 3, rtol=1e-5)
    np.testing.assert_allclose(table[3], (states[0, 3] + states[0, 4] + states[2, 0]) / 3, rtol=1e-5)
    for unseen in (0, 4, 5):
        np.testing.assert_array_equal(table[unseen], MEAN)


def test_a_teacher_without_context_is_known_by_its_tokens() -> None:
    ids = RNG.integers(0, 6, (3, 5)).astype(np.int32)
    own = RNG.normal(size=(6, 4)).astype(np.float32)
    mean = own[ids].reshape(-1, 4).mean(axis=0)
    full = np.ones((3, 5), np.int8)
    table = mean_state_by_token(ids, full, own[ids].astype(np.float16), mean, vocab_size=6)
    assert centred_cosine(table[ids], own[ids], mean, full) == pytest.approx(1.0, abs=1e-4)
