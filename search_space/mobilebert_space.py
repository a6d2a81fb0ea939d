"""The space of MobileBERT architectures: a hidden size and up to four stages, each with sizes of its own.

The space is one PyGlove value (`MobileBertSpace.pyglove`); searches walk the same points as integer vectors,
because building a symbolic object for every candidate costs milliseconds where a vector costs microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_space.architecture import Architecture, Stage
from search_space.closed_forms import multiply_add_counts, parameter_counts
from search_space.dimensions import Dimensions
from search_space.space import Vectors

NUM_SLOTS = 4
_STAGE_DECISIONS = tuple(f.name for f in fields(Stage))
_BLOCKS, _HEADS, _BOTTLENECK = 0, 1, 2  # positions of decisions in a slot


@dataclass(frozen=True)
class MobileBertSpace:
    """Architectures of up to four stages, written in four slots of `1 + max_blocks_per_slot` depths each.

    A vector is `[hidden_size, slot 1, ..., slot 4]`; a slot is `[num_blocks, num_attention_heads, bottleneck_size,
    intermediate_size, num_feedforward]`. `num_blocks` is the number itself, 0 meaning an empty slot; the other
    decisions index their options. Slots in use come first, and an empty slot is all zeros. A stage deeper than one
    slot takes the slots that follow it, each filled before the next.

    Attributes:
        hidden_size, num_attention_heads, bottleneck_size, intermediate_size, num_feedforward: options, ascending.
        max_blocks_per_slot: deepest slot.
        base: gives the fields that are not searched; its own sizes do not matter.

    Raises:
        ValueError: options are empty, not ascending or not positive, or no bottleneck suits a number of heads.
    """

    hidden_size: tuple[int, ...] = (256, 384, 512, 640)
    num_attention_heads: tuple[int, ...] = (1, 2, 4, 8)
    bottleneck_size: tuple[int, ...] = (64, 128, 192, 256, 320, 384)
    intermediate_size: tuple[int, ...] = (256, 512, 768, 1024, 1280, 1536)
    num_feedforward: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    max_blocks_per_slot: int = 6
    base: Architecture = field(default_factory=lambda: Architecture(512, ()))

    def __post_init__(self) -> None:
        for name, options in self._options().items():
            if not options or list(options) != sorted(set(options)) or options[0] < 1:
                raise ValueError(f"space: {name} must list positive integers in ascending order, not {options}")
        if self.max_blocks_per_slot < 1:
            raise ValueError(f"space: max_blocks_per_slot must be at least 1, not {self.max_blocks_per_slot}")
        if impossible := [
            heads for heads, suits in zip(self.num_attention_heads, self._suits, strict=True) if not suits.any()
        ]:
            raise ValueError(
                f"space: no bottleneck_size of {self.bottleneck_size} is a multiple of "
                f"num_attention_heads {impossible[0]}"
            )

    # The vectors

    @cached_property
    def cardinalities(self) -> Vectors:
        slot = [
            self.max_blocks_per_slot + 1,
            *(len(options) for name, options in self._options().items() if name != "hidden_size"),
        ]
        return np.array([len(self.hidden_size), *slot * NUM_SLOTS], np.int64)

    @cached_property
    def ordered(self) -> NDArray[np.bool_]:
        return np.ones(len(self.cardinalities), bool)

    @cached_property
    def decision_names(self) -> tuple[str, ...]:
        stages = range(1, NUM_SLOTS + 1)
        return ("hidden_size", *(f"stage{stage}.{name}" for stage in stages for name in _STAGE_DECISIONS))

    def is_valid(self, X: Vectors) -> NDArray[np.bool_]:
        X = np.atleast_2d(np.asarray(X, np.int64))
        if X.shape[1] != len(self.cardinalities):
            raise ValueError(f"a vector of this space has {len(self.cardinalities)} decisions, not {X.shape[1]}")
        in_range = np.all((X >= 0) & (self.cardinalities > X), axis=1)
        slots = _slots(np.where(in_range[:, None], X, 0))
        active = slots[:, :, _BLOCKS] > 0
        empty_is_zero = (active | (slots == 0).all(axis=2)).all(axis=1)
        active_first = active[:, 0] & (active[:, :-1] >= active[:, 1:]).all(axis=1)
        suits = (~active | self._suits[slots[:, :, _HEADS], slots[:, :, _BOTTLENECK]]).all(axis=1)
        valid: NDArray[np.bool_] = in_range & empty_is_zero & active_first & suits
        return valid

    def repair(self, X: Vectors) -> Vectors:
        X = np.atleast_2d(np.asarray(X, np.int64)).copy()
        slots = _slots(X)
        slots[:, 0, _BLOCKS] += ~(slots[:, :, _BLOCKS] > 0).any(axis=1)  # a network has at least one block
        slots[slots[:, :, _BLOCKS] == 0] = 0
        order = np.argsort(slots[:, :, _BLOCKS] == 0, axis=1, kind="stable")
        slots[:] = np.take_along_axis(slots, order[:, :, None], axis=1)
        slots[:, :, _BOTTLENECK] = self._nearest_bottleneck[slots[:, :, _HEADS], slots[:, :, _BOTTLENECK]]
        slots[slots[:, :, _BLOCKS] == 0] = 0
        return X

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        X = rng.integers(0, self.cardinalities, (size, len(self.cardinalities)))
        slots = _slots(X)
        slots[:, :, _BLOCKS] = rng.integers(1, self.max_blocks_per_slot + 1, (size, NUM_SLOTS))
        num_stages = rng.integers(1, NUM_SLOTS + 1, size)
        slots[np.arange(NUM_SLOTS) >= num_stages[:, None]] = 0
        return self.repair(X)

    def canonical_key(self, x: Vectors) -> tuple[int, ...]:
        hidden, *decisions = (int(value) for value in x)
        key: list[int] = [hidden]
        for start in range(0, len(decisions), len(_STAGE_DECISIONS)):
            num_blocks, *sizes = decisions[start : start + len(_STAGE_DECISIONS)]
            if num_blocks and len(key) > 1 and key[-len(sizes) :] == sizes:
                key[-len(sizes) - 1] += num_blocks
            elif num_blocks:
                key += [num_blocks, *sizes]
        return tuple(key)

    def features(self, X: Vectors) -> NDArray[np.float64]:
        """Logarithms of the sizes, zero for what is absent, then of depth, parameters and multiply-adds."""
        d = self.dimensions(X)
        by_stage = [np.log2(1.0 + getattr(d, name)) for name in _STAGE_DECISIONS]
        totals = [d.num_blocks.sum(axis=1), parameter_counts(d), multiply_add_counts(d, 384)]
        return np.column_stack([np.log2(d.hidden_size), *by_stage, *(np.log2(total) for total in totals)])

    def encode(self, value: Architecture) -> Vectors:
        """The vector of an architecture.

        Raises:
            ValueError: the space does not hold it; the message names the field.
        """
        for name in (f.name for f in fields(Architecture)):
            if name not in ("hidden_size", "stages") and getattr(value, name) != getattr(self.base, name):
                raise ValueError(
                    f"{name} is fixed at {getattr(self.base, name)!r} in this space, not {getattr(value, name)!r}"
                )
        rows = [
            [num_blocks, *(self._index(name, getattr(stage, name)) for name in _STAGE_DECISIONS[1:])]
            for stage in value.canonical().stages
            for num_blocks in _split(stage.num_blocks, self.max_blocks_per_slot)
        ]
        if not 1 <= len(rows) <= NUM_SLOTS:
            raise ValueError(
                f"num_blocks: these stages need {len(rows)} slots of at most {self.max_blocks_per_slot} blocks, "
                f"the space has 1 to {NUM_SLOTS}"
            )
        x = np.zeros(len(self.cardinalities), np.int64)
        x[0] = self._index("hidden_size", value.hidden_size)
        x[1 : 1 + len(rows) * len(_STAGE_DECISIONS)] = np.concatenate(rows)
        return x

    def decode(self, x: Vectors) -> Architecture:
        """The canonical architecture of a valid vector."""
        x = np.asarray(x, np.int64)
        if not self.is_valid(x)[0]:
            raise ValueError(f"not a vector of this space: {x.tolist()}")
        d = self.dimensions(x)
        stages = tuple(
            Stage(*(int(getattr(d, name)[0, slot]) for name in _STAGE_DECISIONS))
            for slot in range(int((d.num_blocks[0] > 0).sum()))
        )
        return replace(self.base, hidden_size=int(d.hidden_size[0]), stages=stages).canonical()

    def dimensions(self, X: Vectors) -> Dimensions:
        """The sizes that valid rows stand for, slot by slot."""
        X = np.atleast_2d(np.asarray(X, np.int64))
        slots = _slots(X)
        active = slots[:, :, _BLOCKS] > 0
        options = self._options()

        def fixed(name: str) -> Vectors:
            return np.full(len(X), getattr(self.base, name), np.int64)

        def chosen(name: str) -> Vectors:
            indices = slots[:, :, _STAGE_DECISIONS.index(name)]
            return np.where(active, np.array(options[name], np.int64)[indices], 0)

        return Dimensions(
            hidden_size=np.array(self.hidden_size, np.int64)[X[:, 0]],
            embedding_size=fixed("embedding_size"),
            vocab_size=fixed("vocab_size"),
            max_positions=fixed("max_positions"),
            type_vocab_size=fixed("type_vocab_size"),
            num_blocks=slots[:, :, _BLOCKS].copy(),
            num_attention_heads=chosen("num_attention_heads"),
            bottleneck_size=chosen("bottleneck_size"),
            intermediate_size=chosen("intermediate_size"),
            num_feedforward=chosen("num_feedforward"),
            key_query_shared_bottleneck=np.full(len(X), self.base.key_query_shared_bottleneck),
        )

    # Its size

    @property
    def num_vectors(self) -> int:
        """How many vectors are valid."""
        slot = self.max_blocks_per_slot * self._num_block_shapes
        return len(self.hidden_size) * sum(int(slot**stages) for stages in range(1, NUM_SLOTS + 1))

    @property
    def num_architectures(self) -> int:
        """How many different (canonical) architectures there are.

        k stages of neighbours that differ fill their slots in `max_blocks_per_slot` ways each, and k positive
        numbers of slots sum to at most four in binomial(4, k) ways.
        """
        shapes, depths = self._num_block_shapes, self.max_blocks_per_slot
        return len(self.hidden_size) * sum(
            shapes * int((shapes - 1) ** (stages - 1) * depths**stages) * comb(NUM_SLOTS, stages)
            for stages in range(1, NUM_SLOTS + 1)
        )

    # PyGlove

    def pyglove(self) -> Any:
        """The space as a PyGlove value, for `pg.sample`; `from_pyglove` turns what it draws into an `Architecture`.

        Its `space_size` is `num_vectors`.
        """
        import pyglove as pg

        def stage() -> Any:
            return pg.Dict(
                num_blocks=pg.oneof(range(1, self.max_blocks_per_slot + 1)),
                attention=pg.oneof(
                    [
                        pg.Dict(
                            num_attention_heads=heads,
                            bottleneck_size=pg.oneof([size for size in self.bottleneck_size if size % heads == 0]),
                        )
                        for heads in self.num_attention_heads
                    ]
                ),
                intermediate_size=pg.oneof(self.intermediate_size),
                num_feedforward=pg.oneof(self.num_feedforward),
            )

        return pg.Dict(
            hidden_size=pg.oneof(self.hidden_size),
            stages=pg.oneof([pg.List([stage() for _ in range(count)]) for count in range(1, NUM_SLOTS + 1)]),
        )

    def from_pyglove(self, value: Any) -> Architecture:
        """The canonical architecture of a value drawn from `pyglove()`."""
        stages = tuple(
            Stage(
                stage.num_blocks,
                stage.attention.num_attention_heads,
                stage.attention.bottleneck_size,
                stage.intermediate_size,
                stage.num_feedforward,
            )
            for stage in value.stages
        )
        return replace(self.base, hidden_size=value.hidden_size, stages=stages).canonical()

    # Private

    def _options(self) -> dict[str, tuple[int, ...]]:
        return {name: getattr(self, name) for name in ("hidden_size", *_STAGE_DECISIONS[1:])}

    def _index(self, name: str, value: int) -> int:
        options: tuple[int, ...] = getattr(self, name)
        if value not in options:
            raise ValueError(f"{name} {value} is not in this space: {', '.join(map(str, options))}")
        return options.index(value)

    @cached_property
    def _suits(self) -> NDArray[np.bool_]:
        """Whether a bottleneck is a multiple of the heads: `[heads, bottlenecks]`."""
        remainder = np.array(self.bottleneck_size) % np.array(self.num_attention_heads)[:, None]
        return np.asarray(remainder == 0)

    @cached_property
    def _nearest_bottleneck(self) -> Vectors:
        """Index of the nearest bottleneck that suits the heads, the smaller of two: `[heads, bottlenecks]`."""
        sizes = np.array(self.bottleneck_size)
        distance = np.abs(sizes[:, None] - sizes).astype(float)
        return np.stack([np.where(suits, distance, np.inf).argmin(axis=1) for suits in self._suits])

    @property
    def _num_block_shapes(self) -> int:
        return int(self._suits.sum()) * len(self.intermediate_size) * len(self.num_feedforward)


def _slots(X: Vectors) -> Vectors:
    """A view of the stage decisions: `[n, slots, decisions]`."""
    return X[:, 1:].reshape(len(X), NUM_SLOTS, len(_STAGE_DECISIONS))


def _split(num_blocks: int, largest: int) -> Sequence[int]:
    full, rest = divmod(num_blocks, largest)
    return [largest] * full + [rest] * (rest > 0)
