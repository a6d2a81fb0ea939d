from __future__ import annotations

import re
from typing import Any

import exported
import numpy as np
import pytest

from latency_models.edgetpu_support import SUPPORTED, left_to_host, refusal
from latency_models.tflite_file import TfliteOperation, TfliteTensor, parse_tflite


def tensor(*shape: int, type_: str = "int8", constant: tuple[int, ...] | None = None, zeros: bool = False) -> Any:
    return TfliteTensor(0, "t", shape, type_, 1 if zeros or constant is not None else None, constant, zeros)


def operation(name: str, inputs: list[Any], output: Any, **options: int) -> TfliteOperation:
    return TfliteOperation(name, tuple(inputs), (output,), options)


IMAGE = tensor(1, 8, 8, 6)
VECTOR = tensor(1, 64)
WEIGHTS = tensor(10, 64, constant=(0,))
REFUSED = [
    (operation("GATHER", [IMAGE], IMAGE), "GATHER is not among the supported operations"),
    (operation("CUSTOM:mine", [IMAGE], IMAGE), "CUSTOM:mine is not among the supported operations"),
    (operation("ADD", [tensor(4, type_="float32")] * 2, VECTOR), "float32 tensor 't'; only int8 and uint8 are taken"),
    (operation("ADD", [tensor(2, 8, 8, 6)] * 2, tensor(2, 8, 8, 6)), r"'t' \[2, 8, 8, 6\] is larger than 1 outside"),
    (
        operation("FULLY_CONNECTED", [VECTOR, tensor(10, 64)], tensor(1, 10), WeightsFormat=0),
        "its weights or bias 't' are computed",
    ),
    (
        operation("FULLY_CONNECTED", [tensor(4, 64), WEIGHTS], tensor(4, 10), WeightsFormat=0),
        r"its output \[4, 10\] is not one-dimensional",
    ),
    (operation("FULLY_CONNECTED", [VECTOR, WEIGHTS], tensor(1, 10), WeightsFormat=1), "not in the default format"),
    (operation("SOFTMAX", [tensor(1, 4, 9, 9)], tensor(1, 4, 9, 9)), "its input .* is not one-dimensional"),
    (operation("SOFTMAX", [tensor(1, 16_001)], tensor(1, 16_001)), "its input has 16001 numbers, over 16000"),
    (operation("MAX_POOL_2D", [IMAGE], IMAGE, FusedActivationFunction=1), "it has a fused activation function"),
    (
        operation("CONCATENATION", [IMAGE, tensor(1, 8, 8, 6, constant=(1,))], IMAGE, FusedActivationFunction=0),
        "it joins a constant other than zeros",
    ),
    (
        operation("CONCATENATION", [IMAGE, IMAGE, tensor(6, zeros=True)], IMAGE, FusedActivationFunction=0),
        "it joins a constant other than zeros, or a constant and more than one tensor",
    ),
    (
        operation("CONV_2D", [IMAGE, tensor(4, 3, 3, 6, zeros=True)], IMAGE, DilationHFactor=2, DilationWFactor=1),
        "its dilations differ",
    ),
    (operation("MEAN", [IMAGE, tensor(1, type_="int32", constant=(0,))], VECTOR), "it reduces the batch dimension"),
    (operation("MEAN", [IMAGE, tensor(1, type_="int32", constant=(-1,))], VECTOR), "it reduces 6 channels"),
    (
        operation("STRIDED_SLICE", [IMAGE, *[tensor(1, type_="int32", constant=(2,))] * 3], IMAGE),
        "its strides are not all 1",
    ),
    (operation("PACK", [IMAGE, IMAGE], tensor(2, 8, 8, 6)), r"larger than 1 outside"),
    (operation("PRELU", [IMAGE, tensor(8, 8, 6, zeros=True)], IMAGE), r"its slopes \[8, 8, 6\]"),
]


@pytest.mark.parametrize(("refused", "reason"), REFUSED)
def test_what_the_table_excludes_is_refused_with_the_reason(refused: TfliteOperation, reason: str) -> None:
    assert re.search(reason, refusal(refused) or "")


TAKEN = [
    operation(
        "FULLY_CONNECTED", [VECTOR, WEIGHTS, tensor(10, type_="int32", zeros=True)], tensor(1, 10), WeightsFormat=0
    ),
    operation("SOFTMAX", [tensor(1, 16_000)], tensor(1, 16_000)),
    operation("CONCATENATION", [IMAGE, tensor(6, zeros=True)], IMAGE, FusedActivationFunction=0),
    operation("MEAN", [IMAGE, tensor(2, type_="int32", constant=(1, 2))], tensor(1, 6)),
    operation("MEAN", [tensor(1, 8, 8, 4), tensor(1, type_="int32", constant=(3,))], tensor(1, 8, 8)),
    operation(
        "STRIDED_SLICE", [IMAGE, *[tensor(1, type_="int32", constant=(1,))] * 3], IMAGE, EllipsisMask=0, NewAxisMask=0
    ),
    operation("ADD", [tensor(8, 8, 6), IMAGE], IMAGE),
]


@pytest.mark.parametrize("taken", TAKEN)
def test_what_the_table_allows_is_taken(taken: TfliteOperation) -> None:
    assert refusal(taken) is None


def test_a_quantized_convolutional_network_runs_on_the_device_whole() -> None:
    file = parse_tflite(exported.convolutional(), "conv.tflite")
    assert [refusal(found) for found in file.operations] == [None] * len(file.operations)
    assert not left_to_host(file.operations).any()
    in_float = parse_tflite(exported.convolutional("float"), "conv.tflite")
    assert left_to_host(in_float.operations).all()


def test_after_the_first_refused_operation_all_run_on_the_host() -> None:
    add, gather = operation("ADD", [IMAGE, IMAGE], IMAGE), operation("GATHER", [IMAGE], IMAGE)
    assert left_to_host([add, add, gather, add]).tolist() == [False, False, True, True]


def test_an_encoder_begins_with_what_the_device_refuses() -> None:
    file = parse_tflite(exported.encoder(), "tiny.tflite")
    assert left_to_host(file.operations).all()
    taken = np.array([refusal(found) is None for found in file.operations])
    assert 0.3 < taken.mean() < 0.8  # without its place counted, about half could be taken


def test_every_supported_name_is_one_of_the_schema() -> None:
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    assert {name for name in SUPPORTED if not hasattr(BuiltinOperator, name)} == set()
