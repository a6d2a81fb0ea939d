"""What the operations of a `.tflite` file compute, store and keep alive, as `Operations`.

Every operation of the file is a row, in the file's order. Multiply-adds are those of products: dense layers, matrix
products, convolutions. Recurrent and custom operations count none.

Weights are constants that a computation reads. Each is counted once, where it is first read; 32- and 64-bit integers
that are no bias are not weights: they are axes, shapes and strides. A tensor is alive from the operation that
computes it (the network's inputs: from the start) to the last one that reads it (its outputs: to the end). Reshapes
count as copies.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from latency_models.edgetpu_support import left_to_host
from latency_models.operations import OperationKind, Operations, Precision
from latency_models.tflite_file import TfliteFile, TfliteOperation, TfliteTensor
from search_space import Vectors

_BIAS_PLACE = 2  # of a product's inputs, those from here on are biases
_INTEGERS = ("int8", "uint8", "int16")

_KINDS: dict[OperationKind, tuple[str, ...]] = {
    OperationKind.LOOKUP: ("EMBEDDING_LOOKUP", "GATHER"),
    OperationKind.DENSE: ("FULLY_CONNECTED",),
    OperationKind.BATCH_MATMUL: ("BATCH_MATMUL",),
    OperationKind.SOFTMAX: ("LOG_SOFTMAX", "SOFTMAX"),
    OperationKind.CONVOLUTION: ("CONV_2D", "TRANSPOSE_CONV"),
    OperationKind.DEPTHWISE_CONVOLUTION: ("DEPTHWISE_CONV_2D",),
    OperationKind.POOLING: (
        *("ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "L2_POOL_2D", "MAX_POOL_2D", "MEAN"),
        *("REDUCE_ALL", "REDUCE_ANY", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "SUM"),
    ),
    OperationKind.ELEMENT_WISE: (
        *("ABS", "ADD", "ADD_N", "CAST", "CEIL", "COS", "DEQUANTIZE", "DIV", "ELU", "EQUAL", "EXP", "FAKE_QUANT"),
        *(
            "FLOOR",
            "FLOOR_DIV",
            "FLOOR_MOD",
            "GELU",
            "GREATER",
            "GREATER_EQUAL",
            "HARD_SWISH",
            "L2_NORMALIZATION",
            "LESS",
        ),
        *(
            "LEAKY_RELU",
            "LESS_EQUAL",
            "LOG",
            "LOGICAL_AND",
            "LOGICAL_NOT",
            "LOGICAL_OR",
            "LOGISTIC",
            "MAXIMUM",
            "MINIMUM",
            "MUL",
        ),
        *("NEG", "NOT_EQUAL", "POW", "PRELU", "QUANTIZE", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "ROUND"),
        *("RSQRT", "SELECT", "SELECT_V2", "SIGN", "SIN", "SQRT", "SQUARE", "SQUARED_DIFFERENCE", "SUB", "TANH"),
    ),
    OperationKind.DATA_MOVEMENT: (
        *("BATCH_TO_SPACE_ND", "BROADCAST_TO", "CONCATENATION", "DEPTH_TO_SPACE", "EXPAND_DIMS", "FILL", "GATHER_ND"),
        *("MIRROR_PAD", "PACK", "PAD", "PADV2", "RANGE", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
        *("REVERSE_V2", "SHAPE", "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE"),
        *("STRIDED_SLICE", "TILE", "TRANSPOSE", "UNPACK", "ZEROS_LIKE"),
    ),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}


class _Matrices(NamedTuple):
    """`batch` products `[rows, inner] x [inner, columns]`; `inner` is 0 where nothing is multiplied."""

    batch: int
    rows: int
    inner: int
    columns: int


def tflite_operations(file: TfliteFile) -> Operations:
    """The operations of a file, one row each.

    Raises:
        ValueError: an operation's tensors do not fit together; the message names the file.
    """
    try:
        return _operations(file)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{file.name}: a damaged TFLite file (an operation's tensors do not fit: {error}); export it again"
        ) from None


def tflite_precision(file: TfliteFile, operations: Operations) -> Precision:
    """The precision of most multiply-adds, or of most numbers computed where there are none.

    An operation is of the precision of its activations: int8 weights between float activations (dynamic-range
    quantization) are float, and so is what is dequantized first.
    """
    integer = np.array([_activation(operation).type in _INTEGERS for operation in file.operations])
    amounts = operations.multiply_adds
    if not amounts.any():
        amounts = operations.batch * operations.rows * operations.columns
    return "int8" if 2 * amounts[integer].sum() > amounts.sum() else "float"


# Private


def _operations(file: TfliteFile) -> Operations:
    kinds = [_kind(operation) for operation in file.operations]
    matrices = [_matrices(operation, kind) for operation, kind in zip(file.operations, kinds, strict=True)]
    batch, rows, inner, columns = np.array(matrices, np.int64).T
    return Operations(
        np.array(kinds, np.int8),
        batch,
        rows,
        inner,
        columns,
        repeats=np.ones(len(kinds), np.int64),
        weight_bytes=_weight_bytes(file, kinds),
        activation_bytes=_alive_bytes(file),
        on_host=left_to_host(file.operations),
    )


def _kind(operation: TfliteOperation) -> OperationKind:
    kind = _KIND_OF.get(operation.name, OperationKind.OTHER)
    constant = [tensor is not None and tensor.buffer is not None for tensor in operation.inputs]
    if kind == OperationKind.LOOKUP and operation.name == "GATHER" and not constant[0]:
        return OperationKind.DATA_MOVEMENT
    if kind == OperationKind.BATCH_MATMUL and any(constant):
        return OperationKind.DENSE
    return kind


def _activation(operation: TfliteOperation) -> TfliteTensor:
    """The first input that is computed (for a lookup of a table: what it gives)."""
    computed = [tensor for tensor in operation.inputs if tensor is not None and tensor.buffer is None]
    return operation.outputs[0] if _KIND_OF.get(operation.name) == OperationKind.LOOKUP or not computed else computed[0]


def _matrices(operation: TfliteOperation, kind: OperationKind) -> _Matrices:
    output = operation.outputs[0].shape
    size = prod(output)
    if operation.name == "BATCH_MATMUL":
        left, right = _shape(operation, 0), _shape(operation, 1)
        rows, inner = left[-2:][::-1] if operation.options["AdjX"] else left[-2:]
        columns = right[-2 if operation.options["AdjY"] else -1]
        if kind == OperationKind.DENSE:
            return _Matrices(1, size // columns, inner, columns)
        return _Matrices(prod(output[:-2]), rows, inner, columns)
    if kind == OperationKind.DENSE:
        columns, inner = _shape(operation, 1)
        return _Matrices(1, size // columns, inner, columns)
    if operation.name == "CONV_2D":
        channels, height, width, inner = _shape(operation, 1)
        return _Matrices(1, size // channels, height * width * inner, channels)
    if operation.name == "TRANSPOSE_CONV":
        channels, height, width, inner = _shape(operation, 1)
        return _Matrices(1, prod(_shape(operation, 2)) // inner, inner, height * width * channels)
    if kind == OperationKind.DEPTHWISE_CONVOLUTION:
        _, height, width, channels = _shape(operation, 1)
        return _Matrices(channels, size // channels, height * width, 1)
    if kind == OperationKind.SOFTMAX:
        *batch, rows, columns = (1, *output)[-max(len(output), 2) :]
        return _Matrices(prod(batch), rows, 0, columns)
    columns = output[-1] if output else 1
    return _Matrices(1, prod(output[:-1]), 0, columns)


def _shape(operation: TfliteOperation, place: int) -> tuple[int, ...]:
    tensor = operation.inputs[place]
    if tensor is None:
        raise IndexError(place)
    return tensor.shape


def _weight_bytes(file: TfliteFile, kinds: list[OperationKind]) -> Vectors:
    products = (OperationKind.DENSE, OperationKind.CONVOLUTION, OperationKind.DEPTHWISE_CONVOLUTION)
    read = np.zeros(len(kinds), np.int64)
    seen: set[int] = set()
    for number, (operation, kind) in enumerate(zip(file.operations, kinds, strict=True)):
        for place, tensor in enumerate(operation.inputs):
            if tensor is None or tensor.buffer is None or tensor.buffer in seen:
                continue
            if tensor.type not in ("int32", "int64") or (kind in products and place >= _BIAS_PLACE):
                seen.add(tensor.buffer)
                read[number] += tensor.bytes
    return read


def _alive_bytes(file: TfliteFile) -> Vectors:
    end = len(file.operations) - 1
    born = {tensor.index: (0, tensor) for tensor in file.inputs}
    last: dict[int, int] = {}
    for number, operation in enumerate(file.operations):
        born |= {tensor.index: (number, tensor) for tensor in operation.outputs}
        last |= {tensor.index: number for tensor in (*operation.inputs, *operation.outputs) if tensor is not None}
    last |= {tensor.index: end for tensor in file.outputs}
    change = np.zeros(len(file.operations) + 1, np.int64)
    for index, (start, tensor) in born.items():
        change[start] += tensor.bytes
        change[last.get(index, start) + 1] -= tensor.bytes
    return np.cumsum(change[:-1])
