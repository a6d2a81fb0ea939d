"""PPO: a policy over the decisions, moved several times by the same trials, but not far from the one they found.

Source: Schulman et al. 2017, "Proximal Policy Optimization Algorithms": the clipped surrogate objective (equation 7)
with an entropy bonus (equation 9), maximised by stochastic gradient ascent over several epochs of minibatches
(algorithm 1). A trial is an episode with an action for each decision that matters; every action has a probability ratio
of its own and the whole trial's advantage, for the one reward comes at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from controllers.contract import FreeMetrics, History
from controllers.objective import Constraint, Floats, Objective
from controllers.operators import check_first_trials
from controllers.policy import Policy
from controllers.policy_search import POLICIES, Lesson, PolicySearch, check_policy_options
from controllers.reward import Reward
from search_space import Space, Vectors


class PPO:
    """Draws from the policy that the trials ended so far lead to, taken in the order in which they ended.

    The policy moves whenever a batch of trials has ended that teach something; see `reinforce` for what a trial
    teaches and how a sample is chosen.

    Its options were chosen on two synthetic problems of the MobileBERT space, one with dependent sizes, over 6 to 12
    seeds at 50 to 400 trials. The two policies came out alike there, and so did Adam in place of plain steps.

    Args:
        policy: `autoregressive`, which can learn how decisions depend on each other, or `independent` categoricals.
        learning_rate: step of the logits for an advantage of one deviation of the rewards, in one epoch.
        entropy: weight of the entropy bonus.
        clip: how far from 1 the ratio of new to old probability is followed.
        batch: trials from one update of the policy to the next.
        epochs: how often an update goes through its batch.
        minibatch: trials of one gradient.
        window: how many rewards the moving average is taken over.
        samples: drawn from the policy for a proposal, as for `reinforce`.
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
        policy: str = "autoregressive",
        learning_rate: float = 0.2,
        entropy: float = 0.1,
        clip: float = 0.4,
        batch: int = 10,
        epochs: int = 4,
        minibatch: int = 5,
        window: int = 50,
        samples: int = 16,
        reward: str = "front",
        target: float | None = None,
        weight: float = -0.07,
    ) -> None:
        check_policy_options(
            "ppo",
            policy,
            learning_rate,
            entropy,
            batch=batch,
            epochs=epochs,
            minibatch=minibatch,
            window=window,
            samples=samples,
        )
        if not 0 < clip < 1:
            raise ValueError(f"ppo: clip must be between 0 and 1, not {clip}")
        if minibatch > batch:
            raise ValueError(f"ppo: minibatch {minibatch} is larger than the batch of {batch}")
        self._batch = batch
        self._search = PolicySearch(
            space,
            objectives,
            constraints,
            free_metrics,
            learner=_ClippedSurrogate(
                POLICIES[policy](space.cardinalities), learning_rate, entropy, clip, batch, epochs, minibatch
            ),
            reward=Reward(reward, target, weight),
            window=window,
            samples=samples,
        )

    def check_budget(self, trials: int) -> None:
        """Raises ValueError if a study of so many trials would end before the policy's first update."""
        check_first_trials("ppo", "batch", self._batch, trials)

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        return self._search.propose(history, rng)

    def policy(self, history: History) -> Policy:
        """What the trials of a history that have ended lead to."""
        return self._search.policy(history)


@dataclass(frozen=True)
class _ClippedSurrogate:
    """Ascends the sum of min(ratio * advantage, clip(ratio) * advantage) + entropy weight * entropy.

    Attributes:
        lessons: since the last update.
        updates: so far; the seed of the next one's minibatches, so that a replayed history shuffles as before.
    """

    policy: Policy
    learning_rate: float
    entropy: float
    clip: float
    batch: int
    epochs: int
    minibatch: int
    lessons: tuple[Lesson, ...] = ()
    updates: int = 0

    def after(self, lesson: Lesson) -> _ClippedSurrogate:
        lessons = (*self.lessons, lesson)
        if len(lessons) < self.batch:
            return replace(self, lessons=lessons)
        return replace(self, policy=self._improved(lessons), lessons=(), updates=self.updates + 1)

    def _improved(self, lessons: Sequence[Lesson]) -> Policy:
        X = np.array([lesson.x for lesson in lessons])
        advantages = np.array([[lesson.advantage] for lesson in lessons])
        old = self.policy.log_probabilities(X)
        policy, rng = self.policy, np.random.default_rng(self.updates)
        for _ in range(self.epochs):
            order = rng.permutation(len(X))
            for start in range(0, len(X), self.minibatch):
                rows = order[start : start + self.minibatch]
                ratio = np.exp(policy.log_probabilities(X[rows]) - old[rows])
                weights = surrogate_weights(ratio, advantages[rows], self.clip)
                policy = policy.moved(self.learning_rate * policy.gradient(X[rows], weights, self.entropy))
        return policy


def surrogate_weights(ratio: Floats, advantages: Floats, clip: float) -> Floats:
    """The derivative of the clipped surrogate with respect to the log probabilities: `[n, d]`.

    Args:
        ratio: of the new to the old probability of each decision, `[n, d]`.
        advantages: `[n, 1]`.
    """
    beyond = np.where(advantages > 0, ratio > 1 + clip, ratio < 1 - clip)
    return np.where(beyond, 0.0, ratio * advantages)
