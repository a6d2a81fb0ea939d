"""A BERT network as a folder in Hugging Face layout: `config.json`, a vocabulary, and `model.safetensors`.

Read without torch and without pickle. Tensor names may start with `bert.`, and norms may be named as in the first
BERT checkpoints (`gamma`, `beta`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from evaluators.teachers.bert_vocabulary import read_vocabulary
from evaluators.teachers.json_object import read_json_object

WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"
SPAN_HEAD = "qa_outputs"


@dataclass(frozen=True)
class BertConfig:
    """The sizes of `config.json` under its own names."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


class BertFolder:
    """What the folder holds, checked against each other; weights are read when asked for.

    Attributes:
        config: the network's sizes.
        vocabulary: its WordPiece tokens.
        shapes: of every tensor that the network needs, by name without prefix; the span head's are among them where
            the file has one.

    Raises:
        FileNotFoundError: the folder or one of its files is missing.
        ValueError: the files are damaged, do not fit each other, or are not a BERT network's.
    """

    def __init__(self, folder: Path) -> None:
        self.config = _read_config(folder)
        self._weights = _weights_file(folder)
        self._stored = _stored_tensors(self._weights)
        self.shapes = _network_shapes(self.config)
        if f"{SPAN_HEAD}.weight" in self._stored:
            self.shapes |= _dense(SPAN_HEAD, self.config.hidden_size, 2)
        for name, shape in self.shapes.items():
            if name not in self._stored:
                raise ValueError(f"{self._weights} has no tensor {name}, which config.json asks for")
            if (found := self._stored[name][1]) != shape:
                raise ValueError(f"{self._weights}: {name} has shape {found}, config.json asks for {shape}")
        self.vocabulary = read_vocabulary(folder)
        if len(self.vocabulary) > self.config.vocab_size:
            raise ValueError(
                f"{folder}: the vocabulary has {len(self.vocabulary)} tokens, the network only {self.config.vocab_size}"
            )

    @property
    def has_span_head(self) -> bool:
        return f"{SPAN_HEAD}.weight" in self.shapes

    def tensor(self, name: str) -> NDArray[np.float32]:
        """The tensor of that name in `shapes`, read from the file."""
        with safe_open(self._weights, framework="numpy") as file:
            return np.asarray(file.get_tensor(self._stored[name][0]), np.float32)

    @cached_property
    def fingerprint(self) -> str:
        """Equal for equal configuration, vocabulary and weights."""
        digest = hashlib.sha256(f"{self.config} {self.vocabulary.fingerprint()}".encode())
        with self._weights.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def _read_config(folder: Path) -> BertConfig:
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder} of a teacher")
    path = folder / "config.json"
    if not path.is_file():
        raise FileNotFoundError(f"no config.json in {folder}: a folder in Hugging Face layout is expected")
    values = read_json_object(path)
    if (model := values.get("model_type", "bert")) != "bert":
        raise ValueError(f"{path}: model_type {model!r} is not supported, only 'bert'")
    if (activation := values.get("hidden_act", "gelu")) != "gelu":
        raise ValueError(f"{path}: hidden_act {activation!r} is not supported, only 'gelu'")
    if (positions := values.get("position_embedding_type", "absolute")) != "absolute":
        raise ValueError(f"{path}: position_embedding_type {positions!r} is not supported, only 'absolute'")

    def size(name: str, default: int | None = None) -> int:
        value = values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{path}: {name} must be a positive integer, not {value!r}")
        return value

    epsilon = values.get("layer_norm_eps", 1e-12)
    if not isinstance(epsilon, int | float) or not 0 < epsilon < 1:
        raise ValueError(f"{path}: layer_norm_eps must be a small positive number, not {epsilon!r}")
    config = BertConfig(
        vocab_size=size("vocab_size"),
        hidden_size=size("hidden_size"),
        num_hidden_layers=size("num_hidden_layers"),
        num_attention_heads=size("num_attention_heads"),
        intermediate_size=size("intermediate_size"),
        max_position_embeddings=size("max_position_embeddings"),
        type_vocab_size=size("type_vocab_size", 2),
        layer_norm_eps=float(epsilon),
    )
    if config.hidden_size % config.num_attention_heads:
        raise ValueError(
            f"{path}: hidden_size {config.hidden_size} is not a multiple of "
            f"num_attention_heads {config.num_attention_heads}"
        )
    if config.type_vocab_size < 2:
        raise ValueError(f"{path}: type_vocab_size must be at least 2 (question and passage)")
    return config


def _weights_file(folder: Path) -> Path:
    path = folder / "model.safetensors"
    if path.is_file():
        return path
    if (folder / "pytorch_model.bin").is_file():
        raise ValueError(
            f"{folder} has its weights as pytorch_model.bin, a pickle, which can run any code when read: "
            "convert it to model.safetensors (in transformers: save_pretrained(..., safe_serialization=True))"
        )
    raise FileNotFoundError(f"no model.safetensors in {folder}")


def _stored_tensors(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name in the file and shape of every tensor, by its name here."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {_own_name(name): (name, tuple(file.get_slice(name).get_shape())) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or not a safetensors file: {error}") from None


def _own_name(name: str) -> str:
    name = name.removeprefix("bert.")
    if name.endswith("LayerNorm.gamma"):
        return name.removesuffix("gamma") + "weight"
    if name.endswith("LayerNorm.beta"):
        return name.removesuffix("beta") + "bias"
    return name


def _network_shapes(config: BertConfig) -> dict[str, tuple[int, ...]]:
    hidden = config.hidden_size
    shapes: dict[str, tuple[int, ...]] = {
        WORD_EMBEDDINGS: (config.vocab_size, hidden),
        "embeddings.position_embeddings.weight": (config.max_position_embeddings, hidden),
        "embeddings.token_type_embeddings.weight": (config.type_vocab_size, hidden),
        **_norm("embeddings.LayerNorm", hidden),
    }
    for number in range(config.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        for projection in ("query", "key", "value"):
            shapes |= _dense(f"{layer}.attention.self.{projection}", hidden, hidden)
        shapes |= _dense(f"{layer}.attention.output.dense", hidden, hidden)
        shapes |= _norm(f"{layer}.attention.output.LayerNorm", hidden)
        shapes |= _dense(f"{layer}.intermediate.dense", hidden, config.intermediate_size)
        shapes |= _dense(f"{layer}.output.dense", config.intermediate_size, hidden)
        shapes |= _norm(f"{layer}.output.LayerNorm", hidden)
    return shapes


def _dense(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
