"""Tensors of any size out of the one flat vector of `mobilebert.layout`, in one trace: their sizes are arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from mobilebert.layers import Tensor
from mobilebert.layout import Layout, Shapes, block_shapes, embedding_shapes, feedforward_shapes, total

EMBEDDING_SHAPES = embedding_shapes(0, 0, 0, 0, 0)  # for the names and ranks only
NETWORK_SHAPES = feedforward_shapes(0, 0)


class Sizes(NamedTuple):
    """An architecture's sizes as tensors; a vector counts as a matrix of one row.

    Attributes:
        tables: int32 `[tensors, 2]`, of the tensors of the embeddings, then of the heads.
        blocks: int32 `[n, 2]`: attention heads and feed-forward networks of each block, upwards.
        tensors: int32 `[n, tensors, 2]`, of a block's own tensors, then of those of one feed-forward network.
        rows: int64 `[rows]`: how many weights each block has of its own, and each feed-forward network, in the order of
            the vector.
    """

    tables: Tensor
    blocks: Tensor
    tensors: Tensor
    rows: Tensor

    @classmethod
    def of(cls, layout: Layout) -> Sizes:
        a = layout.architecture
        shared = a.key_query_shared_bottleneck
        tables = embedding_shapes(a.hidden_size, a.embedding_size, a.vocab_size, a.max_positions, a.type_vocab_size)
        tensors, rows = [], []
        for _, bottleneck, intermediate, count in layout.blocks.tolist():
            own = block_shapes(a.hidden_size, bottleneck, shared)
            network = feedforward_shapes(bottleneck, intermediate)
            tensors.append(_matrix_sizes([*own.values(), *network.values()]))
            rows += [total(own), *[total(network)] * count]
        num_tensors = len(block_shapes(0, 0, shared)) + len(NETWORK_SHAPES)
        return cls(
            tf.constant(_matrix_sizes([*tables.values(), *layout.heads.values()]), tf.int32),
            tf.constant(layout.blocks[:, [0, 3]]),
            tf.constant(np.reshape(tensors, [-1, num_tensors, 2]), tf.int32),
            tf.constant(rows[::-1], tf.int64),
        )

    @classmethod
    def signature(cls) -> Sizes:
        """What a traced function declares for them."""
        return cls(
            tf.TensorSpec([None, 2], tf.int32),
            tf.TensorSpec([None, 2], tf.int32),
            tf.TensorSpec([None, None, 2], tf.int32),
            tf.TensorSpec([None], tf.int64),
        )

    def parts(self, flat: Tensor) -> list[Tensor]:
        """The weights `[p]` of the embeddings, of the heads and of the blocks."""
        in_embeddings = tf.reduce_sum(tf.reduce_prod(self.tables[: len(EMBEDDING_SHAPES)], 1))
        in_blocks = tf.cast(tf.reduce_sum(self.rows), tf.int32)
        return tf.split(flat, [in_embeddings, tf.size(flat) - in_embeddings - in_blocks, in_blocks])  # type: ignore[no-any-return]


def named(flat: Tensor, shapes: Shapes, sizes: Tensor) -> dict[str, Tensor]:
    """The tensors that stand one after another in a vector.

    Its own gradient, which puts the tensors' gradients one after another and so needs to remember no shape.

    Args:
        flat: float32 `[total]`.
        shapes: the tensors' names and ranks; their sizes do not count.
        sizes: int32 `[tensors, 2]`.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def cut(flat: Tensor) -> tuple[list[Tensor], Callable[..., Tensor]]:
        return list(unpacked(flat, shapes, sizes).values()), lambda *upstream: packed(upstream)

    return dict(zip(shapes, cut(flat), strict=True))


def unpacked(flat: Tensor, shapes: Shapes, sizes: Tensor) -> dict[str, Tensor]:
    """As `named`, without a gradient."""
    pieces = tf.split(flat, tf.reduce_prod(sizes, 1), num=len(shapes))
    by_tensor = zip(shapes.items(), pieces, tf.unstack(sizes, len(shapes)), strict=True)
    return {name: tf.reshape(piece, size) if len(shape) == 2 else piece for (name, shape), piece, size in by_tensor}


def packed(tensors: Iterable[Tensor]) -> Tensor:
    """One vector of the tensors, one after another."""
    return tf.concat([x if x.shape.rank == 1 else tf.reshape(x, [-1]) for x in tensors], 0)


def _matrix_sizes(shapes: Iterable[tuple[int, ...]]) -> list[Any]:
    return [shape if len(shape) == 2 else (1, *shape) for shape in shapes]
