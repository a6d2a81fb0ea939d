from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from paretobert.cli.latency import app
from search_space import PUBLISHED


def output(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def test_predict_prints_a_list_with_one_object_for_each_architecture() -> None:
    text = PUBLISHED["mobilebert-edgetpu-m"].to_json()
    small, medium = json.loads(output("predict", "mobilebert-edgetpu-s", text, "--precision", "float", "--json"))
    assert list(small) == [
        "architecture",
        "device",
        "precision",
        "sequence_length",
        "latency_ms",
        "latency_std_ms",
        "utilization",
        "peak_memory_bytes",
        "source",
    ]
    assert small["architecture"] == PUBLISHED["mobilebert-edgetpu-s"].to_dict()
    assert small["latency_ms"] == pytest.approx(21.8, rel=0.1)
    assert medium["latency_ms"] == pytest.approx(24.8, rel=0.1)
    assert small["latency_std_ms"] is None
    assert (small["device"], small["precision"], small["sequence_length"]) == ("tensor-g1", "float", 384)
    assert small["source"] == "modelled"


def test_a_longer_sequence_costs_more() -> None:
    short, long = (
        json.loads(output("predict", "mobilebert", "--sequence-length", length, "--json"))[0]["latency_ms"]
        for length in ("128", "384")
    )
    assert short < long


def test_the_table_says_that_its_latency_is_modelled() -> None:
    table = output("predict", "mobilebert-edgetpu-xs")
    assert "Modelled" in table
    assert "mobilebert-edgetpu-xs" in table
    assert "Modelled latency" in output("validate")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bert"], "unknown architecture 'bert'"),
        (["mobilebert", "--device", "abacus"], "unknown device 'abacus'"),
        (["mobilebert", "--latency-model", "crystal-ball"], "unknown latency model 'crystal-ball'"),
        (["mobilebert", "--precision", "int4"], "precision must be one of int8, float"),
        (["mobilebert", "--sequence-length", "513"], "sequence_length must be from 1 to max_positions"),
    ],
)
def test_a_wrong_argument_is_a_value_error_that_says_what_is_wrong(arguments: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        output("predict", *arguments)


def test_validate_prints_seven_rows_their_errors_and_three_utilizations() -> None:
    validation = json.loads(output("validate", "--json"))
    assert list(validation) == [
        "rows",
        "held_out_mean_error",
        "held_out_largest_error",
        "utilization_over_baseline",
    ]
    assert len(validation["rows"]) == 7
    assert list(validation["rows"][0]) == ["model", "precision", "published_ms", "predicted_ms", "held_out_ms"]
    assert list(validation["utilization_over_baseline"]) == [
        "mobilebert-edgetpu-xs",
        "mobilebert-edgetpu-s",
        "mobilebert-edgetpu-m",
    ]
    for compared in validation["utilization_over_baseline"].values():
        assert list(compared) == ["predicted", "published"]
