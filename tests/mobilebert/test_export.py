from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mobilebert import Heads, Inputs, Layout, encode_unrolled, export_tflite, initial_weights, random_weights
from mobilebert import save_tflite as save
from mobilebert.export import MASK, TflitePrecision
from search_space import PUBLISHED, Architecture, Stage

LENGTH = 24
TINY = Architecture(
    48, (Stage(1, 4, 32, 40, 2), Stage(1, 2, 24, 64, 1)), embedding_size=16, vocab_size=300, max_positions=64
)
WEIGHTS = random_weights(TINY, 0)


def tokens(seed: int, padding: int = 0) -> Inputs:
    rng = np.random.default_rng(seed)
    mask = np.ones((1, LENGTH), np.int32)
    mask[:, LENGTH - padding :] = 0
    return Inputs(
        rng.integers(0, TINY.vocab_size, (1, LENGTH), np.int32), mask, rng.integers(0, 2, (1, LENGTH), np.int32)
    )


def run(model: bytes, inputs: Inputs) -> Any:
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN)
    runner = interpreter.get_signature_runner()
    named = dict(zip(("input_word_ids", "input_mask", "input_type_ids"), inputs, strict=True))
    return runner(**named)["hidden_states"]


def encoded(architecture: Architecture, weights: Any, inputs: Inputs, precision: TflitePrecision) -> Any:
    named = Layout(architecture, {}).unpack(weights)
    return encode_unrolled(architecture, named, inputs, mask_value=MASK[precision]).hidden.numpy()


def signal_to_noise_db(expected: Any, given: Any) -> float:
    return float(10 * np.log10((expected**2).sum() / ((expected - given) ** 2).sum()))


@pytest.fixture(scope="module")
def int8() -> bytes:
    return export_tflite(TINY, WEIGHTS, "int8", LENGTH)


@pytest.mark.parametrize(
    "architecture",
    [
        TINY,
        replace(TINY, key_query_shared_bottleneck=False),
        replace(TINY, activation="gelu", normalization="layer_norm"),
        replace(TINY, stages=()),
    ],
    ids=["published style", "separate", "gelu, layer norm", "no blocks"],
)
def test_the_float_model_computes_what_the_encoder_does(architecture: Architecture) -> None:
    weights, inputs = random_weights(architecture, 1), tokens(1, padding=5)
    given = run(export_tflite(architecture, weights, "float32", LENGTH), inputs)
    expected = encoded(architecture, weights, inputs, "float32")
    assert given.dtype == np.float32
    assert np.abs(given - expected).max() <= 1e-5 * np.abs(expected).max()


def test_the_int8_model_keeps_thirty_decibels(int8: bytes) -> None:
    for padding in (0, 9):
        inputs = tokens(2, padding)
        real = slice(0, LENGTH - padding)
        expected, given = encoded(TINY, WEIGHTS, inputs, "int8"), run(int8, inputs)
        assert signal_to_noise_db(expected[:, real], given[:, real]) >= 30  # measured: 33 to 36


def test_padding_does_not_reach_the_tokens_of_an_int8_model_calibrated_without_any(int8: bytes) -> None:
    some, other = tokens(3, padding=8), tokens(3, padding=8)
    other.token_ids[:, -7:] = 1  # the eighth from the end is a neighbour of the last token
    assert (some.token_ids != other.token_ids).any()
    given, again = run(int8, some), run(int8, other)
    np.testing.assert_array_equal(given[:, :-8], again[:, :-8])
    unmasked = Inputs(some.token_ids, np.ones_like(some.mask), some.type_ids)
    assert (run(int8, unmasked)[:, :-8] != given[:, :-8]).any()


def test_an_int8_model_is_finest_on_tokens_like_its_calibration() -> None:
    weights = WEIGHTS.copy()
    Layout(TINY, {}).unpack(weights)["embeddings/token"][7] *= 20
    common = tokens(2)._replace(token_ids=np.arange(8, 8 + LENGTH, dtype=np.int32)[None])
    loud = common._replace(token_ids=np.full_like(common.token_ids, 7))
    expected = encoded(TINY, weights, common, "int8")
    on_common, on_loud = (
        signal_to_noise_db(expected, run(export_tflite(TINY, weights, "int8", LENGTH, calibration=given), common))
        for given in (common, loud)
    )
    assert on_common > on_loud + 2


