"""Architectures as `.tflite` files, for a device or an interpreter: static shapes, weights as constants, float or int8.

The graph is the one of `encode_unrolled`, one sequence at a time. What a device sees is the same in both precisions,
so one file takes another's place without a change to the program around it:

    input_word_ids, input_mask (1 for tokens, 0 for padding), input_type_ids: int32 `[1, sequence_length]`
    hidden_states: float32 `[1, sequence_length, hidden_size]`, the last block's output

These are the names of the tensors and of the signature `serving_default`. An int8 file is quantized whole, weights by
output channel and activations by tensor: float are only the mask before, and the hidden states after, their scale is
applied.

Measured on MobileBERT-EdgeTPU-XS with random weights and tokens, against the encoder: float32 differs by 7e-7 of the
largest hidden state; int8 has a signal-to-noise ratio of 28.5 dB at 128 tokens. At 384 it has 28.4 dB with a third of
padding and 24.5 dB without: int8 probabilities are multiples of 1/256, too coarse for attention that is spread evenly
over more tokens than that, as a trained network's is not.

Why the converter of frozen graphs: weights that were variables end as READ_VARIABLE, at which calibration fails; and
the way over a saved model writes and reads all weights several times. The same model at 128 tokens takes 3 s of
processor time against 7 s (float32), 5 s against 11 s (int8).
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import tensorflow as tf

from mobilebert.encoder import FLOAT_MASK, Inputs, encode_unrolled
from mobilebert.layout import Layout, Weights
from search_space import Architecture

TflitePrecision = Literal["float32", "int8"]

INPUTS = ("input_word_ids", "input_mask", "input_type_ids")  # in the order of `Inputs`
OUTPUT = "hidden_states"
SIGNATURE = "serving_default"

MASK: Mapping[TflitePrecision, float] = {"float32": FLOAT_MASK, "int8": -120.0}
"""What is added to the attention logits of padding. -120 is that of MobileBERT-EdgeTPU: with -1e9 nothing is left of
the int8 scale of the softmax's input for the logits themselves. It holds while logits stay well within 120."""

CALIBRATION_SEQUENCES = 4
"""Of random tokens, where none are given; with 32 the signal-to-noise ratio is the same."""


def export_tflite(
    architecture: Architecture,
    weights: Weights | Mapping[str, Weights],
    precision: TflitePrecision = "float32",
    sequence_length: int = 384,
    *,
    calibration: Inputs | None = None,
    seed: int = 0,
) -> bytes:
    """The encoder as a TFLite model; see above for its inputs and its output.

    Args:
        architecture: the network.
        weights: its tensors by name, those of heads being left out, or the vector of an encoder without heads; random
            ones are to come from `random_weights`.
        precision: `int8` quantizes weights and activations.
        sequence_length: tokens of the one sequence; fixed in the file.
        calibration: int32 arrays `[n, sequence_length]` of typical tokens, from which an int8 model takes the ranges
            of its activations. Without it, random tokens: enough to time a model, too little to ship it.
        seed: of these random tokens.

    Raises:
        ValueError: the precision is unknown, the sequence is longer than the position table, or the weights or the
            calibration do not fit.
    """
    if precision not in get_args(TflitePrecision):
        raise ValueError(f"precision must be one of {', '.join(get_args(TflitePrecision))}, not {precision!r}")
    if not 1 <= sequence_length <= architecture.max_positions:
        raise ValueError(
            f"sequence_length must be from 1 to max_positions ({architecture.max_positions}), not {sequence_length}"
        )
    graph, inputs, output = _traced(architecture, _by_name(architecture, weights), precision, sequence_length)
    converter = tf.compat.v1.lite.TFLiteConverter(graph.as_graph_def(), inputs, [output])
    if precision == "int8":
        if calibration is None:
            calibration = _random_inputs(architecture, sequence_length, seed)
        samples = _samples(calibration, sequence_length)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own use of an interpreter that it calls deprecated
        return _signed(converter.convert())


def save_tflite(path: str | os.PathLike[str], model: bytes) -> None:
    """Writes a model whole or not at all; a file of this name is replaced.

    Raises:
        OSError: it cannot be written.
    """
    path = Path(path)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(model)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


# Private


def _by_name(architecture: Architecture, weights: Weights | Mapping[str, Weights]) -> Mapping[str, Weights]:
    layout = Layout(architecture, {})
    if isinstance(weights, Mapping):
        return layout.unpack(layout.pack({name: weights[name] for name in layout.shapes if name in weights}))
    if weights.shape != (layout.num_weights,):
        raise ValueError(f"weights do not fit the architecture: {weights.shape}, not ({layout.num_weights},)")
    return layout.unpack(weights)


def _traced(
    architecture: Architecture, weights: Mapping[str, Weights], precision: TflitePrecision, sequence_length: int
) -> tuple[Any, list[Any], Any]:
    """A graph of one sequence with its inputs and its output; weights that are arrays become constants of it.

    A graph of its own and not a function's: TensorFlow keeps those, with their constants, for as long as it runs.
    """
    graph = tf.Graph()
    with graph.as_default():
        inputs = [tf.compat.v1.placeholder(tf.int32, [1, sequence_length], name) for name in INPUTS]
        encoding = encode_unrolled(architecture, weights, Inputs(*inputs), mask_value=MASK[precision])
        return graph, inputs, tf.identity(encoding.hidden, OUTPUT)


def _random_inputs(architecture: Architecture, sequence_length: int, seed: int) -> Inputs:
    rng = np.random.default_rng(seed)
    shape = (CALIBRATION_SEQUENCES, sequence_length)
    token_ids = rng.integers(0, architecture.vocab_size, shape, np.int32)
    type_ids = rng.integers(0, architecture.type_vocab_size, shape, np.int32)
    return Inputs(token_ids, np.ones(shape, np.int32), type_ids)


def _samples(calibration: Inputs, sequence_length: int) -> Iterator[list[Any]]:
    """The sequences one by one, in the order of the inputs.

    Where none has padding, the first comes once more with its second half masked: the range of what is added to the
    logits would else be nothing, and the model would never mask.
    """
    arrays = [np.asarray(array, np.int32) for array in calibration]
    for name, array in zip(INPUTS, arrays, strict=True):
        if array.ndim != 2 or len(array) == 0 or array.shape != (len(arrays[0]), sequence_length):
            raise ValueError(f"calibration: {name} is {array.shape}, not (sequences, {sequence_length})")
    if arrays[1].all():
        padded = [array[:1].copy() for array in arrays]
        padded[1][:, sequence_length // 2 :] = 0
        arrays = [np.concatenate(pair) for pair in zip(arrays, padded, strict=True)]
    return iter([[array[n : n + 1] for array in arrays] for n in range(len(arrays[0]))])


def _signed(model: bytes) -> bytes:
    """The model with a signature, by which interpreters take inputs by name."""
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers import Builder

    content = schema.ModelT.InitFromPackedBuf(model, 0)
    (subgraph,) = content.subgraphs
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE, 0
    signature.inputs, signature.outputs = (
        [_tensor_map(schema, subgraph.tensors[index].name.decode(), index) for index in indices]
        for indices in (subgraph.inputs, subgraph.outputs)
    )
    content.signatureDefs = [signature]
    builder = Builder(len(model) + 4096)
    builder.Finish(content.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _tensor_map(schema: Any, name: str, index: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name, int(index)
    return tensor
