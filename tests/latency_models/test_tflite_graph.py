from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import exported
import numpy as np
import pytest
from exported import LENGTH, TINY

from latency_models import EdgeTpuAnalytical, OperationKind, OpGraphBatch
from mobilebert.export import TflitePrecision
from search_space import Architecture, MobileBertSpace, Stage


def graph(folder: Path, model: bytes) -> OpGraphBatch:
    path = folder / "model.tflite"
    path.write_bytes(model)
    return OpGraphBatch.from_tflite(path)


def graphs(
    folder: Path, architecture: Architecture, precision: TflitePrecision, length: int = LENGTH
) -> tuple[OpGraphBatch, OpGraphBatch]:
    """Of the exported model and of the architecture."""
    of_file = graph(folder, exported.encoder(architecture, precision, length))
    assert of_file.precision == ("int8" if precision == "int8" else "float")
    return of_file, OpGraphBatch.from_architectures([architecture], length, precision=of_file.precision)


def total_weights(batch: OpGraphBatch) -> int:
    return int((batch.operations.weight_bytes * batch.operations.repeats).sum())


SMALL = MobileBertSpace(
    hidden_size=(16, 48),
    num_attention_heads=(1, 2, 4),
    bottleneck_size=(8, 16, 24),
    intermediate_size=(8, 40),
    num_feedforward=(1, 2, 3),
    max_blocks_per_slot=2,
    base=Architecture(16, (), embedding_size=8, vocab_size=50, max_positions=LENGTH),
)
VARIED = {
    "tiny": TINY,
    "separate": replace(TINY, key_query_shared_bottleneck=False),
    "gelu": replace(TINY, activation="gelu"),
    "no blocks": replace(TINY, stages=()),
    "one head": replace(TINY, stages=(Stage(2, 1, 8, 8, 4),)),
    **{f"drawn {n}": SMALL.decode(x) for n, x in enumerate(SMALL.sample(np.random.default_rng(0), 3))},
}


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("name", VARIED)
def test_an_exported_model_agrees_with_its_architecture_in_multiply_adds_and_weight_bytes(
    tmp_path: Path, name: str, precision: TflitePrecision
) -> None:
    of_file, of_architecture = graphs(tmp_path, VARIED[name], precision)
    assert of_file.operations.multiply_adds.sum() == of_architecture.operations.multiply_adds.sum()
    assert total_weights(of_file) == total_weights(of_architecture)


@pytest.mark.parametrize("length", [2, 64])
def test_they_agree_at_any_length(tmp_path: Path, length: int) -> None:
    of_file, of_architecture = graphs(tmp_path, TINY, "int8", length)
    assert of_file.operations.multiply_adds.sum() == of_architecture.operations.multiply_adds.sum()
    assert total_weights(of_file) == total_weights(of_architecture)


def test_with_layer_normalization_a_file_stores_a_little_more(tmp_path: Path) -> None:
    of_file, of_architecture = graphs(tmp_path, replace(TINY, normalization="layer_norm"), "float32")
    assert of_file.operations.multiply_adds.sum() == of_architecture.operations.multiply_adds.sum()
    assert 1 <= total_weights(of_file) / total_weights(of_architecture) <= 1.01


def test_the_products_and_softmaxes_are_those_of_the_architecture_one_by_one(tmp_path: Path) -> None:
    def rows(batch: OpGraphBatch) -> list[tuple[int, ...]]:
        o = batch.operations
        columns = zip(o.kind, o.batch, o.rows, o.inner, o.columns, o.repeats, strict=True)
        kinds = (OperationKind.DENSE, OperationKind.BATCH_MATMUL, OperationKind.SOFTMAX)
        return sorted(tuple(map(int, row)) for *row, repeats in columns if row[0] in kinds for _ in range(repeats))

    of_file, of_architecture = graphs(tmp_path, TINY, "int8")
    assert rows(of_file) == rows(of_architecture)


def test_the_analytical_model_predicts_for_a_file_what_it_predicts_for_the_architecture(tmp_path: Path) -> None:
    of_file, of_architecture = (EdgeTpuAnalytical("tensor-g1").predict(g) for g in graphs(tmp_path, TINY, "int8"))
    assert of_file.latency_ms == pytest.approx(of_architecture.latency_ms)


def test_a_convolutional_network_is_read_operation_by_operation(tmp_path: Path) -> None:
    batch = graph(tmp_path, exported.convolutional())
    o = batch.operations
    table = zip(o.kind, o.batch, o.rows, o.inner, o.columns, o.weight_bytes, strict=True)
    assert [(OperationKind(kind).name, *map(int, row)) for kind, *row in table] == [
        ("CONVOLUTION", 1, 64, 27, 16, 27 * 16 + 4 * 16),
        ("DEPTHWISE_CONVOLUTION", 16, 16, 9, 1, 9 * 16 + 4 * 16),
        ("POOLING", 1, 4, 0, 16, 0),
        ("DATA_MOVEMENT", 1, 1, 0, 64, 0),
        ("DENSE", 1, 1, 64, 10, 640),
        ("SOFTMAX", 1, 1, 0, 10, 0),
    ]
    assert o.multiply_adds.tolist() == [64 * 27 * 16, 16 * 16 * 9, 0, 0, 640, 0]
    alive = [192 + 1024, 1024 + 256, 256 + 64, 64 + 64, 64 + 10, 10 + 10]
    assert o.activation_bytes.tolist() == alive
    assert batch.precision == "int8"


def test_a_tensor_that_is_read_later_stays_alive_until_then(tmp_path: Path) -> None:
    import tensorflow as tf

    def network(x: object) -> object:
        return tf.nn.relu(tf.reverse(tf.exp(x), [1])) + x

    batch = graph(tmp_path, exported.converted(network, [1, 10]))
    assert batch.operations.activation_bytes.max() == 4 * 30
    assert batch.operations.activation_bytes[0] == 4 * 20


def test_a_graph_is_of_the_precision_in_which_most_of_its_products_run(tmp_path: Path) -> None:
    precisions = {"float": "float", "int8": "int8", "dynamic": "float", "float16": "float"}
    for how, expected in precisions.items():
        assert graph(tmp_path, exported.convolutional(how)).precision == expected, how
    assert graph(tmp_path, exported.converted(lambda x: x + 1.0, [1, 4])).precision == "float"


def test_shared_weights_are_counted_once(tmp_path: Path) -> None:
    import tensorflow as tf

    table = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    batch = graph(tmp_path, exported.converted(lambda x: tf.matmul(tf.nn.relu(tf.matmul(x, table)), table), [1, 8]))
    assert batch.operations.multiply_adds.sum() == 2 * 64
    assert batch.operations.weight_bytes.sum() == 4 * 64
