"""The operations of MobileBERT encoders (Sun et al. 2020, figure 1c and section 3), for many architectures at once."""

from __future__ import annotations

import numpy as np

from latency_models.operations import BYTES_PER_NUMBER, OperationKind, Operations, Precision
from search_space import Dimensions, Vectors

_LOOKUP, _DENSE, _MATMUL, _SOFTMAX = OperationKind
_EMBEDDING_OPERATIONS, _BLOCK_OPERATIONS = 2, 12

Row = tuple[int | Vectors, ...]
"""Kind, batch, rows, inner, columns, repeats, weights and alive numbers of an operation, as in `Operations`."""


def encoder_operations(
    dimensions: Dimensions, sequence_length: int, batch_size: int, precision: Precision
) -> tuple[Operations, Vectors]:
    """The operations of n encoders, one after another, and their offsets `[n + 1]`.

    Norms, activations and residual additions are part of the product whose output they change, as in a converted
    model. The equal blocks of a stage share their rows. A weight, bias or norm parameter takes one byte at int8 and
    four at float; a converted int8 model stores biases in four, which adds about one per cent.
    """
    graph, slot = np.nonzero(dimensions.num_blocks)  # the stages that are there, encoder by encoder
    embedding = _embedding_table(dimensions, sequence_length, batch_size)
    blocks = _block_table(dimensions, graph, slot, sequence_length, batch_size)
    stages_before = np.concatenate([[0], np.cumsum(np.count_nonzero(dimensions.num_blocks, axis=1))])
    offsets = _EMBEDDING_OPERATIONS * np.arange(len(dimensions) + 1) + _BLOCK_OPERATIONS * stages_before
    embedding_at = offsets[:-1] + np.arange(_EMBEDDING_OPERATIONS)[:, None]
    block_at = (
        _EMBEDDING_OPERATIONS * (graph + 1)
        + _BLOCK_OPERATIONS * np.arange(len(graph))
        + np.arange(_BLOCK_OPERATIONS)[:, None]
    )

    def place(first: Vectors, then: Vectors) -> Vectors:
        column = np.empty(offsets[-1], np.int64)
        column[embedding_at] = first
        column[block_at] = then
        return column

    kind, batch, rows, inner, columns, repeats, weights, alive = map(place, embedding, blocks)
    size = BYTES_PER_NUMBER[precision]
    operations = Operations(kind.astype(np.int8), batch, rows, inner, columns, repeats, weights * size, alive * size)
    if (present := repeats > 0).all():
        return operations, offsets
    return operations[present], np.concatenate([[0], np.cumsum(present)])[offsets]


def _embedding_table(d: Dimensions, sequence_length: int, batch_size: int) -> list[Vectors]:
    """The columns of `Operations` for the two embedding operations: each `[2, n]`, sizes in numbers, not bytes.

    Three neighbouring token embeddings are joined and projected; position and type are added there, before the norm.
    """
    tokens = batch_size * sequence_length
    H, joined = d.hidden_size, 3 * d.embedding_size
    tables = d.vocab_size * d.embedding_size + (d.max_positions + d.type_vocab_size) * H
    return _columns(
        len(d),
        [
            (_LOOKUP, 1, tokens, 0, joined, 1, tables, tokens * joined),
            (_DENSE, 1, tokens, joined, H, 1, (joined + 3) * H, tokens * (joined + H)),
        ],
    )


def _block_table(d: Dimensions, graph: Vectors, slot: Vectors, sequence_length: int, batch_size: int) -> list[Vectors]:
    """The same for the twelve operations of the blocks of s stages, given by encoder and slot: each `[12, s]`."""
    L, tokens = sequence_length, batch_size * sequence_length
    H, shared = d.hidden_size[graph], d.key_query_shared_bottleneck[graph]
    B, I, F = (sizes[graph, slot] for sizes in (d.bottleneck_size, d.intermediate_size, d.num_feedforward))  # noqa: E741
    blocks, heads = d.num_blocks[graph, slot], d.num_attention_heads[graph, slot]
    head_size = B // heads
    products = batch_size * heads
    maps = products * L * L  # numbers in the attention maps
    key_query_inputs = np.where(shared, B, H)

    def dense(inner: Vectors, columns: Vectors, repeats: Vectors, norm: bool, alive: Vectors) -> Row:
        weights = (inner + (3 if norm else 1)) * columns  # bias; the norm's scale and shift
        return _DENSE, 1, tokens, inner, columns, repeats, weights, tokens * alive

    return _columns(
        len(graph),
        [
            # `alive` holds the block's input (H) throughout, until the output bottleneck adds it.
            dense(H, B, blocks, True, H + B),  # input bottleneck
            dense(H, B, blocks * shared, True, H + 2 * B),  # bottleneck of queries and keys
            dense(key_query_inputs, B, blocks, False, H + (2 + shared) * B),  # query
            dense(key_query_inputs, B, blocks, False, H + (3 + shared) * B),  # key
            dense(H, B, blocks, False, H + 4 * B),  # value
            (_MATMUL, products, L, head_size, L, blocks, 0, tokens * (H + 4 * B) + maps),  # scores
            (_SOFTMAX, products, L, 0, L, blocks, 0, tokens * (H + 2 * B) + 2 * maps),
            (_MATMUL, products, L, L, head_size, blocks, 0, tokens * (H + 3 * B) + maps),  # context
            dense(B, B, blocks, True, H + 3 * B),  # attention output
            dense(B, I, blocks * F, False, H + B + I),  # feed-forward, up
            dense(I, B, blocks * F, True, H + 2 * B + I),  # feed-forward, down
            dense(B, H, blocks, True, 2 * H + B),  # output bottleneck
        ],
    )


def _columns(size: int, table: list[Row]) -> list[Vectors]:
    """A table's columns as arrays `[rows of the table, size]`, cells being numbers or arrays `[size]`."""
    columns = []
    for cells in zip(*table, strict=True):
        column = np.empty((len(cells), size), np.int64)
        for row, cell in zip(column, cells, strict=True):
            row[:] = cell
        columns.append(column)
    return columns
