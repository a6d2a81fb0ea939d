"""`Expert`: log latency of additive work, and what a process and trees correct, weighted by how well they do it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latency_models.contract import Floats
from latency_models.learned.additive import AdditiveLatency
from latency_models.learned.features import LatencyFeatures
from latency_models.learned.gaussian_process import GaussianProcess, Kernel
from latency_models.learned.stacking import folds, stack
from latency_models.learned.trees import Trees

_FEWEST_FOR_TREES = 80
_FEWEST_FOR_ONE_KERNEL = 100  # with fewer rows each fold learns its own, or its errors would look too small


@dataclass(frozen=True)
class Expert:
    """Predicts log latency where networks have one mode.

    Attributes:
        additive: what the others correct.
        process: corrects by `smooth`; its standard deviation is this expert's.
        process_weight: of its correction.
        trees, tree_weights: correct by all columns.
    """

    additive: AdditiveLatency
    process: GaussianProcess
    process_weight: float
    trees: tuple[Trees, ...]
    tree_weights: tuple[float, ...]

    def predict(self, features: LatencyFeatures) -> tuple[Floats, Floats]:
        """Log latency `[n]` and its standard deviation `[n]`."""
        correction, deviation = self.process.predict(features.smooth)
        log_latency = np.log(self.additive.predict(features.work)) + self.process_weight * correction
        if self.trees:
            columns = features.columns
            for trees, weight in zip(self.trees, self.tree_weights, strict=True):
                log_latency += weight * trees.predict(columns)
        return log_latency, deviation


@dataclass(frozen=True)
class _Members:
    additive: AdditiveLatency
    process: GaussianProcess
    trees: tuple[Trees, ...]


def fit_expert(features: LatencyFeatures, latency_ms: Floats) -> tuple[Expert, Floats, Floats]:
    """An expert on n networks, and what one that had not seen a network would have said of it.

    Returns:
        The expert; then log latency `[n]` and its standard deviation `[n]`, by cross-validation.
    """
    members = _fit_members(features, latency_ms, None)
    kernel = members.process.kernel if len(features) >= _FEWEST_FOR_ONE_KERNEL else None
    base, deviation = np.zeros(len(features)), np.zeros(len(features))
    corrections = np.zeros((len(features), 1 + len(members.trees)))
    for left_out in folds(len(features)):
        fitted = _fit_members(features[~left_out], latency_ms[~left_out], kernel)
        unseen = features[left_out]
        base[left_out] = np.log(fitted.additive.predict(unseen.work))
        corrections[left_out, 0], deviation[left_out] = fitted.process.predict(unseen.smooth)
        for column, trees in enumerate(fitted.trees, 1):
            corrections[left_out, column] = trees.predict(unseen.columns)
    weights = stack(corrections, np.log(latency_ms) - base)
    used = np.flatnonzero(weights[1:])
    expert = Expert(
        members.additive,
        members.process,
        float(weights[0]),
        tuple(members.trees[i] for i in used),
        tuple(weights[1:][used].tolist()),
    )
    return expert, base + corrections @ weights, deviation


def _fit_members(features: LatencyFeatures, latency_ms: Floats, kernel: Kernel | None) -> _Members:
    additive = AdditiveLatency.fit(features.work, latency_ms)
    left = np.log(latency_ms) - np.log(additive.predict(features.work))
    process = GaussianProcess.fit(features.smooth, left, kernel)
    if len(features) < _FEWEST_FOR_TREES:
        return _Members(additive, process, ())
    columns = features.columns
    return _Members(additive, process, (Trees.boosted(columns, left), Trees.forest(columns, left)))
