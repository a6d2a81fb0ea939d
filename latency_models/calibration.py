"""Fits the free constants of a device profile to measured latencies, and says how well they hold on rows left out.

Non-negative robust least squares: relative errors, so that short latencies count as much as long ones, under the
soft-L1 loss, so that a row that was measured while the machine was slow does not bend the others. Prices enter as
milliseconds a unit, in which latency is linear; `float_ratio` alone is a factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latency_models.analytical import EdgeTpuAnalytical
from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch
from latency_models.profile import ConstantTable, DeviceProfile
from latency_models.terms import TERMS, Work, price, unit_ms

SPARE_ROWS = 2
"""How many more measurements than free constants there must be."""

RANGES = 5
"""How many contiguous ranges of multiply-adds are left out in turn, where no groups are given."""

_SMALL_ERROR = 0.05  # relative; where the loss turns from squares to absolute values
_NIL = 1e-6  # share of a mean latency below which a price is none
_RATIO = "float_ratio"
_CAN_BE_FREE = ", ".join([*TERMS, _RATIO])


@dataclass(frozen=True)
class Calibration:
    """What a fit to n measured latencies found.

    Attributes:
        profile: the device with its new constants; their sources say what they were fitted to and how well.
        unused: free constants whose fitted cost is nil. The new profile does without them.
        latency_ms: `[n]`, as measured.
        fitted_ms: `[n]`, by the new constants.
        held_out_ms: `[n]`, by constants fitted without the row's group.
    """

    profile: DeviceProfile
    unused: tuple[str, ...]
    latency_ms: Floats
    fitted_ms: Floats
    held_out_ms: Floats

    @property
    def errors(self) -> Floats:
        """Relative errors of `fitted_ms`, as fractions: `[n]`."""
        return np.abs(self.fitted_ms / self.latency_ms - 1)

    @property
    def held_out_errors(self) -> Floats:
        """Relative errors of `held_out_ms`, as fractions: `[n]`."""
        return np.abs(self.held_out_ms / self.latency_ms - 1)


def calibrate(
    profile: DeviceProfile,
    measured: Sequence[tuple[OpGraphBatch, ArrayLike]],
    origin: str,
    groups: ArrayLike | None = None,
) -> Calibration:
    """Fits the free constants that a profile has for `edgetpu-analytical`; the others stay.

    Args:
        profile: of the device; the values of its free constants do not matter, unless the networks show nothing that
            a constant is the price of: it stays as it is.
        measured: networks and the latencies of each in milliseconds, batch by batch; n networks in all.
        origin: what was measured, for the new constants' sources.
        groups: `[n]`; the rows of a group are left out together. Without it, `RANGES` contiguous ranges of
            multiply-adds.

    Raises:
        ValueError: no price is free, a latency is not a positive number or faster than the device's peak, or there
            are too few rows or groups.
    """
    batches = [batch for batch, _ in measured]
    latency_ms = _latencies(profile, measured)
    problem = _Problem.of(profile, batches)
    _check_rows(len(latency_ms), problem.names)
    group = _ranges(batches) if groups is None else np.asarray(groups)
    if len(group) != len(latency_ms) or len(np.unique(group)) < 2:
        raise ValueError(f"groups must be {len(latency_ms)}, of at least two kinds, to leave one out")
    fitted = problem.solve(latency_ms, np.ones(len(latency_ms), bool))
    held_out_ms = np.zeros(len(latency_ms))
    for out in (group == value for value in np.unique(group)):
        held_out_ms[out] = problem.predict(problem.solve(latency_ms, ~out))[out]
    fitted_ms = problem.predict(fitted)
    found = Calibration(profile, (), latency_ms, fitted_ms, held_out_ms)
    source = (
        f"fitted to {len(latency_ms)} {origin}; mean error {found.errors.mean():.1%}, "
        f"{found.held_out_errors.mean():.1%} where each of {len(np.unique(group))} groups is left out in turn "
        f"(largest {found.held_out_errors.max():.1%})"
    )
    unused = tuple(name for name, x in zip(problem.names, fitted, strict=True) if x == 0 and not name.endswith("_ms"))
    values = {
        name: price(name, x) if name != _RATIO else x
        for name, x in zip(problem.names, fitted, strict=True)
        if name not in unused
    }
    return replace(found, profile=_with_constants(profile, values, unused, source), unused=unused)


@dataclass(frozen=True)
class _Problem:
    """Latency `[n]` = (known_ms + amounts @ prices) x ratio where float.

    Attributes:
        names: of the unknowns, prices first, then the ratio where it is free.
        amounts: `[n, prices]`.
        known_ms: `[n]`, of the constants that are not free.
        is_float: `[n]`.
        ratio: float latency over int8 latency, where it is not free.
        least: `[unknowns]`, lowest values.
    """

    names: tuple[str, ...]
    amounts: Floats
    known_ms: Floats
    is_float: NDArray[np.bool_]
    ratio: float
    least: Floats

    @classmethod
    def of(cls, profile: DeviceProfile, batches: Sequence[OpGraphBatch]) -> _Problem:
        table = profile.tables[EdgeTpuAnalytical(profile).name]
        for name in table.free:
            if name not in TERMS and name != _RATIO:
                raise ValueError(f"{profile.name}: free constant {name} is no price; free can be {_CAN_BE_FREE}")
        works = [Work(batch, table.values, profile.host_operations) for batch in batches]
        amounts = {
            name: np.concatenate([work.batch.total(np.asarray(TERMS[name].amount(work), np.float64)) for work in works])
            for name in table.values
            if name in TERMS
        }
        is_float = np.concatenate([np.full(len(batch), batch.precision == "float") for batch in batches])
        free = [name for name, amount in amounts.items() if name in table.free and amount.any()]
        ratio_is_free = _RATIO in table.free and bool(is_float.any())
        if not free and not ratio_is_free:
            raise ValueError(f"{profile.name}: no free constant is shown by these networks; free can be {_CAN_BE_FREE}")
        fastest = 1e3 / profile.peak_multiply_adds_per_second.get("int8", np.inf)
        least = [fastest if name == "multiply_adds_per_second" else 0.0 for name in free]
        known = [amounts[name] * unit_ms(name, table.values[name]) for name in amounts if name not in free]
        return cls(
            names=(*free, *[_RATIO] * ratio_is_free),
            amounts=np.column_stack([np.empty((len(is_float), 0)), *(amounts[name] for name in free)]),
            known_ms=sum(known, np.zeros(len(is_float))),
            is_float=is_float,
            ratio=table.values.get(_RATIO, 1.0),
            least=np.array([*least, *[0.0] * ratio_is_free]),
        )

    def predict(self, x: Floats) -> Floats:
        """Latencies `[n]` of unknowns `[unknowns]`, in milliseconds a unit."""
        prices, ratio = x[: self.amounts.shape[1]], x[-1] if _RATIO in self.names else self.ratio
        latency_ms: Floats = (self.known_ms + self.amounts @ prices) * np.where(self.is_float, ratio, 1.0)
        return latency_ms

    def solve(self, latency_ms: Floats, rows: NDArray[np.bool_]) -> Floats:
        """The unknowns that fit rows best; a price that they show no sign of is 0."""
        from scipy.optimize import least_squares  # slow to import, and only fits need it

        amounts, count = self.amounts[rows], self.amounts.shape[1]
        shown = amounts.any(axis=0)
        typical = latency_ms[rows].mean() / np.where(shown, amounts.mean(axis=0), 1.0)
        scale = np.append(typical, np.ones(len(self.names) - count))  # brings every unknown near 1
        start = np.append(np.full(count, 1 / max(1, count)), np.full(len(scale) - count, 1.5))
        least = self.least / scale

        def errors(x: Floats) -> Floats:
            return (self.predict(x * scale) / latency_ms - 1)[rows]

        tight: dict[str, Any] = {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12}
        robust: dict[str, Any] = {"loss": "soft_l1", "f_scale": _SMALL_ERROR}
        x = least_squares(errors, np.maximum(start, least + 1e-6), bounds=(least, np.inf), **tight, **robust).x
        x[:count][~shown | (x[:count] < _NIL)] = 0.0
        fitted: Floats = np.maximum(x, least) * scale
        return fitted


def _latencies(profile: DeviceProfile, measured: Sequence[tuple[OpGraphBatch, ArrayLike]]) -> Floats:
    """All latencies `[n]`, checked."""
    columns = []
    for batch, given in measured:
        latency_ms = np.asarray(given, float)
        if latency_ms.shape != (len(batch),):
            raise ValueError(f"there must be one latency for each of {len(batch)} networks, not {latency_ms.shape}")
        wrong = ~(np.isfinite(latency_ms) & (latency_ms > 0))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ValueError(f"latency_ms of row {row} must be a positive number, not {latency_ms[row]}")
        peak_per_ms = profile.peak_multiply_adds_per_second.get(batch.precision, np.inf) / 1e3
        multiply_adds = batch.multiply_adds
        impossible = multiply_adds > latency_ms * peak_per_ms
        if impossible.any():
            row = int(np.argmax(impossible))
            raise ValueError(
                f"latency_ms of row {row} is {latency_ms[row]:g} for {multiply_adds[row]:.3g} multiply-adds, faster "
                f"than the peak of {profile.name} ({1e3 * peak_per_ms:.3g} a second): give milliseconds, not seconds"
            )
        columns.append(latency_ms)
    if not columns:
        raise ValueError("there are no measurements to calibrate with")
    return np.concatenate(columns)


def _check_rows(rows: int, names: Sequence[str]) -> None:
    if rows < len(names) + SPARE_ROWS:
        raise ValueError(
            f"{rows} measurements are too few for {len(names)} free constants ({', '.join(names)}): "
            f"give at least {len(names) + SPARE_ROWS}"
        )


def _ranges(batches: Sequence[OpGraphBatch]) -> NDArray[np.int64]:
    """Which of `RANGES` ranges of multiply-adds each network is in, equally many in each: `[n]`."""
    multiply_adds = np.concatenate([batch.multiply_adds for batch in batches])
    place = np.argsort(np.argsort(multiply_adds, kind="stable"), kind="stable")
    return place * RANGES // len(multiply_adds)


def _with_constants(
    profile: DeviceProfile, values: Mapping[str, float], unused: Sequence[str], source: str
) -> DeviceProfile:
    """The profile with fitted constants in the place of its free ones."""
    table = profile.tables[EdgeTpuAnalytical.name]
    kept = {name: value for name, value in table.values.items() if name not in unused}
    fitted = ConstantTable(
        {**kept, **{name: _rounded(value) for name, value in values.items()}},
        {**{name: table.sources[name] for name in kept}, **dict.fromkeys(values, source)},
        tuple(name for name in table.free if name not in unused),
    )
    return replace(profile, tables={**profile.tables, EdgeTpuAnalytical.name: fitted})


def _rounded(value: float) -> float:
    """Six significant digits, more than measurements can mean."""
    return float(f"{value:.6g}")
