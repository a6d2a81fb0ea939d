"""How far the proxy's score tells architectures apart, against how far it depends on the seed.

    python scripts/benchmark_proxy_noise.py [--json] [--quick] [--resume FILE]

Random architectures of the demo preset's space, each scored with several seeds (of the batches' order and of the
initial weights). Asked are the standard deviation over architectures (of the mean over seeds) in terms of the pooled
standard deviation over seeds, and Kendall's tau between the rankings of two seeds. Beside them stand what parameters
and multiply-adds alone would rank, and what a reader without context would score. Architectures that diverge with
any seed are counted and left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import combinations
from typing import Any

import numpy as np
from benchmarking import Findings, Row, Target, parser, run
from numpy.typing import NDArray
from scipy.stats import kendalltau
from scoring import KeptScores, draw_candidates, kept_rows, single_threaded

from evaluators.contract import Diverged, Evaluation
from paretobert.assembly import Assembly, assemble
from paretobert.config import Configuration
from search_space import Architecture, Dimensions

ARCHITECTURES, SEEDS = 20, 3
QUICK_ARCHITECTURES, QUICK_SEEDS = 6, 2
RIVALS = ("parameters", "multiply_adds")
BESIDE_THE_SCORE = ("context_free_score", "exact_match", "f1", "score_standard_error")


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    assembly = assemble(configuration)
    number, seeds = (QUICK_ARCHITECTURES, QUICK_SEEDS) if options.quick else (ARCHITECTURES, SEEDS)
    candidates = draw_candidates(assembly, number, configuration.seed)
    rows_kept = kept_rows(assembly, options.resume)
    with single_threaded(configuration) as scorers:
        scores = KeptScores(scorers, rows_kept)
        made = [[scores.score(candidate, seed, assembly.budget) for seed in range(seeds)] for candidate in candidates]
        ended = [[_ended(evaluation) for evaluation in of_candidate] for of_candidate in made]
    candidates = [c for c, of_candidate in zip(candidates, ended, strict=True) if None not in of_candidate]
    table = [[e for e in of_candidate if e is not None] for of_candidate in ended if None not in of_candidate]
    if len(table) < 2:
        raise ValueError(f"{number - len(table)} of {number} architectures diverged: lower learning_rate")
    S = np.array([[evaluation.score for evaluation in of_candidate] for of_candidate in table])
    metrics = _free_metrics(assembly, candidates)

    rows: list[Row] = [*_candidate_rows(S, candidates, metrics), *_rank_rows(S, metrics), *_metric_rows(table)]
    rows.append({"what": "deviations", **_deviations(S), "diverged": number - len(table)})
    settings = {"architectures": number, "seeds": seeds, "steps": assembly.budget}
    return Findings(rows, targets(S), settings)


def targets(S: NDArray[np.float64]) -> list[Target]:
    """What is asked of scores `[architectures, seeds]`."""
    deviations = _deviations(S)
    between = deviations["over_architectures"] / deviations["over_seeds"]
    taus = [tau for _, _, tau in _taus_between_seeds(S)]
    return [
        Target("architecture_over_seed_deviation", between, at_least=2.5),
        Target("kendall_tau_between_seeds", float(np.mean(taus)), at_least=0.6),
    ]


def _deviations(S: NDArray[np.float64]) -> dict[str, float]:
    return {
        "over_architectures": float(S.mean(axis=1).std(ddof=1)),
        "over_seeds": float(np.sqrt(S.var(axis=1, ddof=1).mean())),
    }


def _taus_between_seeds(S: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    return [(a, b, _tau(S[:, a], S[:, b])) for a, b in combinations(range(S.shape[1]), 2)]


def _tau(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(kendalltau(a, b).statistic)


def _ended(evaluation: Future[Evaluation]) -> Evaluation | None:
    try:
        return evaluation.result()
    except Diverged:
        return None


def _free_metrics(assembly: Assembly, candidates: Sequence[Architecture]) -> dict[str, NDArray[np.float64]]:
    metrics = assembly.metrics_of(Dimensions.of(candidates))
    return {name: metrics[name] for name in RIVALS}


def _candidate_rows(
    S: NDArray[np.float64], candidates: Sequence[Architecture], metrics: dict[str, NDArray[np.float64]]
) -> list[Row]:
    return [
        {
            "what": "architecture",
            "number": number,
            **{name: float(values[number]) for name, values in metrics.items()},
            **{f"score_seed_{seed}": float(score) for seed, score in enumerate(S[number])},
            "architecture": candidate.to_dict(),
        }
        for number, candidate in enumerate(candidates)
    ]


def _rank_rows(S: NDArray[np.float64], metrics: dict[str, NDArray[np.float64]]) -> list[Row]:
    pairs = [(f"seed {a}", f"seed {b}", tau) for a, b, tau in _taus_between_seeds(S)]
    rivals = [("mean score", name, _tau(S.mean(axis=1), values)) for name, values in metrics.items()]
    return [{"what": "ranking", "of": a, "and": b, "kendall_tau": tau} for a, b, tau in (*pairs, *rivals)]


def _metric_rows(table: Sequence[Sequence[Evaluation]]) -> list[Row]:
    """The spread of the score and of what stands beside it, over all evaluations."""
    evaluations = [evaluation for of_candidate in table for evaluation in of_candidate]
    columns: dict[str, list[float]] = {"score": [evaluation.score for evaluation in evaluations]}
    for name in BESIDE_THE_SCORE:
        if all(name in evaluation.metrics for evaluation in evaluations):
            columns[name] = [evaluation.metrics[name] for evaluation in evaluations]
    columns["seconds"] = [evaluation.seconds for evaluation in evaluations]
    return [_spread(name, np.array(values)) for name, values in columns.items()]


def _spread(name: str, values: NDArray[Any]) -> Row:
    least, median, largest = (float(v) for v in np.quantile(values, [0, 0.5, 1]))
    return {
        "what": "metric",
        "metric": name,
        "least": least,
        "median": median,
        "largest": largest,
        "deviation": float(values.std(ddof=1)),
    }


if __name__ == "__main__":
    run(parser(__doc__, resumable=True), measure)
