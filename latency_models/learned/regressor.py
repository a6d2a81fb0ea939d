"""`LatencyRegressor`: latency, and how far to trust it, learned from measurements of other networks.

One expert predicts where latencies have one mode. Where they have two, as seen in the training data, a classifier gives
the probability of the slow one and each mode has its expert; the prediction is the likelier mode's.

Intervals are conformal: cross-validation says what the model would have said of each row had it not seen it, and the
standard deviations are widened until nine in ten of these rows lie in their interval (Romano, Patterson & Candes 2019,
section 2; with the distribution's own quantiles as in Chernozhukov, Wüthrich & Zhu 2021, which two modes need).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latency_models.accuracy import NORMAL_90
from latency_models.contract import Floats
from latency_models.learned.domain import Domain
from latency_models.learned.expert import Expert, fit_expert
from latency_models.learned.features import LatencyFeatures
from latency_models.learned.modes import mode_threshold
from latency_models.learned.stacking import folds
from latency_models.learned.trees import Trees

FEWEST_ROWS = 8
COVERAGE = 0.9


@dataclass(frozen=True)
class Prediction:
    """Of n networks.

    Attributes:
        latency_ms: `[n]`.
        latency_std_ms: `[n]`.
        is_outside: `[n]`, whether the network is unlike those that were learned from.
    """

    latency_ms: Floats
    latency_std_ms: Floats
    is_outside: NDArray[np.bool_]


@dataclass(frozen=True)
class LatencyRegressor:
    """A fitted model.

    Attributes:
        experts: of the only mode, or of the fast and of the slow one.
        widenings: by expert, what its standard deviations are multiplied with.
        classifier: the probability of the slow mode; None where there is one mode.
        quantile: 90 % of unseen rows lie within as many standard deviations (of the normal distribution).
        domain: of the rows seen.
    """

    experts: tuple[Expert, ...]
    widenings: tuple[float, ...]
    classifier: Trees | None
    quantile: float
    domain: Domain

    @classmethod
    def fit(cls, features: LatencyFeatures, latency_ms: Floats) -> LatencyRegressor:
        """Learns from n networks and their latencies `[n]`.

        Raises:
            ValueError: there are fewer than `FEWEST_ROWS`, or a latency or feature is not a finite number (latencies
                above, work at least zero).
        """
        _check(features, latency_ms)
        domain = Domain.of(np.concatenate([features.work, features.smooth], axis=1))
        threshold = mode_threshold(latency_ms)
        if threshold is None:
            expert, center, deviation = fit_expert(features, latency_ms)
            widening = _conformal((np.log(latency_ms) - center) / deviation) / NORMAL_90
            return cls((expert,), (widening,), None, NORMAL_90, domain)
        return cls._fit_two_modes(features, latency_ms, latency_ms > threshold, domain)

    @classmethod
    def _fit_two_modes(
        cls, features: LatencyFeatures, latency_ms: Floats, is_slow: NDArray[np.bool_], domain: Domain
    ) -> LatencyRegressor:
        columns, log_latency = features.columns, np.log(latency_ms)
        chance = np.zeros(len(features))
        for left_out in folds(len(features)):
            chance[left_out] = Trees.classifier(columns[~left_out], is_slow[~left_out]).predict(columns[left_out])
        experts, widenings = [], []
        centers, deviations = np.zeros((2, len(features))), np.zeros((2, len(features)))
        for mode, rows in enumerate((~is_slow, is_slow)):
            expert, own_center, own_deviation = fit_expert(features[rows], latency_ms[rows])
            centers[mode], deviations[mode] = expert.predict(features)  # the other mode's rows, which it never saw
            centers[mode, rows], deviations[mode, rows] = own_center, own_deviation
            widening = _conformal((log_latency[rows] - own_center) / own_deviation) / NORMAL_90
            deviations[mode] *= widening
            experts.append(expert)
            widenings.append(widening)
        mixture = _Mixture(centers, deviations, chance)
        quantile = _conformal(mixture.normal_score(log_latency))
        return cls(tuple(experts), tuple(widenings), Trees.classifier(columns, is_slow), quantile, domain)

    def predict(self, features: LatencyFeatures) -> Prediction:
        """The latency of each network."""
        mixture = self._mixture(features)
        latency_ms = np.exp(mixture.likelier_center)
        outside = self.domain.is_outside(np.concatenate([features.work, features.smooth], axis=1))
        return Prediction(latency_ms, latency_ms * mixture.deviation, outside)

    def interval(self, features: LatencyFeatures) -> tuple[Floats, Floats]:
        """What 90 % of unseen networks' latencies lie in: lower and upper ends in milliseconds, each `[n]`."""
        from scipy.special import ndtr

        mixture = self._mixture(features)
        low, high = (mixture.inverse(float(ndtr(sign * self.quantile))) for sign in (-1, 1))
        return np.exp(low), np.exp(high)

    def _mixture(self, features: LatencyFeatures) -> _Mixture:
        predicted = [expert.predict(features) for expert in self.experts]
        centers = np.array([center for center, _ in predicted])
        deviations = np.array([w * deviation for w, (_, deviation) in zip(self.widenings, predicted, strict=True)])
        chance = np.zeros(len(features)) if self.classifier is None else self.classifier.predict(features.columns)
        return _Mixture(centers, deviations, chance)


