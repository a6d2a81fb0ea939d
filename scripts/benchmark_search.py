"""Hypervolume of whole searches: `pareto-evolution` and `reinforce` beside `random`, over several seeds.

    python scripts/benchmark_search.py [--json] [--quick] [--resume FILE] [--steps N]

Every search is a study of the demo preset with its real proxy, its own seed and its own database. Searches run side
by side and share single-threaded workers; an architecture that several of them try with one seed is evaluated once.
The volume is measured from the corner of the preset's reference trials, so it can be compared among searches. A full
run takes hours on two cores: `--resume` keeps its evaluations, `--steps` shortens the proxy.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarking import Findings, Row, Target, note, parser, run
from scoring import KeptScores, kept_rows, single_threaded

from evaluators.contract import Evaluation
from paretobert.assembly import assemble
from paretobert.config import Configuration, validated
from paretobert.folder import StudyFolder
from paretobert.frontier import find_frontier
from paretobert.runner import run as run_study
from paretobert.storage import Worker
from paretobert.study import Study
from paretobert.trial import EVALUATED, Trial
from search_space import Architecture

CONTROLLERS = ("random", "pareto-evolution", "reinforce")
SEEDS, TRIALS = 5, 40
QUICK_SEEDS, QUICK_TRIALS, QUICK_STEPS = 2, 10, 20


@dataclass(frozen=True)
class SharedEvaluator:
    """An `Evaluator` whose evaluations the workers make, or a file has kept."""

    scores: KeptScores
    steps: int

    def prepare(self, workspace: Path) -> None:
        """The workers have prepared."""

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        return self.scores.score(architecture, seed, budget).result()

    def fingerprint(self) -> str:
        return ""


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    seeds, trials = (QUICK_SEEDS, QUICK_TRIALS) if options.quick else (SEEDS, TRIALS)
    steps = options.steps or (QUICK_STEPS if options.quick else None)
    configuration = _changed(configuration, trials=trials, steps=steps)
    assembly = assemble(configuration)
    rows_kept = kept_rows(assembly, options.resume)
    wanted = [(controller, seed) for controller in CONTROLLERS for seed in range(seeds)]
    with (
        TemporaryDirectory(prefix="benchmark-") as root,
        single_threaded(configuration) as scorers,
        ThreadPoolExecutor(len(wanted)) as threads,
    ):
        scores = KeptScores(scorers, rows_kept)
        evaluator = SharedEvaluator(scores, assembly.budget)
        references = _references(configuration, Path(root))
        searches = [
            threads.submit(_search, configuration, controller, seed, evaluator, Path(root))
            for controller, seed in wanted
        ]
        found = {key: search.result() for key, search in zip(wanted, searches, strict=True)}
    rows: list[Row] = [
        {"what": "search", "controller": controller, "seed": seed, **_outcome(configuration, trials_, references)}
        for (controller, seed), trials_ in found.items()
    ]
    volumes = {
        controller: np.array([row["hypervolume"] for row in rows if row["controller"] == controller])
        for controller in CONTROLLERS
    }
    rows += [_summary(controller, volumes) for controller in CONTROLLERS]
    evolution = float(np.median(volumes["pareto-evolution"]) / np.median(volumes["random"]))
    settings = {"seeds": seeds, "trials": trials, "steps": assembly.budget, "evaluations_made": scores.evaluated}
    return Findings(rows, [Target("evolution_over_random_hypervolume", evolution, at_least=1, strictly=True)], settings)


def _changed(configuration: Configuration, *, trials: int, steps: int | None) -> Configuration:
    options = {**configuration.evaluator_options, **({"steps": steps} if steps else {})}
    return validated({**configuration.to_dict(), "trials": trials, "evaluator_options": options})


def _references(configuration: Configuration, root: Path) -> list[Trial]:
    """The preset's reference trials, which wait: the corner needs their free metrics only."""
    with StudyFolder.create(assemble(configuration), numbered=False, root=root).store() as store:
        return store.trials("reference")


def _search(
    configuration: Configuration, controller: str, seed: int, evaluator: SharedEvaluator, root: Path
) -> list[Trial]:
    """The trials of one search, without reference trials."""
    changes: Mapping[str, Any] = {
        "name": f"{controller}-{seed}",
        "controller": controller,
        "controller_options": {},
        "seed": seed,
        "references": [],
    }
    assembly = assemble(validated({**configuration.to_dict(), **changes}))
    folder = StudyFolder.create(assembly, numbered=False, root=root)
    with folder.store() as store:
        study = Study(store, replace(assembly, evaluator=evaluator), Worker.current())
        run_study(study, folder.logs, lambda trial, outcome: None)
        note(f"{controller}, seed {seed}: done")
        return store.trials()


def _outcome(configuration: Configuration, trials: Sequence[Trial], references: Sequence[Trial]) -> dict[str, Any]:
    """A search's hypervolume, at its end and half-way, and what it did."""
    evaluated = [trial for trial in trials if trial.state in EVALUATED]
    half = evaluated[: len(evaluated) // 2]
    frontier = find_frontier(configuration, trials, references)
    complete = [trial.metrics["score"] for trial in evaluated if trial.state == "complete"]
    return {
        "hypervolume": frontier.hypervolume,
        "hypervolume_half_way": find_frontier(configuration, half, references).hypervolume,
        "trials": len(evaluated),
        "infeasible": len(trials) - len(evaluated),
        "failed": sum(trial.state == "failed" for trial in evaluated),
        "frontier": len(frontier.trials),
        "best_score": max(complete, default=float("nan")),
        "reference_point": frontier.reference_point,
    }


def _summary(controller: str, volumes: Mapping[str, np.ndarray]) -> Row:
    own, random = volumes[controller], volumes["random"]
    lower, median, upper = (float(value) for value in np.quantile(own, [0.25, 0.5, 0.75]))
    return {
        "what": "controller",
        "controller": controller,
        "lower_quartile": lower,
        "median": median,
        "upper_quartile": upper,
        "median_over_random": median / float(np.median(random)),
        "seeds_above_random": int((own > random).sum()),
    }


def _steps(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of training steps")
    return int(text)


if __name__ == "__main__":
    search_options = parser(__doc__, resumable=True)
    search_options.add_argument("--steps", type=_steps, metavar="N", help="training steps of the proxy")
    run(search_options, measure)
