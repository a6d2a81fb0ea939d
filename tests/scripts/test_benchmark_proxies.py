"""Proxies are ranked against the mean of two long runs, and beside what costs nothing."""

from __future__ import annotations

import numpy as np
import pytest
from benchmark_proxies import COMBINED, LONG, against_parameters, findings_of
from proxy_problems import MATCHED, PROXIES, READING, RECOMMENDED, Problem, candidates, matched, problems, spread_out

from evaluators.contract import Evaluation
from paretobert.assembly import assemble
from paretobert.config import configure
from search_space import Dimensions, parameters

BASE = configure(preset="demo")
SMALL = Problem("small", READING, 12, spread_out, {"all": 0.8})


def evaluations(scores: np.ndarray, seconds: float) -> list[list[Evaluation]]:
    return [[Evaluation(float(score), 10, seconds) for score in of_one] for of_one in scores]


def test_architectures_are_spread_over_latency_and_size() -> None:
    assembly = assemble(BASE)
    chosen = candidates(SMALL, assembly, seed=0)
    assert len({*chosen}) == 12
    assert chosen == candidates(SMALL, assembly, seed=0)
    latency = assembly.metrics_of(Dimensions.of(chosen))["latency_ms"]
    assert latency.max() > 2 * latency.min()


def test_matched_architectures_have_nearly_the_same_number_of_parameters() -> None:
    chosen = candidates(Problem("matched", READING, 12, matched, {}), assemble(BASE), seed=0)
    sizes = np.array([parameters(one) for one in chosen])
    assert sizes.max() <= sizes.min() * (1 + MATCHED) / (1 - MATCHED)
    assert len({one.num_blocks for one in chosen}) > 3


def test_every_proxy_of_every_problem_can_be_made() -> None:
    for problem in problems():
        for proxy in PROXIES:
            configuration = proxy.configuration(problem, BASE, 20)
            assert configuration.evaluator == proxy.evaluator
            if problem.name.startswith("reading"):
                assert assemble(configuration).budget == (1 if proxy.evaluator == "zero-cost" else 20)


def test_a_proxy_that_ranks_as_the_long_run_meets_what_is_asked_and_one_by_size_does_not_beat_size() -> None:
    rng = np.random.default_rng(0)
    chosen = candidates(SMALL, assemble(BASE), seed=0)
    quality = rng.permutation(12) / 12
    long = quality[:, None] + 0.001 * rng.normal(size=(12, 2))
    table = {
        RECOMMENDED.name: evaluations(quality[:, None], 2.0),
        "by size": evaluations(np.log([[parameters(one)] for one in chosen]) / 100, 0.1),
        LONG.name: evaluations(long, 20.0),
    }
    findings = findings_of(SMALL, chosen, table, BASE, diverged=1)
    tau = {(row["proxy"], row["pairs_of"]): row["tau"] for row in findings.rows if row["what"] == "correlation"}
    assert tau["recommended", "all"] == pytest.approx(1.0, abs=0.05)
    assert tau["by size", "all"] == pytest.approx(tau["parameters", "all"])
    assert {proxy for proxy, _ in tau} == {
        "recommended",
        "by size",
        COMBINED,
        "parameters",
        "multiply_adds",
        "latency_ms",
    }
    target = next(target for target in findings.targets if target.name == "small: tau, all")
    assert target.holds
    assert target.at_least == 0.8
    above = [row for row in findings.rows if row["what"] == "against parameters" and row["proxy"] == "by size"]
    assert [row["difference"] for row in above] == pytest.approx([0.0, 0.0])
    (noise,) = (row for row in findings.rows if row["what"] == "noise")
    assert noise["over_seeds"] < 0.01 < noise["over_architectures"]
    assert (noise["diverged"], noise["long_seconds"]) == (1, 20.0)


def test_no_more_is_asked_than_the_noise_allows() -> None:
    rng = np.random.default_rng(1)
    chosen = candidates(SMALL, assemble(BASE), seed=0)
    table = {
        RECOMMENDED.name: evaluations(rng.random((12, 1)), 2.0),
        LONG.name: evaluations(np.linspace(0, 1, 12)[:, None] + rng.normal(size=(12, 2)), 20.0),
    }
    findings = findings_of(SMALL, chosen, table, BASE)
    (row,) = (
        row
        for row in findings.rows
        if row["what"] == "correlation" and (row["proxy"], row["pairs_of"]) == ("recommended", "all")
    )
    target = next(target for target in findings.targets if target.name == "small: tau, all")
    assert target.at_least == pytest.approx(0.95 * row["ceiling"])
    assert row["ceiling"] < 0.8


def test_a_paired_difference_is_surer_than_the_two_taus() -> None:
    rng = np.random.default_rng(2)
    long = rng.random(40)
    size = long + 0.5 * rng.random(40)
    better = long + 0.1 * rng.random(40)
    row, _ = against_parameters("p", "better", better, size, long)
    assert 0 < row["low"] < row["difference"] < row["high"]
