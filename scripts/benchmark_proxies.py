"""How well short runs, and numbers that need none, rank architectures as ten times longer runs of two seeds do.

    python scripts/benchmark_proxies.py [--json] [--quick] [--resume FILE] [--steps N]

On each problem (a text, a teacher, architectures spread over the space or matched in parameters) every proxy gives its
scores with one seed, and the long run the mean of two others. Kendall's tau between them is told over all pairs, within
the top half, at equal latency, and beyond size, each with its bootstrap interval and the ceiling that two seeds of the
long run set; where 0.95 of the ceiling is below what is asked, that is asked. Beside the proxies stand the naive
choices: parameters, multiply-adds and latency. "proxy and size" is the mean of the recommended score and of
log-parameters, both in their standard deviations, so nothing is fitted. An architecture that diverges with any seed is
left out and counted.

A full run takes hours: `--resume` keeps its evaluations. Without the SQuAD files or MiniLM that problem is left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
from benchmarking import Findings, Row, Target, note, parser, run
from numpy.typing import NDArray
from proxy_problems import PROXIES, RECOMMENDED, ZERO_COST, Problem, Proxy, candidates, problems
from scoring import KeptScores, kept_rows, single_threaded

from evaluators.contract import Diverged, Evaluation
from evaluators.rank_correlations import COVERAGE, kendall_tau, rank_correlations, resample_counts, top_half
from paretobert.assembly import assemble
from paretobert.config import Configuration
from search_space import Architecture, Dimensions

Floats = NDArray[np.float64]

LONG = Proxy("long run")
SHORT_STEPS, QUICK_SHORT_STEPS = 200, 8
FACTOR = 10  # how much longer the long run is
SHORT_SEED, LONG_SEEDS = 0, (1, 2)
NAIVE = ("parameters", "multiply_adds", "latency_ms")
COMBINED = "proxy and size"
OF_CEILING = 0.95
QUICK_PROXIES = (RECOMMENDED, ZERO_COST[0])
QUICK_ARCHITECTURES = 8


def measure(options: argparse.Namespace, base: Configuration) -> Findings:
    steps = options.steps or (QUICK_SHORT_STEPS if options.quick else SHORT_STEPS)
    rows: list[Row] = []
    targets: list[Target] = []
    for problem in _problems(options):
        found = _ranked(problem, QUICK_PROXIES if options.quick else PROXIES, base, steps, options)
        rows += found.rows
        targets += found.targets
    order = ("architecture", "correlation", "against parameters", "noise")
    return Findings(sorted(rows, key=lambda row: order.index(row["what"])), targets, {"steps": steps, "factor": FACTOR})


def _problems(options: argparse.Namespace) -> list[Problem]:
    if not options.quick:
        return problems()
    return [replace(problem, architectures=QUICK_ARCHITECTURES) for problem in problems() if problem.name == "reading"]


def _ranked(
    problem: Problem, proxies: Sequence[Proxy], base: Configuration, steps: int, options: argparse.Namespace
) -> Findings:
    """The rows and targets of one problem."""
    chosen = candidates(problem, assemble(LONG.configuration(problem, base, FACTOR * steps)), base.seed)
    note(f"{problem.name}: {len(chosen)} architectures")
    made: dict[str, list[list[Evaluation | None]]] = {}
    for proxy in (*proxies, LONG):
        budget = FACTOR * steps if proxy is LONG else max(1, round(proxy.budget_share * steps))
        configuration = proxy.configuration(problem, base, budget)
        seeds = LONG_SEEDS if proxy is LONG else (SHORT_SEED,)
        made[proxy.name] = _scored(configuration, chosen, seeds, budget, options)
        note(f"{problem.name}: {proxy.name} done")
    keeps = [row for row in range(len(chosen)) if all(e is not None for by in made.values() for e in by[row])]
    kept = [chosen[row] for row in keeps]
    table = {name: [[e for e in by[row] if e is not None] for row in keeps] for name, by in made.items()}
    return findings_of(problem, kept, table, base, diverged=len(chosen) - len(kept))


def _scored(
    configuration: Configuration,
    architectures: Sequence[Architecture],
    seeds: Sequence[int],
    budget: int,
    options: argparse.Namespace,
) -> list[list[Evaluation | None]]:
    """By architecture and seed; None where it diverged."""
    kept = kept_rows(assemble(configuration), options.resume)
    with single_threaded(configuration) as scorers:
        scores = KeptScores(scorers, kept)
        coming = [[scores.score(one, seed, budget) for seed in seeds] for one in architectures]
        return [[_ended(evaluation) for evaluation in of_one] for of_one in coming]


def _ended(evaluation: Future[Evaluation]) -> Evaluation | None:
    try:
        return evaluation.result()
    except Diverged:
        return None


def findings_of(
    problem: Problem,
    architectures: Sequence[Architecture],
    table: Mapping[str, Sequence[Sequence[Evaluation]]],
    base: Configuration,
    *,
    diverged: int = 0,
) -> Findings:
    """What evaluations by proxy, architecture and seed, the long run's among them, say of one problem."""
    metrics = assemble(base).metrics_of(Dimensions.of(architectures))
    long = _scores(table[LONG.name])
    shorts = {name: _scores(by).mean(axis=1) for name, by in table.items() if name != LONG.name}
    size = np.log(metrics["parameters"])
    ranking = {**shorts, COMBINED: _standard(shorts[RECOMMENDED.name]) + _standard(size)}
    ranking |= {name: np.asarray(metrics[name], np.float64) for name in NAIVE}
    seconds = {name: float(np.median([e.seconds for of_one in by for e in of_one])) for name, by in table.items()}

    rows: list[Row] = []
    targets: list[Target] = []
    for number, architecture in enumerate(architectures):
        scores = {name: float(values[number]) for name, values in ranking.items() if name not in (COMBINED, *NAIVE)}
        free = {name: float(metrics[name][number]) for name in NAIVE}
        long_scores = {f"long_seed_{seed}": float(long[number, column]) for column, seed in enumerate(LONG_SEEDS)}
        row = {"what": "architecture", "problem": problem.name, "number": number, **free, **long_scores}
        rows.append({**row, "scores": scores, "architecture": architecture.to_dict()})
    for name, values in ranking.items():
        found = rank_correlations(values, long, metrics["latency_ms"], metrics["parameters"])
        for pairs, correlation in found.items():
            row = {"what": "correlation", "problem": problem.name, "proxy": name, "pairs_of": pairs}
            rows.append({**row, **vars(correlation), "seconds": seconds.get(name, 0.0)})
            if name == RECOMMENDED.name and pairs in problem.asked:
                bound = problem.asked[pairs]
                if OF_CEILING * correlation.ceiling < bound:
                    bound = OF_CEILING * correlation.ceiling
                targets.append(Target(f"{problem.name}: tau, {pairs}", correlation.tau, at_least=bound))
    for name, values in ranking.items():
        if name not in NAIVE:
            rows += against_parameters(problem.name, name, values, metrics["parameters"], long.mean(axis=1))
    best = [row for row in rows if row["what"] == "against parameters" and row["proxy"] in (RECOMMENDED.name, COMBINED)]
    for pairs in ("all", "top_half"):
        low = max(row["low"] for row in best if row["pairs_of"] == pairs)
        targets.append(Target(f"{problem.name}: tau above parameters', {pairs}, low", low, at_least=0.0, strictly=True))
    noise = float(np.sqrt(long.var(axis=1, ddof=1).mean()))
    spread = float(long.mean(axis=1).std(ddof=1))
    deviations = {"over_seeds": noise, "over_architectures": spread, "diverged": diverged}
    rows.append({"what": "noise", "problem": problem.name, **deviations, "long_seconds": seconds[LONG.name]})
    return Findings(rows, targets)


