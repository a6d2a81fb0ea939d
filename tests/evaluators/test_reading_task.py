"""`ReadingTask`: examples kept in the workspace, answers scored as text."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from evaluators.contract import Examples, Task, Vocabulary
from evaluators.reading import ReadingTask, render


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def task() -> ReadingTask:
    return ReadingTask(train_examples=60, held_out_examples=40)


@pytest.fixture(scope="module")
def held_out(task: Task, workspace: Path) -> Examples:
    return task.examples("held_out", task.vocabulary(workspace), workspace)


def logits(positions: np.ndarray, length: int = 64) -> np.ndarray:  # type: ignore[type-arg]
    return np.eye(length, dtype=np.float32)[positions]


def test_examples_are_made_once_and_memory_mapped(task: ReadingTask, workspace: Path, held_out: Examples) -> None:
    times = {path: path.stat().st_mtime_ns for path in (workspace / "reading").rglob("*.npy")}
    again = ReadingTask(train_examples=60, held_out_examples=40)
    kept = again.examples("held_out", again.vocabulary(workspace), workspace)
    for field in fields(Examples):
        assert isinstance(getattr(kept, field.name), np.memmap)
        assert (getattr(kept, field.name) == getattr(held_out, field.name)).all()
    assert {path: path.stat().st_mtime_ns for path in (workspace / "reading").rglob("*.npy")} == times
    assert [kept.token_ids.dtype, kept.type_ids.dtype, kept.mask.dtype, kept.start.dtype, kept.end.dtype] == [
        np.int32, np.int8, np.int8, np.int32, np.int32,
    ]  # fmt: skip


def test_an_interrupted_generation_leaves_nothing_that_is_taken_for_whole(
    task: ReadingTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    vocabulary = task.vocabulary(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(np, "save", fail)
        with pytest.raises(OSError, match="disk full"):
            task.examples("train", vocabulary, tmp_path)
    assert len(task.examples("train", vocabulary, tmp_path)) == 60


def test_true_spans_score_100(task: ReadingTask, workspace: Path, held_out: Examples) -> None:
    vocabulary = task.vocabulary(workspace)
    metrics = task.answer_metrics(logits(held_out.start), logits(held_out.end), vocabulary, workspace)
    errors = {"exact_match_standard_error": 0.0, "f1_standard_error": 0.0}
    assert metrics == {"exact_match": 100.0, "f1": 100.0, **errors}


def test_half_an_answer_scores_in_f1_alone(task: ReadingTask, workspace: Path, held_out: Examples) -> None:
    row = next(row for row in range(40) if render(held_out, row)[2].endswith(("metres", "feet")))
    rows = slice(0, row + 1)
    start, end = logits(held_out.start[rows]), logits(held_out.end[rows])
    end[row] = logits(held_out.start[row])
    metrics = task.answer_metrics(start, end, task.vocabulary(workspace), workspace)
    assert metrics["exact_match"] == pytest.approx(100 * row / (row + 1))
    assert metrics["f1"] == pytest.approx(100 * (row + 2 / 3) / (row + 1))


def test_answers_are_sought_in_the_passage_alone(task: ReadingTask, workspace: Path, held_out: Examples) -> None:
    start, end = logits(held_out.start), logits(held_out.end)
    for array in (start, end):
        array[held_out.type_ids == 0] = 50.0
    assert task.answer_metrics(start, end, task.vocabulary(workspace), workspace)["exact_match"] == 100.0


@pytest.mark.parametrize("shape", [(41, 64), (0, 64), (5, 63)])
def test_logits_of_another_shape_are_refused(task: ReadingTask, workspace: Path, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="with n from 1 to 40"):
        task.answer_metrics(np.zeros(shape, "f4"), np.zeros(shape, "f4"), task.vocabulary(workspace), workspace)


def test_a_vocabulary_of_a_teacher_of_other_text_is_refused(task: ReadingTask, workspace: Path) -> None:
    other = Vocabulary((*task.vocabulary(workspace).tokens, "zebra"))
    with pytest.raises(ValueError, match="use teacher 'builtin' or 'none'"):
        task.examples("train", other, workspace)


def test_fingerprints_differ_where_examples_do(task: ReadingTask) -> None:
    same = ReadingTask(train_examples=60, held_out_examples=40)
    others = [
        ReadingTask(train_examples=61, held_out_examples=40),
        ReadingTask(train_examples=60, held_out_examples=41),
        ReadingTask(train_examples=60, held_out_examples=40, seed=1),
        ReadingTask(train_examples=60, held_out_examples=40, sequence_length=65),
    ]
    assert task.fingerprint() == same.fingerprint()
    assert len({task.fingerprint(), *(other.fingerprint() for other in others)}) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequence_length": 20}, "sequence_length must be from 48 to 160 for task 'reading', not 20"),
        ({"sequence_length": 500}, "not 500"),
        ({"train_examples": 0}, "train_examples must be at least 1, not 0"),
        ({"held_out_examples": -1}, "held_out_examples must be at least 1, not -1"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReadingTask(**options)
