"""`RegressionFile`: a regression that a user trained, in TFLite's or Keras's format, as a latency model."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import CostEstimate, Floats
from latency_models.graph import OpGraphBatch
from latency_models.network_features import FEATURES, network_features
from latency_models.utilization import profile_of, utilization

SUFFIXES = (".tflite", ".keras")


class RegressionFile:
    """One input float32 `[n, 11]`, the columns of `network_features`; one output of n numbers, milliseconds.

    Args:
        path: of the file, one of `SUFFIXES`.
        device: what it predicts for: a profile, or any name.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file, or takes or gives something else.
    """

    def __init__(self, path: Path, device: str) -> None:
        self._path, self._device = path, device
        self._content = path.read_bytes()
        self._profile = profile_of(device)
        self._milliseconds(np.ones((1, len(FEATURES)), np.float32))

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """What the file says; its standard error is not known."""
        latency_ms = self._milliseconds(network_features(batch).astype(np.float32))
        return CostEstimate(
            latency_ms=latency_ms,
            latency_std_ms=np.full(len(batch), np.nan),
            utilization=utilization(self._profile, batch, latency_ms),
            peak_memory_bytes=batch.peak_memory_bytes,
            source="learned",
        )

    def fingerprint(self) -> str:
        return hashlib.sha256(self._device.encode() + self._content).hexdigest()[:16]

    def _milliseconds(self, features: NDArray[np.float32]) -> Floats:
        outputs = self._tflite(features) if self._path.suffix == ".tflite" else self._keras_outputs(features)
        if outputs.size != len(features):
            raise ValueError(f"{self._path}: gives {outputs.shape} for {len(features)} networks, not a number for each")
        return outputs.reshape(-1).astype(np.float64)

    def _tflite(self, features: NDArray[np.float32]) -> NDArray[Any]:
        """The outputs for features `[n, 11]`, whatever batch the file was converted for."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_content=self._content)
            inputs = interpreter.get_input_details()
        except ValueError as error:
            raise ValueError(f"{self._path}: not a TFLite file: {error}") from None
        self._check([(tuple(found["shape"]), np.dtype(found["dtype"]).name) for found in inputs])
        interpreter.resize_tensor_input(inputs[0]["index"], features.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(inputs[0]["index"], features)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    def _keras_outputs(self, features: NDArray[np.float32]) -> NDArray[Any]:
        return np.asarray(self._keras(features))

    @cached_property
    def _keras(self) -> Any:
        import keras  # type: ignore[import-untyped]  # imports TensorFlow

        try:
            model = keras.saving.load_model(self._path, compile=False)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self._path}: not a Keras model: {error}") from None
        self._check([(tuple(found.shape), str(found.dtype)) for found in model.inputs])
        return model

    def _check(self, inputs: list[tuple[tuple[int | None, ...], str]]) -> None:
        wanted = f"one input float32 [n, {len(FEATURES)}], the columns of network_features"
        if len(inputs) != 1:
            raise ValueError(f"{self._path}: has {len(inputs)} inputs; a latency model has {wanted}")
        (shape, kind), *_ = inputs
        if len(shape) != 2 or shape[1] != len(FEATURES) or kind != "float32":
            raise ValueError(f"{self._path}: its input is {kind} {list(shape)}; a latency model has {wanted}")
