"""BERT as a teacher: its forward pass in TensorFlow, without dropout.

Source: Devlin et al. 2019, section 3; the sizes and weights of a `BertFolder`.
"""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import Signal, TeacherOutputs
from evaluators.teachers.bert_folder import SPAN_HEAD, WORD_EMBEDDINGS, BertFolder
from evaluators.teachers.forward import Forward, outputs_of

_MASKED = -1e9
"""Added to the attention logits of padding; its softmax is then exactly 0."""


class BertTeacher:
    """A pretrained BERT from a folder in Hugging Face layout, see `BertFolder`; a `Teacher`.

    It declares `hidden` and `attention`, and `span_logits` where the weights have a question answering head. The folder
    is checked at once; weights are read and TensorFlow is imported with the first outputs.

    Args:
        folder: holds `config.json`, `vocab.txt` or `tokenizer.json`, and `model.safetensors`.
        name: what the teacher is called.

    Raises:
        FileNotFoundError: the folder or one of its files is missing.
        ValueError: the files are damaged, do not fit each other, or are not a BERT network's.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = BertFolder(folder)
        self.name = name
        self.vocabulary = self._folder.vocabulary
        self.signals: frozenset[Signal] = frozenset(
            ("hidden", "attention", "span_logits") if self._folder.has_span_head else ("hidden", "attention")
        )
        self.hidden_size = self._folder.config.hidden_size
        self.num_layers = self._folder.config.num_hidden_layers
        self.max_positions = self._folder.config.max_position_embeddings

    def outputs(
        self, token_ids: NDArray[np.int32], mask: NDArray[np.int8], type_ids: NDArray[np.int8]
    ) -> TeacherOutputs:
        """See `Teacher.outputs`.

        Raises:
            ValueError: the rows are longer than the teacher's positions.
        """
        return outputs_of(self.name, self.max_positions, lambda: self._forward, token_ids, mask, type_ids)

    def token_table(self) -> NDArray[np.float32]:
        return self._folder.tensor(WORD_EMBEDDINGS)[: len(self.vocabulary)]

    def fingerprint(self) -> str:
        return f"bert-{self._folder.fingerprint}"

    @cached_property
    def _forward(self) -> Forward:
        return _traced_forward(self._folder)


def _traced_forward(folder: BertFolder) -> Forward:
    """Maps token ids, mask and type ids `[batch, length]` to what `TeacherOutputs` holds."""
    import tensorflow as tf

    config = folder.config
    hidden_size, heads = config.hidden_size, config.num_attention_heads
    head_size = hidden_size // heads
    # Kernels are stored [outputs, inputs]; transposed once here, not in every call.
    weights = {
        name: tf.constant(folder.tensor(name) if name.startswith("embeddings.") else folder.tensor(name).T)
        for name in folder.shapes
    }

    def dense(x: Any, name: str) -> Any:
        return tf.matmul(x, weights[f"{name}.weight"]) + weights[f"{name}.bias"]

    def norm(x: Any, name: str) -> Any:
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        scaled = (x - mean) * tf.math.rsqrt(variance + config.layer_norm_eps)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def attention(x: Any, layer: str, batch: Any, length: Any, added_mask: Any) -> tuple[Any, Any]:
        query, key, value = (
            tf.transpose(tf.reshape(dense(x, f"{layer}.self.{name}"), [batch, length, heads, head_size]), [0, 2, 1, 3])
            for name in ("query", "key", "value")
        )
        logits = tf.matmul(query * (1 / math.sqrt(head_size)), key, transpose_b=True) + added_mask
        by_head = tf.nn.softmax(logits)
        mixed = tf.transpose(tf.matmul(by_head, value), [0, 2, 1, 3])
        attended = dense(tf.reshape(mixed, [batch * length, hidden_size]), f"{layer}.output.dense")
        return attended, tf.reduce_mean(by_head, 1)

    matrix = tf.TensorSpec([None, None], tf.int32)

    @tf.function(input_signature=[matrix, matrix, matrix])  # type: ignore[untyped-decorator]
    def forward(token_ids: Any, mask: Any, type_ids: Any) -> dict[str, Any]:
        batch, length = tf.unstack(tf.shape(token_ids))
        added_mask = (1 - tf.cast(mask, tf.float32))[:, None, None, :] * _MASKED
        x = (
            tf.gather(weights[WORD_EMBEDDINGS], token_ids)
            + weights["embeddings.position_embeddings.weight"][:length]
            + tf.gather(weights["embeddings.token_type_embeddings.weight"], type_ids)
        )
        # Rows of all sequences in one matrix: one large product a layer instead of a batch of small ones.
        x = norm(tf.reshape(x, [batch * length, hidden_size]), "embeddings.LayerNorm")
        attentions = []
        for number in range(config.num_hidden_layers):
            layer = f"encoder.layer.{number}"
            attended, by_token = attention(x, f"{layer}.attention", batch, length, added_mask)
            attentions.append(by_token)
            x = norm(attended + x, f"{layer}.attention.output.LayerNorm")
            inner = tf.nn.gelu(dense(x, f"{layer}.intermediate.dense"), approximate=False)
            x = norm(dense(inner, f"{layer}.output.dense") + x, f"{layer}.output.LayerNorm")
        named = {"hidden": tf.reshape(x, [batch, length, hidden_size]), "attention": tf.stack(attentions, 1)}
        if folder.has_span_head:
            start, end = tf.unstack(tf.reshape(dense(x, SPAN_HEAD), [batch, length, 2]), axis=-1)
            named |= {"start_logits": start, "end_logits": end}
        return named

    return lambda *arrays: forward(*(tf.constant(array, tf.int32) for array in arrays))
