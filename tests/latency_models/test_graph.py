from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latency_models import EdgeTpuAnalytical, OperationKind, Operations, OpGraphBatch, Precision
from search_space import PUBLISHED, Architecture, Dimensions, MobileBertSpace, Stage, multiply_adds, parameters

sizes = st.integers(1, 700)
stages = st.builds(
    lambda blocks, heads, head_size, intermediate, feedforward: Stage(
        blocks, heads, heads * head_size, intermediate, feedforward
    ),
    st.integers(0, 5),
    st.integers(1, 8),
    st.integers(1, 90),
    sizes,
    st.integers(1, 6),
)
architectures = st.builds(
    Architecture,
    sizes,
    st.lists(stages, max_size=4).map(tuple),
    embedding_size=sizes,
    vocab_size=sizes,
    type_vocab_size=st.integers(1, 3),
    key_query_shared_bottleneck=st.booleans(),
)
batches = st.lists(architectures, min_size=1, max_size=4)


def equal(a: Operations, b: Operations) -> bool:
    return all(np.array_equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(Operations))


@given(batches, st.integers(1, 512), st.integers(1, 3))
def test_multiply_adds_are_those_of_the_closed_form(networks: list[Architecture], length: int, size: int) -> None:
    batch = OpGraphBatch.from_architectures(networks, length, batch_size=size)
    assert batch.total(batch.operations.multiply_adds).tolist() == [size * multiply_adds(a, length) for a in networks]


def stored(a: Architecture, length: int) -> tuple[int, int]:
    """Numbers that an exported model stores: of weights, norms and tables; of biases. By what differs from the
    parameters."""
    stages = [stage for stage in a.stages for _ in range(stage.num_blocks)]
    shared = a.key_query_shared_bottleneck
    folded_norms = sum(2 * (2 + shared) * stage.bottleneck_size for stage in stages)
    folded_biases = sum(shared * stage.bottleneck_size for stage in stages)
    biases = a.hidden_size + sum(
        (5 + stage.num_feedforward) * stage.bottleneck_size
        + stage.num_feedforward * stage.intermediate_size
        + a.hidden_size
        for stage in stages
    )
    constants = a.embedding_size + (2 if stages else 0) - (a.max_positions - length) * a.hidden_size
    return parameters(a) - folded_norms - folded_biases - biases + constants, biases


@given(batches)
def test_weights_are_the_parameters_less_what_an_export_cuts_off_and_folds(networks: list[Architecture]) -> None:
    bytes_per_weight: dict[Precision, int] = {"int8": 1, "float": 4}
    for precision, size in bytes_per_weight.items():
        batch = OpGraphBatch.from_architectures(networks, 8, precision=precision)
        given = batch.total(batch.operations.weight_bytes * batch.operations.repeats)
        numbers = [stored(a, 8) for a in networks]
        assert given.tolist() == [size * weights + 4 * biases for weights, biases in numbers]


@given(batches)
def test_a_batch_is_its_networks_one_by_one(networks: list[Architecture]) -> None:
    graphs = list(OpGraphBatch.from_architectures(networks, 8))
    assert len(graphs) == len(networks)
    for graph, network in zip(graphs, networks, strict=True):
        assert equal(graph.operations, OpGraphBatch.from_architectures([network], 8).operations)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_vectors_cost_what_their_architectures_cost(seed: int) -> None:
    space, model = MobileBertSpace(), EdgeTpuAnalytical("tensor-g1")
    X = space.sample(np.random.default_rng(seed), 5)
    of_vectors = model.predict(OpGraphBatch.from_architectures(space.dimensions(X)))
    of_architectures = model.predict(OpGraphBatch.from_architectures([space.decode(x) for x in X]))
    np.testing.assert_allclose(of_vectors.latency_ms, of_architectures.latency_ms, rtol=1e-12)
    assert of_vectors.peak_memory_bytes.tolist() == of_architectures.peak_memory_bytes.tolist()


def test_the_products_of_a_block_run_in_the_order_of_the_paper() -> None:
    (graph,) = OpGraphBatch.from_architectures([PUBLISHED["mobilebert-edgetpu-xs"]])
    o = graph.operations
    table = zip(o.batch, o.rows, o.inner, o.columns, o.repeats, strict=True)
    assert [tuple(map(int, row)) for row in table] == [
        (1, 384, 0, 384, 1),  # three token embeddings of 128
        (1, 384, 384, 512, 1),
        (1, 384, 512, 256, 8),  # bottlenecks
        (1, 384, 512, 256, 8),
        (1, 384, 256, 256, 8),  # query, key, value
        (1, 384, 256, 256, 8),
        (1, 384, 512, 256, 8),
        (4, 384, 64, 384, 8),  # attention
        (4, 384, 0, 384, 8),
        (4, 384, 384, 64, 8),
        (1, 384, 256, 256, 8),
        (1, 384, 256, 1024, 32),  # feed-forward
        (1, 384, 1024, 256, 32),
        (1, 384, 256, 512, 8),  # output bottleneck
    ]
    assert o.kind[[0, 1, 7, 8, 9]].tolist() == [
        OperationKind.LOOKUP,
        OperationKind.DENSE,
        OperationKind.BATCH_MATMUL,
        OperationKind.SOFTMAX,
        OperationKind.BATCH_MATMUL,
    ]


def test_without_the_shared_bottleneck_queries_and_keys_read_the_wide_input() -> None:
    separate = replace(PUBLISHED["mobilebert"], key_query_shared_bottleneck=False)
    (graph,) = OpGraphBatch.from_architectures([separate])
    assert len(graph.operations) == 13
    assert graph.operations.inner[2:6].tolist() == [512] * 4


def test_an_empty_batch_has_no_graphs() -> None:
    assert list(OpGraphBatch.from_architectures(Dimensions.of([]))) == []


def test_a_sequence_may_be_as_long_as_the_position_table_and_no_longer() -> None:
    assert len(OpGraphBatch.from_architectures(list(PUBLISHED.values()), 512)) == len(PUBLISHED)
    for length in (0, 513):
        with pytest.raises(ValueError, match=rf"sequence_length must be from 1 to max_positions \(512\), not {length}"):
            OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]], length)


def test_an_unknown_precision_and_an_empty_batch_size_are_refused() -> None:
    with pytest.raises(ValueError, match="precision must be one of int8, float, not 'int4'"):
        OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]], precision="int4")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="batch_size must be at least 1, not 0"):
        OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]], batch_size=0)
