from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from evaluators.teachers import TEACHERS, load_teacher, minilm


def test_none_is_no_teacher() -> None:
    assert load_teacher("none") is None


@pytest.mark.parametrize("name", ["bert", "path", "path:", ""])
def test_an_unknown_teacher_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match="unknown teacher") as refusal:
        load_teacher(name)
    assert all(known in str(refusal.value) for known in TEACHERS)


@pytest.mark.parametrize("prefix", ["path:", ""])
def test_a_folder_that_is_missing_is_named(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent"):
        load_teacher(f"{prefix}{tmp_path / 'absent'}")


def test_without_its_package_minilm_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "_MODULE", "a_package_that_nobody_has")
    with pytest.raises(ValueError, match="'minilm' is not installed: run 'make teacher'"):
        load_teacher("minilm")


needs_minilm = pytest.mark.skipif(find_spec(minilm._MODULE) is None, reason="run 'make teacher' first")


@needs_minilm
def test_minilm_reads_sentences_of_one_meaning_alike() -> None:
    teacher = load_teacher("minilm")
    assert teacher is not None
    assert (teacher.hidden_size, teacher.signals, len(teacher.vocabulary)) == (384, {"hidden"}, 30_522)
    sentences = ("a man is eating food", "the man eats something", "stars orbit the galaxy")
    rows = [[teacher.vocabulary.id(token) for token in ("[CLS]", *text.split(), "[SEP]")] for text in sentences]
    length = max(map(len, rows))
    token_ids = np.array([row + [0] * (length - len(row)) for row in rows], np.int32)
    mask = (token_ids > 0).astype(np.int8)
    hidden = teacher.outputs(token_ids, mask, np.zeros_like(mask)).hidden
    mean = (hidden * mask[..., None]).sum(1)
    one, same, other = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    assert one @ same > 0.7
    assert one @ other < 0.2


@needs_minilm
def test_minilm_does_not_run_its_packages_code() -> None:
    code = (
        "import sys; from evaluators.teachers import load_teacher\n"
        f"load_teacher('minilm'); print({minilm._MODULE!r} in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
