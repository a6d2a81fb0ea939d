"""`latency calibrate` and `latency devices`: a device of the user's own, from its profile to predictions."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from latency_models import DEVICES, DeviceProfile, EdgeTpuAnalytical, OpGraphBatch
from paretobert.cli import run
from search_space import PUBLISHED, Architecture, MobileBertSpace

HEADER = "architecture,precision,sequence_length,latency_ms\n"


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Latencies of a device half as fast as `tensor-g1`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    space = MobileBertSpace()
    networks: list[Architecture] = [space.decode(x) for x in space.sample(np.random.default_rng(0), 12)]
    latency_ms = 2 * EdgeTpuAnalytical("tensor-g1").predict(OpGraphBatch.from_architectures(networks)).latency_ms
    write(tmp_path / "phone.csv", networks, latency_ms)
    return Path("phone.csv")


def write(path: Path, networks: list[Architecture], latency_ms: np.ndarray) -> None:
    cells = (network.to_json().replace('"', '""') for network in networks)
    rows = (f'"{cell}",int8,384,{value}\n' for cell, value in zip(cells, latency_ms, strict=True))
    path.write_text(HEADER + "".join(rows))


def test_a_calibrated_profile_is_a_device_that_predicts_what_was_measured(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["latency", "calibrate", "tensor-g1", "--measurements", str(measured), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["profile"] == "tensor-g1-calibrated.toml"
    assert found["measurements"] == 12
    assert found["held_out_mean_error"] < 0.01
    assert run(["latency", "predict", "mobilebert", "--device", found["profile"], "--json"]) == 0
    (predicted,) = json.loads(capsys.readouterr().out)
    batch = OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]])
    assert predicted["latency_ms"] == pytest.approx(
        2 * EdgeTpuAnalytical("tensor-g1").predict(batch).latency_ms[0], rel=0.01
    )


def test_a_profile_is_not_overwritten_unless_it_is_named(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["latency", "calibrate", "tensor-g1", "--measurements", str(measured)]
    assert run(command) == 0
    assert "mean error 0." in capsys.readouterr().out
    before = Path("tensor-g1-calibrated.toml").read_text()
    assert run(command) == 2
    assert "tensor-g1-calibrated.toml exists already: name the new profile with --output" in capsys.readouterr().err
    assert run([*command, "--output", "tensor-g1-calibrated.toml"]) == 0
    assert Path("tensor-g1-calibrated.toml").read_text() == before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 2)])
def test_seconds_are_asked_about_where_a_person_can_answer(
    measured: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int
) -> None:
    lines = measured.read_text().splitlines()
    in_seconds = [line.rsplit(",", 1) for line in lines[1:]]
    measured.write_text("\n".join([lines[0], *(f"{row},{float(value) / 1e3}" for row, value in in_seconds)]))
    err = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", err)
    assert run(["latency", "calibrate", "tensor-g1", "--measurements", str(measured)]) == status
    assert "faster than any device. Are these seconds?" in err.getvalue()
    assert Path("tensor-g1-calibrated.toml").exists() == (status == 0)


def test_devices_are_listed_with_the_source_of_every_constant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["latency", "devices", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [device["name"] for device in listed] == list(DEVICES)
    for device in listed:
        for table in device["tables"].values():
            assert table["values"].keys() == table["sources"].keys()
    assert run(["latency", "devices", "coral-usb", "--sources"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "data sheet" in shown
    assert all(name in shown for name in DeviceProfile.load("coral-usb").constants["edgetpu-analytical"])


def test_a_model_is_evaluated_on_what_was_measured(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["latency", "evaluate", str(measured), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["latency_model"], found["device"]) == (12, "edgetpu-analytical", "tensor-g1")
    assert found["mape"] == pytest.approx(50.0)
    assert found["spearman"] == pytest.approx(1.0)
    assert found["coverage_90"] is None
    assert run(["latency", "evaluate", str(measured)]) == 0
    assert "50.0 %" in capsys.readouterr().out


def test_a_model_learned_from_measurements_predicts_others(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = measured.read_text().splitlines(keepends=True)
    Path("some.csv").write_text("".join(lines[:11]))
    Path("others.csv").write_text("".join([lines[0], *lines[11:]]))
    assert run(["latency", "train", "some.csv", "--device", "phone", "--output", "phone.safetensors", "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert (trained["model"], trained["held_out"]["int8"]["rows"]) == ("phone.safetensors", 10)
    errors = []
    for model in ("phone.safetensors", "some.csv"):
        assert run(["latency", "evaluate", "others.csv", "--latency-model", model, "--device", "phone", "--json"]) == 0
        errors.append(json.loads(capsys.readouterr().out)["mape"])
    assert errors[0] == errors[1] < 15  # ten rows of a formula say a lot


def test_a_learned_model_is_of_one_device_and_is_named_so(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["latency", "train", str(measured), "--device", "phone", "--output", "phone.bin"]) == 2
    assert "phone.bin: the name of a learned model ends in .safetensors" in capsys.readouterr().err
    assert run(["latency", "train", str(measured), "--device", "phone", "--output", "phone.safetensors"]) == 0
    capsys.readouterr()
    assert run(["latency", "predict", "mobilebert", "--latency-model", "phone.safetensors"]) == 2
    assert "is a learned model of device 'phone', not of 'tensor-g1'" in capsys.readouterr().err
