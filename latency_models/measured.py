"""`MeasuredTflite`: latency by running each network here; slow, and the only one that is not a prediction."""

from __future__ import annotations

import hashlib
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from latency_models.contract import CostEstimate
from latency_models.graph import Encoders, OpGraphBatch
from latency_models.operations import Precision
from latency_models.timing import SECONDS, Measurement, cache_key, keep, kept, machine, measure_file
from search_space import Architecture

DEVICE = "this-machine"
WEIGHTS_SEED = 0


class MeasuredTflite:
    """The latency model `measured-tflite`: an architecture is exported with random weights and run; a file is run.

    A network is measured once: what was measured stays in the cache, so that asking again, here or in another process
    on this machine, gives the same. `latency_models.timing` says how. An encoder takes seconds to export and one to
    run, so this is no model for a search, whose controllers ask for thousands: learn one from measurements for that.
    The standard error is the measurement's spread; a utilization is not known, for the machine's peak is not.

    Args:
        device: `this-machine`, its processor.
        cache: folder of the measurements; by default the user's cache folder.
        threads: of the interpreter.
        seconds: for which each network is run.

    Raises:
        ValueError: another device, for which there is nothing to measure here.
    """

    name = "measured-tflite"

    def __init__(
        self, device: str, *, cache: str | Path | None = None, threads: int = 1, seconds: float = SECONDS
    ) -> None:
        if device != DEVICE:
            raise ValueError(f"latency model {self.name!r} measures device {DEVICE!r}, not {device!r}")
        self._cache = Path(cache) if cache is not None else user_cache_path("paretobert") / "measured"
        self._threads, self._seconds = threads, seconds

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """Runs each network that has not been measured yet.

        Raises:
            ValueError: the batch does not say what its graphs are of, or has several sequences at once.
        """
        measurements = self._measurements(batch)
        return CostEstimate(
            latency_ms=np.array([measurement.latency_ms for measurement in measurements], float),
            latency_std_ms=np.array([measurement.spread_ms for measurement in measurements], float),
            utilization=np.full(len(batch), np.nan),
            peak_memory_bytes=batch.peak_memory_bytes,
            source="measured",
        )

    def fingerprint(self) -> str:
        """Of the machine, the interpreter and its settings, and what exports."""
        settings = f"threads={self._threads} seconds={self._seconds} tensorflow={metadata.version('tensorflow')}"
        return hashlib.sha256(f"{self.name} {machine()} {settings}".encode()).hexdigest()[:16]

    def _measurements(self, batch: OpGraphBatch) -> list[Measurement]:
        source = batch.source
        if source is None:
            raise ValueError(
                f"{self.name} runs networks, and these graphs do not say what they are of: make the batch with "
                "OpGraphBatch.from_architectures or OpGraphBatch.from_tflite"
            )
        if isinstance(source, Path):
            return [measure_file(source, threads=self._threads, seconds=self._seconds, cache=self._cache)]
        if source.batch_size != 1:
            raise ValueError(f"{self.name} exports encoders of one sequence at a time, not of {source.batch_size}")
        return [self._of_encoder(source, row, batch.precision) for row in range(len(batch))]

    def _of_encoder(self, encoders: Encoders, row: int, precision: Precision) -> Measurement:
        architecture = encoders.dimensions.architecture(row)
        key = cache_key(
            architecture=architecture.to_dict(),
            precision=precision,
            sequence_length=encoders.sequence_length,
            threads=self._threads,
            seconds=self._seconds,
            tensorflow=metadata.version("tensorflow"),
        )
        if found := kept(self._cache, key):
            return found
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "encoder.tflite"
            path.write_bytes(exported(architecture, precision, encoders.sequence_length))
            measurement = measure_file(path, threads=self._threads, seconds=self._seconds)
        return keep(self._cache, key, measurement)


def exported(architecture: Architecture, precision: Precision, sequence_length: int) -> bytes:
    """An encoder nobody has trained as a `.tflite` file, to be timed."""
    from mobilebert import export_tflite, random_weights  # imports TensorFlow

    weights = random_weights(architecture, WEIGHTS_SEED)
    return export_tflite(architecture, weights, "int8" if precision == "int8" else "float32", sequence_length)
