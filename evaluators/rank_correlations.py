"""How well short runs rank architectures as long ones do: Kendall's tau, where it matters, and how sure it is.

Kendall 1945 ("The treatment of ties in ranking problems"), tau-b: concordant less discordant pairs, over the geometric
mean of the pairs that each ranking tells apart. Here the pairs may be some of all, such as those of equal latency.
Intervals are percentiles of a bootstrap over architectures (Efron 1979); a pair of one architecture with itself counts
for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pairs = NDArray[np.bool_]

LATENCY_BAND = 0.1
"""Two latencies are equal where both lie within so much of one value between them."""

RESAMPLES = 1_000
COVERAGE = 0.9


@dataclass(frozen=True)
class RankCorrelation:
    """Kendall's tau of short scores with long ones; NaN where there is nothing to rank.

    Attributes:
        tau: in [-1, 1].
        low, high: of the interval that holds nine in ten resamples.
        pairs: of architectures that were compared.
        ceiling: tau between two seeds of the long run over the same pairs, the mean over pairs of seeds: what a short
            run without fault would reach. NaN with one seed.
    """

    tau: float
    low: float
    high: float
    pairs: int
    ceiling: float


def rank_correlations(
    short: Floats, long: Floats, latency_ms: Floats, parameters: Floats, *, seed: int = 0
) -> dict[str, RankCorrelation]:
    """Of the short scores `[n]` with the mean over seeds of the long ones.

    Args:
        short: `[n]`.
        long: `[n, seeds]`, NaN where a seed has not run; every architecture has one at least.
        latency_ms, parameters: `[n]`.
        seed: of the bootstrap.

    Returns:
        By name: `all` pairs; those within the `top_half` by the long scores; those of `equal_latency`, see
        `LATENCY_BAND`; and all with what log-parameters say of both taken off by least squares, `beyond_size`.
    """
    mean = np.nanmean(long, axis=1)
    every = np.ones((len(short), len(short)), bool)
    log_size = np.log(parameters)

    def one(a: Floats, b: Floats, seeds: Floats, pairs: Pairs) -> RankCorrelation:
        low, high = np.nan, np.nan
        resampled = kendall_tau(a, b, pairs, resample_counts(len(a), seed))
        if np.isfinite(resampled).any():
            low, high = np.nanquantile(resampled, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
        tau = float(kendall_tau(a, b, pairs)[0])
        return RankCorrelation(tau, float(low), float(high), int(np.triu(pairs, 1).sum()), ceiling(seeds, pairs))

    sizeless = np.stack([residual(column, log_size) for column in long.T], axis=1)
    return {
        "all": one(short, mean, long, every),
        "top_half": one(short, mean, long, top_half(mean)),
        "equal_latency": one(short, mean, long, equal_latency(latency_ms)),
        "beyond_size": one(residual(short, log_size), residual(mean, log_size), sizeless, every),
    }


def kendall_tau(a: Floats, b: Floats, pairs: Pairs | None = None, counts: Floats | None = None) -> Floats:
    """Tau-b of two rankings `[n]`, NaN where one of them tells no pair apart.

    Args:
        a, b: scores.
        pairs: `[n, n]`, symmetric: which are compared; all by default.
        counts: `[resamples, n]`, how often each architecture stands in a resample; each once by default.

    Returns:
        `[resamples]`, or `[1]`.
    """
    allowed = np.ones((len(a), len(a)), bool) if pairs is None else pairs
    counts = np.ones((1, len(a))) if counts is None else counts
    in_a, in_b = (np.asarray(np.sign(x[:, None] - x[None, :]) * allowed, np.float64) for x in (a, b))

    def total(of_pair: Floats) -> Floats:
        return np.asarray(((counts @ of_pair) * counts).sum(axis=1), np.float64)

    told_apart = np.sqrt(total(np.abs(in_a)) * total(np.abs(in_b)))
    tau = np.full(len(counts), np.nan)
    np.divide(total(in_a * in_b), told_apart, out=tau, where=told_apart > 0)
    return tau


def resample_counts(size: int, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """How often each of so many architectures stands in each resample: `[resamples, size]`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(size, np.full(size, 1 / size), resamples).astype(np.float64)


def ceiling(long: Floats, pairs: Pairs) -> float:
    """Tau between two seeds of `[n, seeds]`, the mean over pairs of seeds; NaN with one seed."""
    taus = []
    for one, other in combinations(long.T, 2):
        both = np.isfinite(one) & np.isfinite(other)
        taus.append(kendall_tau(one[both], other[both], pairs[np.ix_(both, both)])[0])
    known = [tau for tau in taus if np.isfinite(tau)]
    return float(np.mean(known)) if known else np.nan


def top_half(scores: Floats) -> Pairs:
    """The pairs within the better half, of an odd number the larger."""
    rank = np.empty(len(scores), int)
    rank[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    is_top = rank < (len(scores) + 1) // 2
    return is_top[:, None] & is_top[None, :]


def equal_latency(latency_ms: Floats) -> Pairs:
    """The pairs of equal latency, see `LATENCY_BAND`."""
    smaller = np.minimum(latency_ms[:, None], latency_ms[None, :])
    larger = np.maximum(latency_ms[:, None], latency_ms[None, :])
    return np.asarray((1 - LATENCY_BAND) * larger <= (1 + LATENCY_BAND) * smaller)


def residual(scores: Floats, of: Floats) -> Floats:
    """Scores `[n]` less their least-squares line in another number; NaN stays."""
    known = np.isfinite(scores)
    if not known.any():
        return scores
    if np.ptp(of[known]) == 0:
        return np.asarray(scores - scores[known].mean())
    slope, intercept = np.polyfit(of[known], scores[known], 1)
    return np.asarray(scores - (slope * of + intercept))
