"""Numbers as a reader wants them: rounded, with their unit, and a dash where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

NOTHING = "\N{EN DASH}"
_SPACE = "\N{NO-BREAK SPACE}"
_TIMES = "\N{MULTIPLICATION SIGN}"


def score(value: float | None) -> str:
    """A fraction with four digits: the standard error of a proxy's score is seldom below 0.001."""
    return _number(value, ".4f")


def milliseconds(value: float | None) -> str:
    return _number(value, ".2f", "ms")


def percent(fraction: float | None) -> str:
    return _number(None if fraction is None else 100 * fraction, ".1f", "%")


def two_digits(value: float | None) -> str:
    """A number whose unit stands in its column's heading."""
    return _number(value, ".2f")


def millions(value: float | None) -> str:
    return _number(None if value is None else value / 1e6, ".2f", "M")


def gibibytes(value: float | None) -> str:
    return _number(None if value is None else value / 2**30, ".1f", "GiB")


def date(seconds: float) -> str:
    """A moment in seconds since 1970, to the minute, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def model_name(name: str) -> str:
    """A published model as its authors write it: `mobilebert-edgetpu-xs` is MobileBERT-EdgeTPU-XS."""
    head, *tail = name.split("-")
    written = {"mobilebert": "MobileBERT", "edgetpu": "EdgeTPU"}
    return "-".join([written.get(head, head), *(written.get(part, part.upper()) for part in tail)])


def num_blocks(architecture: Mapping[str, Any]) -> int:
    return sum(stage["num_blocks"] for stage in architecture["stages"])


def stage_sketch(stage: Mapping[str, Any]) -> str:
    """`8 x 256 / 4 / 1024 / 4`: blocks, bottleneck size, heads, intermediate size, feed-forward networks a block."""
    sizes = [stage[name] for name in ("bottleneck_size", "num_attention_heads", "intermediate_size", "num_feedforward")]
    return f"{stage['num_blocks']} {_TIMES} " + " / ".join(map(str, sizes))


def _number(value: float | None, form: str, unit: str = "") -> str:
    if value is None:
        return NOTHING
    return f"{value:{form}}{_SPACE}{unit}" if unit else f"{value:{form}}"
