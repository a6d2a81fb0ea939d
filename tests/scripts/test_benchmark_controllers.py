from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import benchmark_controllers
import numpy as np
import pytest
from benchmark_controllers import difference_of_medians, measure
from controller_problems import Problem
from small_problem import small_problem

from paretobert.config import configure


@pytest.fixture(autouse=True)
def one_small_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: the workers of a pool make the problems anew, by name."""

    class Here:
        def __init__(self, *_: Any) -> None: ...
        def __enter__(self) -> Here:
            return self

        def __exit__(self, *_: Any) -> None: ...
        def submit(self, function: Any, *arguments: Any) -> Any:
            from concurrent.futures import Future

            future: Future[Any] = Future()
            future.set_result(function(*arguments))
            return future

    monkeypatch.setattr(benchmark_controllers, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(benchmark_controllers, "PROBLEMS", {"small": small_problem, "absent": absent})
    monkeypatch.setattr(benchmark_controllers, "RECOMMENDED", "pareto-evolution")
    monkeypatch.setattr(benchmark_controllers, "WANTED", {"small": {50: 0.5, 400: 0.99}})
    benchmark_controllers._made.cache_clear()


def absent() -> Problem:
    raise FileNotFoundError("its data are elsewhere")


def options(**changes: Any) -> Namespace:
    given = {
        "quick": True,
        "resume": None,
        "torch_python": None,
        "controllers": ["random", "pareto-evolution"],
        "problems": ["small"],
        "seeds": 3,
    }
    return Namespace(**{**given, **changes})


def test_every_search_has_a_row_and_each_controller_a_summary() -> None:
    found = measure(options(), configure(preset="demo"))
    runs, summaries, comparisons = (
        [row for row in found.rows if row["what"] == what] for what in ("run", "controller", "comparison")
    )
    assert [(row["controller"], row["seed"]) for row in runs] == [
        (name, seed) for seed in range(3) for name in ("random", "pareto-evolution")
    ]
    of_random = [row["hypervolume_100"] for row in runs if row["controller"] == "random"]
    assert summaries[0]["median_100"] == pytest.approx(np.median(of_random))
    assert summaries[0]["median_400"] is None
    assert [(row["controller"], row["evaluations"]) for row in comparisons] == [("random", 50), ("random", 100)]
    gap = summaries[1]["median_50"] - summaries[0]["median_50"]
    assert comparisons[0]["recommended_ahead_by"] == pytest.approx(gap)


def test_targets_are_those_that_were_measured() -> None:
    targets = measure(options(), configure(preset="demo")).targets
    assert [target.name for target in targets] == ["small_pareto-evolution_50", "small_peers_ahead_of_pareto-evolution"]
    assert all(target.holds for target in targets)


def test_searches_are_taken_up_where_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = measure(options(resume=tmp_path / "rows.jsonl"), configure(preset="demo"))
    monkeypatch.setattr(benchmark_controllers, "_run", lambda *_: pytest.fail("this search was kept"))
    again = measure(options(resume=tmp_path / "rows.jsonl"), configure(preset="demo"))
    assert again.rows == first.rows


def test_what_is_not_there_is_left_out_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = options(controllers=["random", "botorch-qnehvi"], problems=["small", "absent"], seeds=1)
    found = measure(wanted, configure(preset="demo"))
    assert {(row["problem"], row["controller"]) for row in found.rows} == {("small", "random")}
    said = capsys.readouterr().err
    assert "not installed, their rows are left out: botorch-qnehvi" in said
    assert "absent is left out: its data are elsewhere" in said


def test_a_peer_is_ahead_only_beyond_the_interval() -> None:
    luck = np.random.default_rng(0).normal(0, 0.01, (20, 2))
    difference, low, high = difference_of_medians(0.9 + luck)
    assert low < 0 < high
    assert low <= difference <= high
    assert difference_of_medians(0.9 + luck - [0.05, 0])[2] < 0


def test_seeds_are_drawn_in_pairs() -> None:
    of_seed = np.linspace(0.1, 0.9, 20)
    difference, low, high = difference_of_medians(np.column_stack([of_seed + 0.01, of_seed]))
    assert (difference, low, high) == pytest.approx((0.01, 0.01, 0.01))
