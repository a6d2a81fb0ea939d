"""How many different architectures a space holds, some of which several of its vectors may stand for.

An architecture is a word whose letters are stages, (shape, depth), neighbours of different shapes. A letter may fill
several slots in a row, and a word may fill the slots in several ways. Words are counted, not ways: after a word we
keep the set of all numbers of slots that it can have filled, as in the subset construction of finite automata.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence


def count_architectures(
    depths: Sequence[Collection[int]], shapes: Mapping[frozenset[int], int], num_stages: Collection[int]
) -> int:
    """The number of different words that fill a permitted number of slots.

    Args:
        depths: of each slot, the positive numbers of blocks that it may hold.
        shapes: by set of slots, how many shapes may stand in these slots and in no other.
        num_stages: permitted numbers of slots in use, all positive.
    """
    total = 0
    words: Counter[tuple[frozenset[int], frozenset[int] | None]] = Counter({(frozenset([0]), None): 1})
    while words:
        longer: Counter[tuple[frozenset[int], frozenset[int] | None]] = Counter()
        for (filled, last), count in words.items():
            total += count if not filled.isdisjoint(num_stages) else 0
            for slots, size in shapes.items():
                letters = size - (slots == last)
                for reached in _reached(depths, filled, slots).values() if letters else ():
                    longer[frozenset(reached), slots] += count * letters
        words = longer
    return total


def _reached(depths: Sequence[Collection[int]], filled: Collection[int], slots: Collection[int]) -> dict[int, set[int]]:
    """By depth of the next stage, the numbers of slots that may be filled after it; its shape may stand in `slots`."""
    reached: dict[int, set[int]] = {}
    for start in filled:
        sums, slot = {0}, start
        while slot in slots:
            sums = {so_far + depth for so_far in sums for depth in depths[slot]}
            slot += 1
            for depth in sums:
                reached.setdefault(depth, set()).add(slot)
    return reached