def test_between_its_mask_and_its_output_an_int8_model_is_whole_integers(int8: bytes) -> None:
    interpreter = Interpreter(model_content=int8, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    floats = {tuple(t["shape"]) for t in interpreter.get_tensor_details() if t["dtype"] == np.float32}
    assert floats == {(1, LENGTH), (1, LENGTH, TINY.hidden_size)}


def test_inputs_and_output_are_tensors_of_these_names_and_fixed_shapes(int8: bytes) -> None:
    interpreter = Interpreter(model_content=int8)
    inputs = {d["name"]: (d["dtype"], d["shape_signature"].tolist()) for d in interpreter.get_input_details()}
    expected = (np.int32, [1, LENGTH])
    assert inputs == {"input_word_ids": expected, "input_mask": expected, "input_type_ids": expected}
    (output,) = interpreter.get_output_details()
    assert (output["name"], output["shape_signature"].tolist()) == ("hidden_states", [1, LENGTH, TINY.hidden_size])


def test_the_same_arguments_give_the_same_file(int8: bytes) -> None:
    assert export_tflite(TINY, WEIGHTS, "int8", LENGTH) == int8


def test_weights_may_be_named_and_those_of_heads_are_left_out() -> None:
    with_head = Layout(TINY, Heads(span=True).of(TINY))
    flat = initial_weights(with_head, 0)
    named = {**with_head.unpack(flat), **Layout(TINY, {}).unpack(WEIGHTS)}
    assert export_tflite(TINY, named, "float32", LENGTH) == export_tflite(TINY, WEIGHTS, "float32", LENGTH)


def test_random_weights_leave_no_norm_and_no_bias_to_fold_away() -> None:
    for name, tensor in Layout(TINY, {}).unpack(WEIGHTS).items():
        assert not np.any(tensor == (1 if name.endswith("/gamma") else 0)), name
    assert np.array_equal(random_weights(TINY, 0), WEIGHTS)
    assert not np.array_equal(random_weights(TINY, 1), WEIGHTS)


def test_what_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="precision must be one of float32, int8, not 'float16'"):
        export_tflite(TINY, WEIGHTS, "float16", LENGTH)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"sequence_length must be from 1 to max_positions \(64\), not 65"):
        export_tflite(TINY, WEIGHTS, "int8", 65)
    with pytest.raises(ValueError, match=r"weights do not fit the architecture: \(3,\), not \(\d+,\)"):
        export_tflite(TINY, WEIGHTS[:3], "int8", LENGTH)
    with pytest.raises(ValueError, match="weights do not fit the architecture: embeddings/token is missing"):
        export_tflite(TINY, {}, "int8", LENGTH)
    short = Inputs(*[np.ones((2, 5), np.int32)] * 3)
    with pytest.raises(ValueError, match=r"calibration: input_word_ids is \(2, 5\), not \(sequences, 24\)"):
        export_tflite(TINY, WEIGHTS, "int8", LENGTH, calibration=short)


def test_a_model_is_saved_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.tflite"
    save(path, b"first")
    save(path, b"second")
    assert path.read_bytes() == b"second"

    def full(source: Any, target: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        save(path, b"third")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.tflite"]
    assert path.read_bytes() == b"second"


@pytest.mark.slow
def test_a_published_model_keeps_its_signal_at_the_lengths_of_its_task() -> None:
    published = PUBLISHED["mobilebert-edgetpu-xs"]
    weights = random_weights(published, 0)
    rng = np.random.default_rng(1)
    for length, least_db in ((128, 28), (384, 24)):
        shape = (1, length)
        ids, types = rng.integers(0, published.vocab_size, shape, np.int32), rng.integers(0, 2, shape, np.int32)
        inputs = Inputs(ids, np.ones(shape, np.int32), types)
        in_float = run(export_tflite(published, weights, "float32", length), inputs)
        expected = encoded(published, weights, inputs, "float32")
        assert np.abs(in_float - expected).max() <= 1e-5 * np.abs(expected).max()
        in_int8 = run(export_tflite(published, weights, "int8", length), inputs)
        assert signal_to_noise_db(encoded(published, weights, inputs, "int8"), in_int8) >= least_db
