"""REINFORCE: a policy of independent categoricals over the decisions, moved towards what was rewarded.

Sources: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning",
with a moving average as baseline and an entropy bonus; the reward of MnasNet (Tan et al. 2019, equation 2),
score * (latency / target)^w.

MnasNet sets w from the score that a doubled latency is known to buy, so that all trials along the frontier are
rewarded alike. Here the history tells it: to first order in the logarithm of the latency the reward is

    reward = score - slope * log(latency / target),

the slope being that of the front of the trials ended so far, and so for every costly and every free objective.
The target is a constant added to all rewards, which the baseline takes away, so none is to be chosen. What is
rewarded is a good score *for its latency*, at any latency.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.objective import Constraint, Floats, Objective
from controllers.operators import active_decisions
from controllers.outlook import Foresight, magnitudes, trend
from controllers.pareto import non_dominated
from controllers.policy import Policy
from search_space import Space, Vectors

ADVANTAGE_LIMIT = 3.0
"""Largest size of an advantage, in deviations of the rewards: a deviation of few rewards is a poor estimate."""


class Reinforce:
    """Draws from the policy that the trials ended so far lead to, taken in the order in which they ended.

    Its options were chosen on synthetic problems of the MobileBERT space, at 40 and 120 trials.

    The policy is kept from call to call, follows the trials that have ended since, and is replayed from the first
    where a history does not extend the last one. A trial without a score teaches nothing, unless it violates a
    constraint: its advantage is then minus one deviation, and minus its violation (at most 1).

    Args:
        learning_rate: step of the logits for an advantage of one deviation of the rewards.
        entropy: weight of the entropy bonus.
        window: how many rewards the moving average is taken over.
        samples: drawn from the policy for a proposal. Of those that violate the constraints on free metrics least,
            the one farthest from every trial in the free objectives is proposed: a single policy covers a whole front.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        learning_rate: float = 0.5,
        entropy: float = 0.1,
        window: int = 20,
        samples: int = 16,
    ) -> None:
        if not learning_rate > 0 or not entropy >= 0:
            raise ValueError(
                f"reinforce: learning_rate must be above 0 and entropy at least 0, not {learning_rate} and {entropy}"
            )
        if window < 1 or samples < 1:
            raise ValueError(f"reinforce: window and samples must be at least 1, not {window} and {samples}")
        self._space, self._objectives = space, objectives
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._learning_rate, self._entropy = learning_rate, entropy
        self._window, self._samples = window, samples
        self._unseen = Unseen(space)
        self._policy = Policy.uniform(space.cardinalities)
        self._learned: Floats = np.zeros((0, len(space.cardinalities) + len(objectives) + 1))

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        policy = self.policy(history)

        def draw() -> Vectors:
            X = self._space.repair(policy.sample(rng, self._samples))
            outlook = self._foresee(X)
            if (outlook.violations > 0).all():  # a policy that has left the feasible region is not to be followed
                X = np.vstack([X, self._space.sample(rng, self._samples)])
                outlook = self._foresee(X)
            return X[np.lexsort((-self._foresee.isolation(outlook, history), outlook.violations))]

        return self._unseen.first(history, draw, rng)

    def policy(self, history: History) -> Policy:
        """What the trials of a history that have ended lead to."""
        order = np.argsort(history.completion, kind="stable")
        order = order[history.completion[order] >= 0]
        vectors, violations = history.vectors[order], history.violations[order]
        points = history.points(self._objectives)[order]

        trials = np.column_stack([vectors, points, violations])
        known = len(self._learned)
        if len(trials) < known or not np.array_equal(trials[:known], self._learned, equal_nan=True):
            known, self._policy = 0, Policy.uniform(self._space.cardinalities)
        if known < len(trials):
            free = self._foresee(vectors[:1]).free
            scored = np.isfinite(points).all(axis=1) & (violations <= 0)
            for last in range(known, len(trials)):
                if violations[last] > 0:
                    self._learn(vectors[last], -1.0 - min(1.0, float(violations[last])))
                elif scored[last]:
                    so_far = points[: last + 1][scored[: last + 1]]
                    self._learn(vectors[last], advantage(so_far, free, self._window))
        self._learned = trials
        return self._policy

    def _learn(self, x: Vectors, advantage: float) -> None:
        active = active_decisions(self._space, x)
        self._policy = self._policy.updated(x, active, advantage, self._learning_rate, self._entropy)


def advantage(points: Floats, free: NDArray[np.bool_], window: int) -> float:
    """By how many deviations the reward of the last trial is above the average of the `window` trials before it.

    Args:
        points: objectives to minimise of the feasible trials in the order in which they ended, `[n, m]`.
        free: bool `[m]`, which objectives are free.
    """
    sizes = magnitudes(points[:, free])
    residuals = points[:, ~free] - sizes @ trend(points[non_dominated(points)], free)
    deviations = residuals.std(axis=0)
    rewards = -(residuals / np.where(deviations > 0, deviations, 1.0)).sum(axis=1)
    spread = rewards.std()
    if not spread > 0:
        return 0.0
    baseline = rewards[-1 - window : -1].mean()
    return float(np.clip((rewards[-1] - baseline) / spread, -ADVANTAGE_LIMIT, ADVANTAGE_LIMIT))
