"""`check_evaluator`: an evaluator keeps the contract of `evaluators.Evaluator`."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.contract import Diverged, Evaluation, Pruned
from paretobert.assembly import load_evaluator
from paretobert.guarded import GuardedEvaluator
from paretobert.plugins import Plugin, resolve
from paretobert.testing.elsewhere import elsewhere
from paretobert.testing.rules import Contract, plugin_of, require
from search_space import Architecture, Stage

SMALL = Architecture(256, (Stage(2, 4, 128, 256, 1),))
OTHER = Architecture(512, (Stage(1, 4, 128, 512, 2), Stage(1, 2, 256, 256, 1)))

Report = Callable[[int, float], None]


class _Stopped(BaseException):
    """As a signal would end an evaluation."""


def check_evaluator(
    evaluator: str | Callable[..., Any],
    workspace: Path,
    *,
    budget: int = 8,
    diverging: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """Holds an evaluator to its contract, on two small architectures of the space.

    Args:
        evaluator: a name as in a configuration, or a class at the top of an importable module.
        workspace: a folder for what it prepares; empty or missing.
        budget: training steps of an evaluation.
        diverging: options with which its evaluations diverge, such as a huge learning rate; without them that rule
            is not checked.
        options: that it is made with.

    Raises:
        AssertionError: it breaks a rule.
        ValueError: there is no such plug-in.
    """
    plugin = plugin_of("evaluator", evaluator)
    contract = Contract(plugin)
    with contract.rule("it is made with its options"):
        made = _made(plugin, options)
    fingerprint = contract.fingerprint(made, lambda: _made(plugin, options))
    with contract.rule("it prepares a workspace once, and again with nothing to do"):
        made.prepare(workspace)
        before = _files(workspace)
        fresh = _made(plugin, options)
        fresh.prepare(workspace)
        changed = {name for name, _ in _files(workspace).items() ^ before.items()}
        require(not changed, f"preparing again wrote {', '.join(sorted(changed))}")
    first, steps = _check_evaluation(contract, made, budget)
    _check_purity(contract, made, fresh, first, budget)
    if steps:
        _check_interruptions(contract, made, first, budget, workspace / "checkpoint")
    with contract.rule("evaluations write nothing into the workspace but their checkpoint"):
        written = {name for name in _files(workspace).keys() ^ before.keys() if not name.startswith("checkpoint")}
        require(not written, f"they wrote {', '.join(sorted(written))}")
    if diverging is not None:
        _check_divergence(contract, {**options, **diverging}, workspace, budget, fingerprint)
        with contract.rule("an evaluation that diverged leaves nothing behind"):
            _require_equal(first, _evaluate(made, SMALL, budget))
    contract.keeps_fingerprint(made, fingerprint)
    with contract.rule("made anew in another process it scores the same"):
        there = elsewhere(_elsewhere, name=plugin.name, options=options, workspace=str(workspace), budget=budget)
        _require_equal(first, Evaluation(there["score"], there["steps"], 0.0, there["metrics"]))
        require(there["fingerprint"] == fingerprint, f"fingerprint {fingerprint!r} here, {there['fingerprint']!r}")


def _check_evaluation(contract: Contract, made: GuardedEvaluator, budget: int) -> tuple[Evaluation, list[int]]:
    """The evaluation of `SMALL`, and the steps that it reported at."""
    reports: list[tuple[Any, Any]] = []
    with contract.rule("an evaluation is a score in [0, 1] within its budget of steps"):
        first = _evaluate(made, SMALL, budget, lambda step, value: reports.append((step, value)))
        require(math.isfinite(first.score), f"the score is {first.score}")
        require(first.seconds >= 0, f"it took {first.seconds} seconds")
        _evaluate(made, SMALL, 1)
    steps = [step for step, _ in reports]
    with contract.rule("reports are numbers at rising steps within the budget"):
        require(all(isinstance(step, int) for step in steps), f"steps {steps}")
        require(steps == sorted(set(steps)) and all(1 <= step <= budget for step in steps), f"steps {steps}")
        require(all(isinstance(value, int | float) for _, value in reports), f"values {[v for _, v in reports]}")
    return first, steps


def _check_purity(
    contract: Contract, made: GuardedEvaluator, fresh: GuardedEvaluator, first: Evaluation, budget: int
) -> None:
    with contract.rule("one architecture, seed and budget give one score, whatever was evaluated before"):
        _evaluate(made, OTHER, budget)
        _require_equal(first, _evaluate(made, SMALL, budget))
    with contract.rule("a longer budget is a run of its own and changes nothing for a shorter"):
        _evaluate(made, SMALL, 2 * budget)
        _require_equal(first, _evaluate(made, SMALL, budget))
    with contract.rule("a score depends on no random state but its seed"):
        for shared in (1, 2):
            with _shared_random_state(shared):
                _require_equal(first, _evaluate(made, SMALL, budget))
    with contract.rule("a resumed study scores as one that was never stopped"):
        _evaluate(fresh, OTHER, budget)
        _require_equal(first, _evaluate(fresh, SMALL, budget))


def _check_interruptions(
    contract: Contract, made: GuardedEvaluator, first: Evaluation, budget: int, checkpoint: Path
) -> None:
    def prune(step: int, value: float) -> None:
        raise Pruned("no better than the others")

    def stop(step: int, value: float) -> None:
        raise _Stopped

    with contract.rule("Pruned, raised by its report, goes through"):
        try:
            _evaluate(made, SMALL, budget, prune)
        except Pruned:
            pruned = True
        else:
            pruned = False
        require(pruned, "the evaluation went on")
    with contract.rule("an evaluation that was pruned leaves nothing behind"):
        _require_equal(first, _evaluate(made, SMALL, budget))
    with contract.rule("an evaluation that was stopped and begun again scores as one that was left alone"):
        try:
            _evaluate(made, SMALL, budget, stop, checkpoint)
        except _Stopped:
            _require_equal(first, _evaluate(made, SMALL, budget, checkpoint=checkpoint))
        else:
            require(False, "what its report raised did not go through")


def _check_divergence(
    contract: Contract, options: dict[str, Any], workspace: Path, budget: int, fingerprint: str
) -> None:
    with contract.rule("options that change the scores change the fingerprint"):
        diverging = _made(contract.plugin, options)
        require(diverging.fingerprint() != fingerprint, f"it is {fingerprint!r} with the diverging options too")
    with contract.rule("an evaluation that diverges raises Diverged"):
        diverging.prepare(workspace)
        for _ in range(2):  # the second candidate meets what the first has left
            try:
                evaluation = _evaluate(diverging, SMALL, budget)
            except Diverged:
                continue
            require(False, f"it gave the score {evaluation.score}")


@contextmanager
def _shared_random_state(seed: int) -> Iterator[None]:
    """Seeds the generators that all code of a process shares, and puts them back."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _made(plugin: Plugin, options: Mapping[str, Any]) -> GuardedEvaluator:
    return load_evaluator(plugin, options)[0]


