"""The operations of a `.tflite` file, read straight from its flatbuffer.

Source: the TFLite schema (`tensorflow/compiler/mlir/lite/schema/schema.fbs`), version 3. Nothing is run, and no
weights are copied.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

_IDENTIFIER = b"TFL3"
_FEW = 64  # numbers of an integer constant that are read: axes, shapes, strides, paddings

_BITS: dict[str, int] = {
    **dict.fromkeys(("INT2",), 2),
    **dict.fromkeys(("INT4", "UINT4"), 4),
    **dict.fromkeys(("INT8", "UINT8", "BOOL"), 8),
    **dict.fromkeys(("INT16", "UINT16", "FLOAT16", "BFLOAT16"), 16),
    **dict.fromkeys(("INT32", "UINT32", "FLOAT32"), 32),
    **dict.fromkeys(("INT64", "UINT64", "FLOAT64", "COMPLEX64"), 64),
    **dict.fromkeys(("COMPLEX128",), 128),
}


@dataclass(frozen=True)
class TfliteTensor:
    """A tensor of a file.

    Attributes:
        index: its number in the file.
        name: as the converter gave it.
        shape: its sizes; `()` for a scalar.
        type: of its numbers, `int8`, `float32` and so on.
        buffer: number of the constant it holds, which several tensors may share; None for what is computed.
        values: the numbers of a small int32 or int64 constant, such as a shape or axes; else None.
        zeros: whether it is a constant of zeros (where quantized, of zero points).
    """

    index: int
    name: str
    shape: tuple[int, ...]
    type: str
    buffer: int | None
    values: tuple[int, ...] | None
    zeros: bool

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        return -(-self.size * _BITS[self.type.upper()] // 8)


@dataclass(frozen=True)
class TfliteOperation:
    """An operation of a file.

    Attributes:
        name: as in the schema's `BuiltinOperator`, such as `FULLY_CONNECTED`; `CUSTOM:name` for any other.
        inputs: None for an optional one that is not there.
        outputs: what it computes.
        options: those of `_OPTIONS` that it has, by their names in the schema; 0 is each one's default.
    """

    name: str
    inputs: tuple[TfliteTensor | None, ...]
    outputs: tuple[TfliteTensor, ...]
    options: Mapping[str, int]


@dataclass(frozen=True)
class TfliteFile:
    """A network of static shapes.

    Attributes:
        name: of the file, for messages.
        inputs, outputs: of the network.
        operations: at least one, in the order in which they run.
    """

    name: str
    inputs: tuple[TfliteTensor, ...]
    outputs: tuple[TfliteTensor, ...]
    operations: tuple[TfliteOperation, ...]


_OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "AVERAGE_POOL_2D": ("Pool2DOptions", ("FilterHeight", "FilterWidth", "FusedActivationFunction")),
    "BATCH_MATMUL": ("BatchMatMulOptions", ("AdjX", "AdjY")),
    "CONCATENATION": ("ConcatenationOptions", ("Axis", "FusedActivationFunction")),
    "CONV_2D": ("Conv2DOptions", ("DilationWFactor", "DilationHFactor")),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", ("DilationWFactor", "DilationHFactor")),
    "FULLY_CONNECTED": ("FullyConnectedOptions", ("WeightsFormat",)),
    "MAX_POOL_2D": ("Pool2DOptions", ("FilterHeight", "FilterWidth", "FusedActivationFunction")),
    "PACK": ("PackOptions", ("Axis",)),
    "STRIDED_SLICE": ("StridedSliceOptions", ("EllipsisMask", "NewAxisMask")),
}
"""What is read of an operation's options: the schema's table, and the fields that shapes do not tell."""


def read_tflite(path: str | os.PathLike[str]) -> TfliteFile:
    """The network of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TFLite file, is damaged, has another number of subgraphs than one or no operation, or a
            shape in it is dynamic; the message names the file.
    """
    return parse_tflite(Path(path).read_bytes(), os.fspath(path))


def parse_tflite(data: bytes, name: str) -> TfliteFile:
    """The network of a file's bytes; `name` stands for the file in messages. Raises as `read_tflite` does."""
    if data[4:8] != _IDENTIFIER:
        raise ValueError(f"{name}: not a TFLite file (the identifier TFL3 is not at its place)")
    try:
        return _network(data, name)
    except _RefusedError as error:
        raise ValueError(f"{name}: {error}") from None
    except _DAMAGE as error:
        raise ValueError(f"{name}: a damaged TFLite file ({type(error).__name__}: {error}); export it again") from None


# Private

_DAMAGE = (AttributeError, IndexError, KeyError, MemoryError, OverflowError, TypeError, ValueError, struct.error)
"""What reading offsets that lead astray ends in."""


class _RefusedError(Exception):
    """The file is whole, but not of a kind that can be read."""


