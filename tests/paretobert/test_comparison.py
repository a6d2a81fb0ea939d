from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paretobert.cli import run
from paretobert.comparison import comparison_document
from paretobert.document import study_document
from paretobert.study import Study
from paretobert.trial import Trial

Studies = Callable[..., Study]
RunToEnd = Callable[[Study], list[Trial]]
DOCUMENTED = Path(__file__).parents[2] / "docs" / "json.md"


@pytest.fixture
def document(study: Studies, run_to_end: RunToEnd) -> Callable[..., dict[str, Any]]:
    def make(options: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        begun = study(options, references=["mobilebert-edgetpu-s"], **fields)
        run_to_end(begun)
        made = study_document(begun.store)
        begun.store.close()
        return made

    return make


def test_volumes_are_measured_from_one_point(document: Callable[..., dict[str, Any]]) -> None:
    first, second = document(), document(seed=3, trials=9, latency_budgets_ms={"M": 14.0})
    compared = comparison_document({"a": first, "b": second})
    assert compared["comparable"]
    assert compared["reference_point"] == first["reference_point"]
    assert [s["hypervolume"] for s in compared["studies"]] == pytest.approx(
        [first["hypervolume"], second["hypervolume"]]
    )
    assert [s["evaluated"] for s in compared["studies"]] == [6, 9]
    assert compared["studies"][1]["picks"] == second["picks"]
    assert {d["field"]: d["values"] for d in compared["differences"]} == {
        "seed": [0, 3],
        "trials": [6, 9],
        "latency_budgets_ms.M": [None, 14.0],
    }
    assert compared["notes"] == [
        "the seeds differ: scores differ by their noise too",
        "the numbers of evaluated trials differ: a: 6; b: 9",
    ]


def test_the_point_is_the_farthest_of_the_studies_own(document: Callable[..., dict[str, Any]]) -> None:
    near = document()
    far = {**near, "reference_point": {"score": 0.0, "latency_ms": 2 * near["reference_point"]["latency_ms"]}}
    compared = comparison_document({"near": near, "far": far})
    assert compared["reference_point"] == far["reference_point"]
    volumes = [study["hypervolume"] for study in compared["studies"]]
    assert volumes[0] == volumes[1] > near["hypervolume"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"options": {"steps": 9}}, "the scores are not of the same evaluator: a: toy_plugins:Formula formula 7; b: "),
        ({"precision": "float"}, "the latencies are not for the same precision: a: int8; b: float"),
        ({"sequence_length": 128}, "the latencies are not for the same sequence_length: a: 384; b: 128"),
        ({"objectives": ["max score"]}, "the objectives differ: a: max score, min latency_ms; b: max score"),
    ],
)
def test_what_cannot_be_compared_has_no_volume_and_a_reason(
    changes: dict[str, Any], reason: str, document: Callable[..., dict[str, Any]]
) -> None:
    compared = comparison_document({"a": document(trials=2), "b": document(trials=2, **changes)})
    assert not compared["comparable"]
    assert compared["reference_point"] is None
    assert [study["hypervolume"] for study in compared["studies"]] == [None, None]
    assert compared["reasons"][0].startswith(reason)


def test_without_reference_trials_there_is_no_point(study: Studies) -> None:
    empty = study_document(study().store)
    compared = comparison_document({"a": empty, "b": empty})
    assert compared["comparable"]
    assert compared["reference_point"] is None
    assert compared["studies"][0]["best_score"] is None


def test_the_command_prints_tables_and_the_documented_keys(
    document: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document(name="one")
    document(name="two", seed=1)
    monkeypatch.chdir(tmp_path)
    assert run(["compare", "one", "two", "--json"]) == 0
    section = DOCUMENTED.read_text().split("## Comparison\n")[1].split("\n## ")[0]
    assert json.loads(capsys.readouterr().out).keys() == set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert run(["compare", "one", "two"]) == 0
    printed, told = capsys.readouterr()
    for text in ("What the studies found", "Picks", "Differences", "seed"):
        assert text in printed
    assert told == "note: the seeds differ: scores differ by their noise too\n"
    assert max(map(len, printed.splitlines())) <= 80
