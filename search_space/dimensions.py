"""Many architectures as a few integer arrays, for arithmetic over thousands of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_space.architecture import Architecture

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Dimensions:
    """The sizes of n architectures of at most s stages; a stage that is not there has zeros.

    Attributes:
        hidden_size, embedding_size, vocab_size, max_positions, type_vocab_size: int64 `[n]`.
        num_blocks, num_attention_heads, bottleneck_size, intermediate_size, num_feedforward: int64 `[n, s]`.
        key_query_shared_bottleneck: bool `[n]`.
    """

    hidden_size: Integers
    embedding_size: Integers
    vocab_size: Integers
    max_positions: Integers
    type_vocab_size: Integers
    num_blocks: Integers
    num_attention_heads: Integers
    bottleneck_size: Integers
    intermediate_size: Integers
    num_feedforward: Integers
    key_query_shared_bottleneck: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.hidden_size)

    @classmethod
    def of(cls, architectures: Sequence[Architecture]) -> Dimensions:
        """The dimensions of architectures, stage by stage as they are given."""
        num_stages = max((len(architecture.stages) for architecture in architectures), default=0)

        def each(name: str) -> Integers:
            return np.array([getattr(architecture, name) for architecture in architectures], np.int64)

        def each_stage(name: str) -> Integers:
            array = np.zeros((len(architectures), num_stages), np.int64)
            for row, architecture in zip(array, architectures, strict=True):
                row[: len(architecture.stages)] = [
                    getattr(stage, name) if stage.num_blocks else 0 for stage in architecture.stages
                ]
            return array

        return cls(
            hidden_size=each("hidden_size"),
            embedding_size=each("embedding_size"),
            vocab_size=each("vocab_size"),
            max_positions=each("max_positions"),
            type_vocab_size=each("type_vocab_size"),
            num_blocks=each_stage("num_blocks"),
            num_attention_heads=each_stage("num_attention_heads"),
            bottleneck_size=each_stage("bottleneck_size"),
            intermediate_size=each_stage("intermediate_size"),
            num_feedforward=each_stage("num_feedforward"),
            key_query_shared_bottleneck=each("key_query_shared_bottleneck").astype(bool),
        )
