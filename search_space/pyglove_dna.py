"""Between PyGlove's DNA and the integer vectors of a space, number by number: no symbolic value is built.

A generator of PyGlove proposes DNA, a tree of choices that a `DNASpec` describes. The tree of a `MobileBertSpace` is
that of its `pyglove()` value, in which an empty stage has no sizes to choose; any other space is a list of choices.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np

from search_space.mobilebert_space import MobileBertSpace
from search_space.slot_tables import BOTTLENECK, HEADS
from search_space.space import Space, Vectors


class DnaMap(Protocol):
    """Valid vectors `[d]` of a space as PyGlove's DNA, and back."""

    @property
    def spec(self) -> Any:
        """The `pg.DNASpec` of all its DNA."""
        ...

    def vector(self, dna: Any) -> Vectors:
        """The vector of DNA that follows the spec, int64 `[d]`."""
        ...

    def dna(self, x: Vectors) -> Any:
        """The DNA of a valid vector."""
        ...


def dna_map(space: Space) -> DnaMap:
    """The map of a space."""
    return _MobileBertDna(space) if isinstance(space, MobileBertSpace) else _ListedDna(space)


class _ListedDna:
    """A choice for each decision; what is no point of the space is repaired."""

    def __init__(self, space: Space) -> None:
        self._space = space

    @cached_property
    def spec(self) -> Any:
        import pyglove as pg

        return pg.dna_spec(pg.List([pg.oneof(range(int(cardinality))) for cardinality in self._space.cardinalities]))

    def vector(self, dna: Any) -> Vectors:
        return np.asarray(self._space.repair(np.array([dna.to_numbers()], np.int64))[0], np.int64)

    def dna(self, x: Vectors) -> Any:
        return _dna(x.tolist(), self.spec)


class _MobileBertDna:
    """The choices of `MobileBertSpace.pyglove()`: hidden size, number of stages, and for each stage its blocks, heads,
    bottlenecks of those that suit the heads, intermediate size and number of feed-forward networks."""

    def __init__(self, space: MobileBertSpace) -> None:
        self._space = space

    @cached_property
    def spec(self) -> Any:
        import pyglove as pg

        return pg.dna_spec(self._space.pyglove())

    def vector(self, dna: Any) -> Vectors:
        hidden_size, count, *numbers = dna.to_numbers()
        x = np.zeros(len(self._space.cardinalities), np.int64)
        x[0] = hidden_size
        size = len(self._indices[0])
        for slot in range(self._space.num_stages[count]):
            place = slot * size
            chosen = numbers[place : place + size]
            indices = self._beside(slot, self._indices[slot][HEADS][chosen[HEADS]])
            x[1 + place : 1 + place + size] = [values[i] for values, i in zip(indices, chosen, strict=True)]
        return x

    def dna(self, x: Vectors) -> Any:
        size = len(self._indices[0])
        slots = [row for row in x[1:].reshape(-1, size).tolist() if row[0]]
        numbers = [int(x[0]), self._space.num_stages.index(len(slots))]
        for slot, row in enumerate(slots):
            indices = self._beside(slot, row[HEADS])
            numbers += [values.index(value) for values, value in zip(indices, row, strict=True)]
        return _dna(numbers, self.spec)

    @cached_property
    def _indices(self) -> list[list[list[int]]]:
        """By slot and decision, the values that a vector has there for each choice."""
        return [self._space.allowed_indices(slot) for slot in range(self._space.num_stages[-1])]

    def _beside(self, slot: int, heads: int) -> list[list[int]]:
        """The same for a slot whose vector has this value of the heads: only bottlenecks that suit them."""
        indices, sizes = list(self._indices[slot]), self._space.bottleneck_size
        indices[BOTTLENECK] = [i for i in indices[BOTTLENECK] if sizes[i] % self._space.num_attention_heads[heads] == 0]
        return indices


def _dna(numbers: list[int], spec: Any) -> Any:
    import pyglove as pg

    return pg.DNA.from_numbers(numbers, spec)
