"""Scores the accuracy of an architecture: tasks, teachers and the proxies built of them."""

from collections.abc import Callable
from typing import Any

from evaluators.contract import (
    Diverged,
    Evaluation,
    Evaluator,
    Examples,
    Pruned,
    Task,
    Teacher,
    TeacherOutputs,
    Vocabulary,
)
from evaluators.proxy_distillation import ProxyDistillation
from evaluators.shrink import shrink
from evaluators.tasks import TASKS, TaskFactory, load_task
from evaluators.teachers import TEACHERS, load_teacher
from evaluators.zero_cost import ZeroCost

BUILT_IN: dict[str, Callable[..., Any]] = {"proxy-distillation": ProxyDistillation, "zero-cost": ZeroCost}

__all__ = [
    "BUILT_IN",
    "TASKS",
    "TEACHERS",
    "Diverged",
    "Evaluation",
    "Evaluator",
    "Examples",
    "ProxyDistillation",
    "Pruned",
    "Task",
    "TaskFactory",
    "Teacher",
    "TeacherOutputs",
    "Vocabulary",
    "ZeroCost",
    "load_task",
    "load_teacher",
    "shrink",
]