@dataclass(frozen=True)
class _Mixture:
    """Normal distributions of log latency: of one mode, or of two with the chance `[n]` of the second."""

    centers: Floats  # [modes, n]
    deviations: Floats  # [modes, n]
    chance: Floats

    @property
    def likelier_center(self) -> Floats:
        center: Floats = np.where(self.chance > 0.5, self.centers[-1], self.centers[0])
        return center

    @property
    def deviation(self) -> Floats:
        """Of the mixture, `[n]`."""
        between = self.chance * (1 - self.chance) * (self.centers[-1] - self.centers[0]) ** 2
        within = (1 - self.chance) * self.deviations[0] ** 2 + self.chance * self.deviations[-1] ** 2
        deviation: Floats = np.sqrt(within + between)
        return deviation

    def cumulative(self, log_latency: Floats) -> Floats:
        from scipy.special import ndtr

        below: Floats = ndtr((log_latency - self.centers) / self.deviations)
        mixed: Floats = (1 - self.chance) * below[0] + self.chance * below[-1]
        return mixed

    def normal_score(self, log_latency: Floats) -> Floats:
        """How many standard deviations from the median a normal distribution has the same share below: `[n]`."""
        from scipy.special import ndtri

        score: Floats = ndtri(np.clip(self.cumulative(log_latency), 1e-15, 1 - 1e-15))
        return score

    def inverse(self, share: float) -> Floats:
        """The log latency `[n]` that has this share below, by bisection."""
        from scipy.special import ndtri

        ends = self.centers + ndtri(share) * self.deviations
        low, high = ends.min(axis=0), ends.max(axis=0)
        for _ in range(40 if len(self.centers) > 1 else 0):
            middle = (low + high) / 2
            too_low = self.cumulative(middle) < share
            low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
        halfway: Floats = (low + high) / 2
        return halfway


def _conformal(scores: Floats) -> float:
    """What 90 % of further scores' sizes do not exceed, by Hazen's quantile of these.

    The usual ceil(0.9 (n + 1))-th smallest is for models that are all alike; those of cross-validation saw fewer rows,
    so that it covers 93 % at twenty rows, and this one 91 %.
    """
    return float(np.quantile(np.abs(scores), COVERAGE, method="hazen"))


def _check(features: LatencyFeatures, latency_ms: Floats) -> None:
    if len(latency_ms) != len(features):
        raise ValueError(f"{len(latency_ms)} latencies for {len(features)} networks: give one for each")
    if len(latency_ms) < FEWEST_ROWS:
        raise ValueError(f"{len(latency_ms)} measured networks are too few to learn from: give at least {FEWEST_ROWS}")
    if not (np.isfinite(latency_ms) & (latency_ms > 0)).all():
        row = int(np.argmin(np.isfinite(latency_ms) & (latency_ms > 0)))
        raise ValueError(f"latency {latency_ms[row]} of row {row} is not a positive number of milliseconds")
    if not np.isfinite(features.columns).all() or (features.work < 0).any():
        raise ValueError("features must be finite numbers, and work at least zero")
