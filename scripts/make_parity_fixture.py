"""Makes `tests/mobilebert/fixtures/parity_*.safetensors`: what the official MobileBERT encoder computes.

The official encoder is `official.nlp.modeling.networks.MobileBERTEncoder` of the TensorFlow Model Garden. It needs an
environment of its own, and from the project's root:

    python3.11 -m venv .venv-official
    .venv-official/bin/pip install tf-models-official==2.20.0 safetensors==0.8.0
    PYTHONPATH=. .venv-official/bin/python scripts/make_parity_fixture.py

Each file is one architecture. It holds `weights/NAME` by the names of `mobilebert.layout`,
`inputs/token_ids`, `inputs/mask` and `inputs/type_ids` `[batch, length]`, and for each additive mask constant
`outputs/CONSTANT` `[1 + num_blocks, batch, length, hidden_size]`: the embedding output, then that of every block.
The metadata hold the architecture as JSON.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from official.nlp.modeling.networks import MobileBERTEncoder  # type: ignore[import-not-found]
from safetensors.numpy import save_file

from search_space import Architecture, Stage

Floats = NDArray[np.float32]

FOLDER = Path(__file__).parents[1] / "tests" / "mobilebert" / "fixtures"
LENGTHS = (10, 7, 4)  # tokens before the padding
KERNEL_GAIN = 0.7
MASK_CONSTANTS = ("-1e9", "-120")  # the official one; MobileBERT-EdgeTPU's for int8
OFFICIAL_MASK_CONSTANT = "tf_keras.src.layers.activation.softmax._large_compatible_negative"

TINY = Architecture(32, (), embedding_size=12, vocab_size=40, max_positions=16, type_vocab_size=3)
ARCHITECTURES = {
    "relu_no_norm_shared": replace(TINY, stages=(Stage(2, 2, 16, 24, 3),)),
    "relu_no_norm_shared_deep": replace(TINY, stages=(Stage(4, 4, 16, 20, 1),), hidden_size=24),
    "relu_layer_norm_shared": replace(TINY, stages=(Stage(3, 4, 16, 24, 2),), normalization="layer_norm"),
    "gelu_no_norm_separate": replace(
        TINY, stages=(Stage(2, 3, 24, 16, 2),), activation="gelu", key_query_shared_bottleneck=False
    ),
    "gelu_layer_norm_separate": replace(
        TINY,
        stages=(Stage(1, 1, 8, 32, 4),),
        hidden_size=40,
        activation="gelu",
        normalization="layer_norm",
        key_query_shared_bottleneck=False,
    ),
}

OUR_NAMES = {
    "word_embedding/embeddings": "token",
    "position_embedding/embeddings": "position",
    "type_embedding/embeddings": "type",
    "embedding_projection": "projection",
    "embedding_norm": "norm",
    "bottleneck_input/dense": "input",
    "bottleneck_input/norm": "input/norm",
    "kq_shared_bottleneck/dense": "shared",
    "kq_shared_bottleneck/norm": "shared/norm",
    "attention/attention_output": "attention_output",
    "attention/norm": "attention_output/norm",
    "attention/": "",
    "ffn_layer_": "feedforward",
    "intermediate_dense": "intermediate",
    "output_dense": "output",
    "bottleneck_output/dense": "output",
    "bottleneck_output/norm": "output/norm",
}
"""Parts of the official names by what they are here; of two that match, the first counts."""


def official_encoder(architecture: Architecture) -> MobileBERTEncoder:
    (stage,) = architecture.stages  # the official encoder has one
    return MobileBERTEncoder(
        word_vocab_size=architecture.vocab_size,
        word_embed_size=architecture.embedding_size,
        type_vocab_size=architecture.type_vocab_size,
        max_sequence_length=architecture.max_positions,
        num_blocks=stage.num_blocks,
        hidden_size=architecture.hidden_size,
        num_attention_heads=stage.num_attention_heads,
        intermediate_size=stage.intermediate_size,
        intermediate_act_fn=architecture.activation,
        intra_bottleneck_size=stage.bottleneck_size,
        key_query_shared_bottleneck=architecture.key_query_shared_bottleneck,
        num_feedforward_networks=stage.num_feedforward,
        normalization_type=architecture.normalization,
    )


def randomize(encoder: MobileBERTEncoder, architecture: Architecture, rng: np.random.Generator) -> None:
    """Draws every weight anew, so that none is one or zero and a missing one would show.

    The gain keeps NoNorm's states from growing with depth, where float32 itself would be too coarse to compare.
    """
    for variable in encoder.variables:
        name, shape = variable.name, tuple(variable.shape)
        noise = rng.standard_normal(shape)
        if name.endswith("gamma:0"):
            value = 1 + 0.2 * noise
        elif name.endswith(("beta:0", "bias:0")):
            value = 0.3 * noise
        elif name.endswith("embeddings:0"):
            value = noise
        else:
            inputs = np.prod(shape[:2]) if "attention_output" in name else shape[0]
            value = KERNEL_GAIN * noise / np.sqrt(inputs)
        if architecture.normalization == "layer_norm" and "bottleneck_input/dense" in name:
            value *= 0.03  # beside so small a variance, layer normalization's epsilon shows
        variable.assign(value)


def our_weights(encoder: MobileBERTEncoder) -> dict[str, Floats]:
    """The encoder's weights by the names of `mobilebert.layout`."""
    part = re.compile("|".join(map(re.escape, OUR_NAMES)))
    weights = {}
    for variable in encoder.variables:
        layer, name = variable.name.removesuffix(":0").split("/", 1)
        ours = (
            "embeddings" if layer.startswith("mobile_bert_embedding") else layer.replace("transformer_layer_", "block")
        )
        weights[f"{ours}/{part.sub(lambda match: OUR_NAMES[match[0]], name)}"] = _without_head_axis(variable)
    return weights


