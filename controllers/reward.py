"""One number for several objectives, higher is better: what a policy learns from and a tournament compares.

Sources: MnasNet's soft target (Tan et al. 2019, "MnasNet: Platform-Aware Neural Architecture Search for Mobile",
equation 2 with alpha = beta) and TuNAS's absolute reward (Bender et al. 2020, "Can Weight Sharing Outperform Random
Architecture Search? An Investigation With TuNAS", equation 2), which both aim at one latency; and a reward that aims
at none, because a study wants the whole front:

    mnasnet: score * (latency / target)^weight
    tunas:   score + weight * |latency / target - 1|
    front:   score - slope * log(latency)

MnasNet sets its weight from the score that a doubled latency is known to buy, so that all trials along the front are
rewarded alike. `front` reads that from the trials: to first order in the logarithm of the latency MnasNet's reward is
the score less slope * log(latency / target), the slope being the front's own, and the target a constant that a
baseline takes away. What is rewarded is a good score *for its latency*, at any latency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats
from controllers.outlook import magnitudes, trend
from controllers.pareto import non_dominated

Kind = Literal["front", "mnasnet", "tunas"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Reward:
    """Scalarises objectives of which some are free, as latency is.

    `mnasnet` and `tunas` aim at one value of the first free objective; every other objective is a score. Where none
    is free the scores alone are rewarded. Several scores are added up, each in its own deviations.

    Attributes:
        kind: `front`, `mnasnet` or `tunas`.
        target: of the first free objective, in its unit; `front` has none.
        weight: MnasNet's exponent or TuNAS's beta; MnasNet's -0.07 (section 3) holds where twice the latency buys
            5 % of the score.

    Raises:
        ValueError: there is no such kind; a target is missing, not above 0 or of no use; the weight is not below 0.
    """

    kind: str = "front"
    target: float | None = None
    weight: float = -0.07

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"reward {self.kind!r} is not known; choose one of {', '.join(KINDS)}")
        if self.kind == "front" and self.target is not None:
            raise ValueError(
                f"reward 'front' aims at no target, but target is {self.target}; leave it out, or choose a reward of "
                "mnasnet or tunas"
            )
        if self.kind != "front" and (self.target is None or not 0 < self.target < np.inf):
            raise ValueError(
                f"reward {self.kind!r}: target must be a number above 0, such as the latency_ms to aim at, "
                f"not {self.target}"
            )
        if not -np.inf < self.weight < 0:
            raise ValueError(f"reward {self.kind!r}: weight must be below 0, not {self.weight}")

    def __call__(self, points: Floats, free: NDArray[np.bool_]) -> Floats:
        """The rewards of trials, `[n]`.

        Args:
            points: their objectives as columns to minimise, `[n, m]`, all finite. `front` takes its slope from those
                that no other dominates.
            free: bool `[m]`, which objectives are free.
        """
        if self.kind == "front":
            return _for_its_place_on_the_front(points, free)
        if not free.any():
            return -_together(points)
        first = int(np.argmax(free))
        ratio, costs = self._ratio(points[:, first]), np.delete(points, first, axis=1)
        if not costs.shape[1]:
            costs = np.full((len(points), 1), -1.0)
        if self.kind == "tunas":
            return -_together(costs) + self.weight * np.abs(ratio - 1.0)
        # A loss is above 0 as a column to minimise; there the factor has to grow with the latency.
        return -_together(costs * ratio[:, None] ** np.where(costs < 0, self.weight, -self.weight))

    def _ratio(self, values: Floats) -> Floats:
        """latency / target `[n]`; of an objective to maximise, whose column is negative, target / value."""
        assert self.target is not None
        relative = np.maximum(np.abs(values), np.finfo(float).tiny) / self.target
        return np.where(values < 0, 1.0 / relative, relative)


def _for_its_place_on_the_front(points: Floats, free: NDArray[np.bool_]) -> Floats:
    """By how much the costly objectives of `[n, m]` are below the trend of the front; all, where none is costly."""
    if free.all():
        return -_together(points)
    slopes = trend(points[non_dominated(points)], free)
    return -_together(points[:, ~free] - magnitudes(points[:, free]) @ slopes)


def _together(costs: Floats) -> Floats:
    """Columns of `[n, k]` added up: `[n]`; several of them in deviations, so that none outweighs the others."""
    if costs.shape[1] == 1:
        return costs[:, 0]
    deviations = costs.std(axis=0)
    return np.asarray((costs / np.where(deviations > 0, deviations, 1.0)).sum(axis=1), float)
