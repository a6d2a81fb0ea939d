"""Objectives and constraints over named metrics, as a configuration writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """A metric to make large or small, written `max score` or `min latency_ms`."""

    metric: str
    maximize: bool

    @classmethod
    def parse(cls, text: str) -> Objective:
        match = re.fullmatch(r"\s*(max|min)\s+(\w+)\s*", text)
        if match is None:
            raise ValueError(f"objective {text!r} is not of the form 'max METRIC' or 'min METRIC'")
        return cls(match[2], match[1] == "max")

    def minimized(self, metrics: Mapping[str, Floats]) -> Floats:
        """Its metric `[n]`, with the sign that makes less better."""
        return np.asarray(metrics[self.metric], float) * (-1 if self.maximize else 1)

    def __str__(self) -> str:
        return f"{'max' if self.maximize else 'min'} {self.metric}"


@dataclass(frozen=True)
class Constraint:
    """A bound on a metric, written `latency_ms <= 20` or `score >= 0.5`."""

    metric: str
    upper: bool
    bound: float

    @classmethod
    def parse(cls, text: str) -> Constraint:
        match = re.fullmatch(r"\s*(\w+)\s*(<=|>=)\s*([-+.\w]+)\s*", text)
        try:
            if match is None:
                raise ValueError
            bound = float(match[3])
        except ValueError:
            raise ValueError(
                f"constraint {text!r} is not of the form 'METRIC <= NUMBER' or 'METRIC >= NUMBER'"
            ) from None
        if not np.isfinite(bound) or bound == 0:
            raise ValueError(
                f"constraint {text!r}: the bound must be finite and not zero (violations are relative to it)"
            )
        return cls(match[1], match[2] == "<=", bound)

    def violation(self, values: Floats) -> Floats:
        """max(0, excess) / |bound| of metric values `[n]`; a value that is not known (NaN) violates nothing."""
        excess = values - self.bound if self.upper else self.bound - values
        return np.nan_to_num(np.maximum(0.0, excess) / abs(self.bound), nan=0.0)

    def holds(self, value: float) -> bool:
        """Whether a value of the metric meets it; one that is not known (NaN) does not."""
        return value <= self.bound if self.upper else value >= self.bound

    def __str__(self) -> str:
        return f"{self.metric} {'<=' if self.upper else '>='} {self.bound:g}"


def violation(constraints: Sequence[Constraint], metrics: Mapping[str, Floats], size: int) -> Floats:
    """Sum of the violations of all constraints whose metric is there: `[size]`."""
    known = (c.violation(np.asarray(metrics[c.metric], float)) for c in constraints if c.metric in metrics)
    return sum(known, start=np.zeros(size))


def minimized(objectives: Sequence[Objective], metrics: Mapping[str, Floats]) -> Floats:
    """The objectives as columns to minimise, `[n, objectives]`; contiguous by column, which is how they are read."""
    return np.stack([objective.minimized(metrics) for objective in objectives]).T
