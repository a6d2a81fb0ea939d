"""Which operations of a `.tflite` file a Coral Edge TPU takes, and why it does not take the others.

Source: "TensorFlow models on the Edge TPU" (coral.ai/docs/edgetpu/models-intro, "Model requirements" and table 1, at
runtime 14), as published. The compiler itself is closed and refuses more than the table says, large tensors above all:
what is taken here may still be refused, what is refused here is refused by the table.

By the same page the compiler maps a network's operations only up to the first that it cannot: from there on all run
on the host. So a network that begins with table look-ups, as every encoder of text does, runs on the host whole; cut
the embeddings off to use a Coral device. The Edge TPU of Google's Tensor chips has another compiler, whose operations
are not published; the published MobileBERT models run on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from latency_models.tflite_file import TfliteOperation, TfliteTensor

_SOFTMAX_NUMBERS = 16_000
_Z_MULTIPLE = 4
_ACTIVATION_DIMENSIONS = 3  # [y, x, z]; what stands before them is the batch

Condition = Callable[[TfliteOperation], str | None]
"""Why an operation breaks a condition of the table, or None."""


def refusal(operation: TfliteOperation) -> str | None:
    """Why a Coral Edge TPU does not take an operation, in a few words; None if nothing published speaks against it.

    Its place among the others is not looked at; see `left_to_host`.
    """
    if operation.name not in SUPPORTED:
        return f"{operation.name} is not among the supported operations"
    return next(filter(None, (condition(operation) for condition in (*_GENERAL, *SUPPORTED[operation.name]))), None)


def left_to_host(operations: Sequence[TfliteOperation]) -> NDArray[np.bool_]:
    """Which of a network's operations `[r]`, in order, run on the host: the first that is refused, and all after it."""
    return np.logical_or.accumulate([refusal(operation) is not None for operation in operations])


# Conditions of every operation ("Model requirements")


def _eight_bits(operation: TfliteOperation) -> str | None:
    for tensor in (*_inputs(operation), *operation.outputs):
        if tensor.type not in ("int8", "uint8") and not (tensor.buffer is not None and tensor.type == "int32"):
            return f"{tensor.type} tensor {tensor.name!r}; only int8 and uint8 are taken"
    return None


def _constant_parameters(operation: TfliteOperation) -> str | None:
    for tensor in _inputs(operation)[1:]:
        if operation.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED") and tensor.buffer is None:
            return f"its weights or bias {tensor.name!r} are computed, not constant"
    return None


def _three_dimensions(operation: TfliteOperation) -> str | None:
    computed = [tensor for tensor in _inputs(operation) if tensor.buffer is None]
    for tensor in (*computed, *operation.outputs):
        if prod(tensor.shape[:-_ACTIVATION_DIMENSIONS]) > 1:
            return (
                f"tensor {tensor.name!r} {list(tensor.shape)} is larger than 1 outside the three innermost dimensions"
            )
    return None


_GENERAL: tuple[Condition, ...] = (_eight_bits, _constant_parameters, _three_dimensions)


# Conditions of single operations (table 1)


def _no_activation(operation: TfliteOperation) -> str | None:
    return "it has a fused activation function" if operation.options["FusedActivationFunction"] else None


def _zero_padding_only(operation: TfliteOperation) -> str | None:
    constants = [tensor for tensor in _inputs(operation) if tensor.buffer is not None]
    if not constants or (len(operation.inputs) == 2 and all(tensor.zeros for tensor in constants)):
        return None
    return "it joins a constant other than zeros, or a constant and more than one tensor"


def _one_dilation(operation: TfliteOperation) -> str | None:
    options = operation.options
    return "its dilations differ" if options["DilationHFactor"] != options["DilationWFactor"] else None


def _one_vector(operation: TfliteOperation) -> str | None:
    if operation.options["WeightsFormat"]:
        return "its weights are not in the default format"
    shape = operation.outputs[0].shape
    return f"its output {list(shape)} is not one-dimensional" if prod(shape[:-1]) > 1 else None


