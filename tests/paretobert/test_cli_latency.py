from __future__ import annotations

import json
from pathlib import Path

import pytest
from documented import keys
from typer.testing import CliRunner

from latency_models import Measurements
from latency_models.measured import exported
from paretobert.cli.latency import app
from search_space import PUBLISHED, Architecture, Stage, multiply_adds


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
        "is_outside",
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
    assert "modelled" in table
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


# Files and measurements


@pytest.fixture(scope="module")
def tiny() -> Architecture:
    stage = Stage(num_blocks=1, num_attention_heads=2, bottleneck_size=16, intermediate_size=32, num_feedforward=1)
    return Architecture(hidden_size=32, stages=(stage,), embedding_size=16, vocab_size=200, max_positions=32)


@pytest.fixture(scope="module")
def tiny_file(tiny: Architecture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.tflite"
    path.write_bytes(exported(tiny, "int8", 16))
    return path


def test_a_file_is_predicted_as_the_architecture_it_was_exported_from(tiny: Architecture, tiny_file: Path) -> None:
    arguments = [tiny.to_json(), str(tiny_file), "--sequence-length", "16", "--json"]
    of_architecture, of_file = json.loads(output("predict", *arguments))
    assert of_file["latency_ms"] == pytest.approx(of_architecture["latency_ms"])
    assert (of_file["architecture"], of_file["file"], of_file["precision"]) == (None, str(tiny_file), "int8")


def test_inspecting_a_file_lists_its_operations_and_why_an_edge_tpu_leaves_some(
    tiny_file: Path, tiny: Architecture
) -> None:
    listed = json.loads(output("inspect", str(tiny_file), "--device", "tensor-g1", "--json"))
    operations = listed["operations"]
    assert listed.keys() == keys("Operations of a file")
    assert sum(row["multiply_adds"] for row in operations) == multiply_adds(tiny, 16)
    assert all((row["reason"] is not None) == row["on_host"] for row in operations)
    (predicted,) = json.loads(output("predict", str(tiny_file), "--device", "tensor-g1", "--json"))
    parts = sum(row["compute_ms"] + row["memory_ms"] + row["overhead_ms"] for row in operations)
    assert parts == pytest.approx(predicted["latency_ms"])
    assert "leaves" in output("inspect", str(tiny_file))


def test_a_file_that_a_device_leaves_to_its_host_is_not_predicted_to_cost_nothing(tiny_file: Path) -> None:
    with pytest.raises(ValueError, match=r"leaves .* multiply-adds of this file to its host, and its profile has no"):
        output("predict", str(tiny_file), "--device", "coral-usb")


def test_what_is_measured_here_is_a_row_of_measurements(tiny: Architecture, tiny_file: Path, tmp_path: Path) -> None:
    csv = tmp_path / "here.csv"
    arguments = [tiny.to_json(), str(tiny_file), "--sequence-length", "16", "--append", str(csv)]
    of_architecture, of_file = json.loads(output("measure", *arguments, "--json"))
    assert of_architecture["latency_ms"] > 0
    assert of_architecture.keys() == keys("Latency measurements")
    assert of_file["file"] == str(tiny_file)
    output("measure", *arguments[:1], *arguments[2:], "--precision", "float")
    measurements = Measurements.read(csv)
    assert measurements.architectures == (tiny, tiny)
    assert measurements.precisions == ("int8", "float")
    assert measurements.latency_ms[0] == of_architecture["latency_ms"]


def test_a_file_of_other_columns_is_not_appended_to(tiny: Architecture, tmp_path: Path) -> None:
    csv = tmp_path / "notes.csv"
    csv.write_text("when,what\n")
    with pytest.raises(ValueError, match=r"its columns must be architecture,.*, not when,what"):
        output("measure", tiny.to_json(), "--sequence-length", "16", "--append", str(csv))
    assert csv.read_text() == "when,what\n"
