from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from latency_models.measurements import Measurements, UnitDoubtError
from search_space import PUBLISHED

HEADER = "architecture,precision,sequence_length,latency_ms,spread_ms\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def json_cell(name: str) -> str:
    return '"' + json.dumps(PUBLISHED[name].to_dict()).replace('"', '""') + '"'


def test_rows_are_read_whether_an_architecture_is_named_or_written_out(tmp_path: Path) -> None:
    text = f"{HEADER}mobilebert,int8,384,15.0,0.2\n{json_cell('mobilebert-edgetpu-s')},float,128,7.5,\n"
    measurements = Measurements.read(written(tmp_path / "phone.csv", text))
    assert measurements.architectures == (PUBLISHED["mobilebert"], PUBLISHED["mobilebert-edgetpu-s"])
    assert measurements.precisions == ("int8", "float")
    assert measurements.sequence_lengths.tolist() == [384, 128]
    assert measurements.latency_ms.tolist() == [15.0, 7.5]
    np.testing.assert_array_equal(measurements.spread_ms, [0.2, np.nan])


def test_rows_of_one_precision_and_length_come_as_one_batch(tmp_path: Path) -> None:
    lines = ["mobilebert,int8,384,15,", "mobilebert,float,384,25,", "mobilebert-edgetpu-s,int8,384,12,"]
    measurements = Measurements.read(written(tmp_path / "phone.csv", HEADER + "\n".join(lines)))
    batches = [(rows.tolist(), batch.precision, len(batch)) for rows, batch in measurements.batches()]
    assert batches == [([0, 2], "int8", 2), ([1], "float", 1)]


def test_seconds_are_read_as_milliseconds_when_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "phone.csv", f"{HEADER}mobilebert,int8,384,0.015,0.001\n")
    measurements = Measurements.read(path, unit="s")
    assert measurements.latency_ms.tolist() == pytest.approx([15.0])
    assert measurements.spread_ms.tolist() == pytest.approx([1.0])


def test_seconds_that_are_taken_for_milliseconds_are_doubted(tmp_path: Path) -> None:
    path = written(tmp_path / "phone.csv", f"{HEADER}mobilebert,int8,384,0.015,\nmobilebert,int8,384,0.016,\n")
    with pytest.raises(UnitDoubtError, match=r"faster than any device: are these seconds\? Then say so with --unit s"):
        Measurements.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"no column 'architecture'; expected .*, found none"),
        ("architecture,precision,sequence_length,latency_s\n", r"rename 'latency_s' to latency_ms, and give --unit s"),
        ("architecture,sequence_length,latency_ms\n", "no column 'precision'"),
        (HEADER, "0 measurements; at least 1 are needed: measure more"),
        (f"{HEADER}bert,int8,384,15,\n", r"phone.csv, line 2: architecture must be JSON or one of .*, not 'bert'"),
        (f'{HEADER}"{{}}",int8,384,15,\n', "line 2: architecture has no hidden_size"),
        (f"{HEADER}mobilebert,int8,384,-1,\n", "line 2: latency_ms must be above 0, not -1"),
        (f"{HEADER}mobilebert,int8,384,nan,\n", "line 2: latency_ms must be a number, not 'nan'"),
        (f"{HEADER}mobilebert,int8,384,fast,\n", "line 2: latency_ms must be a number, not 'fast'"),
        (f"{HEADER}mobilebert,int8,384\n", "line 2: latency_ms must be a number, not None"),
        (f"{HEADER}mobilebert,int4,384,15,\n", "line 2: precision must be one of int8, float, not 'int4'"),
        (f"{HEADER}mobilebert,int8,1024,15,\n", "line 2: sequence_length must be an integer from 1 to 512, not 1024"),
        (f"{HEADER}mobilebert,int8,384,15,-2\n", "line 2: spread_ms must be at least 0, not -2"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Measurements.read(written(tmp_path / "phone.csv", text))


def test_a_file_of_bytes_is_no_csv(tmp_path: Path) -> None:
    (tmp_path / "phone.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not a CSV file"):
        Measurements.read(tmp_path / "phone.csv")
