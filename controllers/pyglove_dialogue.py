"""What a search and a `pg.DNAGenerator` have said to each other: `propose` and `feedback` for each trial that ended.

A generator remembers what it proposed and what it was told, and cannot be copied. For a proposal to be a function of
the history, all that leads to a state of a generator has to be in the history too: so chance comes from Python's
shared `random`, which PyGlove draws from, and that is seeded for every trial from those told before it.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from controllers.objective import Floats
from search_space import DnaMap, Space, Vectors

MAX_ASKS = 8
"""How often a generator is asked for a proposal that is new and feasible; each time takes it 20 to 50 ms."""
PENALTY = 1e15
"""What violates constraints by v is told as -PENALTY * (1 + v), in every objective: worse than all that violates
nothing, and the worse the larger v is, as constraint dominance has it (Deb et al. 2002, section VI A)."""
_LARGEST_VIOLATION = 1e6  # one that is infinite is told as this

Feedback = float | tuple[float, ...]


@dataclass(frozen=True)
class _Proposal:
    dna: Any
    vector: Vectors
    key: Hashable


class Dialogue:
    """A generator, and what it has been told.

    Args:
        generator: new, to be set up here.
        space, dna: whose vectors its DNA stands for.
        violations: of the constraints on free metrics, by vectors `[n, d]`: `[n]`.
        objectives: how many there are.
        seed: of what is left to chance before the first trial.

    Attributes:
        is_repeatable: whether nothing was said but what the trials that it was told of account for.
    """

    def __init__(
        self,
        generator: Any,
        space: Space,
        dna: DnaMap,
        violations: Callable[[Vectors], Floats],
        objectives: int,
        seed: int = 0,
    ) -> None:
        self._generator, self._space, self._dna = generator, space, dna
        self._violations, self._objectives = violations, objectives
        self._seed = seed
        self._told: dict[Hashable, Feedback | None] = {}
        self._next: _Proposal | None = None
        self._has_asked = False
        self._metadata: dict[str, Any] = {}
        self.is_repeatable = True
        with _chance(seed):
            generator.setup(dna.spec)

    @property
    def multi_objective(self) -> bool:
        """Whether the generator is told each objective, and not one reward."""
        return bool(self._generator.multi_objective)

    def tell(self, x: Vectors, feedback: Feedback | None, trial: bytes) -> None:
        """Asks for the next trial's vector and answers with that of the trial that came next, `[d]`.

        Args:
            feedback: that vector's; None for one that taught nothing.
            trial: all that sets the trial apart from another, which chance then depends on.
        """
        proposal, key = self._ask_next(), self._space.canonical_key(x)
        self._seed = zlib.crc32(trial, self._seed)
        if feedback is not None:
            dna = proposal.dna if proposal is not None and proposal.key == key else self._in_its_place(x)
            with self._speaking(self._seed):
                self._generator.feedback(dna, feedback)
        self._told[key] = feedback
        self._has_asked = False

    def propose(self, running: Collection[Hashable], rng: np.random.Generator) -> Vectors | None:
        """The next trial's vector `[d]`; None if the generator finds none that is new and feasible.

        Args:
            running: keys of trials that it has not been told of. One that it proposes again is passed over; then it
                has said more than a history would show, and is no longer repeatable.
        """
        proposal = self._ask_next()
        if proposal is not None and proposal.key in running:
            self.is_repeatable = False
            proposal = self._ask(int(rng.integers(2**32)), running)
        return None if proposal is None else proposal.vector

    def penalty(self, violation: float) -> Feedback:
        """The feedback for a violation above 0."""
        reward = -PENALTY * (1.0 + min(violation, _LARGEST_VIOLATION))
        return (reward,) * self._objectives if self.multi_objective else reward

    def _in_its_place(self, x: Vectors) -> Any:
        """DNA of a vector `[d]`, with the notes that the generator left on its own last one: it may look for them."""
        dna = self._dna.dna(x)
        for name, value in self._metadata.items():
            dna.set_metadata(name, value)
        return dna

    def _ask_next(self) -> _Proposal | None:
        """Once for each trial."""
        if not self._has_asked:
            self._next, self._has_asked = self._ask(self._seed, ()), True
        return self._next

    def _ask(self, seed: int, running: Collection[Hashable]) -> _Proposal | None:
        """What it knows already, or would know without an evaluation, is answered at once."""
        with self._speaking(seed):
            for _ in range(MAX_ASKS):
                try:
                    dna = self._generator.propose()
                except StopIteration:
                    return None
                self._metadata = dict(dna.metadata)
                x = self._dna.vector(dna)
                key = self._space.canonical_key(x)
                if key in running:
                    continue
                if key in self._told:
                    feedback = self._told[key]
                elif (violation := float(self._violations(x[None])[0])) > 0:
                    feedback = self.penalty(violation)
                else:
                    return _Proposal(dna, x, key)
                if feedback is not None:
                    self._generator.feedback(dna, feedback)
        return None

    @contextmanager
    def _speaking(self, seed: int) -> Iterator[None]:
        """Within, chance comes from a seed. What is broken off, by an error or a time limit, cannot be repeated."""
        was_repeatable, self.is_repeatable = self.is_repeatable, False
        with _chance(seed):
            yield
        self.is_repeatable = was_repeatable


@contextmanager
def _chance(seed: int) -> Iterator[None]:
    """Within, Python's shared `random` draws from a seed; afterwards it is as it was."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
