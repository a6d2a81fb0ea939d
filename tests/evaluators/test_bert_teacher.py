from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN
from evaluators.teachers.bert import BertTeacher

TOKENS = (PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK, "\u2028", "ab", "##c", "d")
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "vocab_size": 16,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 10,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-3,
}
Weights = dict[str, NDArray[np.float32]]


def random_weights(seed: int = 0) -> Weights:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.5, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": draw(16, 12),
        "embeddings.position_embeddings.weight": draw(10, 12),
        "embeddings.token_type_embeddings.weight": draw(2, 12),
        "embeddings.LayerNorm.weight": draw(12),
        "embeddings.LayerNorm.bias": draw(12),
    }
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        for name, inputs, outputs in (
            ("attention.self.query", 12, 12),
            ("attention.self.key", 12, 12),
            ("attention.self.value", 12, 12),
            ("attention.output.dense", 12, 12),
            ("intermediate.dense", 12, 20),
            ("output.dense", 20, 12),
        ):
            weights |= {f"{layer}.{name}.weight": draw(outputs, inputs), f"{layer}.{name}.bias": draw(outputs)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights |= {f"{layer}.{name}.weight": draw(12), f"{layer}.{name}.bias": draw(12)}
    return weights


def span_head() -> Weights:
    rng = np.random.default_rng(9)
    return {
        "qa_outputs.weight": rng.normal(size=(2, 12)).astype(np.float32),
        "qa_outputs.bias": rng.normal(size=2).astype(np.float32),
    }


def reference(
    weights: Weights, token_ids: NDArray[np.int32], mask: NDArray[np.int8], type_ids: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The last hidden states, and each layer's mean attention, of the same network, one sequence and one head at a
    time, in float64."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}

    def dense(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        deviation = np.sqrt(x.var(-1, keepdims=True) + CONFIG["layer_norm_eps"])
        return (x - x.mean(-1, keepdims=True)) / deviation * w[f"{name}.weight"] + w[f"{name}.bias"]

    states, attentions = [], []
    for tokens, keep, types in zip(token_ids, mask.astype(bool), type_ids, strict=True):
        x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.token_type_embeddings.weight"][types]
        x = norm(x + w["embeddings.position_embeddings.weight"][: len(tokens)], "embeddings.LayerNorm")
        for layer in ("encoder.layer.0", "encoder.layer.1"):
            query, key, value = (dense(x, f"{layer}.attention.self.{name}") for name in ("query", "key", "value"))
            mixed, attention = [], np.zeros((len(tokens), len(tokens)))
            for head in (slice(0, 4), slice(4, 8), slice(8, 12)):
                weights_of_head = np.exp(query[:, head] @ key[keep, head].T / 2)  # 2: the root of a head's size
                weights_of_head /= weights_of_head.sum(-1, keepdims=True)
                mixed.append(weights_of_head @ value[keep, head])
                attention[:, keep] += weights_of_head / 3
            attentions.append(attention)
            attended = dense(np.concatenate(mixed, -1), f"{layer}.attention.output.dense")
            x = norm(x + attended, f"{layer}.attention.output.LayerNorm")
            inner = dense(x, f"{layer}.intermediate.dense")
            inner *= np.vectorize(lambda z: (1 + math.erf(z / math.sqrt(2))) / 2)(inner)
            x = norm(x + dense(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        states.append(x)
    length = token_ids.shape[1]
    return np.stack(states), np.reshape(attentions, (len(states), 2, length, length))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "vocab.txt").write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    save_file(random_weights(), tmp_path / "model.safetensors")
    return tmp_path


def batch() -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.int8]]:
    rng = np.random.default_rng(1)
    token_ids = rng.integers(0, 16, (3, 8)).astype(np.int32)
    mask = (np.arange(8) < np.array([[8], [5], [1]])).astype(np.int8)
    return token_ids, mask, rng.integers(0, 2, (3, 8)).astype(np.int8)


def test_hidden_states_and_attention_are_those_of_a_reference_in_float64(folder: Path) -> None:
    teacher = BertTeacher(folder, "tiny")
    outputs = teacher.outputs(*batch())
    assert outputs.hidden.dtype == np.float32
    hidden, attention = reference(random_weights(), *batch())
    np.testing.assert_allclose(outputs.hidden, hidden, atol=2e-5)
    assert outputs.attention is not None
    np.testing.assert_allclose(outputs.attention, attention, atol=1e-5)
    assert outputs.start_logits is None
    assert (teacher.signals, teacher.num_layers) == ({"hidden", "attention"}, 2)
    assert (teacher.hidden_size, teacher.max_positions, len(teacher.vocabulary)) == (12, 10, len(TOKENS))


def test_a_question_answering_head_gives_span_logits(folder: Path) -> None:
    head = span_head()
    save_file(random_weights() | head, folder / "model.safetensors")
    teacher = BertTeacher(folder, "tiny")
    assert teacher.signals == {"hidden", "attention", "span_logits"}
    outputs = teacher.outputs(*batch())
    logits = reference(random_weights(), *batch())[0] @ head["qa_outputs.weight"].T + head["qa_outputs.bias"]
    assert outputs.start_logits is not None
    assert outputs.end_logits is not None
    np.testing.assert_allclose(outputs.start_logits, logits[..., 0], atol=1e-4)
    np.testing.assert_allclose(outputs.end_logits, logits[..., 1], atol=1e-4)


def renamed(weights: Weights, change: Callable[[str], str]) -> Weights:
    return {change(name): value for name, value in weights.items()}


@pytest.mark.parametrize(
    "change",
    [
        lambda name: "bert." + name,
        lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
    ],
    ids=["prefix", "first names of norms"],
)
def test_other_namings_of_the_same_tensors_are_read(folder: Path, change: Callable[[str], str]) -> None:
    expected = BertTeacher(folder, "tiny").outputs(*batch()).hidden
    save_file(renamed(random_weights(), change), folder / "model.safetensors")
    np.testing.assert_array_equal(BertTeacher(folder, "tiny").outputs(*batch()).hidden, expected)


def test_the_token_table_has_one_row_a_token(folder: Path) -> None:
    table = BertTeacher(folder, "tiny").token_table()
    np.testing.assert_array_equal(table, random_weights()["embeddings.word_embeddings.weight"][: len(TOKENS)])


def test_weights_in_half_precision_are_read_as_float32(folder: Path) -> None:
    halves = {name: value.astype(np.float16) for name, value in random_weights().items()}
    save_file(halves, folder / "model.safetensors")
    widened = {name: value.astype(np.float32) for name, value in halves.items()}
    hidden = BertTeacher(folder, "tiny").outputs(*batch()).hidden
    np.testing.assert_allclose(hidden, reference(widened, *batch())[0], atol=2e-5)


def test_longer_rows_than_positions_are_refused(folder: Path) -> None:
    too_long = np.zeros((1, 11), np.int32)
    with pytest.raises(ValueError, match="teacher 'tiny' reads at most 10 tokens, not 11"):
        BertTeacher(folder, "tiny").outputs(too_long, too_long.astype(np.int8), too_long.astype(np.int8))


def test_the_fingerprint_follows_weights_and_vocabulary(folder: Path) -> None:
    prints = {BertTeacher(folder, "one").fingerprint(), BertTeacher(folder, "two").fingerprint()}
    assert len(prints) == 1
    save_file(random_weights(seed=1), folder / "model.safetensors")
    prints.add(BertTeacher(folder, "one").fingerprint())
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    prints.add(BertTeacher(folder, "one").fingerprint())
    assert len(prints) == 3


def test_a_teacher_is_checked_without_importing_tensorflow(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from evaluators.teachers import load_teacher\n"
        f"load_teacher({str(folder)!r}).token_table(); print('tensorflow' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_the_vocabulary_may_hold_line_separators_of_unicode(folder: Path) -> None:
    assert BertTeacher(folder, "tiny").vocabulary.tokens == TOKENS


def test_the_vocabulary_is_also_read_from_tokenizer_json(folder: Path) -> None:
    (folder / "vocab.txt").unlink()
    ids = {token: number for number, token in reversed(list(enumerate(TOKENS)))}
    settings = {"model": {"type": "WordPiece", "vocab": ids}, "normalizer": {"lowercase": False}}
    (folder / "tokenizer.json").write_text(json.dumps(settings))
    vocabulary = BertTeacher(folder, "tiny").vocabulary
    assert vocabulary.tokens == TOKENS
    assert vocabulary.lowercase is False


@pytest.mark.parametrize(("settings", "lowercase"), [("{}", True), ('{"do_lower_case": false}', False)])
def test_case_is_as_the_tokenizer_says(folder: Path, settings: str, lowercase: bool) -> None:
    (folder / "tokenizer_config.json").write_text(settings)
    assert BertTeacher(folder, "tiny").vocabulary.lowercase is lowercase


def test_pickled_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"pytorch_model\.bin, a pickle.*convert it to model\.safetensors"):
        BertTeacher(folder, "tiny")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        BertTeacher(folder, "tiny")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "roberta"}, "model_type 'roberta' is not supported"),
        ({"hidden_act": "relu"}, "hidden_act 'relu' is not supported"),
        ({"position_embedding_type": "relative_key"}, "'relative_key' is not supported"),
        ({"hidden_size": None}, "hidden_size must be a positive integer, not None"),
        ({"num_attention_heads": 5}, "hidden_size 12 is not a multiple of num_attention_heads 5"),
        ({"layer_norm_eps": "small"}, "layer_norm_eps must be a small positive number"),
        ({"intermediate_size": 21}, r"intermediate.dense.weight has shape \(20, 12\), config.json asks for \(21, 12\)"),
        ({"num_hidden_layers": 3}, r"no tensor encoder\.layer\.2\.attention\.self\.query\.weight"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(folder: Path, changes: dict[str, object], message: str) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))
    with pytest.raises(ValueError, match=message):
        BertTeacher(folder, "tiny")


def test_more_tokens_than_rows_are_refused(folder: Path) -> None:
    with (folder / "vocab.txt").open("a") as file:
        file.writelines(f"more{i}\n" for i in range(10))
    with pytest.raises(ValueError, match="the vocabulary has 19 tokens, the network only 16"):
        BertTeacher(folder, "tiny")


def test_damaged_files_are_refused_by_name(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged"):
        BertTeacher(folder, "tiny")
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json is not JSON"):
        BertTeacher(folder, "tiny")
