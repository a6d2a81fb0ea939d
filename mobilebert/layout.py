"""Where each tensor of a network stands in the one flat vector that holds all its weights.

Training sees the weights of any architecture as one `float32 [p]`: an optimizer is then a dozen vector operations,
and no shape of an architecture is part of a trace. The vector holds the embeddings, the heads, then the blocks from
the top one down, each ending in its own tensors after its feed-forward networks, the last one of them up front: the
traced encoder takes row after row off the end.

Names are `embeddings/token`, `block0/query/kernel`, `block0/feedforward0/output/bias` and so on, block 0 being the
one above the embeddings; heads are named in `mobilebert.heads`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_space import Architecture

Shapes = Mapping[str, tuple[Any, ...]]
"""Shapes by name; sizes are integers, or scalar tensors where a function is traced for every architecture."""

Weights = NDArray[np.float32]


def embedding_shapes(hidden: Any, embedding: Any, vocab: Any, positions: Any, types: Any) -> Shapes:
    """The embeddings' tensors, in the order in which they stand in the vector."""
    return {
        "token": (vocab, embedding),
        "projection/kernel": (3 * embedding, hidden),
        "projection/bias": (hidden,),
        "position": (positions, hidden),
        "type": (types, hidden),
        "norm/gamma": (hidden,),
        "norm/beta": (hidden,),
    }


def block_shapes(hidden: Any, bottleneck: Any, shared: bool) -> Shapes:
    """A block's tensors but those of its feed-forward networks.

    With the key-query-shared bottleneck, queries and keys read a projection of their own (`shared`); without it,
    the block's wide input.
    """
    H, B = hidden, bottleneck
    query_key = (B, B) if shared else (H, B)
    kernels = {
        "input": (H, B),
        **({"shared": (H, B)} if shared else {}),
        "query": query_key,
        "key": query_key,
        "value": (H, B),
        "attention_output": (B, B),
        "output": (B, H),
    }
    normalized = {"input", "shared", "attention_output", "output"}
    shapes: dict[str, tuple[Any, ...]] = {}
    for name, (inputs, outputs) in kernels.items():
        shapes |= {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}
        if name in normalized:
            shapes |= {f"{name}/norm/gamma": (outputs,), f"{name}/norm/beta": (outputs,)}
    return shapes


def feedforward_shapes(bottleneck: Any, intermediate: Any) -> Shapes:
    """The tensors of one feed-forward network of a block."""
    B, I = bottleneck, intermediate  # noqa: E741
    return {
        "intermediate/kernel": (B, I),
        "intermediate/bias": (I,),
        "output/kernel": (I, B),
        "output/bias": (B,),
        "norm/gamma": (B,),
        "norm/beta": (B,),
    }


def total(shapes: Shapes) -> Any:
    """How many weights tensors of these shapes have in all."""
    return sum(prod(shape) for shape in shapes.values())


@dataclass(frozen=True)
class Layout:
    """The tensors of an architecture with given heads, and their places in the flat vector.

    Attributes:
        architecture: what the weights belong to.
        heads: shapes of the heads' tensors by full name.
    """

    architecture: Architecture
    heads: Shapes

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name, in the order of the vector."""
        return dict(self._walk())

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Places by name."""
        slices, start = {}, 0
        for name, shape in self.shapes.items():
            slices[name] = slice(start, start := start + prod(shape))
        return slices

    @property
    def num_weights(self) -> int:
        return sum(prod(shape) for shape in self.shapes.values())

    @cached_property
    def blocks(self) -> NDArray[np.int32]:
        """Heads, bottleneck, intermediate size and feed-forward networks of each block, upwards: int32 `[n, 4]`."""
        rows = [
            (stage.num_attention_heads, stage.bottleneck_size, stage.intermediate_size, stage.num_feedforward)
            for stage in self.architecture.stages
            for _ in range(stage.num_blocks)
        ]
        return np.array(rows, np.int32).reshape(-1, 4)

    def unpack(self, flat: Weights) -> dict[str, Weights]:
        """Views of a vector `[p]` by name."""
        return {name: flat[self.slices[name]].reshape(shape) for name, shape in self.shapes.items()}

    def pack(self, tensors: Mapping[str, Weights]) -> Weights:
        """The vector of tensors by name.

        Raises:
            ValueError: names or shapes are not those of the layout; the message names the first tensor.
        """
        if odd := [name for name in (*self.shapes, *tensors) if (name in self.shapes) != (name in tensors)]:
            raise ValueError(
                f"weights do not fit the architecture: {odd[0]} is {'missing' if odd[0] in self.shapes else 'unknown'}"
            )
        for name, shape in self.shapes.items():
            if np.shape(tensors[name]) != shape:
                raise ValueError(
                    f"weights do not fit the architecture: {name} is {np.shape(tensors[name])}, not {shape}"
                )
        return np.concatenate([np.ravel(tensors[name]) for name in self.shapes]).astype(np.float32)

    def segments(self) -> NDArray[np.int32]:
        """For each weight the number of its tensor: int32 `[p]`."""
        sizes = [prod(shape) for shape in self.shapes.values()]
        return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)

    def decayed(self) -> NDArray[np.float32]:
        """1 for weights that decay, 0 for biases and norms: float32 `[p]`."""
        keep = ("/bias", "/gamma", "/beta")
        return np.concatenate(
            [np.full(prod(shape), not name.endswith(keep), np.float32) for name, shape in self.shapes.items()]
        )

    def _walk(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        a = self.architecture
        tables = embedding_shapes(a.hidden_size, a.embedding_size, a.vocab_size, a.max_positions, a.type_vocab_size)
        for name, shape in tables.items():
            yield f"embeddings/{name}", shape
        yield from self.heads.items()
        blocks = [stage for stage in a.stages for _ in range(stage.num_blocks)]
        for n, stage in reversed(list(enumerate(blocks))):
            for f in reversed(range(stage.num_feedforward)):
                for name, shape in feedforward_shapes(stage.bottleneck_size, stage.intermediate_size).items():
                    yield f"block{n}/feedforward{f}/{name}", shape
            shapes = block_shapes(a.hidden_size, stage.bottleneck_size, a.key_query_shared_bottleneck)
            for name, shape in shapes.items():
                yield f"block{n}/{name}", shape