def against_parameters(problem: str, name: str, values: Floats, parameters: Floats, long: Floats) -> list[Row]:
    """How far tau is above that of parameters, with the interval of a paired bootstrap over architectures."""
    counts = resample_counts(len(long))
    rows: list[Row] = []
    for which, pairs in (("all", None), ("top_half", top_half(long))):
        ours, theirs = (kendall_tau(x, long, pairs)[0] for x in (values, parameters))
        resampled = kendall_tau(values, long, pairs, counts) - kendall_tau(parameters, long, pairs, counts)
        low, high = np.nanquantile(resampled, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
        row = {"what": "against parameters", "problem": problem, "proxy": name, "pairs_of": which}
        rows.append({**row, "difference": float(ours - theirs), "low": float(low), "high": float(high)})
    return rows


def _scores(by_architecture: Sequence[Sequence[Evaluation]]) -> Floats:
    return np.array([[evaluation.score for evaluation in of_one] for of_one in by_architecture], np.float64)


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / max(values.std(), 1e-12))


def _steps(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of training steps")
    return int(text)


if __name__ == "__main__":
    proxy_options = parser(__doc__, resumable=True)
    proxy_options.add_argument("--steps", type=_steps, metavar="N", help="training steps of the short run")
    run(proxy_options, measure)
