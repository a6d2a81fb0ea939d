"""How much of what a device could do a network makes use of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch
from latency_models.profile import DEVICES, DeviceProfile


def profile_of(device: str) -> DeviceProfile | None:
    """The profile of a device; None for a name that has none."""
    return DeviceProfile.load(device) if device in DEVICES or Path(device).suffix == ".toml" else None


def utilization(profile: DeviceProfile | None, batch: OpGraphBatch, latency_ms: Floats) -> Floats:
    """Multiply-adds over what the device could do in that time, `[n]`; NaN where no profile has its peak."""
    peak = profile.peak_multiply_adds_per_second.get(batch.precision) if profile else None
    if peak is None or latency_ms.shape != (len(batch),):
        return np.full(latency_ms.shape, np.nan)
    return np.asarray(batch.multiply_adds / (latency_ms * peak / 1e3), float)
