"""A student that was trained here is a teacher, with all that it was trained for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from evaluators import ProxyDistillation
from evaluators.teachers import builtin, load_teacher
from evaluators.teachers.network import NetworkTeacher, load_network, save_network
from search_space import Architecture, Stage

LARGE = Architecture(64, (Stage(2, 2, 32, 32, 1),), embedding_size=32)
OPTIONS = {"steps": 8, "batch_size": 4, "held_out_examples": 6, "width_divisor": 4}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a student of the built-in teacher."""
    folder = tmp_path_factory.mktemp("teachers")
    proxy = ProxyDistillation(**{**OPTIONS, "width_divisor": 1}, masked_lm_weight=0.1)
    proxy.prepare(folder / "cache")
    proxy.train_teacher(folder / "large.safetensors", LARGE, seed=0, budget=8)
    return folder / "large.safetensors"


def test_a_student_that_was_trained_here_teaches_smaller_ones(path: Path, tmp_path: Path) -> None:
    teacher = load_teacher(f"path:{path}")
    assert isinstance(teacher, NetworkTeacher)
    assert teacher.signals == {"hidden", "attention", "span_logits"}
    assert (teacher.hidden_size, teacher.num_layers, teacher.max_positions) == (64, 2, 64)
    assert teacher.fingerprint() == load_network(path, "again").fingerprint()
    assert teacher.fingerprint() != builtin.load().fingerprint()
    proxy = ProxyDistillation(**OPTIONS, teacher=str(path), attention_weight=1.0)
    proxy.prepare(tmp_path)
    evaluation = proxy.evaluate(LARGE, seed=0, budget=8, report=lambda step, value: None)
    assert evaluation.score == evaluation.metrics["agreement"] > 0


def test_the_file_keeps_no_head_that_a_teacher_has_no_use_for(path: Path) -> None:
    heads = {name.split("/")[0] for name in load_file(path)}
    assert heads == {"embeddings", "span", "block0", "block1"}


def test_a_network_without_span_head_gives_no_span_logits(path: Path, tmp_path: Path) -> None:
    teacher = load_network(path, "large")
    weights = {name: array for name, array in load_file(path).items() if not name.startswith("span/")}
    save_network(tmp_path / "mute.safetensors", teacher.architecture, teacher.vocabulary, weights)
    mute = load_network(tmp_path / "mute.safetensors", "mute")
    ids = np.ones((1, 8), np.int32)
    ones = np.ones((1, 8), np.int8)
    assert mute.signals == {"hidden", "attention"}
    assert mute.outputs(ids, ones, ones * 0).start_logits is None
    np.testing.assert_array_equal(mute.outputs(ids, ones, ones * 0).hidden, teacher.outputs(ids, ones, ones * 0).hidden)


def test_other_files_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file absent\.safetensors of a teacher"):
        load_teacher("path:absent.safetensors")
    with pytest.raises(ValueError, match="does not say its lowercase; train_teacher writes such a file"):
        load_teacher(str(builtin.WEIGHTS))
    noise = tmp_path / "noise.safetensors"
    noise.write_bytes(b"noise" * 100)
    with pytest.raises(ValueError, match="is not a safetensors file"):
        load_teacher(str(noise))
    teacher = load_network(path, "large")
    weights = load_file(path)
    cut = tmp_path / "cut.safetensors"
    save_network(cut, teacher.architecture, teacher.vocabulary, {**weights, "embeddings/type": np.zeros((1, 64))})
    with pytest.raises(ValueError, match=r"damaged: it holds [\d,]+ weights, its architecture asks for"):
        load_teacher(str(cut))
    save_file({"a": np.zeros(2)}, noise)
    with pytest.raises(ValueError, match="is no teacher: it does not say its architecture"):
        load_teacher(str(noise))
