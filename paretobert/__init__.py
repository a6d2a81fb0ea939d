"""ParetoBERT: search MobileBERT architectures for the most accurate model at every Edge TPU latency.

Everything that a plug-in or a notebook needs is imported from here. Names are looked up when they are first used, so
`import paretobert` is quick and never imports TensorFlow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from controllers.contract import Controller, FreeMetrics, History
    from controllers.objective import Constraint, Objective
    from controllers.pyglove_adapter import PyGloveController
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
    from evaluators.tasks import TaskFactory
    from latency_models import (
        CostEstimate,
        DeviceProfile,
        EdgeTpuAnalytical,
        LatencyModel,
        LearnedLatencyModel,
        Measurements,
        OperationKind,
        OpGraph,
        OpGraphBatch,
        accuracy_of,
        calibrate,
    )
    from paretobert.api import load_study, resume, search, verify
    from paretobert.architectures import read_architecture
    from paretobert.assembly import Assembly, assemble
    from paretobert.config import Configuration, configure
    from paretobert.dna_generator import dna_generator
    from paretobert.document import study_document
    from paretobert.folder import StudyFolder
    from paretobert.frames import network_features
    from paretobert.frontier import Frontier, find_frontier
    from paretobert.history import as_seen_by, history_of
    from paretobert.plugins import PluginError
    from paretobert.proposals import proposal_generator, propose
    from paretobert.runner import StudyStopped, run
    from paretobert.saved_study import SavedStudy
    from paretobert.storage import Store, Worker
    from paretobert.study import Study
    from paretobert.trial import Outcome, Trial
    from search_space import PUBLISHED, Architecture, MobileBertSpace, Space, Stage, Vectors, multiply_adds, parameters

_MODULES: dict[str, tuple[str, ...]] = {
    "controllers.contract": ("Controller", "FreeMetrics", "History"),
    "controllers.objective": ("Constraint", "Objective"),
    "controllers.pyglove_adapter": ("PyGloveController",),
    "evaluators.contract": (
        "Diverged",
        "Evaluation",
        "Evaluator",
        "Examples",
        "Pruned",
        "Task",
        "Teacher",
        "TeacherOutputs",
        "Vocabulary",
    ),
    "evaluators.proxy_distillation": ("ProxyDistillation",),
    "evaluators.tasks": ("TaskFactory",),
    "latency_models": (
        "CostEstimate",
        "DeviceProfile",
        "EdgeTpuAnalytical",
        "LatencyModel",
        "LearnedLatencyModel",
        "Measurements",
        "OpGraph",
        "OpGraphBatch",
        "OperationKind",
        "accuracy_of",
        "calibrate",
    ),
    "paretobert.api": ("load_study", "resume", "search", "verify"),
    "paretobert.architectures": ("read_architecture",),
    "paretobert.assembly": ("Assembly", "assemble"),
    "paretobert.config": ("Configuration", "configure"),
    "paretobert.dna_generator": ("dna_generator",),
    "paretobert.document": ("study_document",),
    "paretobert.folder": ("StudyFolder",),
    "paretobert.frames": ("network_features",),
    "paretobert.frontier": ("Frontier", "find_frontier"),
    "paretobert.history": ("as_seen_by", "history_of"),
    "paretobert.plugins": ("PluginError",),
    "paretobert.proposals": ("proposal_generator", "propose"),
    "paretobert.runner": ("StudyStopped", "run"),
    "paretobert.saved_study": ("SavedStudy",),
    "paretobert.storage": ("Store", "Worker"),
    "paretobert.study": ("Study",),
    "paretobert.trial": ("Outcome", "Trial"),
    "search_space": (
        "PUBLISHED",
        "Architecture",
        "MobileBertSpace",
        "Space",
        "Stage",
        "Vectors",
        "multiply_adds",
        "parameters",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "PUBLISHED",
    "Architecture",
    "Assembly",
    "Configuration",
    "Constraint",
    "Controller",
    "CostEstimate",
    "DeviceProfile",
    "Diverged",
    "EdgeTpuAnalytical",
    "Evaluation",
    "Evaluator",
    "Examples",
    "FreeMetrics",
    "Frontier",
    "History",
    "LatencyModel",
    "LearnedLatencyModel",
    "Measurements",
    "MobileBertSpace",
    "Objective",
    "OpGraph",
    "OpGraphBatch",
    "OperationKind",
    "Outcome",
    "PluginError",
    "ProxyDistillation",
    "Pruned",
    "PyGloveController",
    "SavedStudy",
    "Space",
    "Stage",
    "Store",
    "Study",
    "StudyFolder",
    "StudyStopped",
    "Task",
    "TaskFactory",
    "Teacher",
    "TeacherOutputs",
    "Trial",
    "Vectors",
    "Vocabulary",
    "Worker",
    "accuracy_of",
    "as_seen_by",
    "assemble",
    "calibrate",
    "configure",
    "dna_generator",
    "find_frontier",
    "history_of",
    "load_study",
    "multiply_adds",
    "network_features",
    "parameters",
    "proposal_generator",
    "propose",
    "read_architecture",
    "resume",
    "run",
    "search",
    "study_document",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'paretobert' has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
