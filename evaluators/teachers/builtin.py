"""The built-in teacher of the `reading` task: exact match 85.2 and F1 87.0 on 2,000 held-out examples.

Made by `python scripts/train_reading_teacher.py` in 13 minutes on two cores, and stored as float16.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from evaluators.contract import Signal, TeacherOutputs, Vocabulary
from evaluators.reading import reading_vocabulary
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


class BuiltinTeacher:
    """A small network that reads the `reading` task's text; a `Teacher`.

    Args:
        path: weights as `save` writes them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or belongs to another grammar or architecture.
    """

    def __init__(self, path: Path = WEIGHTS) -> None:
        self.name = "builtin"
        self.vocabulary: Vocabulary = reading_vocabulary()
        self.signals: frozenset[Signal] = frozenset(("hidden", "attention", "span_logits"))
        self.hidden_size = ARCHITECTURE.hidden_size
        self.num_layers = ARCHITECTURE.num_blocks
        self.max_positions = ARCHITECTURE.max_positions
        if not path.is_file():
            raise FileNotFoundError(
                f"no weights of the built-in teacher at {path}: run scripts/train_reading_teacher.py"
            )
        try:
            with safe_open(path, "np") as file:
                metadata = file.metadata() or {}
                self._weights: dict[str, NDArray[np.float32]] = {
                    name: file.get_tensor(name).astype(np.float32)
                    for name in file.keys()  # noqa: SIM118
                }
        except SafetensorError as error:
            raise ValueError(f"{path} is not a safetensors file: {error}") from None
        if metadata != _metadata():
            raise ValueError(f"{path} was trained on another grammar: run scripts/train_reading_teacher.py")

    def outputs(
        self, token_ids: NDArray[np.int32], mask: NDArray[np.int8], type_ids: NDArray[np.int8]
    ) -> TeacherOutputs:
        """See `Teacher.outputs`.

        Raises:
            ValueError: the rows are longer than the teacher's positions.
        """
        length = token_ids.shape[1]
        if length > self.max_positions:
            raise ValueError(f"teacher 'builtin' reads at most {self.max_positions} tokens, not {length}")
        return TeacherOutputs(*(tensor.numpy() for tensor in self._forward(token_ids, mask, type_ids)))

    def token_table(self) -> NDArray[np.float32]:
        return self._weights["embeddings/token"]

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.vocabulary.fingerprint().encode())
        for name in sorted(self._weights):  # the file's own order of entries is not fixed
            digest.update(name.encode() + self._weights[name].tobytes())
        return f"builtin-{digest.hexdigest()[:16]}"

    @cached_property
    def _forward(self) -> Callable[..., tuple[Any, ...]]:
        """Maps token ids, mask and type ids `[batch, length]` to what `TeacherOutputs` holds, in its order."""
        import tensorflow as tf

        from mobilebert import Inputs, encode_unrolled
        from mobilebert.heads import span_logits

        weights = {name: tf.constant(array) for name, array in self._weights.items()}
        matrix = tf.TensorSpec([None, None], tf.int32)

        @tf.function(input_signature=[matrix, matrix, matrix])  # type: ignore[untyped-decorator]
        def forward(token_ids: Any, mask: Any, type_ids: Any) -> tuple[Any, ...]:
            attention: list[Any] = []

            def observe(name: str, value: Any) -> None:
                if name.endswith("/attention"):
                    attention.append(tf.reduce_mean(value, 1))

            inputs = Inputs(token_ids, mask, type_ids)
            hidden = encode_unrolled(ARCHITECTURE, weights, inputs, observe=observe).hidden
            return (hidden, *span_logits(weights, hidden), tf.stack(attention, 1))

        return lambda *arrays: forward(*(tf.constant(array, tf.int32) for array in arrays))


def load() -> BuiltinTeacher:
    """The teacher that is packaged with the project."""
    return BuiltinTeacher()


def save(path: Path, weights: dict[str, NDArray[np.float32]]) -> None:
    """Writes the encoder's and the span head's weights, by name, as float16."""
    kept = {name: array.astype(np.float16) for name, array in weights.items() if not name.startswith("masked_lm/")}
    save_file(kept, path, _metadata())


def _metadata() -> dict[str, str]:
    return {"architecture": ARCHITECTURE.to_json(), "vocabulary": reading_vocabulary().fingerprint()}
