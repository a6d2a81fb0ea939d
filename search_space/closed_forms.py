"""What an architecture's sizes alone determine: its parameters and its multiply-adds."""

from __future__ import annotations

from search_space.architecture import Architecture
from search_space.dimensions import Dimensions, Integers


def parameters(architecture: Architecture) -> int:
    """Trainable parameters of the encoder, task heads not counted; exact to the unit."""
    return int(parameter_counts(Dimensions.of([architecture]))[0])


def multiply_adds(architecture: Architecture, sequence_length: int) -> int:
    """Multiply-adds of one forward pass over one sequence: every matrix product, attention's two included.

    Look-ups, norms, softmax and additions are not multiply-adds and are not counted.
    """
    return int(multiply_add_counts(Dimensions.of([architecture]), sequence_length)[0])


def parameter_counts(dimensions: Dimensions) -> Integers:
    """`parameters` of n architectures: int64 `[n]`."""
    d = dimensions
    embeddings = (
        d.vocab_size * d.embedding_size
        + _linear(3 * d.embedding_size, d.hidden_size)
        + (d.max_positions + d.type_vocab_size + 2) * d.hidden_size
    )
    H, B, I, F = d.hidden_size[:, None], d.bottleneck_size, d.intermediate_size, d.num_feedforward  # noqa: E741
    shared = d.key_query_shared_bottleneck[:, None]
    attention = (
        shared * (_linear(H, B) + 2 * B)
        + 2 * (shared * _linear(B, B) + ~shared * _linear(H, B))
        + _linear(H, B)
        + _linear(B, B)
        + 2 * B
    )
    feedforward = F * (_linear(B, I) + _linear(I, B) + 2 * B)
    block = _linear(H, B) + 2 * B + attention + feedforward + _linear(B, H) + 2 * H
    counts: Integers = embeddings + (d.num_blocks * block).sum(axis=1)
    return counts


def multiply_add_counts(dimensions: Dimensions, sequence_length: int) -> Integers:
    """`multiply_adds` of n architectures: int64 `[n]`."""
    d = dimensions
    H, B, I, F = d.hidden_size[:, None], d.bottleneck_size, d.intermediate_size, d.num_feedforward  # noqa: E741
    shared = d.key_query_shared_bottleneck[:, None]
    query_key = shared * (H * B + 2 * B * B) + ~shared * 2 * H * B
    a_token = 3 * H * B + query_key + B * B + 2 * F * B * I  # input, value and output bottlenecks take 3 H B
    block = sequence_length * (a_token + 2 * sequence_length * B)
    projection = 3 * d.embedding_size * d.hidden_size * sequence_length
    counts: Integers = projection + (d.num_blocks * block).sum(axis=1)
    return counts


def _linear(inputs: Integers, outputs: Integers) -> Integers:
    return inputs * outputs + outputs
