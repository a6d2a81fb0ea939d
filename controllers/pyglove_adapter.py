"""Any `pg.DNAGenerator` as a controller: `pg.evolution.nsga2()`, `pg.geno.Random()`, or one of your own.

Source: Peng et al. 2020, "PyGlove: Symbolic Programming for Automated Machine Learning", section 3: a search space is
a symbolic value, an algorithm proposes its DNA and is told a reward.

The generator is led through the history as a search by one worker would have led it: `propose` and `feedback` for each
trial, in the order in which they ended (`Dialogue`). A trial that it did not propose, such as an enqueued one, is told
all the same. What it proposes that is a trial already is answered with what is known of that trial, and what violates a
constraint on free metrics as a violation is; where it finds nothing else, a vector is drawn at random.

A generator that has several objectives is told all of them, with the sign that makes more better; one that has a single
one, its `Reward` as the trials ended by then make it. A generator that draws from other than Python's `random` or a
seed of its own breaks a controller's contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.objective import Constraint, Floats, Objective
from controllers.outlook import Foresight
from controllers.pyglove_dialogue import Dialogue, Feedback
from controllers.random_search import RandomSearch
from controllers.reward import Reward
from search_space import Space, Vectors, dna_map


class PyGloveController:
    """Proposes what a generator does.

    The generator is kept from call to call and told of the trials that have ended since. It is made anew, and told of
    all of them, where a history does not extend the last one and after workers that asked at once.

    Args:
        generator: a `pg.DNAGenerator` that was never used, or what makes one, the same each time.
        reward, target, weight: of the `Reward` that a generator of a single objective is told.

    Raises:
        ValueError: `generator` gives no `pg.DNAGenerator`, or as `Reward` does.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        generator: Any,
        reward: str = "front",
        target: float | None = None,
        weight: float = Reward.weight,
    ) -> None:
        self._space, self._objectives = space, objectives
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._reward = Reward(reward, target, weight)
        self._random_search = RandomSearch(space, objectives, constraints, free_metrics)
        self._make = _maker(generator)
        self._dna = dna_map(space)
        self._dialogue = self._begin()
        self._told: Floats = np.zeros((0, len(space.cardinalities) + len(objectives) + 1))

    def check_budget(self, trials: int) -> None:
        """Raises `ValueError` if an evolution would spend all of so many trials on its first population."""
        import pyglove as pg

        generator = self._make()
        if isinstance(generator, pg.evolution.Evolution) and isinstance(generator.population_init, tuple):
            _, size = generator.population_init
            if size is not None and size > trials:
                raise ValueError(
                    f"a first population of {size} is larger than the {trials} trials of this study; lower its "
                    "population or raise trials"
                )

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        has_ended = history.completion >= 0
        running = {self._space.canonical_key(x) for x in history.vectors[~has_ended]}
        # Before there is anything to repeat, chance may be this study's own
        dialogue = self._caught_up(history) if has_ended.any() else self._begin(int(rng.integers(2**32)))
        x = dialogue.propose(running, rng)
        return self._random_search.propose(history, rng) if x is None else x

    def _begin(self, seed: int = 0) -> Dialogue:
        def violations(X: Vectors) -> Floats:
            return self._foresee(X).violations

        return Dialogue(self._make(), self._space, self._dna, violations, len(self._objectives), seed)

    def _caught_up(self, history: History) -> Dialogue:
        """The generator, told of every trial that has ended."""
        order = np.argsort(history.completion, kind="stable")
        order = order[history.completion[order] >= 0]
        vectors, violations = history.vectors[order], history.violations[order]
        points = history.points(self._objectives)[order]

        trials = np.column_stack([vectors, points, violations])
        known = len(self._told)
        extends = len(trials) >= known and np.array_equal(trials[:known], self._told, equal_nan=True)
        if not extends or not self._dialogue.is_repeatable:
            known, self._dialogue = 0, self._begin()
        for last in range(known, len(trials)):
            feedback = self._feedback(points[: last + 1], violations[: last + 1])
            self._dialogue.tell(vectors[last], feedback, trials[last].tobytes())
        self._told = trials
        return self._dialogue

    @cached_property
    def _free(self) -> NDArray[np.bool_]:
        """Which objectives are free."""
        return self._foresee(self._space.sample(np.random.default_rng(0), 1)).free

    def _feedback(self, points: Floats, violations: Floats) -> Feedback | None:
        """For the last of the trials `[n, m]` that have ended; None for one that has no values and violates nothing."""
        if violations[-1] > 0:
            return self._dialogue.penalty(float(violations[-1]))
        scored = np.isfinite(points).all(axis=1) & (violations <= 0)
        if not scored[-1]:
            return None
        if self._dialogue.multi_objective:
            return tuple((-points[-1]).tolist())
        return float(self._reward(points[scored], self._free)[-1])


def _maker(given: Any) -> Callable[[], Any]:
    """What makes generators, from one or from a function that makes them."""
    import pyglove as pg

    if isinstance(given, pg.DNAGenerator):
        return lambda: given.clone(deep=True)  # a clone has the settings, not what was learned
    if not callable(given):
        raise ValueError(f"a pg.DNAGenerator or what makes one was expected, not a {type(given).__name__}")

    def make() -> Any:
        generator = given()
        if not isinstance(generator, pg.DNAGenerator):
            raise ValueError(f"a pg.DNAGenerator was expected, and a {type(generator).__name__} was made")
        return generator

    return make
