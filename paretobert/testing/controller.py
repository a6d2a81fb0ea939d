"""`check_controller`: a controller keeps the contract of `controllers.Controller`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from controllers.contract import Controller, State
from controllers.objective import Constraint, Objective
from paretobert.config import validated
from paretobert.guarded import GuardedController
from paretobert.plugins import Plugin, resolve
from paretobert.testing.elsewhere import elsewhere
from paretobert.testing.rules import Contract, plugin_of, require
from paretobert.testing.simulated_study import MIXED, OBJECTIVES, SimulatedStudy
from search_space import MobileBertSpace

TRIALS = 40
ANEW_AT = frozenset([*range(8), *range(8, TRIALS, 4)])
"""The trials that a controller made anew has to propose too; one that learns for each would take minutes."""
WORKERS, ROUNDS = 4, 5
MOST_INFEASIBLE = TRIALS // 10
TINY_SPACE = MobileBertSpace(
    hidden_size=(256, 512),
    num_attention_heads=(4,),
    bottleneck_size=(128,),
    intermediate_size=(512,),
    num_feedforward=(1, 2),
    max_blocks_per_slot=1,
)
"""60 architectures: a study may well exhaust it."""


def check_controller(
    controller: str | Callable[..., Any], *, space: Mapping[str, Any] | None = None, **options: Any
) -> None:
    """Holds a controller to its contract, on studies that are scored by a formula.

    Args:
        controller: a name as in a configuration, or a class at the top of an importable module.
        space: a narrower one for a controller that is made for such, as the table `[space]` of a configuration.
        options: that it is made with.

    Raises:
        AssertionError: it breaks a rule.
        ValueError: there is no such plug-in, or the space is too small for this.
    """
    plugin = plugin_of("controller", controller)
    contract = Contract(plugin)
    study = _constrained(space or {})
    if study.space.num_architectures < 4 * TRIALS:
        raise ValueError(
            f"space holds {study.space.num_architectures} architectures, too few for these checks: widen it to at "
            f"least {4 * TRIALS}"
        )
    with contract.rule("it is made with (space, objectives, constraints, free_metrics) and its options"):
        used = _made(plugin, study, options)
    _check_proposals(contract, used, study, options)
    _check_caches(contract, used, study, options)
    _check_workers(contract, options)
    _check_exhaustion(contract, options)
    with contract.rule("a constraint that nothing meets ends in no error"):
        hopeless = SimulatedStudy(study.space, [Constraint.parse("latency_ms <= 0.001")])
        hopeless.run(_made(plugin, hopeless, options), 12)
    for objectives in (OBJECTIVES[:1], OBJECTIVES[1:], (*OBJECTIVES, Objective("loss", False))):
        with contract.rule("it searches for one objective, for two and for three"):
            other = SimulatedStudy(study.space)
            other.run(_made(plugin, other, options, objectives), 25)
    with contract.rule("made anew in another process it proposes the same"):
        here = study.propose(used)
        vectors = [trial.vector for trial in study.trials]
        there = elsewhere(_proposal_of, name=plugin.name, options=options, space=space or {}, vectors=vectors)
        require(_plain(here) == there, f"{_plain(here)} here and {there} there, for trial {len(study.trials)}")
    with contract.rule("a constraint on a free metric is met where it can be"):
        infeasible = sum(trial.state == "infeasible" for trial in study.trials)
        found = f"{infeasible} of {TRIALS} trials violate {study.constraints[0]}, which half of the space meets"
        require(infeasible <= MOST_INFEASIBLE, found)


def _constrained(space: Mapping[str, Any]) -> SimulatedStudy:
    """A study in a space whose latency is bound at the median of vectors drawn at random."""
    study = SimulatedStudy(validated({"space": dict(space)}).space.build())
    latencies = study.free_metrics(study.space.sample(np.random.default_rng(0), 1000))["latency_ms"]
    study.constraints = [Constraint("latency_ms", True, float(np.median(latencies)))]
    return study


def _check_proposals(contract: Contract, used: Controller, study: SimulatedStudy, options: dict[str, Any]) -> None:
    """Adds `TRIALS` trials of all states to a study."""
    space, seen = study.space, set()
    for number in range(TRIALS):
        history = study.history()
        vectors, states = history.vectors.copy(), history.states.copy()
        with contract.rule("a proposal is a valid vector of integers"):
            vector = used.propose(history, study.generator())
            require(
                vector is not None, f"None for trial {number} of a space of {space.num_architectures} architectures"
            )
        assert vector is not None
        with contract.rule("no proposal has the architecture of another trial, whatever became of that"):
            key = space.canonical_key(vector)
            require(key not in seen, f"trial {number} would be one that is there: {vector.tolist()}")
            seen.add(key)
        with contract.rule("a history is left as it was"):
            require(np.array_equal(history.vectors, vectors), f"vectors were changed at trial {number}")
            require(np.array_equal(history.states, states), f"states were changed at trial {number}")
        with contract.rule("the same history and generator give the same proposal"):
            again = study.propose(used)
            require(_plain(again) == vector.tolist(), f"{vector.tolist()}, then {_plain(again)}, for trial {number}")
        if number in ANEW_AT:
            with contract.rule("a resumed study goes on as one that was never stopped"):
                fresh = study.propose(_made(contract.plugin, study, options))
                require(
                    _plain(fresh) == vector.tolist(),
                    f"a controller made anew proposes {_plain(fresh)} for trial {number}, not {vector.tolist()}",
                )
        study.tell(vector, MIXED[number % len(MIXED)])


def _check_caches(contract: Contract, used: Controller, study: SimulatedStudy, options: dict[str, Any]) -> None:
    with contract.rule("it keeps nothing of another study"):
        other = SimulatedStudy(study.space, study.constraints, seed=1)
        other.run(_made(contract.plugin, other, options), 12)
        _require_same(other, used, _made(contract.plugin, other, options))
    with contract.rule("a trial that ends late is learned of as if it had been known"):
        _end_late(study)
        _require_same(study, used, _made(contract.plugin, study, options))


def _check_workers(contract: Contract, options: dict[str, Any]) -> None:
    """Workers ask one after the other before any trial has ended; then all but one of their trials end."""
    study = SimulatedStudy(TINY_SPACE)
    used = _made(contract.plugin, study, options)
    with contract.rule("workers that ask at once get different architectures, and a resumed study the same"):
        for _ in range(ROUNDS):
            asked = range(len(study.trials), len(study.trials) + WORKERS)
            for number in asked:
                vector = study.propose(used)
                require(vector is not None, f"None for trial {number} of {TINY_SPACE.num_architectures}")
                assert vector is not None
                running = [trial.number for trial in study.trials if trial.state == "running"]
                known = {TINY_SPACE.canonical_key(np.array(trial.vector)) for trial in study.trials}
                found = f"{vector.tolist()} for trial {number} is a trial already, while {running} are running"
                require(TINY_SPACE.canonical_key(vector) not in known, found)
                study.tell(vector, "running")
            _require_same(study, used, _made(contract.plugin, study, options))
            for number in reversed(asked[1:]):
                study.end(number)


def _check_exhaustion(contract: Contract, options: dict[str, Any]) -> None:
    every_state: tuple[tuple[State, ...], ...] = (("complete",), ("running",), ("failed", "complete"))
    for states in every_state:
        with contract.rule("every architecture of a small space is proposed once, then None"):
            tiny = SimulatedStudy(TINY_SPACE)
            ended = not tiny.run(_made(contract.plugin, tiny, options), TINY_SPACE.num_architectures + 1, states)
            keys = {TINY_SPACE.canonical_key(np.array(trial.vector)) for trial in tiny.trials}
            found = (
                f"{len(keys)} of {TINY_SPACE.num_architectures} in {len(tiny.trials)} proposals ({', '.join(states)})"
            )
            require(ended and len(keys) == len(tiny.trials) == TINY_SPACE.num_architectures, found)


def _made(
    plugin: Plugin,
    study: SimulatedStudy,
    options: dict[str, Any],
    objectives: Sequence[Objective] = OBJECTIVES,
) -> GuardedController:
    made = plugin.make(study.space, tuple(objectives), tuple(study.constraints), study.free_metrics, **options)
    return GuardedController(plugin, made, study.space)


def _require_same(study: SimulatedStudy, used: Controller, fresh: Controller) -> None:
    one, other = _plain(study.propose(used)), _plain(study.propose(fresh))
    require(one == other, f"it proposes {one}, a controller made anew {other}")


def _proposal_of(
    name: str, options: dict[str, Any], space: dict[str, Any], vectors: list[list[int]]
) -> list[int] | None:
    """What a controller made anew proposes after the trials of these vectors, as `check_controller` left them."""
    study = _constrained(space)
    for number, vector in enumerate(vectors):
        study.tell(np.array(vector), MIXED[number % len(MIXED)])
    _end_late(study)
    return _plain(study.propose(_made(resolve("controller", name), study, options)))


def _end_late(study: SimulatedStudy) -> None:
    """Ends the first three running trials, the last of them first."""
    running = [trial.number for trial in study.trials if trial.state == "running"]
    for number in reversed(running[:3]):
        study.end(number)


def _plain(vector: Any) -> list[int] | None:
    return None if vector is None else [int(value) for value in vector]
