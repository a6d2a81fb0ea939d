"""What running a configuration would take, found out without beginning a study."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from controllers.objective import violation
from evaluators.contract import Evaluator
from paretobert import provenance
from paretobert.assembly import Assembly, load_evaluator
from paretobert.folder import STUDIES, StudyFolder
from paretobert.output import one_line
from paretobert.plugins import resolve
from paretobert.storage import Store
from search_space import Architecture

_REPORT_BYTES = 5_000_000  # most of it plotly
_TRIAL_BYTES = 2_000  # of the database, measured
_REHEARSAL_STEPS = (2, 10)
_SAMPLE = 101  # architectures, of which the rehearsal takes the middle one


@dataclass(frozen=True)
class Duration:
    """How long an evaluation takes.

    Attributes:
        seconds: None where it is not known.
        source: where the number comes from, or why there is none; a phrase.
    """

    seconds: float | None
    source: str


@dataclass(frozen=True)
class Plan:
    """What a study would take.

    Attributes:
        assembly: what would run.
        evaluations: how many architectures would be evaluated, references included; a reference that is proposed again
            is not run again.
        trial: time of one evaluation. What an evaluator prepares comes on top.
        evaluator_disk_bytes: what the evaluator says it would write; None if it does not say.
        study_disk_bytes: database and report.
    """

    assembly: Assembly
    evaluations: int
    trial: Duration
    evaluator_disk_bytes: int | None
    study_disk_bytes: int

    @property
    def seconds(self) -> float | None:
        """Of all evaluations, one after another."""
        return None if self.trial.seconds is None else self.trial.seconds * self.evaluations

    def to_dict(self) -> dict[str, Any]:
        """As `search --dry-run --json` prints it; see docs/json.md."""
        space = self.assembly.space
        return {
            "configuration": self.assembly.configuration.to_dict(),
            "vectors": space.num_vectors,
            "architectures": space.num_architectures,
            "evaluations": self.evaluations,
            "seconds_per_evaluation": self.trial.seconds,
            "seconds": self.seconds,
            "seconds_source": self.trial.source,
            "evaluator_disk_bytes": self.evaluator_disk_bytes,
            "study_disk_bytes": self.study_disk_bytes,
        }


def plan(assembly: Assembly, root: Path = STUDIES) -> Plan:
    """What running the configuration would take; nothing is left behind.

    The time is that of earlier studies on this machine with the same evaluator; without one, of a rehearsal: a few
    real steps, in a temporary folder, of an evaluator that has an option `steps`.

    Raises:
        ValueError, OSError: what the evaluator raises when it prepares the rehearsal, and would before a study.
    """
    configuration = assembly.configuration
    evaluations = configuration.trials + len(configuration.references)
    return Plan(
        assembly,
        evaluations,
        _earlier(assembly, root) or _rehearsed(assembly),
        getattr(assembly.evaluator, "disk_needed", None),
        _REPORT_BYTES + _TRIAL_BYTES * evaluations,
    )


def _earlier(assembly: Assembly, root: Path) -> Duration | None:
    """The median over the trials of every study here that was begun on this machine with this evaluator."""
    seconds, names = [], []
    for folder in StudyFolder.all(root):
        try:
            with folder.store() as store:
                found = list(_seconds_of(store, assembly))
        except (ValueError, OSError):
            continue  # a study that cannot be read tells nothing
        if found:
            seconds += found
            names.append(folder.path.name)
    if not seconds:
        return None
    return Duration(median(seconds), f"median of {len(seconds)} trials on this machine, in {_listed(names)}")


def _seconds_of(store: Store, assembly: Assembly) -> Iterator[float]:
    begun_with = {plugin["kind"]: plugin["fingerprint"] for plugin in store.plugins()}
    evaluator = next(plugin for plugin in assembly.plugins if plugin["kind"] == "evaluator")
    machines = [worker["machine"] for worker in store.workers()]
    if begun_with["evaluator"] != evaluator["fingerprint"] or machines != [provenance.machine()] * len(machines):
        return
    for trial in store.trials():
        if trial.state == "complete" and trial.seconds is not None and trial.budget == assembly.budget:
            yield trial.seconds


def _rehearsed(assembly: Assembly) -> Duration:
    """The time of the first steps on an architecture of middling size, drawn out to all the steps of a budget."""
    configuration = assembly.configuration
    if not hasattr(assembly.evaluator, "steps"):
        return Duration(None, "not known until a study with this evaluator has run here")
    fewer, more = (min(steps, assembly.budget) for steps in _REHEARSAL_STEPS)
    options = {**configuration.evaluator_options, "steps": more}
    evaluator, _ = load_evaluator(
        resolve("evaluator", configuration.evaluator), options, configuration.trial_timeout_seconds
    )
    architecture = _middling(assembly)
    with TemporaryDirectory() as folder:
        evaluator.prepare(Path(folder))
        try:
            _time(evaluator, architecture, 1, configuration.seed)  # traces and compiles, which a study does once
            short, long = (_time(evaluator, architecture, steps, configuration.seed) for steps in (fewer, more))
        except Exception as error:  # whatever a plug-in raises would end a trial, not a study
            reason = one_line(f"{type(error).__name__}: {error}")
            return Duration(None, f"not known: {more} steps of the evaluator ended with {reason}")
    a_step = max(0.0, long - short) / max(1, more - fewer)
    return Duration(
        long + a_step * (assembly.budget - more),
        f"from {more} steps, timed here on one architecture of middling size and drawn out to {assembly.budget}",
    )


def _time(evaluator: Evaluator, architecture: Architecture, budget: int, seed: int) -> float:
    begun = time.perf_counter()
    evaluator.evaluate(architecture, seed=seed, budget=budget, report=lambda step, value: None)
    return time.perf_counter() - begun


def _middling(assembly: Assembly) -> Architecture:
    """Of a sample of the space, the architecture with the median of multiply-adds of those that may be evaluated."""
    X = assembly.space.sample(np.random.default_rng(assembly.configuration.seed), _SAMPLE)
    metrics = assembly.metrics_of(assembly.space.dimensions(X))
    broken = violation(assembly.constraints, metrics, len(X))
    order = np.lexsort((metrics["multiply_adds"], broken > 0))
    may = int((broken == 0).sum()) or len(X)
    return assembly.space.decode(X[order[may // 2]])


def _listed(names: Sequence[str], shown: int = 3) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")
