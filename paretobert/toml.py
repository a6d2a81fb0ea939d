"""TOML as people write it: short lists stand on one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomli_w

_WIDTH = 100
_ARRAY = re.compile(r"\[\n((?:    .+,\n)+)\]")  # a text never holds a line break here: it is written as \n


def to_toml(data: Mapping[str, Any]) -> str:
    """The data as TOML; None, for which TOML has no form, is left out.

    Raises:
        TypeError: the data hold something else that TOML has no form for.
    """
    return _ARRAY.sub(_on_one_line, tomli_w.dumps(_without_none(data)))


def _on_one_line(array: re.Match[str]) -> str:
    line = f"[{', '.join(item.strip().rstrip(',') for item in array[1].splitlines())}]"
    return line if len(line) <= _WIDTH and "#" not in line else array[0]


def _without_none(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _without_none(value) for key, value in data.items() if value is not None}
    return data
