from __future__ import annotations

import numpy as np
import pytest
from small_graphs import dense, graphs

from latency_models import OperationKind, OpGraphBatch
from latency_models.terms import TERMS, Work, price, unit_ms
from search_space import PUBLISHED

MATMUL, LOOKUP = OperationKind.BATCH_MATMUL, OperationKind.LOOKUP


def test_products_are_padded_to_whole_tiles_of_the_array_and_others_cost_nothing() -> None:
    batch = graphs([dense(10, 65, 3, repeats=2), (OperationKind.SOFTMAX, 4, 10, 0, 10, 1, 0, 800)])
    assert Work(batch, {}).padded_multiply_adds().tolist() == [10 * 65 * 3 * 2, 0]
    assert Work(batch, {"array_columns": 64}).padded_multiply_adds().tolist() == [10 * 65 * 64 * 2, 0]
    both = {"array_rows": 64, "array_columns": 64}
    assert Work(batch, both).padded_multiply_adds().tolist() == [10 * 128 * 64 * 2, 0]
    assert Work(batch, both).inputs().tolist() == [10 * 65 * 2, 0]
    assert Work(batch, both).outputs().tolist() == [10 * 3 * 2, 0]


def test_utilization_of_the_array_rises_with_the_columns_of_a_product() -> None:
    widths = np.array([8, 32, 64, 128, 512])
    batch = graphs(*([dense(100, 64, int(width))] for width in widths))
    work = Work(batch, {"array_columns": 64})
    share = batch.operations.multiply_adds / (work.padded_multiply_adds() + 300 * work.inputs())
    assert (np.diff(share) > 0).all()


def test_only_a_networks_input_and_output_cross_the_link_while_its_weights_fit() -> None:
    batch = graphs([dense(1, 64, 200), dense(1, 200, 200), dense(1, 200, 10)], [dense(1, 30, 20)])
    crossing = batch.total(np.asarray(Work(batch, {"cache_bytes": 1e6}).link_bytes(), float))
    assert crossing.tolist() == [64 + 10, 30 + 20]
    without_a_limit = batch.total(np.asarray(Work(batch, {}).link_bytes(), float))
    assert without_a_limit.tolist() == crossing.tolist()


def test_weights_beyond_the_cache_cross_the_link_with_their_operations_activations() -> None:
    batch = graphs([dense(1, 64, 128), dense(1, 128, 256, repeats=3), dense(1, 256, 10)])
    work = Work(batch, {"array_columns": 64, "cache_bytes": 64 * 128 + 128 * 256 + 256 * 64})
    streamed = 2 * (128 * 256 + 128 + 256)
    assert np.asarray(work.link_bytes()).tolist() == [64, streamed, 10]
    assert work.cached_bytes().tolist() == [64 * 128, 128 * 256, 256 * 64]  # the last is padded to 64 columns


def test_bytes_off_the_chip_grow_by_layers_and_cost_a_slope() -> None:
    """No step: the price of a byte is the same before and after the cache is full."""
    batch = graphs(*([dense(1, 1000, 1000, repeats=count)] for count in range(1, 12)))
    crossing = batch.total(np.asarray(Work(batch, {"cache_bytes": 5e6}).link_bytes(), float))
    assert crossing.tolist() == [2000 + max(0, count - 5) * (1e6 + 2000) for count in range(1, 12)]


def test_what_runs_on_the_host_crosses_the_link_and_leaves_the_array_and_the_cache_alone() -> None:
    maps: tuple[OperationKind, int, int, int, int, int, int, int] = (MATMUL, 4, 10, 8, 10, 2, 0, 5000)
    batch = graphs([(LOOKUP, 1, 10, 0, 32, 1, 9000, 320), dense(10, 32, 32), maps, dense(10, 32, 16)])
    work = Work(batch, {"cache_bytes": 2000}, (LOOKUP, MATMUL))
    assert work.on_host.tolist() == [True, False, True, False]
    assert work.padded_multiply_adds().tolist() == [0, 10 * 32 * 32, 0, 10 * 32 * 16]
    assert work.host_multiply_adds().tolist() == [0, 0, 4 * 10 * 8 * 10 * 2, 0]
    both_inputs_and_the_output = 4 * (10 * 8 + 8 * 10 + 10 * 10) * 2
    assert np.asarray(work.link_bytes()).tolist() == [320, 0, both_inputs_and_the_output, 10 * 16]
    assert work.cached_bytes().tolist() == [0, 32 * 32, 0, 32 * 16]


def test_between_operations_on_the_host_nothing_crosses_the_link() -> None:
    host = OperationKind.SOFTMAX
    batch = graphs([dense(1, 8, 30), (host, 1, 1, 0, 30, 1, 0, 60), (host, 1, 1, 0, 30, 1, 0, 60)])
    assert np.asarray(Work(batch, {}, (host,)).link_bytes()).tolist() == [8, 30, 0]
    whole = graphs([(host, 1, 1, 0, 30, 1, 0, 60)], [dense(1, 8, 30)], [(host, 1, 1, 0, 30, 1, 0, 60)])
    assert np.asarray(Work(whole, {}, (host,)).link_bytes()).tolist() == [0, 8 + 30, 0]


def test_amounts_of_an_encoder_are_its_networks_blocks_operations_and_weights() -> None:
    architectures = [PUBLISHED["mobilebert"], PUBLISHED["mobilebert-edgetpu-m"]]
    batch = OpGraphBatch.from_architectures(architectures)
    work = Work(batch, {})
    assert batch.total(work.networks()).tolist() == [1, 1]
    assert batch.total(work.blocks()).tolist() == [24, 12]
    weights = batch.total(batch.operations.weight_bytes * batch.operations.repeats)
    assert batch.total(work.cached_bytes()).tolist() == weights.tolist()


@pytest.mark.parametrize("constant", TERMS)
def test_a_price_is_milliseconds_or_units_a_second(constant: str) -> None:
    assert price(constant, unit_ms(constant, 250.0)) == pytest.approx(250.0)
    assert unit_ms(constant, 250.0) == (250.0 if constant.endswith("_ms") else 4.0)
