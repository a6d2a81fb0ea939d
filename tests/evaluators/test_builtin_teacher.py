"""The built-in teacher: small, good at its task, outside the space, and refused where it does not fit."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from evaluators.contract import Examples, TeacherOutputs
from evaluators.reading import ReadingTask
from evaluators.teachers import load_teacher
from evaluators.teachers.builtin import ARCHITECTURE, WEIGHTS, load, save
from evaluators.teachers.network import NetworkTeacher
from search_space import MobileBertSpace

SIZE = 2000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def teacher() -> NetworkTeacher:
    loaded = load_teacher("builtin")
    assert isinstance(loaded, NetworkTeacher)
    return loaded


@pytest.fixture(scope="module")
def task() -> ReadingTask:
    return ReadingTask(train_examples=1, held_out_examples=SIZE)


@pytest.fixture(scope="module")
def examples(task: ReadingTask, workspace: Path) -> Examples:
    return task.examples("held_out", task.vocabulary(workspace), workspace)


@pytest.fixture(scope="module")
def outputs(teacher: NetworkTeacher, examples: Examples) -> TeacherOutputs:
    return teacher.outputs(examples.token_ids, examples.mask, examples.type_ids)


def test_it_answers_at_least_85_per_cent_exactly(
    teacher: NetworkTeacher, task: ReadingTask, workspace: Path, outputs: TeacherOutputs
) -> None:
    assert outputs.start_logits is not None
    assert outputs.end_logits is not None
    metrics = task.answer_metrics(outputs.start_logits, outputs.end_logits, teacher.vocabulary, workspace)
    assert metrics["exact_match"] >= 85


def test_its_weights_take_at_most_5_mb() -> None:
    assert WEIGHTS.stat().st_size <= 5_000_000


def test_its_architecture_is_outside_the_search_space() -> None:
    space = MobileBertSpace()
    assert ARCHITECTURE.hidden_size not in space.hidden_size
    assert ARCHITECTURE.normalization != space.base.normalization


def test_it_gives_what_it_declares(teacher: NetworkTeacher, outputs: TeacherOutputs) -> None:
    assert teacher.signals == {"hidden", "attention", "span_logits"}
    assert outputs.hidden.shape == (SIZE, 64, teacher.hidden_size)
    assert outputs.hidden.dtype == np.float32
    assert outputs.start_logits is not None
    assert outputs.start_logits.shape == (SIZE, 64)
    assert outputs.attention is not None
    assert outputs.attention.shape == (SIZE, teacher.num_layers, 64, 64)
    np.testing.assert_allclose(outputs.attention.sum(axis=-1), 1.0, atol=1e-5)
    assert teacher.token_table().shape == (len(teacher.vocabulary), ARCHITECTURE.embedding_size)
    assert teacher.token_table().dtype == np.float32


def test_states_depend_on_the_context_and_not_on_the_token_alone(examples: Examples, outputs: TeacherOutputs) -> None:
    real = examples.mask == 1
    states, tokens = outputs.hidden[real], examples.token_ids[real]
    states = states - states.mean(axis=0)
    explained = 0.0
    for token in np.unique(tokens):
        own = states[tokens == token]
        explained += len(own) * np.square(own.mean(axis=0)).sum()
    assert explained / np.square(states).sum() < 0.8


def test_padding_does_not_change_what_it_says(
    teacher: NetworkTeacher, examples: Examples, outputs: TeacherOutputs
) -> None:
    row = int(np.argmin(examples.mask.sum(axis=1)))
    length = int(examples.mask[row].sum())
    assert length < 63
    shorter = slice(0, length + 1)  # the last token sees one neighbour beyond it, as the official embedding has it
    alone = teacher.outputs(
        *(a[row : row + 1, shorter] for a in (examples.token_ids, examples.mask, examples.type_ids))
    )
    np.testing.assert_allclose(alone.hidden[0, :length], outputs.hidden[row, :length], atol=1e-4)


def test_longer_text_than_it_has_learned_is_refused(teacher: NetworkTeacher) -> None:
    ids = np.zeros((1, 65), np.int32)
    with pytest.raises(ValueError, match="reads at most 64 tokens, not 65"):
        teacher.outputs(ids, np.ones((1, 65), np.int8), np.zeros((1, 65), np.int8))


def test_saved_weights_are_the_same_teacher(teacher: NetworkTeacher, tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    save(path, {**load_file(WEIGHTS), "masked_lm/logits/bias": np.zeros(3, np.float32)})
    assert load(path).fingerprint() == teacher.fingerprint()


def test_a_missing_file_names_the_script_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run scripts/train_reading_teacher\.py"):
        load(tmp_path / "none.safetensors")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    path.write_bytes(WEIGHTS.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="is not a safetensors file"):
        load(path)


def test_weights_of_another_grammar_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "teacher.safetensors"
    save_file(load_file(WEIGHTS), path, {"architecture": ARCHITECTURE.to_json(), "vocabulary": "other"})
    with pytest.raises(ValueError, match="trained on another grammar"):
        load(path)