def _without_head_axis(variable: Any) -> Floats:
    """The official attention keeps heads on an axis of their own; here they are side by side."""
    value: Floats = variable.numpy()
    if "attention/attention_output/kernel" in variable.name:
        return value.reshape(-1, value.shape[-1])
    if re.search("attention/(query|key|value)/", variable.name):
        return value.reshape(*value.shape[:-2], -1)
    return value


def random_inputs(architecture: Architecture, rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:
    """Sequences of several lengths; the padding holds tokens and segments too, so that a leak would show."""
    mask = np.arange(max(LENGTHS)) < np.array(LENGTHS)[:, None]
    token_ids = rng.integers(0, architecture.vocab_size, mask.shape)
    type_ids = rng.integers(0, architecture.type_vocab_size, mask.shape)
    arrays = {"token_ids": token_ids, "mask": mask, "type_ids": type_ids}
    return {name: array.astype(np.int32) for name, array in arrays.items()}


def outputs_by_mask_constant(encoder: MobileBERTEncoder, inputs: dict[str, NDArray[np.int32]]) -> dict[str, Floats]:
    """For each mask constant the embedding output and every block's, `[1 + num_blocks, batch, length, hidden_size]`."""
    outputs = {}
    for constant in MASK_CONSTANTS:
        with mock.patch(OFFICIAL_MASK_CONSTANT, lambda _dtype, constant=constant: float(constant)):
            result = encoder([inputs["token_ids"], inputs["mask"], inputs["type_ids"]], training=False)
        outputs[constant] = np.stack([output.numpy() for output in result["encoder_outputs"]])
    return outputs


def sharpen(encoder: MobileBERTEncoder, inputs: dict[str, NDArray[np.int32]]) -> None:
    """Scales the last block's first head until some padded key outweighs -120: else all constants give the same."""
    attention = encoder.transformer_layers[-1].block_layers["attention"][0]
    kernel, bias = attention.get_weights()[:2]  # of the query: [inputs, heads, head size], [heads, head size]
    for _ in range(20):
        official, edgetpu = (o[:, inputs["mask"] == 1] for o in outputs_by_mask_constant(encoder, inputs).values())
        if np.abs(edgetpu - official).max() > 1e-3 * np.abs(official).max():
            return
        kernel[:, 0] *= -1.5  # either sign may favour the padding
        bias[0] *= -1.5
        attention.set_weights([kernel, bias, *attention.get_weights()[2:]])
    raise RuntimeError("the mask constants give equal outputs, so the fixture could not tell them apart")


def main() -> None:
    for seed, (name, architecture) in enumerate(ARCHITECTURES.items()):
        rng = np.random.default_rng(seed)
        encoder = official_encoder(architecture)
        randomize(encoder, architecture, rng)
        inputs = random_inputs(architecture, rng)
        sharpen(encoder, inputs)
        tensors: dict[str, NDArray[Any]] = {f"weights/{key}": value for key, value in our_weights(encoder).items()}
        tensors |= {f"inputs/{key}": value for key, value in inputs.items()}
        tensors |= {f"outputs/{key}": value for key, value in outputs_by_mask_constant(encoder, inputs).items()}
        path = FOLDER / f"parity_{name}.safetensors"
        # One metadata entry: safetensors writes several in no fixed order, and the file would differ from run to run.
        save_file(tensors, path, {"architecture": architecture.to_json()})
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
