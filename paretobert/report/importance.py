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
from numpy.typing import NDArray

FEWEST = 12
"""Trials with a metric below which nothing is said of it."""
DECISIONS = {
    "hidden_size": "hidden size",
    "num_blocks": "blocks",
    "num_stages": "stages",
    "bottleneck_size": "bottleneck size",
    "num_attention_heads": "attention heads",
    "intermediate_size": "intermediate size",
    "num_feedforward": "feed-forward networks",
}
"""By key, what it is called; those of a stage are means over blocks."""
_GROUPS = 4

Floats = NDArray[np.float64]


def decision_values(architectures: Sequence[Mapping[str, Any]]) -> Floats:
    """The decisions of n architectures as numbers `[n, 7]`, in the order of `DECISIONS`."""
    rows = []
    for each in architectures:
        stages = [stage for stage in each["stages"] if stage["num_blocks"]]
        blocks = sum(stage["num_blocks"] for stage in stages)
        row = [each["hidden_size"], blocks, len(stages)]
        rows.append([
            *row, *(sum(s[name] * s["num_blocks"] for s in stages) / max(1, blocks) for name in list(DECISIONS)[3:])
        ])  # fmt: skip
    return np.array(rows, float).reshape(-1, len(DECISIONS))


def importances(trials: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> dict[str, Any]:
    """By metric, `{trials, decisions: [{decision, share, trend}]}`, the largest share first; null with too few trials.

    `share` is a fraction in [0, 1], `trend` Spearman's rank correlation of the decision with the metric.
    """
    found: dict[str, Any] = {}
    for metric in metrics:
        known = [trial for trial in trials if trial["metrics"].get(metric) is not None]
        if len(known) < FEWEST:
            found[metric] = None
            continue
        X = decision_values([trial["architecture"] for trial in known])
        y = np.array([trial["metrics"][metric] for trial in known], float)
        decisions = [
            {"decision": name, "share": explained(x, y), "trend": _rank_correlation(x, y)}
            for name, x in zip(DECISIONS.values(), X.T, strict=True)
        ]
        decisions.sort(key=lambda row: -float(row["share"]))  # type: ignore[arg-type]
        found[metric] = {"trials": len(known), "decisions": decisions}
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


def _rank_correlation(x: Floats, y: Floats) -> float:
    """Spearman's; 0 where one of them does not vary."""
    a, b = (_ranks(values) - (len(x) + 1) / 2 for values in (x, y))
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale else 0.0


def _ranks(values: Floats) -> Floats:
    """From 1, equal values sharing the mean of theirs; `scipy.stats` has it too and takes half a second to import."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
