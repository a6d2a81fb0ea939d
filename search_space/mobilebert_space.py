"""The space of MobileBERT architectures: a hidden size and up to four stages, each with sizes of its own.

The space is one PyGlove value (`MobileBertSpace.pyglove`); searches walk the same points as integer vectors,
because building a symbolic object for every candidate costs milliseconds where a vector costs microseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_space.architecture import Architecture, Stage
from search_space.closed_forms import multiply_add_counts, parameter_counts
from search_space.counting import count_architectures
from search_space.dimensions import Dimensions
from search_space.slot_tables import BLOCKS, BOTTLENECK, HEADS, SlotTables
from search_space.space import Vectors
from search_space.stage_options import StageOptions, check_options

NUM_SLOTS = 4
_STAGE_DECISIONS = tuple(f.name for f in fields(Stage))
_SLOT, _DECISION = np.ogrid[:NUM_SLOTS, : len(_STAGE_DECISIONS)]


@dataclass(frozen=True)
class MobileBertSpace:
    """Architectures of up to four stages, written in four slots of `1 + max_blocks_per_slot` depths each.

    A vector is `[hidden_size, slot 1, ..., slot 4]`; a slot is `[num_blocks, num_attention_heads, bottleneck_size,
    intermediate_size, num_feedforward]`. `num_blocks` is the number itself, 0 meaning an empty slot; the other
    decisions index their options. Slots in use come first, and an empty slot is all zeros. A stage deeper than one
    slot takes the slots that follow it, each filled as far as the others allow before the next.

    Attributes:
        hidden_size, num_attention_heads, bottleneck_size, intermediate_size, num_feedforward: options, ascending.
        max_blocks_per_slot: deepest slot.
        num_stages: how many slots may be in use.
        stages: narrower options of the first, second, third and fourth slot; those left out have every option.
        base: gives the fields that are not searched; its own sizes do not matter.

    Raises:
        ValueError: options are empty, not ascending or not positive, a slot's are not the space's own, or no
            bottleneck suits a number of heads.
    """

    hidden_size: tuple[int, ...] = (256, 384, 512, 640)
    num_attention_heads: tuple[int, ...] = (1, 2, 4, 8)
    bottleneck_size: tuple[int, ...] = (64, 128, 192, 256, 320, 384)
    intermediate_size: tuple[int, ...] = (256, 512, 768, 1024, 1280, 1536)
    num_feedforward: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    max_blocks_per_slot: int = 6
    num_stages: tuple[int, ...] = tuple(range(1, NUM_SLOTS + 1))
    stages: tuple[StageOptions, ...] = ()
    base: Architecture = field(default_factory=lambda: Architecture(512, ()))

    def __post_init__(self) -> None:
        for name in ("hidden_size", *_STAGE_DECISIONS[1:], "num_stages"):
            check_options(name, getattr(self, name))
        if self.max_blocks_per_slot < 1:
            raise ValueError(f"space: max_blocks_per_slot must be at least 1, not {self.max_blocks_per_slot}")
        if self.num_stages[-1] > NUM_SLOTS:
            raise ValueError(f"space: num_stages must be from 1 to {NUM_SLOTS}, not {self.num_stages[-1]}")
        if len(self.stages) > NUM_SLOTS:
            raise ValueError(f"space: at most {NUM_SLOTS} stages can be narrowed, not {len(self.stages)}")
        for slot, narrowed in enumerate(self.stages, 1):
            self._check_narrower(slot, narrowed)
        for slot in range(self.num_stages[-1]):
            self._check_heads(slot)

    # The vectors

    @cached_property
    def cardinalities(self) -> Vectors:
        slot = [len(values) for values in self._slots.values.values()]
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
        active = slots[:, :, BLOCKS] > 0
        empty_is_zero = (active | (slots == 0).all(axis=2)).all(axis=1)
        active_first = active[:, 0] & (active[:, :-1] >= active[:, 1:]).all(axis=1)
        is_count = self._slots.is_count[active.sum(axis=1)]
        allowed = (~active | self._slots.allowed[_SLOT, _DECISION, slots].all(axis=2)).all(axis=1)
        suits = (~active | self._slots.suits[slots[:, :, HEADS], slots[:, :, BOTTLENECK]]).all(axis=1)
        valid: NDArray[np.bool_] = in_range & empty_is_zero & active_first & is_count & allowed & suits
        return valid

    def repair(self, X: Vectors) -> Vectors:
        X = np.atleast_2d(np.asarray(X, np.int64)).copy()
        slots = _slots(X)
        slots[:, 0, BLOCKS] += ~(slots[:, :, BLOCKS] > 0).any(axis=1)  # a network has at least one block
        slots[slots[:, :, BLOCKS] == 0] = 0
        order = np.argsort(slots[:, :, BLOCKS] == 0, axis=1, kind="stable")
        slots[:] = np.take_along_axis(slots, order[:, :, None], axis=1)
        count = self._slots.nearest_count[(slots[:, :, BLOCKS] > 0).sum(axis=1)]
        slots[:] = self._slots.nearest[_SLOT, _DECISION, slots]
        bottlenecks = self._slots.nearest_bottleneck[_SLOT[:, 0], slots[:, :, HEADS], slots[:, :, BOTTLENECK]]
        slots[:, :, BOTTLENECK] = bottlenecks
        slots[np.arange(NUM_SLOTS) >= count[:, None]] = 0
        return X

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        num_allowed = self._slots.allowed.sum(axis=2)
        num_values = self.cardinalities.copy()
        num_values[1:].reshape(num_allowed.shape)[:, BLOCKS + 1 :] = num_allowed[:, BLOCKS + 1 :]
        X = rng.integers(0, num_values, (size, len(num_values)))
        slots = _slots(X)
        slots[:, :, BLOCKS] = rng.integers(0, num_allowed[:, BLOCKS], (size, NUM_SLOTS))
        slots[:] = self._slots.nth_allowed[_SLOT, _DECISION, slots]
        num_stages = np.array(self.num_stages)[rng.integers(0, len(self.num_stages), size)]
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
        stages = tuple(
            (stage.num_blocks, tuple(self._index(name, getattr(stage, name)) for name in _STAGE_DECISIONS[1:]))
            for stage in value.canonical().stages
        )
        num_slots = sum(-(-num_blocks // self.max_blocks_per_slot) for num_blocks, _ in stages)
        if not 1 <= num_slots <= NUM_SLOTS:
            raise ValueError(
                f"num_blocks: these stages need {num_slots} slots of at most {self.max_blocks_per_slot} blocks, "
                f"the space has 1 to {NUM_SLOTS}"
            )
        rows = next(self._placed(stages, 0), None)
        if rows is None:
            depths = ", ".join(str(num_blocks) for num_blocks, _ in stages)
            raise ValueError(
                f"stages: num_stages and the options of each stage in this space leave no place for stages of {depths} "
                "blocks with these sizes"
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
        active = slots[:, :, BLOCKS] > 0

        def fixed(name: str) -> Vectors:
            return np.full(len(X), getattr(self.base, name), np.int64)

        def chosen(name: str) -> Vectors:
            indices = slots[:, :, _STAGE_DECISIONS.index(name)]
            return np.where(active, np.array(self._slots.values[name], np.int64)[indices], 0)

        return Dimensions(
            hidden_size=np.array(self.hidden_size, np.int64)[X[:, 0]],
            embedding_size=fixed("embedding_size"),
            vocab_size=fixed("vocab_size"),
            max_positions=fixed("max_positions"),
            type_vocab_size=fixed("type_vocab_size"),
            num_blocks=slots[:, :, BLOCKS].copy(),
            num_attention_heads=chosen("num_attention_heads"),
            bottleneck_size=chosen("bottleneck_size"),
            intermediate_size=chosen("intermediate_size"),
            num_feedforward=chosen("num_feedforward"),
            key_query_shared_bottleneck=np.full(len(X), self.base.key_query_shared_bottleneck),
            gelu=np.array(self.base.activation == "gelu"),
            layer_norm=np.array(self.base.normalization == "layer_norm"),
        )

    # Its size

    @property
    def num_vectors(self) -> int:
        """How many vectors are valid."""
        shapes = self._slots.shapes.sum(axis=(1, 2, 3, 4)).tolist()
        of_slot: list[int] = [len(self._slots.depths(slot)) * shapes[slot] for slot in range(NUM_SLOTS)]
        return len(self.hidden_size) * sum(math.prod(of_slot[:count]) for count in self.num_stages)

    @property
    def num_architectures(self) -> int:
        """How many different (canonical) architectures there are."""
        of_shapes, counts = np.unique(self._slots.shapes.reshape(NUM_SLOTS, -1), axis=1, return_counts=True)
        shapes = {
            frozenset(np.flatnonzero(slots).tolist()): int(count)
            for slots, count in zip(of_shapes.T, counts, strict=True)
        }
        depths = [self._slots.depths(slot) for slot in range(NUM_SLOTS)]
        return len(self.hidden_size) * count_architectures(depths, shapes, self.num_stages)

    def covering(self) -> Iterator[Architecture]:
        """A few architectures of one block, in which every hidden size and every size of every stage occurs, and every
        number of heads with each bottleneck that is used beside it.

        What rules out single sizes, or bottlenecks for their heads, leaves the whole space if it leaves all of these.
        """
        shapes = np.asarray(self._slots.shapes[: self.num_stages[-1]].any(axis=0))
        pairs = np.argwhere(shapes.any(axis=(2, 3))).tolist()
        intermediates, feedforwards = (np.flatnonzero(shapes.any(axis=axes)) for axes in ((0, 1, 3), (0, 1, 2)))
        columns = (self.hidden_size, pairs, intermediates.tolist(), feedforwards.tolist())
        rows = zip(*map(cycle, columns), strict=False)
        for hidden_size, pair, *others in islice(rows, max(map(len, columns))):
            sizes = (
                values[i] for values, i in zip(list(self._slots.values.values())[1:], (*pair, *others), strict=True)
            )
            yield replace(self.base, hidden_size=hidden_size, stages=(Stage(1, *sizes),))

    def allowed_indices(self, slot: int) -> list[list[int]]:
        """The values that each decision of a slot in use may take in a vector, ascending: `[decisions][values]`."""
        return [np.flatnonzero(allowed).tolist() for allowed in self._slots.allowed[slot]]

    # PyGlove

    def pyglove(self) -> Any:
        """The space as a PyGlove value, for `pg.sample`; `from_pyglove` turns what it draws into an `Architecture`.

        Its `space_size` is `num_vectors`.
        """
        import pyglove as pg

        def stage(slot: int) -> Any:
            num_blocks, heads, bottlenecks, intermediates, feedforwards = (
                self._slots.options(slot, decision) for decision in range(len(_STAGE_DECISIONS))
            )
            return pg.Dict(
                num_blocks=pg.oneof(num_blocks),
                attention=pg.oneof(
                    [
                        pg.Dict(
                            num_attention_heads=count,
                            bottleneck_size=pg.oneof([size for size in bottlenecks if size % count == 0]),
                        )
                        for count in heads
                    ]
                ),
                intermediate_size=pg.oneof(intermediates),
                num_feedforward=pg.oneof(feedforwards),
            )

        return pg.Dict(
            hidden_size=pg.oneof(self.hidden_size),
            stages=pg.oneof([pg.List([stage(slot) for slot in range(count)]) for count in self.num_stages]),
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

    @cached_property
    def _slots(self) -> SlotTables:
        options = {name: getattr(self, name) for name in _STAGE_DECISIONS[1:]}
        values = {"num_blocks": tuple(range(self.max_blocks_per_slot + 1)), **options}
        left_out = [StageOptions()] * (NUM_SLOTS - len(self.stages))
        return SlotTables(values, (*self.stages, *left_out), self.num_stages)

    def _index(self, name: str, value: int) -> int:
        options: tuple[int, ...] = getattr(self, name)
        if value not in options:
            raise ValueError(f"{name} {value} is not in this space: {', '.join(map(str, options))}")
        return options.index(value)

    def _placed(self, stages: tuple[tuple[int, tuple[int, ...]], ...], slot: int) -> Iterator[list[list[int]]]:
        """The ways to fill the slots from `slot` on with stages (blocks, indices of the sizes), deepest first."""
        if not stages:
            if slot in self.num_stages:
                yield []
            return
        (num_blocks, sizes), *others = stages
        if slot == NUM_SLOTS or not self._slots.allowed[slot, range(1, len(_STAGE_DECISIONS)), sizes].all():
            return
        for depth in reversed(self._slots.depths(slot)):
            if depth <= num_blocks:
                left = ((num_blocks - depth, sizes),) if depth < num_blocks else ()
                for rest in self._placed((*left, *others), slot + 1):
                    yield [[depth, *sizes], *rest]

    def _check_narrower(self, number: int, narrowed: StageOptions) -> None:
        for name, values in self._slots.values.items():
            for option in getattr(narrowed, name) or ():
                if option not in values:
                    own = f"1 to {values[-1]} (max_blocks_per_slot is the most)"
                    if name != "num_blocks":
                        own = str(list(values))
                    raise ValueError(f"space: stage {number}: {name} {option} is not in the space's own: {own}")

    def _check_heads(self, slot: int) -> None:
        """Every number of heads needs a bottleneck."""
        for heads, usable in zip(self.num_attention_heads, self._slots.usable_bottlenecks[slot], strict=True):
            if heads in self._slots.options(slot, HEADS) and not usable.any():
                where = f"stage {slot + 1}: " if self._slots.narrowed[slot] != StageOptions() else ""
                raise ValueError(
                    f"space: {where}no bottleneck_size of {self._slots.options(slot, BOTTLENECK)} is a multiple of "
                    f"num_attention_heads {heads}"
                )


def _slots(X: Vectors) -> Vectors:
    """A view of the stage decisions: `[n, slots, decisions]`."""
    return X[:, 1:].reshape(len(X), NUM_SLOTS, len(_STAGE_DECISIONS))
