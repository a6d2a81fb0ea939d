"""The tasks by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evaluators.contract import Task

TaskFactory = Callable[..., Task]
"""Makes a task; given `sequence_length` by keyword where a configuration sets one.

An evaluator's option of this type, or of `str | TaskFactory`, may be configured with the name of a plug-in: the
application resolves the name and hands the factory in.
"""


def reading(**options: Any) -> Task:
    """Questions on generated text; see `ReadingTask` for the options."""
    from evaluators.reading import ReadingTask

    return ReadingTask(**options)


def squad(**options: Any) -> Task:
    """SQuAD v1.1; see `SquadTask` for the options."""
    from evaluators.squad import SquadTask  # imports a tokenizer

    return SquadTask(**options)


def text(**options: Any) -> Task:
    """The user's own text files; see `TextTask` for the options."""
    from evaluators.text import TextTask  # imports a tokenizer

    return TextTask(**options)


TASKS: dict[str, TaskFactory] = {"reading": reading, "squad": squad, "text": text}


def load_task(
    task: str | TaskFactory,
    *,
    sequence_length: int | None = None,
    squad_dir: str | None = None,
    corpus: Sequence[str] = (),
) -> Task:
    """The task of a name in `TASKS`, or of a factory; a sequence length of None is the task's own choice.

    Raises:
        FileNotFoundError: the SQuAD files or those of the corpus are not there.
        ValueError: no such task, or an option does not fit it.
    """
    options: dict[str, Any] = {} if sequence_length is None else {"sequence_length": sequence_length}
    if corpus and task != "text":
        raise ValueError("corpus is of task 'text' alone: leave it out, or set task = 'text'")
    if callable(task):
        return task(**options)
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}; known: {', '.join(TASKS)}")
    if task == "squad":
        if squad_dir is None:
            raise ValueError(
                "task 'squad' needs the folder of its files: --squad-dir, or 'paretobert data fetch squad'"
            )
        options["squad_dir"] = squad_dir
    if task == "text":
        options["corpus"] = corpus
    return TASKS[task](**options)


def has_answers(task: Task) -> bool:
    """Whether a task asks questions; one that does not say so does."""
    return bool(getattr(task, "has_answers", True))
