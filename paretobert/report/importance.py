"""Which decision moves score and latency: how much of a metric's variation groups of equal decision explain.

The measure is omega squared (Hays 1963, "Statistics for Psychologists", section 12.18): the share of the variance that
lies between groups, less what as many random groups would show. It is what each decision explains alone, so it needs no
model and no library, and can be read off the trials; decisions that a search moves together share what they explain,
and what only a combination does is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from latency_models.contract import Floats
from paretobert.report.sizes import DECISIONS

FEWEST = 20
"""Trials with a metric below which nothing is said of it."""
_GROUPS = 4


def importances(trials: Sequence[Mapping[str, Any]], decisions: Floats, metrics: Sequence[str]) -> dict[str, Any]:
    """Of n trials and their decisions `[n, 7]`, by metric: `{trials, decisions: [{decision, share, trend}]}`.

    The largest share comes first; null stands for a metric of too few trials.
    `share` is a fraction in [0, 1], `trend` Spearman's rank correlation of the decision with the metric.
    """
    found: dict[str, Any] = {}
    for metric in metrics:
        values = np.array([trial["metrics"].get(metric) for trial in trials], float)  # None becomes NaN
        known = np.isfinite(values)
        if known.sum() < FEWEST:
            found[metric] = None
            continue
        y = values[known]
        rows = [
            (name, explained(x, y), _trend(x, y))
            for name, x in zip(DECISIONS.values(), decisions[known].T, strict=True)
        ]
        found[metric] = {
            "trials": len(y),
            "decisions": [
                {"decision": name, "share": share, "trend": trend}
                for name, share, trend in sorted(rows, key=lambda row: -row[1])
            ],
        }
    return found


def explained(x: Floats, y: Floats) -> float:
    """Omega squared of groups of x, quarters of its values or fewer, for y: a share of the variance of y `[n]`."""
    edges = np.unique(np.quantile(x, np.linspace(0, 1, _GROUPS + 1)[1:-1]))
    group = np.searchsorted(edges, x, side="left")
    labels, members = np.unique(group, return_counts=True)
    total = ((y - y.mean()) ** 2).sum()
    if len(labels) < 2 or total == 0:
        return 0.0
    means = np.array([y[group == label].mean() for label in labels])
    between = (members * (means - y.mean()) ** 2).sum()
    within = (total - between) / (len(y) - len(labels))
    return float(max(0.0, (between - (len(labels) - 1) * within) / (total + within)))


def _trend(x: Floats, y: Floats) -> float:
    """Spearman's; 0 where one of them does not vary."""
    a, b = (_ranks(values) - (len(x) + 1) / 2 for values in (x, y))
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale else 0.0


def _ranks(values: Floats) -> Floats:
    """From 1, equal values sharing the mean of theirs; `scipy.stats` has it too and takes half a second to import."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
