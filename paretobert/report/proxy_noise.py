"""What is known of the score of an evaluator that comes with ParetoBERT, before anything of a study is verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ProxyNoise:
    """How far a proxy's score depends on the seed, and how it ranks against longer training.

    Attributes:
        seed_deviation: standard deviation of a score over seeds, pooled over architectures.
        tau_between_seeds: mean Kendall's tau of the ranks of two seeds: what no comparison with this proxy can exceed.
        tau_with_longer: least and largest Kendall's tau with longer training, one for each seed.
        longer: what longer training was.
        architectures: random ones, over which all of this was measured.
        command: gives the figures again.
    """

    seed_deviation: float
    tau_between_seeds: float
    tau_with_longer: tuple[float, float]
    longer: str
    architectures: int
    command: str


_KNOWN = {
    # The demo preset's. Source: docs/results.md, "The proxy's noise".
    "9255ee104111bf90": ProxyNoise(
        seed_deviation=0.0021,
        tau_between_seeds=0.94,
        tau_with_longer=(0.65, 0.67),
        longer="1,000 steps of 8 examples",
        architectures=20,
        command="python scripts/benchmark_proxy_noise.py",
    ),
}
"""By the evaluator's fingerprint: another setting is another proxy."""


def proxy_noise(study: Mapping[str, Any]) -> ProxyNoise | None:
    """What was measured of the study's evaluator; None if nothing was."""
    fingerprint = next(plugin["fingerprint"] for plugin in study["plugins"] if plugin["kind"] == "evaluator")
    return _KNOWN.get(fingerprint)
