from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latency_models import OpGraphBatch
from latency_models.tflite_file import parse_tflite, read_tflite


def test_the_order_names_types_and_shapes_of_an_encoders_operations_are_read() -> None:
    file = parse_tflite(exported.encoder(), "tiny.tflite")
    assert {tensor.name: tensor.type for tensor in file.inputs} == dict.fromkeys(
        ("input_word_ids", "input_mask", "input_type_ids"), "int32"
    )
    (output,) = file.outputs
    assert (output.name, output.type, output.shape) == ("hidden_states", "float32", (1, 24, 48))
    names = [operation.name for operation in file.operations]
    assert names.count("SOFTMAX") == exported.TINY.num_blocks
    assert names.count("BATCH_MATMUL") == 2 * exported.TINY.num_blocks
    assert (names[0], names[-1]) == ("CAST", "DEQUANTIZE")
    (first, *_) = [operation for operation in file.operations if operation.name == "FULLY_CONNECTED"]
    x, weights, bias = first.inputs
    assert x is not None
    assert weights is not None
    assert bias is not None
    assert (x.shape, weights.shape, bias.shape) == ((1, 24, 48), (48, 48), (48,))
    assert (x.type, weights.type, bias.type) == ("int8", "int8", "int32")
    assert x.buffer is None
    assert weights.buffer is not None


def test_reading_imports_neither_tensorflow_nor_the_interpreter(tmp_path: Path) -> None:
    path = tmp_path / "tiny.tflite"
    path.write_bytes(exported.encoder())
    program = (
        "import sys; from latency_models import OpGraphBatch;"
        "assert 'ai_edge_litert' not in sys.modules;"
        f"OpGraphBatch.from_tflite({str(path)!r});"
        "sys.exit(bool({'tensorflow', 'ai_edge_litert.interpreter'} & {*sys.modules}))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_no_tflite_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    for content in (b"", b"TFL3", b"\x08\x00\x00\x00{}", b"PK\x03\x04" * 100):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: not a TFLite file"):
            read_tflite(path)
    with pytest.raises(OSError, match=r"missing\.tflite"):
        read_tflite(tmp_path / "missing.tflite")


@given(st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_damaged(share: float) -> None:
    whole = exported.encoder()
    with pytest.raises(ValueError, match=r"^cut\.tflite: (a damaged|not a) TFLite file"):
        parse_tflite(whole[: int(share * len(whole))], "cut.tflite")


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_damaged_bytes_end_in_one_clear_line_or_in_a_graph(tmp_path_factory: Any, seed: int, count: int) -> None:
    damaged = bytearray(exported.convolutional())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(damaged), count):
        damaged[place] = rng.integers(256)
    path = tmp_path_factory.mktemp("damaged") / "model.tflite"
    path.write_bytes(damaged)
    message, operations = "", 0
    try:
        operations = len(OpGraphBatch.from_tflite(path).operations)
    except ValueError as error:
        message = str(error)
    assert operations > 0 or re.fullmatch(rf"{re.escape(str(path))}: .+", message)


def test_a_dynamic_shape_is_refused_with_the_tensors_name() -> None:
    model = exported.converted(lambda x: x + 1.0, [None, 4])
    with pytest.raises(ValueError, match=r"^d\.tflite: tensor '.+' has the dynamic shape \[-1, 4\]; export it with a"):
        parse_tflite(model, "d.tflite")


def test_several_subgraphs_are_refused() -> None:
    import tensorflow as tf

    model = exported.converted(lambda x: tf.while_loop(lambda y: y[0, 0] < 9, lambda y: (y * 2.0,), (x,))[0], [1, 4])
    with pytest.raises(ValueError, match=r"^loop\.tflite: it has \d+ subgraphs \(control flow"):
        parse_tflite(model, "loop.tflite")
