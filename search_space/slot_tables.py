"""What each slot of a space may hold, as tables over indices: one look-up serves many vectors at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search_space.space import Vectors
from search_space.stage_options import StageOptions

Booleans = NDArray[np.bool_]

BLOCKS, HEADS, BOTTLENECK = 0, 1, 2
"""Positions of decisions in a slot; intermediate size and number of feed-forward networks follow."""


@dataclass(frozen=True)
class SlotTables:
    """Tables of `[slots, decisions, indices]`, as wide as the decision with the most values.

    Attributes:
        values: by decision of a slot, what its indices stand for, ascending; index 0 of the blocks is an empty slot.
        narrowed: of each slot.
        num_stages: how many slots may be in use.
    """

    values: Mapping[str, tuple[int, ...]]
    narrowed: Sequence[StageOptions]
    num_stages: Collection[int]

    @cached_property
    def allowed(self) -> Booleans:
        """Which indices a slot in use may take; false beyond a decision's own."""
        most = max(map(len, self.values.values()))
        table = np.zeros((len(self.narrowed), len(self.values), most), bool)
        for slot, narrowed in enumerate(self.narrowed):
            for decision, (name, values) in enumerate(self.values.items()):
                wanted = getattr(narrowed, name)
                table[slot, decision, : len(values)] = True if wanted is None else np.isin(values, wanted)
        table[:, BLOCKS, 0] = False
        return table

    @cached_property
    def nth_allowed(self) -> Vectors:
        """The allowed indices first, ascending; then the others."""
        return np.argsort(~self.allowed, axis=2, kind="stable")

    @cached_property
    def nearest(self) -> Vectors:
        """The index of the allowed value that is nearest to each, the smaller of two."""
        table = np.zeros(self.allowed.shape, np.int64)
        for decision, values in enumerate(self.values.values()):
            for row, allowed in zip(table[:, decision], self.allowed[:, decision], strict=True):
                row[: len(values)] = _nearest(values, allowed[: len(values)])
        return table

    @cached_property
    def suits(self) -> Booleans:
        """Whether a bottleneck is a multiple of the heads: `[heads, bottlenecks]`."""
        heads, bottlenecks = self._sizes(HEADS), self._sizes(BOTTLENECK)
        return np.asarray(np.array(bottlenecks) % np.array(heads)[:, None] == 0)

    @cached_property
    def usable_bottlenecks(self) -> Booleans:
        """Which bottlenecks a slot may take beside each number of heads: `[slots, heads, bottlenecks]`."""
        return self.allowed[:, BOTTLENECK, None, : len(self._sizes(BOTTLENECK))] & self.suits

    @cached_property
    def nearest_bottleneck(self) -> Vectors:
        """Index of the nearest usable bottleneck: `[slots, heads, bottlenecks]`."""
        sizes = self._sizes(BOTTLENECK)
        return np.stack([[_nearest(sizes, usable) for usable in slot] for slot in self.usable_bottlenecks])

    @cached_property
    def is_count(self) -> Booleans:
        """Whether so many slots may be in use: `[1 + slots]`."""
        return np.isin(np.arange(len(self.narrowed) + 1), list(self.num_stages))

    @cached_property
    def nearest_count(self) -> Vectors:
        """The permitted number of slots in use that is nearest to each: `[1 + slots]`."""
        return _nearest(range(len(self.narrowed) + 1), self.is_count)

    @cached_property
    def shapes(self) -> Booleans:
        """Which sizes a slot may take together: `[slots, heads, bottlenecks, intermediate sizes, feed-forwards]`."""
        *_, intermediate, feedforward = self.values.values()
        others = [self.allowed[:, BOTTLENECK + 1, : len(intermediate)], self.allowed[:, -1, : len(feedforward)]]
        heads = self.allowed[:, HEADS, : len(self._sizes(HEADS)), None]
        return np.asarray(np.einsum("shb,si,sf->shbif", heads & self.usable_bottlenecks, *others))

    def depths(self, slot: int) -> list[int]:
        """The numbers of blocks that a slot in use may hold, ascending."""
        return [int(depth) for depth in np.flatnonzero(self.allowed[slot, BLOCKS])]

    def options(self, slot: int, decision: int) -> list[int]:
        """The values that a decision of a slot in use may take, ascending."""
        values = self._sizes(decision)
        return [values[index] for index in np.flatnonzero(self.allowed[slot, decision])]

    def _sizes(self, decision: int) -> tuple[int, ...]:
        return tuple(self.values.values())[decision]


def _nearest(values: Sequence[int], allowed: Booleans) -> Vectors:
    """For each value, the index of the nearest allowed one, the smaller of two."""
    sizes = np.array(values)
    return np.asarray(np.where(allowed, np.abs(sizes[:, None] - sizes), np.inf).argmin(axis=1))
