"""The built-in teacher of the `reading` task: exact match 85.2 and F1 87.0 on 2,000 held-out examples.

Made by `python scripts/train_reading_teacher.py` in 13 minutes on two cores, and stored as float16.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from evaluators.reading import reading_vocabulary
from evaluators.teachers.network import NetworkTeacher, read_tensors
from search_space import Architecture, Stage

WEIGHTS = Path(__file__).with_suffix(".safetensors")

ARCHITECTURE = Architecture(
    hidden_size=128,
    stages=(Stage(4, num_attention_heads=4, bottleneck_size=128, intermediate_size=256, num_feedforward=1),),
    vocab_size=len(reading_vocabulary()),
    max_positions=64,
    normalization="layer_norm",
    key_query_shared_bottleneck=False,
)
"""Outside the search space, which has neither this hidden size nor layer normalization."""


def load(path: Path = WEIGHTS) -> NetworkTeacher:
    """The teacher that is packaged with the project, or other weights that `save` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or belongs to another grammar or architecture.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no weights of the built-in teacher at {path}: run scripts/train_reading_teacher.py")
    weights, texts = read_tensors(path)
    if texts != _metadata():
        raise ValueError(f"{path} was trained on another grammar: run scripts/train_reading_teacher.py")
    return NetworkTeacher("builtin", ARCHITECTURE, reading_vocabulary(), weights)


def save(path: Path, weights: dict[str, NDArray[np.float32]]) -> None:
    """Writes the encoder's and the span head's weights, by name, as float16."""
    kept = {name: array.astype(np.float16) for name, array in weights.items() if not name.startswith("masked_lm/")}
    save_file(kept, path, _metadata())


def _metadata() -> dict[str, str]:
    return {"architecture": ARCHITECTURE.to_json(), "vocabulary": reading_vocabulary().fingerprint()}
