"""Trials as columns: a page of thousands of them repeats no name and no text for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from search_space import Stage

STAGE_FIELDS = tuple(field.name for field in fields(Stage))
_PLAIN = ("number", "state", "violation", "seed", "budget", "seconds")


def trial_columns(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What trial objects hold, column by column, each of their length.

    Returns:
        number, state, violation, seed, budget, seconds: as in the trial objects.
        reasons: the different reasons; `reason`: the index of each trial's own.
        metrics: by name; null where a trial has none.
        sizes: `[hidden_size, [stage, ...]]`, a stage being its numbers in the order of `stage_fields`.
        same: the fields that all architectures share, beside those in `sizes`.
        others: by position, those fields of the architectures that differ from `same`.
    """
    reasons = list(dict.fromkeys(trial["reason"] for trial in trials))
    index = {reason: position for position, reason in enumerate(reasons)}
    names = dict.fromkeys(name for trial in trials for name in trial["metrics"])
    architectures = [trial["architecture"] for trial in trials]
    same = _others(architectures[0]) if architectures else {}
    return {
        **{name: [trial[name] for trial in trials] for name in _PLAIN},
        "reasons": reasons,
        "reason": [index[trial["reason"]] for trial in trials],
        "metrics": {name: [_short(trial["metrics"].get(name)) for trial in trials] for name in names},
        "stage_fields": list(STAGE_FIELDS),
        "sizes": [
            [each["hidden_size"], [[stage[name] for name in STAGE_FIELDS] for stage in each["stages"]]]
            for each in architectures
        ],
        "same": same,
        "others": {str(position): own for position, each in enumerate(architectures) if (own := _others(each)) != same},
    }


def _others(architecture: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in architecture.items() if name not in ("hidden_size", "stages")}


def _short(value: float | None) -> float | None:
    """The same number, a whole one without its `.0`."""
    return int(value) if value is not None and value == int(value) else value
