from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyglove as pg
import pytest

import paretobert
from paretobert import Configuration, MobileBertSpace, assemble, dna_generator, parameters

Configured = Callable[..., Configuration]


def sampled(configuration: Configuration, trials: int) -> list[Any]:
    """The architectures that are sampled, scored by their sizes."""
    assembly, found = assemble(configuration), []
    for value, feedback in pg.sample(assembly.space.pyglove(), dna_generator(assembly), num_examples=trials):
        found.append(assembly.space.from_pyglove(value))
        feedback(1 - math.exp(-parameters(found[-1]) / 3e7))
    return found


@pytest.mark.parametrize("controller", ["pareto-evolution", "reinforce"])
def test_pg_sample_proposes_what_a_study_would(configuration: Configured, controller: str) -> None:
    fields = {"controller": controller, "seed": 3, "constraints": ["latency_ms <= 12"]}
    assembly = assemble(configuration(**fields))
    generator, proposed = dna_generator(assembly), []
    for value, feedback in pg.sample(assembly.space.pyglove(), generator, num_examples=14):
        proposed.append(assembly.space.from_pyglove(value))
        feedback(1 - math.exp(-parameters(proposed[-1]) / 3e7))
    vectors = np.array([assembly.space.encode(architecture) for architecture in proposed])
    latencies = assembly.metrics_of(assembly.space.dimensions(vectors))["latency_ms"]
    assert (latencies <= 12).all()
    assert len(set(proposed)) == 14
    scores = 1 - np.exp(-np.array([parameters(architecture) for architecture in proposed]) / 3e7)
    for number in (0, 11, 13):
        history = paretobert.History(
            vectors=vectors[:number],
            states=np.full(number, "complete", "U10"),
            values={"score": scores[:number], "latency_ms": latencies[:number]},
            violations=np.zeros(number),
            completion=np.arange(number),
        )
        expected = assemble(configuration(**fields)).controller.propose(history, np.random.default_rng([3, number]))
        assert np.array_equal(expected, vectors[number]), f"trial {number}"


def test_a_space_that_is_exhausted_ends_the_samples(configuration: Configured) -> None:
    sizes = {name: [4 if name == "num_attention_heads" else 128] for name in ("num_attention_heads", "bottleneck_size")}
    space = {**sizes, "intermediate_size": [512], "num_feedforward": [1, 2], "num_stages": [1], "num_blocks": [1]}
    assert len(sampled(configuration(controller="random", space=space), 20)) == 8


def test_what_is_to_be_small_is_told_with_its_sign_turned(configuration: Configured) -> None:
    assembly = assemble(configuration(controller="random", objectives=["max score", "min loss", "min latency_ms"]))
    generator = dna_generator(assembly)
    assert generator.multi_objective
    names = ["score", "loss"]
    _, feedback = next(iter(pg.sample(assembly.space.pyglove(), generator, metrics_to_optimize=names)))
    feedback((0.5, -2.0))
    assert generator._metrics[0]["loss"] == 2.0
    with pytest.raises(ValueError, match=r"3 rewards for 2 objectives that are not free \(max score, min loss\)"):
        generator.feedback(generator.propose(), (0.5, 1.0, 2.0))


def test_another_space_than_the_controller_s_is_refused(configuration: Configured) -> None:
    other = MobileBertSpace(num_stages=(1,))
    with pytest.raises(ValueError, match="proposes for another space than is sampled"):
        next(iter(pg.sample(other.pyglove(), dna_generator(assemble(configuration())), num_examples=1)))
