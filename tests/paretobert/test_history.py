from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from paretobert.history import GrowingHistory, history_of
from paretobert.trial import Trial
from search_space import Architecture

COUNT = 70  # more than the first capacity
ENDS = st.sampled_from(["complete", "infeasible", "failed", "pruned"])


def running(number: int) -> Trial:
    vector = (number, 2 * number)
    return Trial(
        number, "search", number, None, "running", vector, Architecture(8, ()), {"free": 1.0 * number}, 0.0, 0, None,
        None, None, None, "",
    )  # fmt: skip


@given(st.permutations(range(COUNT)), st.lists(ENDS, min_size=COUNT, max_size=COUNT))
def test_a_history_that_grows_is_the_history_of_all_its_trials(order: list[int], ends: list[str]) -> None:
    trials: list[Trial] = [running(number) for number in range(max(order[:30]) + 1)]
    history = GrowingHistory(2)
    history.update(trials)
    snapshots = []
    for completion, number in enumerate(order):
        for new in range(len(trials), number + 1):
            trials.append(running(new))
            history.update([trials[new]])
        state = ends[number]
        metrics = {"score": 0.5 * number, **trials[number].metrics} if state == "complete" else trials[number].metrics
        trials[number] = replace(trials[number], state=state, metrics=metrics, completion=completion, violation=1.0)
        history.update([trials[number]])
        if completion % 23 == 0:
            snapshots.append((history.snapshot(), history_of(trials, 2)))
    for grown, whole in snapshots:
        assert grown.values.keys() == whole.values.keys()
        for one, other in zip(
            (grown.vectors, grown.states, grown.violations, grown.completion, *grown.values.values()),
            (whole.vectors, whole.states, whole.violations, whole.completion, *whole.values.values()),
            strict=True,
        ):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    assert history.num_ended == COUNT
    assert history.num_counted == COUNT - ends.count("infeasible")
