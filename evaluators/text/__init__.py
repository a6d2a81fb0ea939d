"""The `text` task: the user's own text files, to distill on; it asks no questions."""

from evaluators.text.task import TextTask

__all__ = ["TextTask"]
