"""How much better a trial was than those before it: the advantage that a policy gradient is weighted by.

Source: reinforcement comparison with a moving average of the rewards as baseline (Williams 1992, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats
from controllers.pareto import non_dominated
from controllers.reward import Reward

ADVANTAGE_LIMIT = 3.0
"""Largest size of an advantage, in deviations of the rewards: a deviation of few rewards is a poor estimate."""


@dataclass(frozen=True)
class Baseline:
    """The trials that the next one is compared with: the last `window`, and the front, whose trend a reward may need.

    Attributes:
        reward: of the objectives.
        window: how many rewards the moving average is taken over.
        points: objectives to minimise of feasible trials in the order in which they ended, `[k, m]`.
    """

    reward: Reward
    window: int
    points: Floats

    def after(self, point: Floats, free: NDArray[np.bool_]) -> tuple[float, Baseline]:
        """By how many deviations the reward of a trial `[m]` is above the average before it; and what is next.

        Args:
            free: bool `[m]`, which objectives are free.
        """
        points = np.vstack([self.points, point])
        kept = non_dominated(points)
        kept[-self.window :] = True
        return self._advantage(self.reward(points, free)), replace(self, points=points[kept])

    def _advantage(self, rewards: Floats) -> float:
        spread = rewards.std()
        if not spread > 0:
            return 0.0
        baseline = rewards[-1 - self.window : -1].mean()
        return float(np.clip((rewards[-1] - baseline) / spread, -ADVANTAGE_LIMIT, ADVANTAGE_LIMIT))


def advantage_of_violation(violation: float) -> float:
    """Minus one deviation, and minus a violation above 0 (at most 1): an infeasible trial has no reward."""
    return -1.0 - min(1.0, violation)