def _evaluate(
    evaluator: GuardedEvaluator,
    architecture: Architecture,
    budget: int,
    report: Report = lambda step, value: None,
    checkpoint: Path | None = None,
) -> Evaluation:
    return evaluator.evaluate(architecture, seed=0, budget=budget, report=report, checkpoint=checkpoint)


def _elsewhere(name: str, options: dict[str, Any], workspace: str, budget: int) -> dict[str, Any]:
    """An evaluation of `SMALL` by an evaluator made anew."""
    made = _made(resolve("evaluator", name), options)
    made.prepare(Path(workspace))
    evaluation = _evaluate(made, SMALL, budget)
    metrics = {metric: float(value) for metric, value in evaluation.metrics.items()}
    return {
        "fingerprint": made.fingerprint(),
        "score": float(evaluation.score),
        "steps": evaluation.steps,
        "metrics": metrics,
    }


def _require_equal(first: Evaluation, other: Evaluation) -> None:
    require(first.score == other.score, f"score {first.score!r}, then {other.score!r}")
    require(first.steps == other.steps, f"{first.steps} steps, then {other.steps}")
    require(first.metrics.keys() == other.metrics.keys(), f"metrics {[*first.metrics]}, then {[*other.metrics]}")
    for name, value in first.metrics.items():
        again = other.metrics[name]
        require(value == again or (math.isnan(value) and math.isnan(again)), f"{name} {value!r}, then {again!r}")


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file but locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and "lock" not in path.name)
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}
