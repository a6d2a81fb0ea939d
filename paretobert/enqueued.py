"""Architectures that a study tries before its controller proposes: read from a file, and made vectors of a space."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from search_space import PUBLISHED, Architecture, MobileBertSpace, Vectors


def read_enqueued(path: Path) -> list[str | dict[str, Any]]:
    """The architectures of a JSON file: one, or a list, each an object or the name of a published model.

    Raises:
        ValueError: the file is not JSON, or holds something else; the message says which entry is wrong.
        OSError: the file cannot be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # also bytes that are not UTF-8
        raise ValueError(f"{path}: not JSON: {error}") from None
    entries = data if isinstance(data, list) else [data]
    if not entries:
        raise ValueError(f"{path}: holds no architecture")
    for position, entry in enumerate(entries, 1):
        try:
            _architecture(entry)
        except ValueError as error:
            raise ValueError(f"{path}: entry {position}: {error}") from None
    return entries


def enqueued_vectors(space: MobileBertSpace, entries: Sequence[str | Mapping[str, Any]]) -> Vectors:
    """The vectors `[k, d]` of architectures as a configuration lists them; of equal ones only the first.

    Raises:
        ValueError: an entry is no architecture, or the space does not hold it; the message names entry and field.
    """
    found: dict[Architecture, Vectors] = {}
    for position, entry in enumerate(entries, 1):
        try:
            architecture = _architecture(entry).canonical()
            found.setdefault(architecture, space.encode(architecture))
        except ValueError as error:
            name = f" ({entry})" if isinstance(entry, str) else ""
            raise ValueError(f"enqueue: entry {position}{name}: {error}") from None
    return np.array([*found.values()], np.int64).reshape(-1, len(space.cardinalities))


def _architecture(entry: Any) -> Architecture:
    if not isinstance(entry, str):
        return Architecture.from_dict(entry)
    if entry not in PUBLISHED:
        raise ValueError(f"no published model {entry!r}; known: {', '.join(PUBLISHED)}, or an architecture")
    return PUBLISHED[entry]
