"""`Architecture`: everything that a search decides about a MobileBERT network, as plain data."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

Activation = Literal["relu", "gelu"]
Normalization = Literal["no_norm", "layer_norm"]

_LARGEST, _MOST = 2**20, 2**10  # of a size and of a number; parameters are then counted within 64 bits


@dataclass(frozen=True, order=True)
class Stage:
    """A run of equal blocks.

    Raises:
        ValueError: a size is not a positive integer (`num_blocks` may be 0), or the bottleneck is no multiple of
            the attention heads.
    """

    num_blocks: int
    num_attention_heads: int
    bottleneck_size: int
    intermediate_size: int
    num_feedforward: int

    def __post_init__(self) -> None:
        for name in _STAGE_FIELDS:
            at_most = _MOST if name.startswith("num_") else _LARGEST
            _check_integer(name, getattr(self, name), int(name != "num_blocks"), at_most)
        if self.bottleneck_size % self.num_attention_heads:
            raise ValueError(
                f"bottleneck_size {self.bottleneck_size} is not a multiple of "
                f"num_attention_heads {self.num_attention_heads}"
            )


_STAGE_FIELDS = tuple(field.name for field in fields(Stage))


@dataclass(frozen=True)
class Architecture:
    """A MobileBERT network (Sun et al. 2020, section 3), whose blocks may differ from stage to stage.

    Attributes:
        hidden_size: width of the states that run between blocks.
        stages: runs of equal blocks, from the embeddings upwards.
        embedding_size: width of the token table, before three neighbours are joined and projected.
        vocab_size: rows of the token table.
        max_positions: rows of the position table; the longest sequence.
        type_vocab_size: rows of the segment table.
        activation: of the feed-forward networks.
        normalization: `no_norm` is an element-wise scale and shift.
        key_query_shared_bottleneck: queries and keys read one projection of the block's input of their own.

    Raises:
        ValueError: a field is out of range; the message names the field and, for a stage, its number.
    """

    hidden_size: int
    stages: tuple[Stage, ...]
    embedding_size: int = 128
    vocab_size: int = 30_522
    max_positions: int = 512
    type_vocab_size: int = 2
    activation: Activation = "relu"
    normalization: Normalization = "no_norm"
    key_query_shared_bottleneck: bool = True

    def __post_init__(self) -> None:
        for name in ("hidden_size", "embedding_size", "vocab_size", "max_positions", "type_vocab_size"):
            _check_integer(name, getattr(self, name), 1, _LARGEST)
        _check_choice("activation", self.activation, get_args(Activation))
        _check_choice("normalization", self.normalization, get_args(Normalization))
        if not isinstance(self.key_query_shared_bottleneck, bool):
            raise ValueError(
                f"key_query_shared_bottleneck must be true or false, not {self.key_query_shared_bottleneck!r}"
            )
        if not isinstance(self.stages, tuple) or not all(isinstance(stage, Stage) for stage in self.stages):
            raise ValueError(f"stages must be a tuple of Stage, not {self.stages!r}")

    @property
    def num_blocks(self) -> int:
        return sum(stage.num_blocks for stage in self.stages)

    def canonical(self) -> Architecture:
        """The same network with empty stages dropped and equal neighbours merged."""
        merged: list[Stage] = []
        for stage in self.stages:
            if stage.num_blocks == 0:
                continue
            if merged and replace(merged[-1], num_blocks=stage.num_blocks) == stage:
                merged[-1] = replace(stage, num_blocks=merged[-1].num_blocks + stage.num_blocks)
            else:
                merged.append(stage)
        return self if len(merged) == len(self.stages) else replace(self, stages=tuple(merged))

    def to_dict(self) -> dict[str, Any]:
        """Plain data that `json.dumps` takes; `from_dict` reads it back."""
        return {**vars(self), "stages": [dict(vars(stage)) for stage in self.stages]}

    @classmethod
    def from_dict(cls, data: Any) -> Architecture:
        """The architecture of a JSON object; fields with a default may be left out.

        Raises:
            ValueError: not an object, an unknown or missing field, or a value out of range.
        """
        values = _known_fields(data, "architecture", _ARCHITECTURE_FIELDS, ("hidden_size", "stages"))
        if not isinstance(values["stages"], list | tuple):
            raise ValueError(f"stages must be a list, not {values['stages']!r}")
        stages = []
        for number, stage in enumerate(values["stages"], 1):
            try:
                stages.append(Stage(**_known_fields(stage, "stage", _STAGE_FIELDS, _STAGE_FIELDS)))
            except ValueError as error:
                raise ValueError(f"{error} (stage {number})") from None
        return cls(**{**values, "stages": tuple(stages)})

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Architecture:
        """See `from_dict`; text that is not JSON also raises `ValueError`."""
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise ValueError(f"not a JSON architecture: {error}") from None


_ARCHITECTURE_FIELDS = tuple(field.name for field in fields(Architecture))


def _known_fields(data: Any, what: str, known: tuple[str, ...], required: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{what} must be an object, not {data!r}")
    if unknown := [name for name in data if name not in known]:
        raise ValueError(f"unknown field {unknown[0]!r} in {what}; known: {', '.join(known)}")
    if missing := [name for name in required if name not in data]:
        raise ValueError(f"{what} has no {missing[0]}")
    return dict(data)


def _check_integer(name: str, value: Any, at_least: int, at_most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not at_least <= value <= at_most:
        raise ValueError(f"{name} must be an integer from {at_least} to {at_most}, not {value!r}")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