def _network(data: bytes, name: str) -> TfliteFile:
    schema = _schema()
    model = schema.Model.GetRootAs(data, 0)
    if model.SubgraphsLength() != 1:
        raise _RefusedError(
            f"it has {model.SubgraphsLength()} subgraphs (control flow, or several signatures); export one "
            "function without loops"
        )
    graph = model.Subgraphs(0)
    tensors = [_tensor(data, model, graph, index) for index in range(graph.TensorsLength())]

    def at(indices: Any) -> Iterator[TfliteTensor]:
        for index in np.atleast_1d(indices).tolist():
            if index < 0:
                raise IndexError(f"tensor {index}")
            yield tensors[index]

    operations = []
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = _code(schema, model.OperatorCodes(operator.OpcodeIndex()))
        inputs = operator.InputsAsNumpy() if operator.InputsLength() else ()
        operations.append(
            TfliteOperation(
                code,
                tuple(None if index == -1 else next(at(index)) for index in inputs),
                tuple(at(operator.OutputsAsNumpy())),
                _options(schema, code, operator),
            )
        )
    if not operations:
        raise _RefusedError("it has no operation")
    return TfliteFile(name, tuple(at(graph.InputsAsNumpy())), tuple(at(graph.OutputsAsNumpy())), tuple(operations))


def _tensor(data: bytes, model: Any, graph: Any, index: int) -> TfliteTensor:
    tensor = graph.Tensors(index)
    shape = tuple(tensor.ShapeAsNumpy().tolist()) if tensor.ShapeLength() else ()
    signature = tensor.ShapeSignatureAsNumpy().tolist() if tensor.ShapeSignatureLength() else shape
    label = (tensor.Name() or b"").decode()
    if min((*shape, *signature), default=0) < 0:
        raise _RefusedError(
            f"tensor {label!r} has the dynamic shape {list(signature)}; export it with a fixed batch size and "
            "sequence length"
        )
    type_ = _types()[tensor.Type()]
    if type_ not in _BITS:
        raise _RefusedError(f"tensor {label!r} holds {type_.lower()}, which has no fixed size")
    held = _constant(data, model.Buffers(tensor.Buffer()))
    found = TfliteTensor(index, label, shape, type_.lower(), None, None, False)
    if held is None:
        return found
    if not tensor.Sparsity() and len(held) != found.bytes:
        raise IndexError(f"tensor {label!r} takes {found.bytes} bytes, its constant has {len(held)}")
    return replace(found, buffer=tensor.Buffer(), values=_values(found, held), zeros=_is_zeros(tensor, held))


def _values(tensor: TfliteTensor, held: memoryview) -> tuple[int, ...] | None:
    if tensor.type not in ("int32", "int64") or tensor.size > _FEW:
        return None
    return tuple(np.frombuffer(held, tensor.type).tolist())


def _is_zeros(tensor: Any, held: memoryview) -> bool:
    quantization = tensor.Quantization()
    zero_point = quantization.ZeroPoint(0) if quantization and quantization.ZeroPointLength() == 1 else 0
    numbers = np.frombuffer(held, np.uint8)
    return bool(numbers[0] == zero_point % 256 and (numbers == numbers[0]).all())


def _constant(data: bytes, buffer: Any) -> memoryview | None:
    """The bytes of a buffer, not copied; those of files beyond 2 GB stand after the flatbuffer."""
    if buffer.DataLength():
        start, size = buffer._tab.Vector(buffer._tab.Offset(4)), buffer.DataLength()
    elif buffer.Size():
        start, size = buffer.Offset(), buffer.Size()
    else:
        return None
    if start + size > len(data):
        raise IndexError(f"a constant ends at byte {start + size} of {len(data)}")
    return memoryview(data)[start : start + size]


def _code(schema: Any, code: Any) -> str:
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # codes below 127 were once a byte
    if number == schema.BuiltinOperator.CUSTOM:
        return f"CUSTOM:{(code.CustomCode() or b'').decode()}"
    return _names()[number]


def _options(schema: Any, code: str, operator: Any) -> dict[str, int]:
    table, names = _OPTIONS.get(code, ("", ()))
    found = operator.BuiltinOptions()
    if not table or found is None:
        return dict.fromkeys(names, 0)
    options = getattr(schema, table)()
    options.Init(found.Bytes, found.Pos)
    return {name: int(getattr(options, name)()) for name in names}


def _schema() -> Any:
    from ai_edge_litert import schema_py_generated  # the schema alone, without the interpreter's library

    return schema_py_generated


@cache
def _types() -> dict[int, str]:
    return _members("TensorType")


@cache
def _names() -> dict[int, str]:
    return _members("BuiltinOperator")


def _members(enumeration: str) -> dict[int, str]:
    members = vars(getattr(_schema(), enumeration)).items()
    return {number: name for name, number in members if isinstance(number, int) and not name.startswith("_")}
