from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from synthetic import additive_rows

from latency_models.learned import LatencyRegressor, LearnedLatencyModel, storage
from latency_models.learned.storage import digest, read, write
from latency_models.learned.trees import Trees


@pytest.fixture(scope="module")
def regressor() -> LatencyRegressor:
    """With two modes, a process and trees: all that a file may hold."""
    features, latency_ms = additive_rows(60, seed=0)
    model, columns = LatencyRegressor.fit(features, latency_ms), features.columns
    trees = (Trees.boosted(columns, np.log(latency_ms)), Trees.forest(columns, np.log(latency_ms)))
    expert = replace(model.experts[0], trees=trees, tree_weights=(0.3, 0.2))
    classifier = Trees.classifier(columns, latency_ms > np.median(latency_ms))
    return replace(model, experts=(model.experts[0], expert), widenings=(1.0, 2.0), classifier=classifier)


def test_all_parts_come_back(regressor: LatencyRegressor, tmp_path: Path) -> None:
    write(tmp_path / "a.model", {"int8": regressor}, {"device": "board"})
    models, about = read(tmp_path / "a.model")
    assert about == {"device": "board"}
    unseen, _ = additive_rows(100, seed=1)
    np.testing.assert_array_equal(models["int8"].predict(unseen).latency_ms, regressor.predict(unseen).latency_ms)
    np.testing.assert_array_equal(models["int8"].interval(unseen), regressor.interval(unseen))
    assert digest(models, about) == digest({"int8": regressor}, about)


def test_what_is_no_model_or_damaged_or_of_another_version_or_device_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.model"
    with pytest.raises(FileNotFoundError):
        read(path)
    path.write_text("latency_ms\n12.0\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.model is no saved latency model, or damaged"):
        read(path)
    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="no saved latency model: train one"):
        read(path)

    about = {
        "device": "board",
        "analytical": None,
        "analytical_fingerprint": None,
        "source": "learned",
        "label_errors": {"int8": 0.0},
    }
    small = LatencyRegressor.fit(*additive_rows(20, seed=0))
    write(path, {"int8": small}, about)
    with pytest.raises(ValueError, match=r"a\.model is a learned model of device 'board', not of 'tensor-g1'"):
        LearnedLatencyModel("tensor-g1", model=str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="damaged"):
        read(path)
    path.write_bytes(whole[:-100] + bytes(100))
    with pytest.raises(ValueError, match=r"a\.model is damaged: its content does not match its digest"):
        read(path)

    path.write_bytes(whole)
    monkeypatch.setattr(storage, "VERSION", 2)
    with pytest.raises(ValueError, match="of format version 1, this is 2: train it again"):
        read(path)


def test_a_model_that_leans_on_an_analytical_model_that_has_changed_is_refused(tmp_path: Path) -> None:
    about = {
        "device": "tensor-g1",
        "analytical": "tensor-g1",
        "analytical_fingerprint": "of yesterday",
        "source": "learned",
        "label_errors": {"int8": 0.0},
    }
    write(tmp_path / "a.model", {"int8": LatencyRegressor.fit(*additive_rows(20, seed=0))}, about)
    with pytest.raises(ValueError, match="leans on an analytical model of 'tensor-g1' that has changed since"):
        LearnedLatencyModel("tensor-g1", model=str(tmp_path / "a.model"))
