"""Paragraphs of text files, in two splits that share none, and windows of their tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import CLASSIFY, PAD, SEPARATE, Vocabulary
from evaluators.squad.wordpiece import wordpiece_tokenizer

Split = Literal["train", "held_out"]

HELD_OUT = 10
"""One paragraph in so many is held out."""

_PARAGRAPHS_AT_A_TIME = 1_000


def check_file(path: Path) -> None:
    """Raises `FileNotFoundError` for a file that is not there, `ValueError` for one that holds no text."""
    if not path.is_file():
        raise FileNotFoundError(f"no text file {path}: corpus lists files of UTF-8 text")
    if not any(_paragraphs_of(path)):
        raise ValueError(f"{path}: no text in it")


def paragraphs(files: Sequence[Path], split: Split) -> Iterator[str]:
    """The lines with text of a split, in the files' order; what is held out depends on the line alone.

    Raises:
        ValueError: a file is no UTF-8 text.
    """
    for path in files:
        for text in _paragraphs_of(path):
            digest = hashlib.sha256(text.encode()).digest()
            is_held_out = int.from_bytes(digest[:4], "big") % HELD_OUT == 0
            if is_held_out == (split == "held_out"):
                yield text


def windows(texts: Iterator[str], vocabulary: Vocabulary, length: int) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Token ids and mask `[n, length]`: [CLS], tokens of paragraphs one after another, [SEP]; the last is padded."""
    tokenizer = wordpiece_tokenizer(vocabulary)
    size = length - 2
    tokens: list[NDArray[np.int32]] = []
    for batch in _batches(texts):
        encoded = tokenizer.encode_batch(batch, add_special_tokens=False)
        tokens.append(np.concatenate([np.array(one.ids, np.int32) for one in encoded]))
    flat = np.concatenate(tokens) if tokens else np.zeros(0, np.int32)
    number = -(-len(flat) // size)
    body = np.full(number * size, vocabulary.id(PAD), np.int32)
    body[: len(flat)] = flat
    token_ids = np.full((number, length), vocabulary.id(PAD), np.int32)
    token_ids[:, 0] = vocabulary.id(CLASSIFY)
    token_ids[:, 1:-1] = body.reshape(number, size)
    filled = np.minimum(size, len(flat) - size * np.arange(number))
    token_ids[np.arange(number), filled + 1] = vocabulary.id(SEPARATE)
    mask = (np.arange(length) < filled[:, None] + 2).astype(np.int8)
    return token_ids, mask


def _paragraphs_of(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig").strip()
            except UnicodeDecodeError as error:
                raise ValueError(f"{path}: not UTF-8 text: {error.reason} in line {number}") from None
            if text:
                yield text


def _batches(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _PARAGRAPHS_AT_A_TIME:
            yield batch
            batch = []
    if batch:
        yield batch
