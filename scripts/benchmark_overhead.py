"""What a study costs beside its evaluations: milliseconds a trial, up to 10,000 trials, beside Optuna and PyGlove.

    python scripts/benchmark_overhead.py [--json] [--quick]

All systems search the demo preset's space with an evaluator that costs nothing and compute the free metrics of what
they propose with the same latency model. Ours is the whole study: `pareto-evolution`, every trial proposed, stored and
told in SQLite, leases and reports included. Optuna's is its NSGA-II sampler with SQLite storage, PyGlove's its NSGA-II
in memory: it stores nothing. Of each the time a trial is given over all trials so far, and over the last tenth of them,
which a cost that grows with the history shows in: there as the median of ten runs of trials, so that what else the
machine did for a moment does not count. Optuna is needed for this alone: `pip install optuna`; without it
its rows are left out. The databases are in a temporary folder: `TMPDIR` says on which disk.

Then what a proposal of each built-in controller costs, and how fast the surrogate screens candidates
(`proposal_cost.py`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarking import Findings, Row, Target, note, parser, run
from numpy.typing import NDArray
from proposal_cost import made_up, measure_proposals, measure_screening

from controllers import BUILT_IN
from paretobert.assembly import Assembly, assemble
from paretobert.config import Configuration, validated
from paretobert.folder import StudyFolder
from paretobert.runner import run as run_study
from paretobert.storage import Worker
from paretobert.study import Study
from paretobert.trial import Outcome, Trial
from search_space import Architecture, Dimensions

SIZES, PEER_SIZES = (1_000, 10_000), (1_000,)
QUICK_SIZES, QUICK_PEER_SIZES = (200, 1_000), (100,)
POPULATION = 50
"""Of the peers' NSGA-II, Optuna's default."""
RUNS_OF_A_TENTH = 10


System = Callable[[Assembly, int, Path, Callable[[], None]], None]
"""Runs so many trials in a folder and says when each has ended."""


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    sizes, peer_sizes = (QUICK_SIZES, QUICK_PEER_SIZES) if options.quick else (SIZES, PEER_SIZES)
    changes = {
        "controller": "pareto-evolution",
        "evaluator": "instant_evaluator:Instant",
        "evaluator_options": {},
        "trials": max(sizes),
    }
    assembly = assemble(validated({**configuration.to_dict(), **changes}))
    systems: dict[str, tuple[Sequence[int], System]] = {
        "paretobert": (sizes, _ours),
        "pyglove, in memory": (peer_sizes, _pyglove),
    }
    if find_spec("optuna"):
        systems["optuna, sqlite"] = (peer_sizes, _optuna)
    else:
        note("optuna is not installed, its rows are left out: pip install optuna")
    rows: list[Row] = []
    for name, (at, system) in systems.items():
        note(f"{name}: {max(at)} trials")
        times = _times(system, assembly, max(at))
        rows += [_row(name, size, times) for size in at]
    few, many = (float(row["ms_a_trial_of_the_last_tenth"]) for row in rows[: len(sizes)])
    targets = [
        Target(f"ms_a_trial_at_{sizes[0]}", few, at_most=5),
        Target(f"ms_a_trial_at_{sizes[1]}_over_at_{sizes[0]}", many / few, at_most=1.5),
    ]
    study = made_up(
        assembly.space, assembly.objectives, lambda X: assembly.metrics_of(assembly.space.dimensions(X)), max(sizes)
    )
    measured = [measure_proposals(study, sizes)]
    if "surrogate" in BUILT_IN:
        measured.append(measure_screening(study, sizes[0]))
    for more_rows, more_targets in measured:
        rows += more_rows
        targets += more_targets
    return Findings(rows, targets, {"sizes": sizes, "peer_sizes": peer_sizes, "optuna": "optuna, sqlite" in systems})


def _times(system: System, assembly: Assembly, trials: int) -> NDArray[np.float64]:
    """The second at which a system began and those at which its trials ended: `[1 + trials]`."""
    times = [time.perf_counter()]
    with TemporaryDirectory(prefix="overhead-") as root:
        system(assembly, trials, Path(root), lambda: times.append(time.perf_counter()))
    return np.array(times)


def _row(system: str, trials: int, times: NDArray[np.float64]) -> Row:
    """What the first trials of a system took."""
    ended = 1e3 * times
    marks = np.unique(np.linspace(trials - trials // 10, trials, RUNS_OF_A_TENTH + 1).astype(int))
    return {
        "what": "overhead",
        "system": system,
        "trials": trials,
        "ms_a_trial": (ended[trials] - ended[0]) / trials,
        "ms_a_trial_of_the_last_tenth": float(np.median(np.diff(ended[marks]) / np.diff(marks))),
    }


def _ours(assembly: Assembly, trials: int, root: Path, ended: Callable[[], None]) -> None:
    def count(trial: Trial, outcome: Outcome) -> None:
        if trial.kind == "search":
            ended()

    folder = StudyFolder.create(assembly, numbered=False, root=root)
    with folder.store() as store:
        run_study(Study(store, assembly, Worker.current()), folder.logs, count)


def _optuna(assembly: Assembly, trials: int, root: Path, ended: Callable[[], None]) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, seed = assembly.space, assembly.configuration.seed
    storage = optuna.storages.RDBStorage(f"sqlite:///{root / 'optuna.db'}")
    sampler = optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
    study = optuna.create_study(storage=storage, sampler=sampler, directions=["maximize", "minimize"])
    decisions = list(zip(space.decision_names, space.cardinalities.tolist(), strict=True))
    for _ in range(trials):
        trial = study.ask()
        x = np.array([trial.suggest_int(name, 0, cardinality - 1) for name, cardinality in decisions])
        study.tell(trial, _objectives(assembly, space.decode(space.repair(x)[0])))
        ended()


def _pyglove(assembly: Assembly, trials: int, root: Path, ended: Callable[[], None]) -> None:
    import pyglove as pg

    space, seed = assembly.space, assembly.configuration.seed
    mutator = pg.evolution.mutators.Uniform(seed=seed)
    algorithm = pg.evolution.nsga2(mutator, population_size=POPULATION, seed=seed)
    both = {"num_examples": trials, "metrics_to_optimize": ["score", "speed"]}
    for value, feedback in pg.sample(space.pyglove(), algorithm, **both):
        score, latency_ms = _objectives(assembly, space.from_pyglove(value))
        feedback(metrics={"score": score, "speed": -latency_ms})
        ended()


def _objectives(assembly: Assembly, architecture: Architecture) -> tuple[float, float]:
    """(score, latency in ms), as a study has them of its evaluator and its latency model."""
    evaluation = assembly.evaluator.evaluate(
        architecture, seed=assembly.configuration.seed, budget=assembly.budget, report=lambda step, value: None
    )
    return evaluation.score, float(assembly.metrics_of(Dimensions.of([architecture]))["latency_ms"][0])


if __name__ == "__main__":
    run(parser(__doc__), measure)
