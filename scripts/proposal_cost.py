"""What a proposal costs: `propose` of each built-in controller alone, after a thousand trials and after ten thousand.

The trials are made up at once: random vectors, their free metrics, and a score by formula. A controller is shown the
history without its last trials, which fills what it caches as an uninterrupted study would have, and then asked for a
proposal after each of those.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarking import Row, Target, note

from controllers import BUILT_IN, Controller, FreeMetrics, History, Objective
from controllers.pareto import non_dominated
from search_space import Space, Vectors

PROPOSALS = 20
"""Whose mean is taken: a policy learns at every tenth trial, say, and a median would not see it."""
MOST_MS: Mapping[str, float] = {
    "random": 5,
    "pareto-evolution": 5,
    "nsga2": 5,
    "regularized-evolution": 5,
    "ppo": 30,
    "surrogate": 250,
}
MOST_GROWTH: Mapping[str, float] = {**dict.fromkeys(MOST_MS, 1.5), "surrogate": 3}
"""Of the cost, from the smaller number of trials to the larger."""
CANDIDATES_A_SECOND = 100_000
"""That the surrogate screens, at least."""
SCREENINGS = 5
"""Whose median is taken."""


@dataclass(frozen=True)
class MadeUp:
    """A study whose trials never ran.

    Attributes:
        space, objectives, free_metrics: what its controllers are made of.
        history: of all its trials.
    """

    space: Space
    objectives: Sequence[Objective]
    free_metrics: FreeMetrics
    history: History

    def after(self, trials: int) -> History:
        """The first of its trials."""
        every = self.history
        return History(
            every.vectors[:trials],
            every.states[:trials],
            {metric: column[:trials] for metric, column in every.values.items()},
            every.violations[:trials],
            every.completion[:trials],
        )


def made_up(space: Space, objectives: Sequence[Objective], free_metrics: FreeMetrics, trials: int) -> MadeUp:
    """A study of so many different vectors that score better the more multiply-adds they take, with luck."""
    rng = np.random.default_rng(0)
    X = space.sample(rng, 2 * trials)
    X = np.array([*{space.canonical_key(x): x for x in X}.values()])[:trials]
    if len(X) < trials:
        raise ValueError(f"the space gave {len(X)} different vectors, not {trials}")
    metrics = free_metrics(X)
    work = np.log(metrics["multiply_adds"])
    score = 0.5 + 0.3 * np.tanh(work - np.median(work)) + rng.normal(0, 0.02, trials)
    history = History(X, np.full(trials, "complete"), {**metrics, "score": score}, np.zeros(trials), np.arange(trials))
    for array in (history.vectors, history.states, history.violations, history.completion, *history.values.values()):
        array.flags.writeable = False
    return MadeUp(space, objectives, free_metrics, history)


def measure_proposals(study: MadeUp, sizes: Sequence[int]) -> tuple[list[Row], list[Target]]:
    """A row for each built-in controller but `sweep` and number of trials, and the targets of those that have some."""
    rows: list[Row] = []
    targets = []
    for name, kind in BUILT_IN.items():
        if name == "sweep":  # a sweep keeps no trials in mind, and takes small spaces only
            continue
        note(f"proposals of {name}")
        costs = []
        for trials in sizes:
            controller = kind(study.space, study.objectives, (), study.free_metrics)
            controller.propose(study.after(trials - PROPOSALS), _rng(trials - PROPOSALS))
            times = [_timed(controller, study.after(at)) for at in range(trials - PROPOSALS + 1, trials + 1)]
            costs.append(1e3 * float(np.mean(times)))
            rows.append({"what": "proposal", "controller": name, "trials": trials, "ms_a_proposal": costs[-1]})
        if name in MOST_MS:
            few, *_, many = costs
            targets += [
                Target(f"{name}_ms_a_proposal_at_{sizes[0]}", few, at_most=MOST_MS[name]),
                Target(f"{name}_ms_at_{sizes[-1]}_over_at_{sizes[0]}", many / few, at_most=MOST_GROWTH[name]),
            ]
    return rows, targets


def measure_screening(study: MadeUp, trials: int) -> tuple[list[Row], list[Target]]:
    """How many candidates a second the surrogate's inner loop sees, their latency predicted and their score."""
    from controllers.outlook import Foresight
    from controllers.surrogate.descriptions import Described, Descriptions
    from controllers.surrogate.learning import Learning
    from controllers.surrogate.screening import evolve

    history, seen = study.after(trials), []
    describe = Descriptions(study.space, Foresight(study.objectives, (), study.free_metrics))
    learning = Learning(study.objectives, (), set(study.history.values) - {"score"})
    samples = describe(study.space.sample(_rng(0), 64))
    belief = learning.belief(history, describe.trials(history), samples)
    front = history.vectors[non_dominated(history.points(study.objectives))]

    def counted(X: Vectors) -> Described:
        seen.append(len(X))
        return describe(X)

    rates = []
    for number in range(SCREENINGS):
        seen.clear()
        begun = time.perf_counter()
        evolve(study.space, counted, front, history.vectors, belief.screen, belief.score, _rng(number))
        rates.append(sum(seen) / (time.perf_counter() - begun))
    row = {"what": "screening", "controller": "surrogate", "trials": trials, "candidates": sum(seen)}
    rate = float(np.median(rates))
    target = Target("surrogate_candidates_a_second", rate, at_least=CANDIDATES_A_SECOND)
    return [{**row, "candidates_a_second": rate}], [target]


def _timed(controller: Controller, history: History) -> float:
    begun = time.perf_counter()
    controller.propose(history, _rng(len(history)))
    return time.perf_counter() - begun


def _rng(number: int) -> np.random.Generator:
    return np.random.default_rng([0, number])
