"""The operations of MobileBERT encoders (Sun et al. 2020, figure 1c and section 3), for many architectures at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from latency_models.operations import BYTES_PER_NUMBER, OperationKind, Operations, Precision
from search_space import Dimensions, Vectors

_LOOKUP, _DENSE = OperationKind.LOOKUP, OperationKind.DENSE
_MATMUL, _SOFTMAX = OperationKind.BATCH_MATMUL, OperationKind.SOFTMAX

BIAS_BYTES = 4
"""Of a number of a bias: float32, and at int8 int32."""


def encoder_operations(
    dimensions: Dimensions, sequence_length: int, batch_size: int, precision: Precision
) -> tuple[Operations, Vectors]:
    """The operations of n encoders, one after another, and their offsets `[n + 1]`.

    Norms, activations and residual additions are part of the product whose output they change. The equal blocks of a
    stage share their rows.

    Weights are those that an exported model with NoNorm stores (`mobilebert.export`; tests hold the two equal from two
    tokens on): no positions beyond the sequence; norms of one byte at int8, biases of four; and without what the
    converter folds into products, which is the norms of both bottlenecks at a block's start, the bias of the one for
    queries and keys, and the norm of the block's last feed-forward network. With layer normalization these norms stay,
    which is up to one per cent more.
    """
    graph, slot = np.nonzero(dimensions.num_blocks)  # the stages that are there, encoder by encoder
    num_graphs, num_stages = len(dimensions), len(graph)
    embedding = _embedding_table(dimensions, sequence_length, batch_size)
    block = _block_table(dimensions, graph, slot, sequence_length, batch_size)

    # The tables hold all encoders' first operation, then all encoders' second; `order` says which of these numbers
    # comes where when the operations are put encoder by encoder.
    stages_before = np.concatenate([[0], np.cumsum(np.count_nonzero(dimensions.num_blocks, axis=1))])
    starts = len(embedding) * np.arange(num_graphs + 1) + len(block) * stages_before
    stage_starts = len(embedding) * (graph + 1) + len(block) * np.arange(num_stages)
    of_embedding = starts[:-1] + np.arange(len(embedding))[:, None]
    of_block = stage_starts + np.arange(len(block))[:, None]
    order = np.empty(starts[-1], np.int64)
    order[np.concatenate([of_embedding.ravel(), of_block.ravel()])] = np.arange(len(order))

    def column(name: str) -> Vectors:
        first, then = np.empty_like(of_embedding), np.empty_like(of_block)
        for cells, row in zip((*first, *then), (*embedding, *block), strict=True):
            cells[:] = getattr(row, name)
        return np.concatenate([first.ravel(), then.ravel()])

    present = column("repeats")[order] > 0  # there is no bottleneck of queries and keys where it is not shared
    order = order[present]
    size = BYTES_PER_NUMBER[precision]
    operations = Operations(
        column("kind").astype(np.int8)[order],
        column("batch")[order],
        column("rows")[order],
        column("inner")[order],
        column("columns")[order],
        column("repeats")[order],
        weight_bytes=(size * column("weights") + BIAS_BYTES * column("biases"))[order],
        activation_bytes=(size * column("alive"))[order],
    )
    return operations, np.concatenate([[0], np.cumsum(present)])[starts]


class _Row(NamedTuple):
    """An operation of many encoders or stages: `Operations` with sizes in numbers instead of bytes."""

    kind: OperationKind
    batch: int | Vectors
    rows: int
    inner: int | Vectors
    columns: int | Vectors
    repeats: int | Vectors
    weights: int | Vectors
    biases: int | Vectors
    alive: Vectors


def _embedding_table(d: Dimensions, sequence_length: int, batch_size: int) -> list[_Row]:
    """The operations before the first block, for n encoders: cells `[n]`.

    Three neighbouring token embeddings are joined and projected; position and type are added there, before the norm.
    """
    tokens = batch_size * sequence_length
    H, joined = d.hidden_size, 3 * d.embedding_size
    tables = d.vocab_size * d.embedding_size + (sequence_length + d.type_vocab_size) * H
    row_of_zeros = d.embedding_size  # stands before the first token and after the last
    mask_numbers = 2 * d.num_blocks.any(axis=1)  # (1 - mask) x constant
    return [
        _Row(_LOOKUP, 1, tokens, 0, joined, 1, tables + row_of_zeros + mask_numbers, 0, tokens * joined),
        _Row(_DENSE, 1, tokens, joined, H, 1, (joined + 2) * H, H, tokens * (joined + H)),
    ]


def _block_table(d: Dimensions, graph: Vectors, slot: Vectors, sequence_length: int, batch_size: int) -> list[_Row]:
    """The operations of a block, for the stages in the given slots of the given encoders: cells `[stages]`."""
    L, tokens = sequence_length, batch_size * sequence_length
    H, shared = d.hidden_size[graph], d.key_query_shared_bottleneck[graph]
    B, I, F = (sizes[graph, slot] for sizes in (d.bottleneck_size, d.intermediate_size, d.num_feedforward))  # noqa: E741
    blocks, heads = d.num_blocks[graph, slot], d.num_attention_heads[graph, slot]
    head_size = B // heads
    products = batch_size * heads
    maps = products * L * L  # numbers in the attention maps
    key_query_inputs = np.where(shared, B, H)

    def dense(inner: Vectors, columns: Vectors, repeats: Vectors, norm: Vectors | int, alive: Vectors) -> _Row:
        return _Row(_DENSE, 1, tokens, inner, columns, repeats, inner * columns + 2 * norm, columns, tokens * alive)

    # The bias of what queries and keys read is folded into theirs.
    key_query = _Row(_DENSE, 1, tokens, H, B, blocks * shared, H * B, 0, tokens * (H + 2 * B))
    return [
        # The block's input (H) stays alive throughout, until the output bottleneck adds it.
        dense(H, B, blocks, 0, H + B),  # input bottleneck
        key_query,
        dense(key_query_inputs, B, blocks, 0, H + (2 + shared) * B),  # query
        dense(key_query_inputs, B, blocks, 0, H + (3 + shared) * B),  # key
        dense(H, B, blocks, 0, H + 4 * B),  # value
        _Row(_MATMUL, products, L, head_size, L, blocks, 0, 0, tokens * (H + 4 * B) + maps),  # attention scores
        _Row(_SOFTMAX, products, L, 0, L, blocks, 0, 0, tokens * (H + 2 * B) + 2 * maps),
        _Row(_MATMUL, products, L, L, head_size, blocks, 0, 0, tokens * (H + 3 * B) + maps),  # attention context
        dense(B, B, blocks, 0, H + 3 * B),  # attention output
        dense(B, I, blocks * F, B, H + B + I),  # feed-forward, up, and the norm before it
        dense(I, B, blocks * F, 0, H + 2 * B + I),  # feed-forward, down
        dense(B, H, blocks, H, 2 * H + B),  # output bottleneck
    ]
