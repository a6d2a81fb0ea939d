"""Writes a study at once whose scores are made up: to look at the pages, to test them and to time them.

    python scripts/synthetic_study.py FOLDER [--name synthetic] [--trials 1000] [--seed 0]

The architectures are drawn from the demo preset's space and their latencies are predicted as in any study. A score is a
formula of the multiply-adds with noise upon it; trials of every end are there, with a reason where one is due.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select

from controllers.contract import State
from evaluators.contract import Evaluation
from paretobert.assembly import Assembly, assemble
from paretobert.config import configure
from paretobert.folder import StudyFolder
from paretobert.storage import Database, Worker
from paretobert.storage.rows import row_of
from paretobert.storage.schema import evaluations, studies
from paretobert.storage.schema import trials as trials_table
from paretobert.trial import Outcome, Proposal, canonical_key
from search_space import Architecture, Dimensions

CONSTRAINT = "latency_ms <= 20"
REASONS: Mapping[State, str] = {
    "complete": "",
    "pruned": "no better than the median",
    "failed": "RuntimeError: out of memory",
}
_SHARES = (0.92, 0.04, 0.04)  # of these ends
_WITHOUT_CONTEXT, _GAIN, _KNEE = 0.80, 0.06, 4e9  # score, most above it, multiply-adds at which 63 % of that is there
_NOISE = 0.003  # standard deviation of a score

Vector = tuple[int, ...]


def make_study(root: Path, *, name: str = "synthetic", trials: int = 1000, seed: int = 0, **fields: Any) -> StudyFolder:
    """A study whose trials have all ended, in a folder below `root`.

    Args:
        root: folder of studies.
        name: of the study.
        trials: how many there are, those that broke the constraint among them.
        seed: of all that is drawn.
        fields: of the configuration, before the demo preset's.

    Raises:
        ValueError: the name is taken, or a field is a mistake.
    """
    own = {"name": name, "seed": seed, "trials": trials, "controller": "random", "constraints": [CONSTRAINT]}
    assembly = assemble(configure(preset="demo", flags={**own, **fields}))
    folder = StudyFolder.create(assembly, numbered=False, root=root)
    worker, rng = Worker.current(), np.random.default_rng(seed)
    with folder.store() as store:
        store.register(worker)
        while (reference := store.claim(worker)) is not None:
            store.finish(reference, _scored(assembly, reference.metrics, rng), worker)
    proposals = list(_proposals(assembly, _different(assembly, rng, trials)))
    database = Database.open(folder.database)
    try:
        _write(database, worker, proposals, [_outcome(assembly, proposal, rng) for proposal in proposals])
    finally:
        database.close()
    return folder


def _different(assembly: Assembly, rng: np.random.Generator, size: int) -> dict[Vector, Architecture]:
    """Architectures by their vectors, no two of which are one trial."""
    found: dict[str, tuple[Vector, Architecture]] = {}
    while len(found) < size:
        for vector in assembly.space.sample(rng, size - len(found)):
            architecture = assembly.space.decode(vector)
            found.setdefault(canonical_key(architecture), (tuple(vector.tolist()), architecture))
    return dict(found.values())


def _proposals(assembly: Assembly, architectures: Mapping[Vector, Architecture]) -> Iterator[Proposal]:
    columns = assembly.metrics_of(Dimensions.of(list(architectures.values())))
    for number, (vector, architecture) in enumerate(architectures.items()):
        metrics = {metric: float(values[number]) for metric, values in columns.items()}
        excess = max(0.0, *(float(c.violation(np.array([metrics[c.metric]]))[0]) for c in assembly.constraints))
        yield Proposal(
            kind="search",
            number=number,
            architecture=architecture,
            metrics=metrics,
            violation=excess,
            state="infeasible" if excess else "waiting",
            vector=vector,
            seen_completions=number,
            reason=f"violates {', '.join(map(str, assembly.constraints))}" if excess else "",
        )


def _outcome(assembly: Assembly, proposal: Proposal, rng: np.random.Generator) -> Outcome | None:
    """How a trial ended; None where it was never evaluated."""
    if proposal.state == "infeasible":
        return None
    state: State = rng.choice(list(REASONS), p=_SHARES)
    if state == "complete":
        return _scored(assembly, proposal.metrics, rng)
    return Outcome(state, assembly.configuration.seed, assembly.budget, reason=REASONS[state])


def _scored(assembly: Assembly, metrics: Mapping[str, float], rng: np.random.Generator) -> Outcome:
    score = _WITHOUT_CONTEXT + _GAIN * (1 - np.exp(-metrics["multiply_adds"] / _KNEE)) + rng.normal(0, _NOISE)
    own = {"score_standard_error": _NOISE / 2, "context_free_score": _WITHOUT_CONTEXT, "loss": float(1 - score)}
    seconds = 0.5 + metrics["multiply_adds"] / 4e9
    evaluation = Evaluation(float(score), assembly.budget, seconds, own)
    return Outcome("complete", assembly.configuration.seed, assembly.budget, evaluation)


def _write(
    database: Database, worker: Worker, proposals: Sequence[Proposal], outcomes: Sequence[Outcome | None]
) -> None:
    """All trials in one transaction; one transaction each would take minutes for ten thousand."""
    with database.writing() as connection:
        study, now = connection.execute(select(studies.c.id, studies.c.created_at)).one()
        first = connection.execute(select(func.max(trials_table.c.id))).scalar_one() or 0
        rows, scores = [], []
        for identifier, (proposal, outcome) in enumerate(zip(proposals, outcomes, strict=True), first + 1):
            row = {**row_of(proposal), "id": identifier, "study_id": study, "completion": proposal.number}
            row |= {"created_at": now, "ended_at": now, "worker": worker.token}
            if outcome is not None:
                row |= {"state": outcome.state, "reason": outcome.reason}
            if outcome is not None and (end := outcome.evaluation) is not None:
                of_trial = {"trial_id": identifier, "seed": outcome.seed, "budget": outcome.budget, "step": end.steps}
                measured = {"score": end.score, "metrics": dict(end.metrics), "seconds": end.seconds}
                scores.append({**of_trial, **measured, "ends_trial": True, "worker": worker.token, "at": now})
            rows.append(row)
        connection.execute(insert(trials_table), rows)
        connection.execute(insert(evaluations), scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of studies")
    parser.add_argument("--name", default="synthetic")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(make_study(options.folder, name=options.name, trials=options.trials, seed=options.seed).path)


if __name__ == "__main__":
    main()
