"""Expected hypervolume improvement of candidates some of whose objectives are known.

Sources: Emmerich, Giannakoglou and Naujoks 2006, "Single- and multiobjective evolutionary optimization assisted by
Gaussian random field metamodels" (the criterion); Yang, Emmerich, Deutz and Baeck 2019, "Efficient computation of
expected hypervolume improvement using box decomposition algorithms" (strips); Jones, Schonlau and Welch 1998,
equation 15 (expected improvement).

The volume that a point adds to a front is an integral over the other objectives u of what it improves in the last:

    gain(u, y) = integral over u' from u to the reference of max(0, ceiling(u') - y) du'

with ceiling(u') the least y of the front's points that are nowhere beyond u', or the reference's. Where u is known and
y Gaussian, the expectation moves into the integral, and the ceiling is constant between the coordinates of the front:
a sum, over strips (or cells), of their size times a one-dimensional expected improvement. So with one costly objective
the expectation is exact. Every other costly objective is taken at the nodes of a Gauss-Hermite quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Constraint, Floats

NODES = 8
"""Of the quadrature for each costly objective after the first."""
MAX_CUTS = 24
"""Coordinates of the front that an objective is cut at, where two or more objectives are: some of them if there are
more. Cells then hold points of the front, whose volume counts as not yet dominated."""
_KNOWN = 1e-100
"""Deviation below which a value is known."""


def expected_improvement(ceiling: Floats, mean: Floats, std: Floats) -> Floats:
    """Of max(0, ceiling - y), y being Gaussian; the arguments are broadcast. A deviation of 0 says that y is known."""
    from scipy.special import ndtr

    below = ceiling - mean
    deviations = np.clip(below / np.maximum(std, _KNOWN), -38.0, 38.0)  # beyond, the density is 0
    density = np.exp(-(deviations**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(below * ndtr(deviations) + std * density, float)


def probability_of_feasibility(constraint: Constraint, mean: Floats, std: Floats) -> Floats:
    """That a Gaussian metric, of mean and deviation `[n]`, meets a constraint: `[n]`."""
    from scipy.special import ndtr

    inside = constraint.bound - mean if constraint.upper else mean - constraint.bound
    return np.asarray(ndtr(np.clip(inside / np.maximum(std, _KNOWN), -38.0, 38.0)), float)


@dataclass(frozen=True)
class Cells:
    """The space of all objectives but one, cut at the coordinates of a front.

    Attributes:
        edges: lower and upper edges of the cells along each of those objectives, each pair `[2, cells along it]`.
        ceilings: the different values that the ceiling takes, ascending, `[c]`.
        ceiling_of: which of them is that of each cell, `[product of cells]`.
    """

    edges: tuple[Floats, ...]
    ceilings: Floats
    ceiling_of: NDArray[np.int64]

    @classmethod
    def under(cls, front: Floats, reference: Floats, integrated: int) -> Cells:
        """Those of a front `[k, m]`, objective `integrated` being the one which is left out."""
        front = front[(front < reference).all(axis=1)]
        others = np.delete(front, integrated, axis=1)
        edges = []
        for coordinates, end in zip(others.T, np.delete(reference, integrated), strict=True):
            cuts = np.unique(coordinates)
            if others.shape[1] > 1 and len(cuts) > MAX_CUTS:
                cuts = cuts[np.linspace(0, len(cuts) - 1, MAX_CUTS).round().astype(int)]
            edges.append(np.array([[-np.inf, *cuts], [*cuts, end]]))
        lower = (
            np.stack([corner.ravel() for corner in np.meshgrid(*(lower for lower, _ in edges), indexing="ij")], 1)
            if edges
            else np.zeros((1, 0))
        )
        reaches = (others <= lower[:, None]).all(axis=2)
        ceilings = np.where(reaches, front[:, integrated], reference[integrated])
        values, which = np.unique(ceilings.min(axis=1, initial=reference[integrated]), return_inverse=True)
        return cls(tuple(edges), values, which)

    def improvement(self, known: Floats, mean: Floats, std: Floats) -> Floats:
        """Expected gain `[n]` of points whose other objectives are known, `[n, m - 1]`, the one left out is not."""
        by_ceiling = expected_improvement(self.ceilings, mean[:, None], std[:, None])
        gain = by_ceiling[:, self.ceiling_of]
        for (lower, upper), u in zip(self.edges[::-1], known.T[::-1], strict=True):
            widths = np.maximum(upper - np.maximum(lower, u[:, None]), 0.0)
            gain = np.einsum("nab,nb->na", gain.reshape(len(u), -1, len(lower)), widths)
        return np.asarray(gain[:, 0], float)


def expected_hypervolume_improvement(front: Floats, reference: Floats, mean: Floats, std: Floats) -> Floats:
    """By how much each of n candidates is expected to raise the hypervolume of a front: `[n]`.

    Args:
        front: objectives to minimise, `[k, m]`.
        reference: the point up to which volume counts, `[m]`.
        mean, std: of the candidates' objectives, independent Gaussians, `[n, m]`; a deviation of 0 says that it is
            known.
    """
    costly = np.flatnonzero((std > 0).any(axis=0))
    integrated = int(costly[0]) if len(costly) else len(reference) - 1
    cells = Cells.under(front, reference, integrated)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights /= weights.sum()
    gain = np.zeros(len(mean))
    for choice in product(range(NODES), repeat=max(len(costly) - 1, 0)):
        sampled = mean.copy()
        sampled[:, costly[1:]] += std[:, costly[1:]] * nodes[list(choice)]
        known = np.delete(sampled, integrated, axis=1)
        gain += weights[list(choice)].prod() * cells.improvement(known, mean[:, integrated], std[:, integrated])
    return gain
