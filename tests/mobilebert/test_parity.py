"""The encoder computes what the official one does; `scripts/make_parity_fixture.py` made what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from safetensors import safe_open

from mobilebert import Inputs, Layout, Sizes, Style, encode, encode_unrolled
from search_space import Architecture, parameters

PATHS = sorted((Path(__file__).parent / "fixtures").glob("parity_*.safetensors"))
TOLERANCE = 1e-5  # of the largest absolute value of a block's output
MASK_CONSTANTS = ("-1e9", "-120")


@dataclass(frozen=True)
class Official:
    """What the official encoder computed; `outputs` are `[1 + num_blocks, batch, length, hidden_size]`."""

    architecture: Architecture
    weights: dict[str, NDArray[np.float32]]
    inputs: Inputs
    outputs: dict[str, NDArray[np.float32]]

    @classmethod
    def load(cls, path: Path) -> Official:
        with safe_open(path, "numpy") as file:

            def below(prefix: str) -> dict[str, Any]:
                names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
                return {name.removeprefix(prefix): file.get_tensor(name) for name in names}

            architecture = Architecture.from_json(file.metadata()["architecture"])
            return cls(architecture, below("weights/"), Inputs(**below("inputs/")), below("outputs/"))

    def largest_differences(self, outputs: Any, constant: str) -> NDArray[np.float32]:
        """For the embeddings and each block, over unmasked positions, relative to the largest official value."""
        tokens = self.inputs.mask == 1
        ours, official = np.asarray(outputs)[:, tokens], self.outputs[constant][:, tokens]
        assert ours.shape == official.shape
        relative: NDArray[np.float32] = np.abs(ours - official).max(axis=(1, 2)) / np.abs(official).max(axis=(1, 2))
        return relative


@pytest.fixture(scope="module", params=PATHS, ids=lambda path: path.stem.removeprefix("parity_"))
def official(request: pytest.FixtureRequest) -> Official:
    return Official.load(request.param)


@cache
def traced_encoder(style: Style, mask_value: float) -> Any:
    """Every output of the encoder, traced with no dimension fixed."""

    def outputs(flat: Any, sizes: Sizes, inputs: Inputs) -> Any:
        embeddings, _, blocks = sizes.parts(flat)
        return encode(style, embeddings, blocks, sizes, inputs, mask_value=mask_value, collect=True).outputs

    inputs = Inputs(*[tf.TensorSpec([None, None], tf.int32)] * 3)
    return tf.function(outputs, input_signature=(tf.TensorSpec([None], tf.float32), Sizes.signature(), inputs))


def walk_traced(official: Official, mask_value: float) -> Any:
    layout = Layout(official.architecture, {})
    run = traced_encoder(Style.of(official.architecture), mask_value)
    return run(layout.pack(official.weights), Sizes.of(layout), official.inputs)


def walk_unrolled(official: Official, mask_value: float) -> Any:
    return encode_unrolled(
        official.architecture, official.weights, official.inputs, mask_value=mask_value, collect=True
    ).outputs


@pytest.mark.parametrize("walk", [walk_traced, walk_unrolled])
@pytest.mark.parametrize("constant", MASK_CONSTANTS)
def test_every_block_agrees_with_the_official_encoder(official: Official, constant: str, walk: Any) -> None:
    differences = official.largest_differences(walk(official, float(constant)), constant)
    assert differences.max() <= TOLERANCE, differences


def test_the_comparison_tells_mask_constants_apart(official: Official) -> None:
    assert official.largest_differences(walk_unrolled(official, -1e9), "-120").max() > 100 * TOLERANCE


def test_parameters_count_every_weight_of_the_official_encoder(official: Official) -> None:
    assert parameters(official.architecture) == sum(weight.size for weight in official.weights.values())


def test_the_architectures_compared_vary_in_every_choice() -> None:
    architectures = [Official.load(path).architecture for path in PATHS]
    for choice in ("activation", "normalization", "key_query_shared_bottleneck", "hidden_size"):
        assert len({getattr(architecture, choice) for architecture in architectures}) > 1, choice
    assert {architecture.num_blocks for architecture in architectures} == {1, 2, 3, 4}
    assert {architecture.stages[0].num_feedforward for architecture in architectures} == {1, 2, 3, 4}
    assert {architecture.stages[0].num_attention_heads for architecture in architectures} == {1, 2, 3, 4}