def _one_distribution(operation: TfliteOperation) -> str | None:
    tensor = _inputs(operation)[0]
    if prod(tensor.shape[:-1]) > 1:
        return f"its input {list(tensor.shape)} is not one-dimensional"
    return f"its input has {tensor.size} numbers, over {_SOFTMAX_NUMBERS}" if tensor.size > _SOFTMAX_NUMBERS else None


def _axes_within_image(operation: TfliteOperation) -> str | None:
    tensor, axes = _inputs(operation)[0], _inputs(operation)[1].values or ()
    rank = len(tensor.shape)
    if any(axis % rank < rank - _ACTIVATION_DIMENSIONS for axis in axes):
        return "it reduces the batch dimension"
    return None


def _z_multiple_of_four(operation: TfliteOperation) -> str | None:
    tensor, axes = _inputs(operation)[0], _inputs(operation)[1].values or ()
    rank = len(tensor.shape)
    if any(axis % rank == rank - 1 for axis in axes) and tensor.shape[-1] % _Z_MULTIPLE:
        return f"it reduces {tensor.shape[-1]} channels, not a multiple of {_Z_MULTIPLE}"
    return None


def _batch_kept(operation: TfliteOperation) -> str | None:
    computed = [tensor for tensor in _inputs(operation) if tensor.buffer is None]
    before, after = (prod(tensor.shape[:-_ACTIVATION_DIMENSIONS]) for tensor in (computed[0], operation.outputs[0]))
    return "it changes the batch dimension" if before != after else None


def _plain_slice(operation: TfliteOperation) -> str | None:
    strides = _inputs(operation)[3].values
    if strides is None or any(stride != 1 for stride in strides):
        return "its strides are not all 1"
    if operation.options["EllipsisMask"] or operation.options["NewAxisMask"]:
        return "it has an ellipsis or new-axis mask"
    return None


def _slope_of_channels(operation: TfliteOperation) -> str | None:
    slope = _inputs(operation)[1]
    return f"its slopes {list(slope.shape)} are not one-dimensional" if prod(slope.shape[:-1]) > 1 else None


SUPPORTED: Mapping[str, tuple[Condition, ...]] = {
    "ADD": (),
    "AVERAGE_POOL_2D": (_no_activation,),
    "CONCATENATION": (_no_activation, _zero_padding_only),
    "CONV_2D": (_one_dilation,),
    "DEPTHWISE_CONV_2D": (_one_dilation,),
    "EXPAND_DIMS": (),
    "FULLY_CONNECTED": (_one_vector,),
    "L2_NORMALIZATION": (),
    "LOGISTIC": (),
    "MAXIMUM": (),
    "MAX_POOL_2D": (_no_activation,),
    "MEAN": (_axes_within_image, _z_multiple_of_four),
    "MINIMUM": (),
    "MUL": (),
    "PACK": (_batch_kept,),
    "PAD": (_batch_kept,),
    "PRELU": (_slope_of_channels,),
    "QUANTIZE": (),
    "REDUCE_MAX": (_axes_within_image,),
    "REDUCE_MIN": (_axes_within_image,),
    "RELU": (),
    "RELU6": (),
    "RELU_N1_TO_1": (),
    "RESHAPE": (),
    "RESIZE_BILINEAR": (),
    "RESIZE_NEAREST_NEIGHBOR": (),
    "RSQRT": (),
    "SLICE": (),
    "SOFTMAX": (_one_distribution,),
    "SPACE_TO_DEPTH": (),
    "SPLIT": (_batch_kept,),
    "SQUARED_DIFFERENCE": (),
    "SQUEEZE": (),
    "STRIDED_SLICE": (_plain_slice,),
    "SUB": (),
    "SUM": (_axes_within_image,),
    "TANH": (),
    "TRANSPOSE": (),
    "TRANSPOSE_CONV": (),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (),
}
"""The operations of the table, by their names in TFLite's schema, with its conditions beyond the general ones."""


# Private


def _inputs(operation: TfliteOperation) -> list[TfliteTensor]:
    return [tensor for tensor in operation.inputs if tensor is not None]
