"""The architectures of a study's document as arrays, and their decisions as one number each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from latency_models.contract import Floats
from search_space import Dimensions, Vectors

DECISIONS = {
    "hidden_size": "hidden size",
    "num_blocks": "blocks",
    "num_stages": "stages",
    "bottleneck_size": "bottleneck size",
    "num_attention_heads": "attention heads",
    "intermediate_size": "intermediate size",
    "num_feedforward": "feed-forward networks",
}
"""By key, what it is called; those of a stage are means over blocks."""


def dimensions_of(architectures: Sequence[Mapping[str, Any]]) -> Dimensions:
    """The dimensions of n architectures in the form of `Architecture.to_dict`, which are known to be valid."""
    most_stages = max((len(each["stages"]) for each in architectures), default=0)

    def each(name: str) -> Vectors:
        return np.array([architecture[name] for architecture in architectures], np.int64)

    def each_stage(name: str) -> Vectors:
        sizes = np.zeros((len(architectures), most_stages), np.int64)
        for row, architecture in zip(sizes, architectures, strict=True):
            for slot, stage in enumerate(architecture["stages"]):
                row[slot] = stage[name]
        return sizes

    return Dimensions(
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
        gelu=np.array([architecture["activation"] == "gelu" for architecture in architectures], bool),
        layer_norm=np.array([architecture["normalization"] == "layer_norm" for architecture in architectures], bool),
    )


def decision_values(d: Dimensions) -> Floats:
    """The decisions of n architectures as numbers `[n, 7]`, in the order of `DECISIONS`."""
    of_stages = (d.bottleneck_size, d.num_attention_heads, d.intermediate_size, d.num_feedforward)
    blocks = d.num_blocks.sum(axis=1)
    means = [(sizes * d.num_blocks).sum(axis=1) / np.maximum(blocks, 1) for sizes in of_stages]
    return np.column_stack([d.hidden_size, blocks, (d.num_blocks > 0).sum(axis=1), *means]).astype(np.float64)
