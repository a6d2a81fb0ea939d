"""The optimizers are those of their papers, matrix by matrix."""

import numpy as np
import pytest
import tensorflow as tf

from mobilebert.layout import Layout
from mobilebert.optimizers import Groups, Moments, Optimizer, Schedule
from search_space import Architecture, Stage

LAYOUT = Layout(Architecture(8, (Stage(2, 2, 4, 6, 2),), embedding_size=4, vocab_size=9, max_positions=5), {})


def reference(name: str, weights: dict, gradients: list[dict], rate: float, o: Optimizer) -> dict:
    """Each tensor on its own, in float64."""
    first = {key: np.zeros(w.shape) for key, w in weights.items()}
    second = {key: np.zeros(w.shape) for key, w in weights.items()}
    weights = {key: w.astype(np.float64) for key, w in weights.items()}
    for t, gradient in enumerate(gradients, 1):
        norm = np.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in gradient.values()))
        for key, g in gradient.items():
            g = g.astype(np.float64) * min(1.0, o.clip_norm / norm)
            first[key] = o.beta_1 * first[key] + (1 - o.beta_1) * g
            second[key] = o.beta_2 * second[key] + (1 - o.beta_2) * g**2
            update = first[key] / (1 - o.beta_1**t) / (np.sqrt(second[key] / (1 - o.beta_2**t)) + o.epsilon)
            if not key.endswith(("/bias", "/gamma", "/beta")):
                update = update + o.weight_decay * weights[key]
                if name == "lamb":
                    sizes = np.linalg.norm(weights[key]), np.linalg.norm(update)
                    update = update * (sizes[0] / sizes[1] if min(sizes) > 0 else 1.0)
            weights[key] = weights[key] - rate * update
    return weights


@pytest.mark.parametrize("name", ["adamw", "lamb"])
def test_steps_over_the_vector_equal_steps_over_each_tensor(name: str) -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=LAYOUT.num_weights).astype(np.float32)
    flat[LAYOUT.slices["block1/query/kernel"]] = 0.0  # a matrix of norm zero takes ratio 1
    gradients = [rng.normal(size=LAYOUT.num_weights).astype(np.float32) for _ in range(3)]
    optimizer, moments, weights = Optimizer(name), Moments.zeros(len(flat)), tf.constant(flat)
    for gradient in gradients:
        weights, moments = optimizer.apply(weights, moments, tf.constant(gradient), Groups.of(LAYOUT), 0.05)
    expected = reference(name, LAYOUT.unpack(flat), [LAYOUT.unpack(g) for g in gradients], 0.05, optimizer)
    for key, value in LAYOUT.unpack(weights.numpy()).items():
        np.testing.assert_allclose(value, expected[key], rtol=2e-4, atol=2e-6, err_msg=key)


def test_the_schedule_rises_peaks_and_falls_towards_zero() -> None:
    schedule = Schedule(peak=2.0, steps=100, warmup=0.1)
    rates = [schedule(step) for step in range(100)]
    assert max(rates) == rates[9] == rates[10] == 2.0
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.03
