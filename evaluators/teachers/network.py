"""A trained network of this project as a teacher, and the file that keeps one.

The file is one in safetensors' format: the encoder's tensors by the names of `mobilebert.layout`, those of a span head
where it has one, and the architecture and the vocabulary as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from evaluators.contract import Signal, TeacherOutputs, Vocabulary
from evaluators.teachers.forward import Forward, outputs_of
from search_space import Architecture, parameters

Weights = Mapping[str, NDArray[np.float32]]

_OTHER_HEADS = ("masked_lm/", "projection/")


class NetworkTeacher:
    """A MobileBERT, in any of its styles; a `Teacher`.

    Args:
        name: what the teacher is called.
        architecture: of the network.
        vocabulary: its tokens.
        weights: of the encoder and, where it answers questions, of the span head.
    """

    def __init__(self, name: str, architecture: Architecture, vocabulary: Vocabulary, weights: Weights) -> None:
        self.name = name
        self.architecture = architecture
        self.vocabulary = vocabulary
        self.hidden_size = architecture.hidden_size
        self.max_positions = architecture.max_positions
        self.num_layers = architecture.num_blocks
        self._weights = weights
        self._has_spans = "span/kernel" in weights
        signals: tuple[Signal, ...] = ("hidden", "attention", "span_logits")
        self.signals: frozenset[Signal] = frozenset(signals if self._has_spans else signals[:2])

    def outputs(
        self, token_ids: NDArray[np.int32], mask: NDArray[np.int8], type_ids: NDArray[np.int8]
    ) -> TeacherOutputs:
        """See `Teacher.outputs`.

        Raises:
            ValueError: the rows are longer than the teacher's positions.
        """
        return outputs_of(self.name, self.max_positions, lambda: self._forward, token_ids, mask, type_ids)

    def token_table(self) -> NDArray[np.float32]:
        return self._weights["embeddings/token"]

    def fingerprint(self) -> str:
        digest = hashlib.sha256(f"{self.architecture.to_json()} {self.vocabulary.fingerprint()}".encode())
        for name in sorted(self._weights):  # a file's own order of entries is not fixed
            digest.update(name.encode() + self._weights[name].tobytes())
        return f"network-{digest.hexdigest()[:16]}"

    @cached_property
    def _forward(self) -> Forward:
        """Maps token ids, mask and type ids `[batch, length]` to what `TeacherOutputs` holds."""
        import tensorflow as tf

        from mobilebert import Inputs, encode_unrolled
        from mobilebert.heads import span_logits

        weights = {name: tf.constant(array) for name, array in self._weights.items()}
        matrix = tf.TensorSpec([None, None], tf.int32)

        @tf.function(input_signature=[matrix, matrix, matrix])  # type: ignore[untyped-decorator]
        def forward(token_ids: Any, mask: Any, type_ids: Any) -> dict[str, Any]:
            attention: list[Any] = []

            def observe(name: str, value: Any) -> None:
                if name.endswith("/attention"):
                    attention.append(tf.reduce_mean(value, 1))

            inputs = Inputs(token_ids, mask, type_ids)
            hidden = encode_unrolled(self.architecture, weights, inputs, observe=observe).hidden
            named = {"hidden": hidden, "attention": tf.stack(attention, 1)}
            if self._has_spans:
                start, end = span_logits(weights, hidden)
                named |= {"start_logits": start, "end_logits": end}
            return named

        return lambda *arrays: forward(*(tf.constant(array, tf.int32) for array in arrays))


def read_tensors(path: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, str]]:
    """The tensors of a file and its texts.

    Raises:
        ValueError: it is damaged or no such file.
    """
    try:
        with safe_open(path, "np") as file:
            return {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from None


def save_network(path: Path, architecture: Architecture, vocabulary: Vocabulary, weights: Weights) -> None:
    """Writes a network to be `load_network`'s teacher; heads that a teacher has no use for are left out."""
    kept = {name: np.ascontiguousarray(array) for name, array in weights.items() if not name.startswith(_OTHER_HEADS)}
    texts = {"tokens": json.dumps(vocabulary.tokens), "lowercase": json.dumps(vocabulary.lowercase)}
    save_file(kept, path, {"architecture": architecture.to_json(), **texts})


def load_network(path: Path, name: str) -> NetworkTeacher:
    """The teacher that `save_network` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or was not written by `save_network`.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path} of a teacher")
    weights, texts = read_tensors(path)
    if missing := {"architecture", "tokens", "lowercase"} - texts.keys():
        raise ValueError(f"{path} is no teacher: it does not say its {min(missing)}; train_teacher writes such a file")
    vocabulary = Vocabulary(tuple(json.loads(texts["tokens"])), json.loads(texts["lowercase"]))
    architecture = Architecture.from_json(texts["architecture"])
    held = sum(array.size for name, array in weights.items() if not name.startswith("span/"))
    if held != (wanted := parameters(architecture)):
        raise ValueError(f"{path} is damaged: it holds {held:,} weights, its architecture asks for {wanted:,}")
    return NetworkTeacher(name, architecture, vocabulary, weights)
