"""The small network that stands for an architecture in a proxy run."""

from __future__ import annotations

from dataclasses import replace

from search_space import Architecture, Stage


def shrink(architecture: Architecture, *, divisor: int, vocab_size: int, max_positions: int) -> Architecture:
    """The architecture with every width divided by one factor, and a task's vocabulary and positions.

    Depth, heads and the number of feed-forward networks are kept, so that two architectures of the space never
    shrink to the same network.

    Args:
        architecture: in full.
        divisor: of all widths.
        vocab_size: tokens of the task's vocabulary.
        max_positions: the task's sequence length.

    Raises:
        ValueError: a width is no multiple of the divisor, or a shrunk bottleneck no multiple of its heads.
    """

    def divided(name: str, value: int) -> int:
        if value % divisor:
            raise ValueError(f"{name} {value} is not a multiple of width_divisor {divisor}: choose a smaller one")
        return value // divisor

    def shrunk(stage: Stage) -> Stage:
        bottleneck = divided("bottleneck_size", stage.bottleneck_size)
        if bottleneck % stage.num_attention_heads:
            raise ValueError(
                f"bottleneck_size {stage.bottleneck_size} divided by width_divisor {divisor} is not a multiple of "
                f"num_attention_heads {stage.num_attention_heads}: choose a smaller width_divisor"
            )
        intermediate = divided("intermediate_size", stage.intermediate_size)
        return replace(stage, bottleneck_size=bottleneck, intermediate_size=intermediate)

    return replace(
        architecture,
        hidden_size=divided("hidden_size", architecture.hidden_size),
        embedding_size=divided("embedding_size", architecture.embedding_size),
        stages=tuple(shrunk(stage) for stage in architecture.canonical().stages),
        vocab_size=vocab_size,
        max_positions=max_positions,
    )
