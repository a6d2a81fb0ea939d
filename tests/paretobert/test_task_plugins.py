"""A task is named like any plug-in; the evaluator is handed what makes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from evaluators import Evaluation, Examples, ProxyDistillation, Task, TaskFactory, Vocabulary, load_task
from evaluators.reading import ReadingTask
from paretobert.assembly import assemble, load_evaluator
from paretobert.config import validated
from paretobert.plugins import resolve

MINE = "test_task_plugins:Shorter"


class Shorter(ReadingTask):
    """A task of one's own: the generated text, shorter."""

    def __init__(self, sequence_length: int = 48, examples: int = 30) -> None:
        super().__init__(sequence_length, examples, examples)
        self.name = "shorter"


class Uneven(Shorter):
    def examples(self, split: str, vocabulary: Vocabulary, workspace: Path) -> Examples:
        return (
            super()
            .examples(split, vocabulary, workspace)
            .__class__(  # type: ignore[arg-type]
                *(np.zeros(shape, np.int32) for shape in ((3, 48), (3, 48), (3, 48), (3,), (2,)))
            )
        )


class Lost(Shorter):
    def examples(self, split: str, vocabulary: Vocabulary, workspace: Path) -> Examples:
        raise KeyError(split)


@dataclass(frozen=True)
class Reader:
    """An evaluator that reads a task and trains nothing."""

    task: str | TaskFactory = "reading"
    sequence_length: int | None = None

    @property
    def made(self) -> Task:
        return load_task(self.task, sequence_length=self.sequence_length)

    def prepare(self, workspace: Path) -> None:
        self.made.examples("train", self.made.vocabulary(workspace), workspace)

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None) -> Evaluation:
        return Evaluation(0.5, budget, 0.0)

    def fingerprint(self) -> str:
        return self.made.fingerprint()


@dataclass(frozen=True)
class Independent(Reader):
    """Its option `task` is a text of its own."""

    task: str = "mine"

    def fingerprint(self) -> str:
        return self.task


def reader(**options: object) -> Reader:
    evaluator, _ = load_evaluator(resolve("evaluator", "test_task_plugins:Reader"), options)
    assert isinstance(evaluator.inner, Reader)
    return evaluator.inner


def test_a_task_of_ones_own_reaches_the_evaluator_with_its_options() -> None:
    task = reader(task=MINE, task_options={"examples": 12}, sequence_length=56).made
    assert (task.name, task.sequence_length) == ("shorter", 56)
    assert task.fingerprint() == Shorter(56, 12).fingerprint()
    assert reader(task=MINE).made.sequence_length == 48


def test_a_built_in_task_stays_a_name() -> None:
    assert reader(task="reading").task == "reading"
    assert reader().made.name == "reading"


def test_a_text_that_an_evaluator_calls_task_is_left_alone() -> None:
    evaluator, task = load_evaluator(resolve("evaluator", "test_task_plugins:Independent"), {"task": "anything"})
    assert evaluator.fingerprint() == "anything"
    assert task is None


def test_the_built_in_evaluator_takes_a_task_of_ones_own() -> None:
    options = {"task": MINE, "teacher": "none"}
    evaluator, task = load_evaluator(resolve("evaluator", "proxy-distillation"), options)
    assert isinstance(evaluator.inner, ProxyDistillation)
    assert task is not None
    assert task.name == MINE
    assert evaluator.fingerprint() != ProxyDistillation(teacher="none").fingerprint()
    assert (
        evaluator.fingerprint() == load_evaluator(resolve("evaluator", "proxy-distillation"), options)[0].fingerprint()
    )


def test_a_study_records_its_task() -> None:
    options = {"evaluator": "test_task_plugins:Reader", "references": []}
    plugins = assemble(validated({**options, "evaluator_options": {"task": MINE}})).plugins
    assert [plugin["kind"] for plugin in plugins] == ["controller", "latency_model", "evaluator", "task"]
    assert plugins[-1] == {"kind": "task", "name": MINE, "distribution": None, "version": None, "fingerprint": None}
    assert [plugin["kind"] for plugin in assemble(validated(options)).plugins][-1] == "evaluator"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "riddles"}, "unknown task 'riddles'; known: reading, squad, text, or package.module:Class"),
        ({"task": f"{MINE}s"}, f"task '{MINE}s': module test_task_plugins has no Shorters"),
        ({"task": MINE, "task_options": {"size": 3}}, f"task '{MINE}' has no option 'size'; known: sequence_length, "),
        ({"task": MINE, "sequence_length": 3}, f"task '{MINE}': sequence_length must be from "),
        ({"task": "test_task_plugins:Uneven"}, "task 'test_task_plugins:Uneven' returned end of shape (2,), not (3,)"),
        ({"task": "test_task_plugins:Lost"}, "task 'test_task_plugins:Lost': KeyError: 'train'"),
    ],
)
def test_a_task_that_fails_is_named(options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="task") as raised:
        load_evaluator(resolve("evaluator", "test_task_plugins:Reader"), options)[0].prepare(tmp_path)
    assert str(raised.value).startswith(message)
