from __future__ import annotations

import re
from pathlib import Path

import latency_tables
import numpy as np
import pytest
from latency_tables import Step, cell_edges, cell_program, live_edges, read_table

from latency_models.learned import LatencyFeatures

SHARED = next(
    (p / "shared" / "data" / "latency" for p in Path(__file__).parents if (p / "shared" / "data" / "latency").is_dir()),
    None,
)
POOL, CONV_1X1, CONV_3X3, ADD = 2, 3, 4, 5


def cell(*operations: str) -> str:
    names = {"-": "none", "s": "skip_connect", "p": "avg_pool_3x3", "1": "nor_conv_1x1", "3": "nor_conv_3x3"}
    first, second, third, fourth, fifth, sixth = (names[operation] for operation in operations)
    return f"|{first}~0|+|{second}~0|{third}~1|+|{fourth}~0|{fifth}~1|{sixth}~2|"


def features(tmp_path: Path, *cells: str) -> LatencyFeatures:
    path = tmp_path / "cells.csv"
    path.write_text("arch,edgetpu_int8_ms\n" + "".join(f"{text},1.5\n" for text in cells), encoding="utf-8")
    return read_table(path, "edgetpu_int8_ms").features


def test_edges_that_nothing_enters_or_leaves_are_dead() -> None:
    live = live_edges(cell_edges(cell(*"-13p3-")))
    assert live == cell_edges(cell(*"---p--"))  # 0-2 leads nowhere, nothing reaches tensor 1
    assert live_edges(cell_edges(cell(*"1--s--"))) == cell_edges(cell(*"---s--"))


def test_skip_connections_are_names_and_not_steps() -> None:
    program = cell_program(live_edges(cell_edges(cell(*"3-s--p"))))
    assert program == [Step(CONV_3X3, (0,)), Step(POOL, (1,))]
    program = cell_program(live_edges(cell_edges(cell(*"p1-ss3"))))
    assert program == [Step(POOL, (0,)), Step(CONV_1X1, (0,)), Step(CONV_3X3, (2,)), Step(ADD, (0, 1, 3))]


def test_networks_of_one_live_graph_have_the_same_features(tmp_path: Path) -> None:
    same = features(tmp_path, cell(*"---3--"), cell(*"p--3--"), cell(*"-1p3--"))
    assert (same.columns == same.columns[0]).all()
    pool, conv_1x1, conv_3x3, adds = same.work[0]
    assert (pool, conv_1x1, conv_3x3, adds) == (0, 0, 1, 0)


def test_the_order_of_steps_tells_apart_what_counts_do_not(tmp_path: Path) -> None:
    """A pooling before and after a chain of two convolutions: measured at 61.7 and 8.5 ms on the large set."""
    two = features(tmp_path, cell(*"p1--s1"), cell(*"-1pp-1"))
    np.testing.assert_array_equal(two.work[0], two.work[1])
    assert (two.detail[0] != two.detail[1]).any()


def test_a_network_of_nothing_has_features(tmp_path: Path) -> None:
    assert not features(tmp_path, cell(*"------")).work.any()


def test_a_transformers_work_grows_with_its_layers(tmp_path: Path) -> None:
    path = tmp_path / "hat.csv"
    header = ",".join((*latency_tables._TRANSFORMER_SIZES, "latency_mean_encoder", "latency_mean_decoder"))
    rows = [f"512,6,2048,4,640,{layers},1024,4,8,2,10.5,{100 * layers}" for layers in (1, 2)]
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    table = read_table(path, "latency_ms")
    assert table.latency_ms.tolist() == [110.5, 210.5]
    one, two = table.features.work
    np.testing.assert_array_equal(one[[0, 1, 2, 10, 11]], two[[0, 1, 2, 10, 11]])  # of the encoder, of the output
    np.testing.assert_array_equal(2 * one[3:10], two[3:10])


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("arch,edgetpu_int8_ms\n", "edgetpu_int8_ms", "no row has a value of edgetpu_int8_ms"),
        ("arch,other\nx,1\n", "edgetpu_int8_ms", "no column edgetpu_int8_ms, which target 'edgetpu_int8_ms' needs"),
        ("arch,edgetpu_int8_ms\n|none~0|,1\n", "edgetpu_int8_ms", "line 2: '|none~0|' is no cell"),
        (f"arch,edgetpu_int8_ms\n{cell(*'---3--')},-1\n", "edgetpu_int8_ms", "line 2: latency -1.0 is not a positive"),
        (f"arch,edgetpu_int8_ms\n{cell(*'---3--')},nan\n", "edgetpu_int8_ms", "line 2: latency nan is not a positive"),
        (f"arch,edgetpu_int8_ms\n{cell(*'---3--')},fast\n", "edgetpu_int8_ms", "line 2: could not convert"),
        ("arch,edgetpu_int8_ms\n", "latency_ms", "no column encoder_embed_dim"),
        ("arch\n", "seconds", "unknown target 'seconds'; known: edgetpu_int8_ms, edgetpu_large_ms, latency_ms"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, target: str, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        read_table(path, target)


@pytest.mark.skipif(SHARED is None, reason="the measured latencies are not at ../shared/data/latency")
def test_rows_without_the_target_are_left_out() -> None:
    assert SHARED is not None
    path = SHARED / "edgetpu_nasbench201.csv"
    assert len(read_table(path, "edgetpu_int8_ms")) == 7600
    large = read_table(path, "edgetpu_large_ms")
    assert len(large) == 7341
    assert np.isfinite(large.features.columns).all()
