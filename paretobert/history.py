"""What a controller sees of a study: arrays made from its trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from controllers.contract import STATES, History
from paretobert.trial import Trial

_STATE_TYPE = f"U{max(map(len, STATES))}"
_FIRST_CAPACITY = 64
_Array = TypeVar("_Array", bound=NDArray[Any])


class GrowingHistory:
    """The history of a study, brought up to date by the trials that changed and not made anew from all.

    Args:
        num_decisions: of a vector.
    """

    def __init__(self, num_decisions: int) -> None:
        self._length = 0
        self._ended = 0
        self._infeasible = 0
        self._vectors = np.zeros((_FIRST_CAPACITY, num_decisions), np.int64)
        self._states = np.full(_FIRST_CAPACITY, "running", _STATE_TYPE)
        self._violations = np.zeros(_FIRST_CAPACITY)
        self._completion = np.full(_FIRST_CAPACITY, -1, np.int64)
        self._values: dict[str, NDArray[np.float64]] = {}

    def __len__(self) -> int:
        return self._length

    @property
    def num_ended(self) -> int:
        """Trials that have ended, infeasible ones included."""
        return self._ended

    @property
    def num_counted(self) -> int:
        """Trials that count towards the number asked for: all but the infeasible ones."""
        return self._length - self._infeasible

    def update(self, changed: Iterable[Trial]) -> None:
        """Takes over trials that are new, or that have ended since they were last given; a number leaves no gap.

        A waiting trial is shown as running: who has claimed it when is of no weight, and would not be known afterwards.
        """
        for trial in sorted(changed, key=lambda trial: trial.number):
            row = trial.number
            if row == len(self._vectors):
                self._grow()
            self._length = max(self._length, row + 1)
            self._vectors[row] = trial.vector
            self._violations[row] = trial.violation
            if trial.completion is None:
                continue
            if self._completion[row] < 0:
                self._ended += 1
                self._infeasible += int(trial.state == "infeasible")
            self._states[row] = trial.state
            self._completion[row] = trial.completion
            for name, value in trial.metrics.items():
                if name not in self._values:
                    self._values[name] = np.full(len(self._vectors), np.nan)
                self._values[name][row] = value

    def snapshot(self) -> History:
        """The history as it stands, in arrays that cannot be written to and that no later update changes."""
        t = self._length
        return History(
            vectors=_read_only(self._vectors[:t]),  # a trial's vector never changes, so this needs no copy
            states=_read_only(self._states[:t].copy()),
            values={name: _read_only(self._values[name][:t].copy()) for name in sorted(self._values)},
            violations=_read_only(self._violations[:t].copy()),
            completion=_read_only(self._completion[:t].copy()),
        )

    def _grow(self) -> None:
        """Doubles the capacity."""
        more = len(self._vectors)
        self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
        self._states = np.concatenate([self._states, np.full(more, "running", _STATE_TYPE)])
        self._violations = np.concatenate([self._violations, np.zeros(more)])
        self._completion = np.concatenate([self._completion, np.full(more, -1, np.int64)])
        self._values = {name: np.concatenate([v, np.full(more, np.nan)]) for name, v in self._values.items()}


def history_of(trials: Sequence[Trial], num_decisions: int) -> History:
    """The history of the trials 0 to t - 1, for vectors of `num_decisions`; its arrays cannot be written to."""
    history = GrowingHistory(num_decisions)
    history.update(trials)
    return history.snapshot()


def as_seen_by(trial: Trial, trials: Sequence[Trial]) -> list[Trial]:
    """The trials as they were when one was proposed: those before it, with the ends that had happened by then.

    Its proposal is `proposals.propose`'s, given the history of these.
    """
    return [
        before
        if before.completion is not None and before.completion < trial.seen_completions
        else replace(before, state="running", completion=None, violation=0.0)
        for before in trials[: trial.number]
    ]


def _read_only(array: _Array) -> _Array:
    array.flags.writeable = False
    return array
