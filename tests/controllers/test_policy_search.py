from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Study, free_metrics

from controllers import Constraint
from controllers.operators import active_decisions
from controllers.outlook import Foresight
from controllers.policy import UNDECIDED, IndependentPolicy
from controllers.policy_search import Lesson, PolicySearch
from controllers.reward import Reward


@dataclass(frozen=True)
class Listener:
    """Learns nothing, but notes what it was taught."""

    policy: IndependentPolicy = field(default_factory=lambda: IndependentPolicy.uniform(SPACE.cardinalities))
    heard: list[Lesson] = field(default_factory=list)

    def after(self, lesson: Lesson) -> Listener:
        self.heard.append(lesson)
        return self


def search(learner: Listener, reward: Reward, constraints: Sequence[Constraint] = ()) -> PolicySearch:
    return PolicySearch(
        SPACE, OBJECTIVES, constraints, free_metrics, learner=learner, reward=reward, window=20, samples=16
    )


def bent(*preferred: int) -> IndependentPolicy:
    """A policy that all but always takes the largest value of decisions."""
    policy = IndependentPolicy.uniform(SPACE.cardinalities)
    step = np.zeros(policy.parameters.shape)
    for decision in preferred:
        step[decision, SPACE.cardinalities[decision] - 1] = 30.0
    return policy.moved(step)


def test_the_sample_farthest_from_every_trial_is_proposed_and_with_a_target_the_first() -> None:
    study = Study(seed=2)
    for x in SPACE.sample(np.random.default_rng(0), 5):
        study.tell(x)
    history, foresee = study.history(), Foresight(OBJECTIVES, (), free_metrics)
    drawn = SPACE.repair(Listener().policy.sample(study.rng(), 16))
    apart = foresee.isolation(foresee(drawn), history)
    spread = search(Listener(), Reward()).propose(history, study.rng())
    aimed = search(Listener(), Reward("tunas", 5.0)).propose(history, study.rng())
    assert np.array_equal(spread, drawn[apart.argmax()])
    assert np.array_equal(aimed, drawn[0])


def test_a_policy_that_has_left_the_feasible_region_is_not_followed() -> None:
    depths = [i for i, name in enumerate(SPACE.decision_names) if name.endswith(("num_blocks", "num_feedforward"))]
    bound = Constraint.parse("latency_ms <= 3")
    policy, rng = bent(*depths), np.random.default_rng(0)
    assert (free_metrics(SPACE.repair(policy.sample(rng, 100)))["latency_ms"] > 3).all()
    x = search(Listener(policy), Reward(), [bound]).propose(Study().history(), rng)
    assert x is not None
    assert free_metrics(x[None])["latency_ms"][0] <= 3


def test_a_trial_teaches_its_active_decisions_and_none_without_a_score() -> None:
    listener = Listener()
    study = Study(constraints=[Constraint.parse("latency_ms <= 12")])
    X = SPACE.sample(np.random.default_rng(1), 12)
    for x, state in zip(X, ("complete", "failed", "running", "pruned") * 3, strict=True):
        study.tell(x, state)
    search(listener, Reward()).policy(study.history())
    teaching = [x for x, state in zip(X, study.states, strict=True) if state in ("complete", "infeasible")]
    assert "infeasible" in study.states
    assert len(listener.heard) == len(teaching)
    for lesson, x in zip(listener.heard, teaching, strict=True):
        assert np.array_equal(lesson.x, np.where(active_decisions(SPACE, x), x, UNDECIDED))


def test_an_infeasible_trial_is_a_bad_example_by_its_violation() -> None:
    listener = Listener()
    study = Study(constraints=[Constraint.parse("latency_ms <= 0.5")])
    study.tell(SPACE.sample(np.random.default_rng(1), 1)[0])
    search(listener, Reward()).policy(study.history())
    assert [lesson.advantage for lesson in listener.heard] == [pytest.approx(-1 - min(1, study.violations[0]))]
