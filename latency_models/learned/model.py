"""`LearnedLatencyModel`: the learned regression as a latency model of op graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from latency_models.analytical import EdgeTpuAnalytical
from latency_models.contract import CostEstimate, Floats, Source
from latency_models.graph import OpGraphBatch
from latency_models.learned.features import LatencyFeatures
from latency_models.learned.graph_features import graph_features
from latency_models.learned.regressor import LatencyRegressor
from latency_models.learned.storage import digest, read, write
from latency_models.measurements import Measurements
from latency_models.utilization import profile_of, utilization

_DEFAULTS = files("latency_models") / "learned" / "defaults"
_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Origin:
    """What a model was learned from.

    Attributes:
        device: what the latencies are of, any name.
        analytical: the device profile whose analytical model helps, if any.
        analytical_fingerprint: of that model, for it may change.
        source: `learned` from measurements, or `modelled` where the latencies came from a formula.
        label_errors: by precision, the relative standard error that all latencies learned from share.
    """

    device: str
    analytical: str | None
    analytical_fingerprint: str | None
    source: Source
    label_errors: Mapping[str, float]


class LearnedLatencyModel:
    """The latency model `learned`: what measurements of other networks say, beside what the analytical model says.

    Where an analytical model is there, its estimate is one more amount of work whose cost is learned, so that a few
    measurements suffice to correct it. One regression is held for each precision.

    Args:
        device: a device profile, or the name that a saved model was trained for.
        model: the path of a saved model; without it the one that comes with ParetoBERT for this device.

    Raises:
        OSError: the file cannot be read.
        ValueError: none comes with this device, or the file is damaged, of another version or for another device.
    """

    name = "learned"

    def __init__(self, device: str, *, model: str | None = None) -> None:
        if model is not None:
            regressors, about = read(model)
        elif (default := _DEFAULTS / f"{device}{_SUFFIX}").is_file():
            with as_file(default) as path:
                regressors, about = read(path)
        else:
            raise ValueError(
                f"no learned model comes with device {device!r}, only with {', '.join(_devices_with_default())}: "
                "train one on measurements and give its path as `model`"
            )
        origin, file = Origin(**about), "the model that comes with it" if model is None else model
        if origin.device != device:
            raise ValueError(f"{file} is a learned model of device {origin.device!r}, not of {device!r}")
        self._set(origin, regressors)
        if self._analytical is not None and origin.analytical_fingerprint != self._analytical.fingerprint():
            raise ValueError(
                f"device {device!r}: {file} leans on an analytical model of {origin.analytical!r} that has changed "
                "since: train it again"
            )

    @classmethod
    def load(cls, path: str | Path, device: str) -> LearnedLatencyModel:
        """A saved model; raises as the constructor does."""
        return cls(device, model=str(path))

    @classmethod
    def fit(
        cls,
        batch: OpGraphBatch,
        latency_ms: Floats,
        *,
        device: str,
        analytical: str | None = None,
        source: Source = "learned",
        label_error: float = 0.0,
        beside: LearnedLatencyModel | None = None,
    ) -> LearnedLatencyModel:
        """Learns one precision from n networks and their latencies.

        Args:
            batch: the networks.
            latency_ms: float64 `[n]`.
            device: what they were measured on, any name.
            analytical: the device profile whose analytical model helps; without it the device's own where it has one.
                That of another device helps as well: what is learned is by how much the devices differ.
            source: `learned` from measurements, or `modelled` where the latencies come from a formula.
            label_error: the relative standard error of the latencies themselves, where cross-validation cannot see it:
                an error that all rows of a formula share.
            beside: the same device's model of the other precision, to be kept in the new one.

        Raises:
            ValueError: there are too few networks, a latency is not positive, the device of `analytical` has none, or
                `beside` is of another device or leans on another analytical model.
        """
        helper = _own_analytical(device) if analytical is None else EdgeTpuAnalytical(analytical)
        origin = Origin(
            device,
            None if helper is None else helper.profile.name,
            None if helper is None else helper.fingerprint(),
            source,
            {**({} if beside is None else beside.origin.label_errors), batch.precision: label_error},
        )
        if beside is not None and _without_errors(beside.origin) != _without_errors(origin):
            raise ValueError("a model can only stand beside one of its own device, analytical model and source")
        model = cls.__new__(cls)
        model._set(origin, {} if beside is None else beside._regressors)
        regressor = LatencyRegressor.fit(model._features(batch), latency_ms)
        model._regressors = {**model._regressors, batch.precision: regressor}
        return model

    @classmethod
    def learn(cls, measurements: Measurements, *, device: str, analytical: str | None = None) -> LearnedLatencyModel:
        """Learns every precision that was measured, of all sequence lengths together.

        Raises:
            ValueError: as `fit` does; the message names the precision.
        """
        model: LearnedLatencyModel | None = None
        for precision, batch, rows in measurements.by_precision():
            try:
                model = cls.fit(
                    batch, measurements.latency_ms[rows], device=device, analytical=analytical, beside=model
                )
            except ValueError as error:
                raise ValueError(f"{precision}: {error}") from None
        if model is None:
            raise ValueError("there are no measurements to learn from")
        return model

    def save(self, path: str | Path) -> None:
        """Writes the model to a file.

        Raises:
            OSError: it cannot be written.
        """
        write(path, self._regressors, asdict(self.origin))

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """The cost of each network; utilization is NaN where the device has no profile.

        Raises:
            ValueError: the model has not learned the batch's precision.
        """
        if batch.precision not in self._regressors:
            raise ValueError(
                f"this learned model of {self.origin.device} knows {', '.join(self._regressors)}, not "
                f"{batch.precision}: train it on measurements at that precision"
            )
        prediction = self._regressors[batch.precision].predict(self._features(batch))
        shared_ms = self.origin.label_errors[batch.precision] * prediction.latency_ms
        return CostEstimate(
            latency_ms=prediction.latency_ms,
            latency_std_ms=np.hypot(prediction.latency_std_ms, shared_ms),
            # a peak may itself be fitted, and a prediction be too fast
            utilization=np.minimum(utilization(self._profile, batch, prediction.latency_ms), 1.0),
            peak_memory_bytes=batch.peak_memory_bytes,
            source=self.origin.source,
            is_outside=prediction.is_outside,
        )

    def fingerprint(self) -> str:
        return digest(self._regressors, asdict(self.origin))[:16]

    def _set(self, origin: Origin, regressors: Mapping[str, LatencyRegressor]) -> None:
        self.origin, self._regressors = origin, regressors
        self._analytical = None if origin.analytical is None else EdgeTpuAnalytical(origin.analytical)
        self._profile = profile_of(origin.device)

    def _features(self, batch: OpGraphBatch) -> LatencyFeatures:
        features = graph_features(batch)
        if self._analytical is None:
            return features
        return features.with_baseline(self._analytical.predict(batch).latency_ms)


def _own_analytical(device: str) -> EdgeTpuAnalytical | None:
    """The analytical model of a device, or None where it has no profile, or one without constants for it."""
    try:
        return EdgeTpuAnalytical(device)
    except ValueError:
        return None


def _without_errors(origin: Origin) -> dict[str, object]:
    return {name: value for name, value in asdict(origin).items() if name != "label_errors"}


def _devices_with_default() -> list[str]:
    return sorted(entry.name.removesuffix(_SUFFIX) for entry in _DEFAULTS.iterdir() if entry.name.endswith(_SUFFIX))
