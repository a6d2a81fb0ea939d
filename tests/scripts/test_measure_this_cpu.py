from __future__ import annotations

import json
import sys
from pathlib import Path

import measure_this_cpu
import pytest
from measure_this_cpu import LARGEST, Plan, draw, read, repeatability

from latency_models.measurements import COLUMNS
from search_space import PUBLISHED, Architecture, MobileBertSpace, multiply_adds

TINY = Architecture(256, (), embedding_size=16, vocab_size=100, max_positions=16)
DRAWN = draw(7, 0, 128)


def plan(again: int = 2, every: int = 3) -> Plan:
    return Plan(DRAWN, again, every, "float", 128, 0.0)


def test_the_same_seed_draws_the_same_different_architectures_of_bounded_size() -> None:
    assert draw(5, 0, 128) == DRAWN[:5]
    assert draw(5, 1, 128) != DRAWN[:5]
    many = draw(300, 0, 128)
    assert len({*many}) == 300
    assert max(multiply_adds(a, 128) for a in many) <= multiply_adds(PUBLISHED[LARGEST], 128)


def test_the_first_few_are_measured_again_in_between() -> None:
    numbers = [DRAWN.index(architecture) for architecture in plan().left([])]
    assert numbers == [0, 1, 2, 0, 3, 4, 5, 1, 6]


def test_what_is_left_of_a_plan_is_what_was_not_yet_measured() -> None:
    visits = list(plan().left([]))
    for done in range(len(visits) + 1):
        assert list(plan().left(visits[:done])) == visits[done:]


def test_a_row_that_was_cut_off_and_rows_of_another_setting_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "cpu.csv"
    rows = [f'"mobilebert",{precision},{length},5.0,0.1' for precision, length in (("float", 128), ("int8", 128))]
    path.write_text("\n".join([",".join(COLUMNS), *rows, "mobilebert,flo"]))
    assert read(path, plan()) == [(PUBLISHED["mobilebert"], 5.0)]
    assert path.read_text().endswith("5.0,0.1\n")


def test_repeatability_is_the_relative_deviation_of_each_repeated_architecture() -> None:
    first, second, third = DRAWN[:3]
    rows = [(first, 9.0), (second, 1.0), (first, 11.0), (third, 2.0), (third, 2.0)]
    assert repeatability(rows) == pytest.approx([100 * 2**0.5 / 10, 0.0])


def test_a_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cpu.csv"
    small = MobileBertSpace(bottleneck_size=(64,), intermediate_size=(64, 96), max_blocks_per_slot=1, base=TINY)
    monkeypatch.setattr(measure_this_cpu, "MobileBertSpace", lambda: small)

    def run(architectures: int) -> dict[str, object]:
        options = f"{path} --architectures {architectures} --sequence-length 8 --seconds 0 --again 1 --every 1"
        monkeypatch.setattr(sys, "argv", ["measure_this_cpu.py", *options.split()])
        measure_this_cpu.main()
        report: dict[str, object] = json.loads(capsys.readouterr().out)
        return report

    first = run(1)
    assert (first["rows"], first["architectures"]) == (2, 1)
    lines = path.read_text().splitlines()
    second = run(2)
    assert (second["rows"], second["architectures"]) == (4, 2)
    assert path.read_text().splitlines()[:3] == lines
    assert second["repeatability_per_cent"] is not None


def test_a_mistake_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,milliseconds\na,1\n")
    monkeypatch.setattr(sys, "argv", ["measure_this_cpu.py", str(path), "--architectures", "1"])
    with pytest.raises(SystemExit) as ended:
        measure_this_cpu.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"error: {path}: no column 'architecture'")
    assert path.read_text() == "name,milliseconds\na,1\n"
