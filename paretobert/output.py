"""What commands print: results on standard output, all else on standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def print_json(data: Any) -> None:
    """Prints exactly one JSON document on standard output; non-finite numbers are null.

    Raises:
        TypeError: the data hold something that JSON has no form for.
    """
    sys.stdout.write(json.dumps(jsonable(data), indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def one_line(text: str) -> str:
    """A message in one line, its runs of blanks one each."""
    return " ".join(text.split())


def jsonable(data: Any) -> Any:
    """The same data in mappings with string keys, lists, strings, numbers and None; non-finite numbers become None.

    Dataclasses become mappings; numpy's numbers and arrays become Python's.
    """
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if data is None or isinstance(data, str | int):
        return data
    if isinstance(data, Mapping):
        return {str(key): jsonable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [jsonable(value) for value in data]
    if is_dataclass(data) and not isinstance(data, type):
        return {field.name: jsonable(getattr(data, field.name)) for field in fields(data)}
    if hasattr(data, "tolist"):
        return jsonable(data.tolist())
    raise TypeError(f"no JSON form for {type(data).__name__}: {data!r}")


def results() -> Console:
    """The console for what a command was asked for."""
    from rich.console import Console

    return Console(markup=False, highlight=False)


def messages() -> Console:
    """The console for everything else: progress, notes, warnings."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
