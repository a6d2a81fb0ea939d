"""Whether latencies fall into two modes, as where some networks fit on a chip and others do not."""

from __future__ import annotations

import numpy as np

from latency_models.contract import Floats

FEWEST_ROWS = 200
"""Below, a gap is as likely to be chance as a mode, and a classifier has too little to learn from."""

_FEWEST_IN_A_MODE = 0.1
_VALLEY = 0.25  # of the distance between the modes
_MOST_IN_THE_VALLEY = 0.02
_LEAST_RATIO = 3.0


def mode_threshold(latency_ms: Floats) -> float | None:
    """The latency that parts two modes, or None where there is one.

    The threshold is Otsu's (1979), which makes the variance between the two sides of log latency greatest. It parts
    modes if each side has a tenth of the rows, the medians differ by a factor of three, and hardly any row (2 %) lies
    in the middle quarter between them.
    """
    if len(latency_ms) < FEWEST_ROWS:
        return None
    values = np.sort(np.log(latency_ms))
    below = np.arange(1, len(values))
    sums = np.cumsum(values)[:-1]
    means_below, means_above = sums / below, (values.sum() - sums) / (len(values) - below)
    cut = int(np.argmax(below * (len(values) - below) * (means_above - means_below) ** 2)) + 1
    if min(cut, len(values) - cut) < _FEWEST_IN_A_MODE * len(values):
        return None
    fast, slow = np.median(values[:cut]), np.median(values[cut:])
    middle = (fast + slow) / 2 + np.array([-0.5, 0.5]) * _VALLEY * (slow - fast)
    in_valley = np.count_nonzero((values > middle[0]) & (values < middle[1]))
    if slow - fast < np.log(_LEAST_RATIO) or in_valley > _MOST_IN_THE_VALLEY * len(values):
        return None
    return float(np.exp((values[cut - 1] + values[cut]) / 2))
