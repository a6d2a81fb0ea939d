"""Narrowing a space stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class StageOptions:
    """What one stage may be; None stands for every option that the space has for the decision.

    Raises:
        ValueError: options are empty, not ascending or not positive.
    """

    num_blocks: tuple[int, ...] | None = None
    num_attention_heads: tuple[int, ...] | None = None
    bottleneck_size: tuple[int, ...] | None = None
    intermediate_size: tuple[int, ...] | None = None
    num_feedforward: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            options = getattr(self, field.name)
            if options is not None:
                check_options(field.name, options)


def check_options(name: str, options: tuple[int, ...]) -> None:
    """Raises `ValueError` unless options are positive integers in ascending order."""
    if not options or list(options) != sorted(set(options)) or options[0] < 1:
        raise ValueError(f"space: {name} must list positive integers in ascending order, not {list(options)}")
