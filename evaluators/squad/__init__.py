"""SQuAD v1.1: its files, its official scores, and the task made of it."""

from evaluators.squad.answers import evaluate, exact_match_score, f1_score, normalize_answer
from evaluators.squad.dataset import Answer, Passage, Question, parse
from evaluators.squad.fetch import OFFICIAL_FILES, RemoteFile, fetch
from evaluators.squad.files import find, read, read_predictions
from evaluators.squad.task import SquadTask

__all__ = [
    "OFFICIAL_FILES",
    "Answer",
    "Passage",
    "Question",
    "RemoteFile",
    "SquadTask",
    "evaluate",
    "exact_match_score",
    "f1_score",
    "fetch",
    "find",
    "normalize_answer",
    "parse",
    "read",
    "read_predictions",
]
