"""What the policy-gradient controllers have in common: what a trial teaches, and how a policy becomes a proposal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from controllers.advantage import Baseline, advantage_of_violation
from controllers.autoregressive_policy import AutoregressivePolicy
from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.objective import Constraint, Objective
from controllers.operators import active_decisions
from controllers.outlook import Foresight
from controllers.policy import UNDECIDED, IndependentPolicy, Policy
from controllers.replay import Ended, Replay
from controllers.reward import Reward
from search_space import Space, Vectors

POLICIES: dict[str, Callable[[Vectors], Policy]] = {
    "independent": IndependentPolicy.uniform,
    "autoregressive": AutoregressivePolicy.uniform,
}
"""Makes the policy of a name that has learned nothing, for cardinalities `[d]`."""


@dataclass(frozen=True)
class Lesson:
    """What a trial that has ended teaches.

    Attributes:
        x: its vector `[d]`, `UNDECIDED` where a decision did not matter.
        advantage: how much better it was than those before it, in deviations.
    """

    x: Vectors
    advantage: float


class Learner(Protocol):
    """An algorithm between two trials: a value, so that a history can be replayed."""

    @property
    def policy(self) -> Policy:
        """What it has learned."""
        ...

    def after(self, lesson: Lesson) -> Self:
        """What it is after one more lesson."""
        ...


class PolicySearch:
    """Draws from the policy that a learner has come to by the trials ended so far, in the order in which they ended.

    A trial without a score teaches nothing, unless it violates a constraint.

    Args:
        learner: before the first trial.
        window: how many rewards the moving average is taken over.
        samples: drawn from the policy for a proposal. Of those that violate the constraints on free metrics least,
            the one farthest from every trial in the free objectives is proposed, for a single policy covers a whole
            front; or the first drawn, where the reward aims at a target.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        learner: Learner,
        reward: Reward,
        window: int,
        samples: int,
    ) -> None:
        self._space, self._samples = space, samples
        self._spread = reward.target is None
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._unseen = Unseen(space)
        nothing_yet = Baseline(reward, window, np.zeros((0, len(objectives))))
        self._replay = Replay(objectives, (nothing_yet, learner), self._after)

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        policy = self.policy(history)

        def draw() -> Vectors:
            X = self._space.repair(policy.sample(rng, self._samples))
            outlook = self._foresee(X)
            if (outlook.violations > 0).all():  # a policy that has left the feasible region is not to be followed
                X = np.vstack([X, self._space.sample(rng, self._samples)])
                outlook = self._foresee(X)
            apart = self._foresee.isolation(outlook, history) if self._spread else np.zeros(len(X))
            return X[np.lexsort((-apart, outlook.violations))]

        return self._unseen.first(history, draw, rng)

    def policy(self, history: History) -> Policy:
        """What the trials of a history that have ended lead to."""
        _, learner = self._replay.state(history)
        return learner.policy

    def _after(self, state: tuple[Baseline, Learner], trial: Ended) -> tuple[Baseline, Learner]:
        baseline, learner = state
        if trial.violation > 0:
            advantage = advantage_of_violation(trial.violation)
        elif np.isfinite(trial.point).all():
            advantage, baseline = baseline.after(trial.point, self._free)
        else:
            return state
        x = np.where(active_decisions(self._space, trial.x), trial.x, UNDECIDED)
        return baseline, learner.after(Lesson(x, advantage))

    @cached_property
    def _free(self) -> NDArray[np.bool_]:
        """Which objectives are free, which any vector shows: bool `[m]`."""
        return self._foresee(self._space.repair(np.zeros((1, len(self._space.cardinalities)), np.int64))).free


def check_policy_options(
    controller: str, policy: str, learning_rate: float, entropy: float, **at_least_one: int
) -> None:
    """Raises ValueError for options that make no sense, naming the controller, the option and what it was."""
    if policy not in POLICIES:
        raise ValueError(f"{controller}: policy {policy!r} is not known; choose one of {', '.join(POLICIES)}")
    if not learning_rate > 0 or not entropy >= 0:
        raise ValueError(
            f"{controller}: learning_rate must be above 0 and entropy at least 0, not {learning_rate} and {entropy}"
        )
    for name, count in at_least_one.items():
        if count < 1:
            raise ValueError(f"{controller}: {name} must be at least 1, not {count}")
