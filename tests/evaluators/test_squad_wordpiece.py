from __future__ import annotations

import subprocess
import sys

import pytest

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Vocabulary
from evaluators.squad.wordpiece import train_vocabulary, wordpiece_tokenizer

SPECIAL = (PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK)
TEXT = [f"the reader of number {i} reads rare readings in the reading room" for i in range(200)]


def test_tokens_keep_the_characters_they_stand_for() -> None:
    text = "Unaffable Zoë, [SEP]"
    vocabulary = Vocabulary((*SPECIAL, "un", "##aff", "##able", "zoe", ",", "[", "sep", "]"))
    encoding = wordpiece_tokenizer(vocabulary).encode(text, add_special_tokens=False)
    assert encoding.tokens == ["un", "##aff", "##able", "zoe", ",", "[", "sep", "]"]
    assert [text[begin:end] for begin, end in encoding.offsets] == ["Un", "aff", "able", "Zoë", ",", "[", "SEP", "]"]


def test_case_is_kept_where_the_vocabulary_has_case() -> None:
    vocabulary = Vocabulary((*SPECIAL, "Paris", "paris"), lowercase=False)
    assert wordpiece_tokenizer(vocabulary).encode("Paris paris PARIS").tokens == ["Paris", "paris", UNKNOWN]


def test_a_trained_vocabulary_reads_its_text_in_whole_words_and_pieces() -> None:
    vocabulary = train_vocabulary(TEXT, 120)
    assert vocabulary.tokens[:5] == SPECIAL
    assert len(vocabulary) <= 120
    tokens = wordpiece_tokenizer(vocabulary).encode(TEXT[7]).tokens
    assert UNKNOWN not in tokens
    assert len(tokens) < len(TEXT[7]) / 2
    assert "the" in tokens


def test_a_trained_vocabulary_leaves_rare_characters_out() -> None:
    yi = [chr(0xA000 + i) for i in range(470)]  # one syllable a character, none of which normalises to another
    common, rare = yi[:400], yi[400:]
    vocabulary = train_vocabulary([" ".join(common)] * 3 + [" ".join(rare)], 1000)
    assert not set(rare) & set(vocabulary.tokens)
    assert {token for token in vocabulary.tokens if len(token) == 1} == set(common)


def test_a_trained_vocabulary_is_the_same_in_every_process() -> None:
    code = (
        f"from evaluators.squad.wordpiece import train_vocabulary\nprint(train_vocabulary({TEXT!r}, 150).fingerprint())"
    )
    prints = {subprocess.check_output([sys.executable, "-c", code]) for _ in range(3)}
    assert prints == {train_vocabulary(TEXT, 150).fingerprint().encode() + b"\n"}


def test_a_vocabulary_too_small_for_its_alphabet_is_refused() -> None:
    with pytest.raises(ValueError, match="no room for an alphabet"):
        train_vocabulary(TEXT, 20)
