from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import SPACE, Grid, Study

from controllers import Reinforce
from controllers.reinforce import advantage

FREE = np.array([False, True])


def rewarding(decision: int, value: int) -> tuple[Grid, Study]:
    grid = Grid(np.array([4, 4, 4, 6]), np.zeros(4, bool))
    study = Study(
        grid,
        free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 3]},
        score=lambda X: 0.4 + 0.3 * (X[:, decision] == value) + 0.05 * X[:, 3],
        seed=value,
    )
    return grid, study


@pytest.mark.parametrize("value", [0, 2, 3])
def test_the_policy_moves_towards_the_decision_that_is_rewarded(value: int) -> None:
    _, study = rewarding(1, value)
    controller = study.controller(Reinforce)
    assert isinstance(controller, Reinforce)
    before = controller.policy(study.history()).probabilities()[1, value]
    study.run(controller, 40)
    after = controller.policy(study.history()).probabilities()[1]
    assert before == pytest.approx(0.25)
    assert after[value] > 0.8


def test_an_advantage_is_a_good_score_for_its_latency() -> None:
    latency = np.array([1.0, 2.0, 4.0, 8.0, 4.0])
    on_the_trend = -0.1 * np.log2(latency)
    better, worse = on_the_trend.copy(), on_the_trend.copy()
    better[-1] -= 0.05
    worse[-1] += 0.05
    assert advantage(np.column_stack([better, latency]), FREE, 20) > 1
    assert advantage(np.column_stack([worse, latency]), FREE, 20) < -1


def test_a_smaller_network_on_the_trend_is_as_good_as_a_larger_one() -> None:
    latency = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    noise = np.array([0.01, -0.01, 0.01, -0.01, 0.0])
    points = np.column_stack([-0.1 * np.log2(latency) + noise, latency])
    assert abs(advantage(points, FREE, 20)) < 1
    assert abs(advantage(points[[4, 1, 2, 3, 0]], FREE, 20)) < 1.5


def test_the_first_trial_has_no_advantage() -> None:
    assert advantage(np.array([[-0.5, 3.0]]), FREE, 20) == 0.0


def test_failed_running_and_pruned_trials_teach_nothing() -> None:
    study = Study()
    controller = study.controller(Reinforce)
    assert isinstance(controller, Reinforce)
    study.run(controller, 9, ("failed", "running", "pruned"))
    policy = controller.policy(study.history())
    assert np.allclose(policy.probabilities() * SPACE.cardinalities[:, None] % 1, 0)


def test_a_violated_constraint_makes_a_decision_less_likely() -> None:
    _, study = rewarding(0, 0)
    controller = study.controller(Reinforce)
    assert isinstance(controller, Reinforce)
    study.run(controller, 5)
    x = np.array([2, 1, 1, 0])
    before = controller.policy(study.history()).probabilities()[np.arange(4), x]
    study.tell(x, "infeasible")
    study.violations[-1] = 0.5
    after = controller.policy(study.history()).probabilities()[np.arange(4), x]
    assert (after < before).all()


def test_order_of_completion_decides_not_order_of_numbers() -> None:
    study = Study(seed=5)
    controller = study.controller(Reinforce)
    assert isinstance(controller, Reinforce)
    study.run(controller, 12)
    in_order = controller.policy(study.history()).probabilities()
    study.completion.reverse()
    assert not np.allclose(controller.policy(study.history()).probabilities(), in_order)


@pytest.mark.parametrize("options", [{"learning_rate": 0.0}, {"entropy": -1.0}, {"window": 0}, {"samples": 0}])
def test_impossible_options_are_refused_by_name(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"reinforce: .*{next(iter(options))}"):
        Study().controller(Reinforce, **options)


def test_sizes_of_empty_stages_are_not_learned() -> None:
    study = Study()
    for depth in (1, 2, 4, 6):
        x = np.zeros(len(SPACE.cardinalities), np.int64)
        x[1:6] = depth, 2, 3, 4, depth - 1
        study.tell(x)
    controller = study.controller(Reinforce)
    assert isinstance(controller, Reinforce)
    p = controller.policy(study.history()).probabilities()
    untouched = np.isclose(p.max(axis=1) * SPACE.cardinalities, 1)
    learned = {name for name, is_untouched in zip(SPACE.decision_names, untouched, strict=True) if not is_untouched}
    always_active = {"hidden_size", *(f"stage{stage}.num_blocks" for stage in (1, 2, 3, 4))}
    assert learned == always_active | {name for name in SPACE.decision_names if name.startswith("stage1.")}
