"""Many architectures as a few integer arrays, for arithmetic over thousands of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from search_space.architecture import Architecture, Stage

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Dimensions:
    """The sizes of n architectures of at most s stages; a stage that is not there has zeros.

    Attributes:
        hidden_size, embedding_size, vocab_size, max_positions, type_vocab_size: int64 `[n]`.
        num_blocks, num_attention_heads, bottleneck_size, intermediate_size, num_feedforward: int64 `[n, s]`.
        key_query_shared_bottleneck: bool `[n]`.
        gelu: bool `[n]`, that the activation is gelu in place of relu.
        layer_norm: bool `[n]`, that the normalization is layer normalization in place of NoNorm.
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
    gelu: NDArray[np.bool_] = field(default_factory=lambda: np.array(False))
    layer_norm: NDArray[np.bool_] = field(default_factory=lambda: np.array(False))

    def __post_init__(self) -> None:
        for name in ("gelu", "layer_norm"):
            object.__setattr__(self, name, np.broadcast_to(getattr(self, name), self.hidden_size.shape))

    def __len__(self) -> int:
        return len(self.hidden_size)

    def architecture(self, row: int) -> Architecture:
        """One of the architectures, in its canonical form."""

        def size(name: str) -> int:
            return int(getattr(self, name)[row])

        stages = np.column_stack([getattr(self, stage_field.name)[row] for stage_field in fields(Stage)])
        return Architecture(
            size("hidden_size"),
            tuple(Stage(*map(int, stage)) for stage in stages if stage[0]),
            embedding_size=size("embedding_size"),
            vocab_size=size("vocab_size"),
            max_positions=size("max_positions"),
            type_vocab_size=size("type_vocab_size"),
            activation="gelu" if self.gelu[row] else "relu",
            normalization="layer_norm" if self.layer_norm[row] else "no_norm",
            key_query_shared_bottleneck=bool(self.key_query_shared_bottleneck[row]),
        ).canonical()

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
            gelu=np.array([architecture.activation == "gelu" for architecture in architectures], bool),
            layer_norm=np.array([architecture.normalization == "layer_norm" for architecture in architectures], bool),
        )
