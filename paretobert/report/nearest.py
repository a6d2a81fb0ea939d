"""Which published model an architecture is most like."""

from __future__ import annotations

import numpy as np

from latency_models.contract import Floats
from paretobert.report.sizes import decision_values
from search_space import PUBLISHED, Dimensions


def nearest_published(decisions: Floats) -> list[str]:
    """The name of the nearest published model of each of n architectures, whose decisions are `[n, 7]`.

    Near means small ratios of their decisions, means over blocks: Euclidean distance of logarithms, so that twice as
    many blocks are as far as half as many.
    """
    names = list(PUBLISHED)
    published = np.log(decision_values(Dimensions.of([PUBLISHED[name] for name in names])))
    own = np.log(decisions)
    distances = np.linalg.norm(own[:, None] - published[None], axis=2)
    return [names[position] for position in distances.argmin(axis=1)]
