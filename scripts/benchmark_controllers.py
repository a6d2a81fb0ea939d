"""How much of the front controllers find in 50 to 400 evaluations, beside what could be installed instead.

    python scripts/benchmark_controllers.py [--json] [--quick] [--resume FILE] [--torch-python PYTHON]
        [--controllers NAME ...] [--problems NAME ...] [--seeds N]

Every built-in controller but `sweep`, and every peer, searches each problem (`controller_problems.py`) with 20 seeds;
peers that take over half a second a proposal with 5 seeds and 200 evaluations. Hypervolume is a fraction of that of the
best known front. A proposal of what was evaluated before counts as no evaluation, for peers too. The latency costs
nothing; our controllers may ask for it before an evaluation, peers have no means to.

The recommended controller is compared with each other one seed by seed: the difference of the medians, and its 95 %
interval by bootstrap of the seeds. Searches are single-threaded and run side by side on two cores. Peers are needed
for this alone: `pip install optuna pymoo`, and, in an environment of its own that `--torch-python` names,
`pip install torch optuna botorch`; those that are not there are left out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import cache
from typing import Any

import numpy as np
from benchmarking import Findings, KeptRows, Row, Target, code_digest, note, parser, run
from controller_peers import NEED_TORCH, PEERS
from controller_problems import PROBLEMS, Problem
from controller_runs import installed
from controller_runs import run as run_search
from nas_bench_bert import Floats

from controllers import BUILT_IN
from paretobert.config import Configuration
from paretobert.provenance import machine, versions

RECOMMENDED = "surrogate"
OURS = tuple(name for name in BUILT_IN if name != "sweep")  # it is for spaces small enough to try everything
MARKS, SLOW_MARKS, QUICK_MARKS = (50, 100, 200, 400), (50, 100, 200), (50, 100)
SEEDS, SLOW_SEEDS, QUICK_SEEDS = 20, 5, 2
SLOW = NEED_TORCH
"""Over half a second a proposal; `--quick` leaves them out."""
STEP = 25
"""Evaluations between the points of a curve."""
WORKERS = 2
RESAMPLES = 10_000
WANTED: Mapping[str, Mapping[int, float]] = {"nas-bench-bert": {100: 0.96, 200: 0.985, 400: 0.995}}
"""The least median hypervolume of the recommended controller, by problem and evaluations."""

Key = tuple[str, str, int]
"""Problem, controller, seed."""


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # of the workers, and of what they start
    problems = {name: problem for name in options.problems if (problem := _problem(name)) is not None}
    contestants = _contestants(options)
    wanted = [
        (problem, name, seed)
        for seed in range(options.seeds or (QUICK_SEEDS if options.quick else SEEDS))
        for problem in problems
        for name in contestants
        if name not in SLOW or seed < SLOW_SEEDS
    ]
    runs = _runs(wanted, problems, contestants, options)
    rows: list[Row] = [{"what": "run", **_named(key), **runs[key]} for key in wanted]
    found = _volumes(runs)
    rows += [
        {"what": "controller", "problem": problem, "controller": name, **_summary(runs, problem, name)}
        for problem in problems
        for name in contestants
    ]
    comparisons = _comparisons(found)
    settings = {"seeds": options.seeds, "contestants": contestants, "problems": [*problems]}
    return Findings(rows + comparisons, _targets(found, comparisons), settings)


def _contestants(options: argparse.Namespace) -> dict[str, str]:
    """What is to search, by name: the digest of our code, or the version of a peer."""
    ours, peers = code_digest("controllers", "search_space"), installed(options.torch_python)
    missing = [name for name in PEERS if name not in peers and name in options.controllers]
    if missing:
        note(f"not installed, their rows are left out: {', '.join(missing)}")
    known = {**dict.fromkeys(OURS, ours), **peers}
    return {name: known[name] for name in options.controllers if name in known and not (options.quick and name in SLOW)}


def _runs(
    wanted: Sequence[Key], problems: Mapping[str, Problem], contestants: Mapping[str, str], options: argparse.Namespace
) -> dict[Key, Row]:
    """A row for each search, from the file of `--resume` where it has it."""
    kept = KeptRows(options.resume, {"machine": machine(), "versions": versions()})
    fingerprints = {name: problem.fingerprint() for name, problem in problems.items()}
    keys = {}
    for key in wanted:
        problem, name, _ = key
        marks = _marks(name, options.quick)
        keys[key] = {**_named(key), "of": fingerprints[problem], "by": contestants[name], "marks": marks}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, context) as pool:
        begun: dict[Future[Row], Key] = {
            pool.submit(_run, key, keys[key]["marks"], options.torch_python): key
            for key in wanted
            if kept.get(keys[key]) is None
        }
        for number, ended in enumerate(as_completed(begun), 1):
            kept.add(keys[begun[ended]], ended.result())
            note(f"{number} of {len(begun)}: {', '.join(map(str, begun[ended]))}")
    return {key: row for key in wanted if (row := kept.get(keys[key])) is not None}


def _run(key: Key, marks: Sequence[int], torch_python: str) -> Row:
    problem, name, seed = key
    found = _made(problem)
    result = run_search(found, name, seed, [*range(STEP, max(marks) + 1, STEP)], torch_python)
    return {
        **{f"hypervolume_{mark}": result.hypervolume[mark] for mark in marks},
        "curve": {str(at): volume for at, volume in result.hypervolume.items()},
        "evaluations": result.evaluations,
        "duplicates": result.duplicates,
        "ms_a_proposal": 1e3 * result.seconds / (result.evaluations + result.duplicates),
    }


@cache
def _made(problem: str) -> Problem:
    return PROBLEMS[problem]()


def _problem(name: str) -> Problem | None:
    try:
        return _made(name)
    except FileNotFoundError as error:
        note(f"{name} is left out: {error}")
        return None


def _marks(name: str, quick: bool) -> tuple[int, ...]:
    return QUICK_MARKS if quick else SLOW_MARKS if name in SLOW else MARKS


def _named(key: Key) -> dict[str, Any]:
    return dict(zip(("problem", "controller", "seed"), key, strict=True))


def _volumes(runs: Mapping[Key, Row]) -> dict[tuple[str, str, int], dict[int, float]]:
    """Hypervolumes by problem, controller and mark, each by seed."""
    found: dict[tuple[str, str, int], dict[int, float]] = {}
    for (problem, name, seed), row in runs.items():
        for mark in MARKS:
            if (volume := row.get(f"hypervolume_{mark}")) is not None:
                found.setdefault((problem, name, mark), {})[seed] = volume
    return found


def _summary(runs: Mapping[Key, Row], problem: str, name: str) -> dict[str, Any]:
    """Median and quartiles of the runs of a contestant; None where it was not run that far."""
    rows = [row for key, row in runs.items() if key[:2] == (problem, name)]
    summary: dict[str, Any] = {"seeds": len(rows)}
    for mark in MARKS:
        volumes = [row[f"hypervolume_{mark}"] for row in rows if f"hypervolume_{mark}" in row]
        quartiles = np.quantile(volumes, [0.25, 0.5, 0.75]).tolist() if volumes else [None] * 3
        summary |= dict(zip((f"lower_{mark}", f"median_{mark}", f"upper_{mark}"), quartiles, strict=True))
    summary["ms_a_proposal"] = float(np.median([row["ms_a_proposal"] for row in rows]))
    curves = {at: [row["curve"][at] for row in rows] for at in rows[0]["curve"]}
    return {**summary, "curve": {at: np.quantile(of, [0.25, 0.5, 0.75]).tolist() for at, of in curves.items()}}


def _comparisons(found: Mapping[tuple[str, str, int], Mapping[int, float]]) -> list[Row]:
    """The recommended controller beside each other one, over the seeds that both ran with."""
    rows: list[Row] = []
    for (problem, name, mark), theirs in found.items():
        ours = found.get((problem, RECOMMENDED, mark), {})
        seeds = sorted(ours.keys() & theirs.keys())
        if name == RECOMMENDED or not seeds:
            continue
        pairs = np.array([(ours[seed], theirs[seed]) for seed in seeds])
        difference, low, high = difference_of_medians(pairs)
        rows.append(
            {
                "what": "comparison",
                "problem": problem,
                "controller": name,
                "peer": name in PEERS or name == "random",
                "evaluations": mark,
                "seeds": len(seeds),
                "recommended_ahead_by": difference,
                "low": low,
                "high": high,
            }
        )
    return rows


def difference_of_medians(pairs: Floats) -> tuple[float, float, float]:
    """Of pairs `[n, 2]`, the first column's median less the second's, and its 95 % interval by bootstrap of pairs."""
    drawn = np.random.default_rng(0).integers(0, len(pairs), (RESAMPLES, len(pairs)))
    medians = np.median(pairs[drawn], axis=1)
    low, high = np.quantile(medians[:, 0] - medians[:, 1], [0.025, 0.975])
    ours, theirs = np.median(pairs, axis=0)
    return float(ours - theirs), float(low), float(high)


def _targets(found: Mapping[tuple[str, str, int], Mapping[int, float]], comparisons: Sequence[Row]) -> list[Target]:
    targets = [
        Target(f"{problem}_{RECOMMENDED}_{mark}", float(np.median([*volumes.values()])), at_least=least)
        for problem, wanted in WANTED.items()
        for mark, least in wanted.items()
        if (volumes := found.get((problem, RECOMMENDED, mark)))
    ]
    of_peers = [row for row in comparisons if row["peer"]]
    for problem in dict.fromkeys(row["problem"] for row in of_peers):
        ahead = [row for row in of_peers if row["problem"] == problem and row["high"] < 0]
        targets.append(Target(f"{problem}_peers_ahead_of_{RECOMMENDED}", float(len(ahead)), at_most=0))
    return targets


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seeds")
    return int(text)


if __name__ == "__main__":
    names = (*OURS, *PEERS)
    controller_options = parser(__doc__, resumable=True)
    controller_options.add_argument("--torch-python", metavar="PYTHON", help="that has torch, optuna and botorch")
    controller_options.add_argument("--controllers", nargs="+", choices=names, default=names, metavar="NAME")
    controller_options.add_argument("--problems", nargs="+", choices=PROBLEMS, default=[*PROBLEMS], metavar="NAME")
    controller_options.add_argument("--seeds", type=_count, metavar="N", help="instead of 20")
    run(controller_options, measure)
