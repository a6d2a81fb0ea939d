"""Which published model an architecture is most like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from paretobert.report.importance import decision_values
from search_space import PUBLISHED


def nearest_published(architectures: Sequence[Mapping[str, Any]]) -> list[str]:
    """The name of the nearest published model of each of n architectures.

    Near means small ratios of their decisions, means over blocks: Euclidean distance of logarithms, so that twice as
    many blocks are as far as half as many.
    """
    names = list(PUBLISHED)
    published = np.log(decision_values([PUBLISHED[name].to_dict() for name in names]))
    own = np.log(decision_values(architectures))
    distances = np.linalg.norm(own[:, None] - published[None], axis=2)
    return [names[position] for position in distances.argmin(axis=1)]
