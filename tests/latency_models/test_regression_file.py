from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latency_models import OpGraphBatch
from latency_models.files import maker_of
from latency_models.network_features import FEATURES, network_features
from latency_models.regression_file import RegressionFile
from search_space import PUBLISHED

GIGA = FEATURES.index("dense_multiply_adds")


@pytest.fixture(scope="module")
def regression() -> Any:
    """2 ms and a nanosecond for a thousand multiply-adds of dense layers."""
    return linear(len(FEATURES), 1)


def linear(inputs: int, outputs: int) -> Any:
    import keras

    model = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(outputs)])
    weights = np.zeros((inputs, outputs), np.float32)
    weights[min(GIGA, inputs - 1)] = 1e-9
    model.set_weights([weights, np.full(outputs, 2.0, np.float32)])
    return model


def saved(model: Any, path: Path) -> Path:
    import tensorflow as tf

    if path.suffix == ".keras":
        model.save(path)
    else:
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return path


@pytest.fixture
def batch() -> OpGraphBatch:
    return OpGraphBatch.from_architectures(list(PUBLISHED.values()))


@pytest.mark.parametrize("suffix", [".keras", ".tflite"])
def test_a_regression_of_either_format_predicts_from_the_features(
    regression: Any, batch: OpGraphBatch, tmp_path: Path, suffix: str
) -> None:
    path = saved(regression, tmp_path / f"phone{suffix}")
    model = RegressionFile(path, "my-phone")
    expected = 2.0 + 1e-9 * network_features(batch)[:, GIGA]
    np.testing.assert_allclose(model.predict(batch).latency_ms, expected, rtol=1e-5)
    assert model.predict(batch).source == "learned"
    assert (
        model.fingerprint() == RegressionFile(path, "my-phone").fingerprint() != RegressionFile(path, "b").fingerprint()
    )


def test_a_network_of_other_inputs_or_outputs_is_refused_with_what_is_wanted(tmp_path: Path) -> None:
    narrow = saved(linear(3, 1), tmp_path / "narrow.keras")
    with pytest.raises(ValueError, match=r"narrow.keras: its input is float32 .*3\]; a latency model has one input"):
        RegressionFile(narrow, "my-phone")
    wide = saved(linear(len(FEATURES), 2), tmp_path / "wide.tflite")
    with pytest.raises(ValueError, match=r"wide.tflite: gives \(1, 2\) for 1 networks, not a number for each"):
        RegressionFile(wide, "my-phone")


@pytest.mark.parametrize(("name", "message"), [("a.keras", "not a Keras model"), ("a.tflite", "not a TFLite file")])
def test_a_damaged_file_is_told_by_name(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(ValueError, match=f"{name}: {message}"):
        RegressionFile(tmp_path / name, "my-phone")
    with pytest.raises(FileNotFoundError):
        RegressionFile(tmp_path / f"missing-{name}", "my-phone")


def test_only_names_of_files_are_files() -> None:
    assert maker_of("phone:Phone") is None
    assert maker_of("edgetpu-analytical") is None
    assert maker_of("phone.csv") is not None
