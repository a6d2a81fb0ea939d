from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from synthetic_studies import OBJECTIVES, Grid, Study

from controllers.replay import Ended, Replay

GRID = Grid(np.array([9, 9]), np.ones(2, bool))
Told = tuple[tuple[int, ...], ...]


def study(vectors: Sequence[tuple[int, int]], states: Sequence[str]) -> Study:
    told = Study(GRID, free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 0]}, score=lambda X: X[:, 1] / 9)
    for x, state in zip(vectors, states, strict=True):
        told.tell(np.array(x), state)
    return told


def recorder() -> tuple[Replay[Told], list[Ended]]:
    """A replay whose state is the vectors it has followed, and the trials it was called with."""
    followed: list[Ended] = []

    def step(state: Told, trial: Ended) -> Told:
        followed.append(trial)
        return (*state, tuple(trial.x.tolist()))

    return Replay(OBJECTIVES, (), step), followed


def test_trials_are_followed_in_the_order_in_which_they_ended_and_running_ones_not_at_all() -> None:
    told = study([(1, 1), (2, 2), (3, 3)], ["complete", "running", "complete"])
    told.completion = [1, -1, 0]
    replay, followed = recorder()
    assert replay.state(told.history()) == ((3, 3), (1, 1))
    assert followed[0].point == pytest.approx([-3 / 9, 4.0])
    assert followed[0].violation == 0


def test_only_what_has_ended_since_is_followed() -> None:
    told = study([(1, 1), (2, 2), (3, 3)], ["complete", "running", "failed"])
    replay, followed = recorder()
    replay.state(told.history())
    told.tell(np.array([4, 4]))
    told.states[1], told.completion[1] = "failed", 3
    assert replay.state(told.history()) == ((1, 1), (3, 3), (4, 4), (2, 2))
    assert replay.state(told.history()) == ((1, 1), (3, 3), (4, 4), (2, 2))
    assert len(followed) == 4
    assert np.isnan(followed[1].point).all()


@pytest.mark.parametrize("change", ["vector", "score", "violation", "order", "fewer"])
def test_a_history_that_does_not_extend_the_last_one_is_followed_from_the_first(change: str) -> None:
    told = study([(1, 1), (2, 2), (3, 3)], ["complete"] * 3)
    replay, followed = recorder()
    replay.state(told.history())
    if change == "vector":
        told.vectors[0] = np.array([5, 1])
    elif change == "score":
        told.values["score"][2] = 0.9
    elif change == "violation":
        told.violations[1] = 0.5
    elif change == "order":
        told.completion = [0, 2, 1]
    else:
        told = study([(1, 1), (2, 2)], ["complete"] * 2)
    fresh, _ = recorder()
    expected = fresh.state(told.history())
    assert replay.state(told.history()) == expected
    assert len(followed) == 3 + len(expected)
