from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import benchmark_latency_models
import pytest
from benchmark_latency_models import ASKED, main

SHARED = next(
    (p / "shared" / "data" / "latency" for p in Path(__file__).parents if (p / "shared" / "data" / "latency").is_dir()),
    None,
)
needs_data = pytest.mark.skipif(SHARED is None, reason="the measured latencies are not at ../shared/data/latency")
NUMBERS = ("spearman", "kendall", "mape", "within_5", "within_10")


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    monkeypatch.setattr(sys, "argv", ["benchmark_latency_models.py", *arguments, "--json"])
    main()
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def one_run(train: Path, test: Path, samples: int, seeds: int) -> list[str]:
    named = {"--train": train, "--test": test, "--target": "edgetpu_int8_ms", "--samples": samples, "--seeds": seeds}
    return [str(part) for pair in named.items() for part in pair]


def split(tmp_path: Path, first: int, second: int) -> tuple[Path, Path]:
    """Two files of so many rows of the cells, none in both."""
    assert SHARED is not None
    header, *lines = (SHARED / "edgetpu_nasbench201.csv").read_text(encoding="utf-8").splitlines()
    lines = lines[:: len(lines) // (first + second)][: first + second]
    files = (tmp_path / "train.csv", tmp_path / "test.csv")
    for path, rows in zip(files, (lines[:first], lines[first:]), strict=True):
        path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return files


@needs_data
def test_twenty_rows_rank_cells_better_than_every_baseline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert SHARED is not None
    path = SHARED / "edgetpu_nasbench201.csv"
    report = call(monkeypatch, capsys, *one_run(path, path, samples=20, seeds=2))
    assert report["spearman"] > 0.95
    assert report["within_10"] > 65
    for baseline in report["baselines"].values():
        assert report["spearman"] > baseline["spearman"]
        assert report["mape"] < baseline["mape"]
    assert [row["tested_on"] for row in report["rows"]] == [7580, 7580]
    assert {"machine", "versions", "seconds", "targets", "spread", "coverage"} <= report.keys()
    for name in NUMBERS:
        assert report[name] == pytest.approx(sum(row[name] for row in report["rows"]) / 2)


@needs_data
def test_training_never_looks_at_the_tested_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = split(tmp_path, 60, 100)
    whole = call(monkeypatch, capsys, *one_run(train, test, samples=20, seeds=1))
    assert [row["tested_on"] for row in whole["rows"]] == [100]
    predicted: list[list[float]] = []
    scores = benchmark_latency_models._scores

    def kept(predicted_ms: Any, measured_ms: Any) -> dict[str, float]:
        predicted.append(predicted_ms[:50].tolist())
        return scores(predicted_ms, measured_ms)

    monkeypatch.setattr(benchmark_latency_models, "_scores", kept)
    call(monkeypatch, capsys, *one_run(train, test, samples=20, seeds=1))
    header, *lines = test.read_text(encoding="utf-8").splitlines()
    slower = [line.replace(",", ",1", 1) for line in lines[50:]]
    test.write_text("\n".join([header, *lines[:50], *slower]), encoding="utf-8")
    call(monkeypatch, capsys, *one_run(train, test, samples=20, seeds=1))
    half = len(predicted) // 2
    assert predicted[:half] == predicted[half:]


@needs_data
def test_without_a_file_every_data_set_found_is_a_row_with_its_targets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ASKED[0]
    monkeypatch.setattr(benchmark_latency_models, "ASKED", (first,))
    monkeypatch.setattr(benchmark_latency_models, "QUICK_SEEDS", 1)
    report = call(monkeypatch, capsys, "--quick")
    assert [row["model"] for row in report["rows"]] == ["learned", *benchmark_latency_models.BASELINES]
    assert [target["name"].rsplit("/", 1)[1] for target in report["targets"]] == [
        "spearman",
        "within_10",
        "coverage",
        "coverage",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (one_run(Path("nowhere.csv"), Path("nowhere.csv"), 20, 1), "No such file"),
        (["--data", "nowhere"], "no data set is in nowhere: give --data FOLDER"),
        (["--train", "a.csv"], "--train, --test, --target and --samples belong together"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, capsys, *arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@needs_data
def test_more_samples_than_rows_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train, test = split(tmp_path, 30, 30)
    with pytest.raises(SystemExit):
        call(monkeypatch, capsys, *one_run(train, test, samples=31, seeds=1))
    assert "has 30 rows with edgetpu_int8_ms" in capsys.readouterr().err
