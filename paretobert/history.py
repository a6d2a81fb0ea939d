"""What a controller sees of a study: arrays made from its trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from controllers.contract import STATES, History
from paretobert.trial import OPEN, Trial

_STATE_TYPE = f"U{max(map(len, STATES))}"


def history_of(trials: Sequence[Trial], num_decisions: int) -> History:
    """The history of the trials 0 to t - 1, for vectors of `num_decisions`; its arrays cannot be written to.

    A waiting trial is shown as running: who has claimed it when is of no weight, and would not be known afterwards.
    """
    if not trials:
        return History.empty(num_decisions)
    names = dict.fromkeys(name for trial in trials if trial.state not in OPEN for name in trial.metrics)
    values = {
        name: np.array([np.nan if t.state in OPEN else t.metrics.get(name, np.nan) for t in trials], float)
        for name in names
    }
    history = History(
        vectors=np.array([trial.vector for trial in trials], np.int64),
        states=np.array(["running" if trial.state in OPEN else trial.state for trial in trials], _STATE_TYPE),
        values=values,
        violations=np.array([trial.violation for trial in trials], float),
        completion=np.array([-1 if trial.completion is None else trial.completion for trial in trials], np.int64),
    )
    for array in (history.vectors, history.states, history.violations, history.completion, *values.values()):
        array.flags.writeable = False
    return history


def as_seen_by(trial: Trial, trials: Sequence[Trial]) -> list[Trial]:
    """The trials as they were when one was proposed: those before it, with the ends that had happened by then.

    Its proposal is the controller's, given the history of these and the generator `proposal_generator`.
    """
    return [
        before
        if before.completion is not None and before.completion < trial.seen_completions
        else replace(before, state="running", completion=None, violation=0.0)
        for before in trials[: trial.number]
    ]


def proposal_generator(seed: int, number: int) -> np.random.Generator:
    """The generator that the proposal of a trial draws from, in a study of this seed."""
    return np.random.default_rng([seed, number])
