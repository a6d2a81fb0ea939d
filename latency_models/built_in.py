"""The latency models that come with ParetoBERT, by name."""

from __future__ import annotations

from collections.abc import Callable

from latency_models.analytical import EdgeTpuAnalytical
from latency_models.contract import LatencyModel
from latency_models.learned import LearnedLatencyModel
from latency_models.measured import MeasuredTflite

BUILT_IN: dict[str, Callable[[str], LatencyModel]] = {
    EdgeTpuAnalytical.name: EdgeTpuAnalytical,
    LearnedLatencyModel.name: LearnedLatencyModel,
    MeasuredTflite.name: MeasuredTflite,
}
"""Makes a latency model from the name of a device: of a profile, or `this-machine` to measure."""


def load(name: str, device: str) -> LatencyModel:
    """A built-in latency model for a device.

    Raises:
        ValueError: the model or the device is unknown, or they do not fit.
    """
    if name not in BUILT_IN:
        raise ValueError(f"unknown latency model {name!r}; known: {', '.join(BUILT_IN)}")
    return BUILT_IN[name](device)
