"""The tasks by name."""

from __future__ import annotations

from evaluators.contract import Task

TASKS = ("reading", "squad")


def load_task(name: str, *, sequence_length: int | None = None, squad_dir: str | None = None) -> Task:
    """The task of that name; a sequence length of None is the task's own choice.

    Raises:
        FileNotFoundError: the SQuAD files are not there.
        ValueError: no such task, or an option does not fit it.
    """
    options = {} if sequence_length is None else {"sequence_length": sequence_length}
    if name == "reading":
        from evaluators.reading import ReadingTask

        return ReadingTask(**options)
    if name == "squad":
        from evaluators.squad import SquadTask

        if squad_dir is None:
            raise ValueError(
                "task 'squad' needs the folder of its files: --squad-dir, or 'paretobert data fetch squad'"
            )
        return SquadTask(squad_dir, **options)
    raise ValueError(f"unknown task {name!r}; known: {', '.join(TASKS)}")
