"""REINFORCE: a policy over the decisions, moved towards what was rewarded.

Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning",
with a moving average as baseline and an entropy bonus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from controllers.contract import FreeMetrics, History
from controllers.objective import Constraint, Objective
from controllers.policy import Policy
from controllers.policy_search import POLICIES, Lesson, PolicySearch, check_policy_options
from controllers.reward import Reward
from search_space import Space, Vectors


class Reinforce:
    """Draws from the policy that the trials ended so far lead to, taken in the order in which they ended.

    The policy is kept from call to call, follows the trials that have ended since, and is replayed from the first
    where a history does not extend the last one. A trial without a score teaches nothing, unless it violates a
    constraint: its advantage is then minus one deviation, and minus its violation (at most 1).

    Its options were chosen on two synthetic problems of the MobileBERT space, one with dependent sizes, over 8 seeds
    at 50 to 400 trials. After 100 trials it has the hypervolume that random search has after more than 400.

    Args:
        policy: `independent` categoricals, or `autoregressive`, which can learn how decisions depend on each other.
        learning_rate: step of the logits for an advantage of one deviation of the rewards.
        entropy: weight of the entropy bonus.
        window: how many rewards the moving average is taken over.
        samples: drawn from the policy for a proposal. Of those that violate the constraints on free metrics least,
            the one farthest from every trial in the free objectives is proposed: a single policy covers a whole front.
        reward: `front`, a good score for its latency; or `mnasnet` or `tunas`, which aim at a target.
        target: of the first free objective, such as latency_ms; `front` has none.
        weight: of missing the target: MnasNet's exponent or TuNAS's beta, below 0.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        policy: str = "independent",
        learning_rate: float = 0.5,
        entropy: float = 0.2,
        window: int = 50,
        samples: int = 16,
        reward: str = "front",
        target: float | None = None,
        weight: float = -0.07,
    ) -> None:
        check_policy_options("reinforce", policy, learning_rate, entropy, window=window, samples=samples)
        learner = _Ascent(POLICIES[policy](space.cardinalities), learning_rate, entropy)
        self._search = PolicySearch(
            space,
            objectives,
            constraints,
            free_metrics,
            learner=learner,
            reward=Reward(reward, target, weight),
            window=window,
            samples=samples,
        )

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        return self._search.propose(history, rng)

    def policy(self, history: History) -> Policy:
        """What the trials of a history that have ended lead to."""
        return self._search.policy(history)


@dataclass(frozen=True)
class _Ascent:
    """Steps up the gradient of advantage * log probability + entropy weight * entropy."""

    policy: Policy
    learning_rate: float
    entropy: float

    def after(self, lesson: Lesson) -> _Ascent:
        weights = np.full((1, len(lesson.x)), lesson.advantage)
        gradient = self.policy.gradient(lesson.x[None], weights, self.entropy)
        return replace(self, policy=self.policy.moved(self.learning_rate * gradient))
