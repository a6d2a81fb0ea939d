"""The next vector of a study: a pure function of its configuration and of a history."""

from __future__ import annotations

import numpy as np

from controllers.contract import History
from paretobert.assembly import Assembly
from search_space import Vectors


def propose(assembly: Assembly, history: History) -> Vectors | None:
    """The vector `[d]` of the trial that comes after those of a history; None if there is none left.

    The enqueued architectures come first, in their order; then the controller proposes. Given the history of
    `as_seen_by(trial, trials)`, this is the vector of a trial again.
    """
    number = len(history)
    if number < len(assembly.enqueued):
        enqueued: Vectors = assembly.enqueued[number]
        return enqueued
    return assembly.controller.propose(history, proposal_generator(assembly.configuration.seed, number))


def proposal_generator(seed: int, number: int) -> np.random.Generator:
    """The generator that the proposal of a trial draws from, in a study of this seed."""
    return np.random.default_rng([seed, number])
