"""Masks hide 15 % of the ordinary tokens, the same in every run, and labels say what was there."""

from __future__ import annotations

import numpy as np

from evaluators.contract import MASK, Examples
from evaluators.masking import NO_LABEL, masked
from evaluators.reading import reading_vocabulary
from evaluators.reading.generate import generate

VOCABULARY = reading_vocabulary()
EXAMPLES = generate("train", 200, 64, 0)
SPECIAL = [VOCABULARY.id(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]


def test_labels_are_the_tokens_that_stood_there_and_nothing_else_changes() -> None:
    hidden, labels = masked(EXAMPLES, VOCABULARY)
    has_label = labels != NO_LABEL
    np.testing.assert_array_equal(labels[has_label], EXAMPLES.token_ids[has_label])
    np.testing.assert_array_equal(hidden.token_ids[~has_label], EXAMPLES.token_ids[~has_label])
    assert not np.isin(labels[has_label], SPECIAL).any()
    assert has_label.any(axis=1).all()


def test_as_many_are_masked_replaced_and_kept_as_in_bert() -> None:
    hidden, labels = masked(EXAMPLES, VOCABULARY)
    ordinary = ~np.isin(EXAMPLES.token_ids, SPECIAL)
    has_label = labels != NO_LABEL
    tokens = hidden.token_ids[has_label]
    assert abs(has_label.sum() / ordinary.sum() - 0.15) < 0.02
    assert abs(np.mean(tokens == VOCABULARY.id(MASK)) - 0.8) < 0.05
    assert abs(np.mean(tokens == labels[has_label]) - 0.1) < 0.05
    assert not np.isin(tokens, [number for number in SPECIAL if number != VOCABULARY.id(MASK)]).any()


def test_masks_are_the_same_in_every_run_and_an_example_of_few_tokens_has_one() -> None:
    for one, other in zip(masked(EXAMPLES, VOCABULARY), masked(EXAMPLES, VOCABULARY), strict=True):
        arrays = (vars(x) if isinstance(x, Examples) else {"labels": x} for x in (one, other))
        first, second = arrays
        for name, array in first.items():
            np.testing.assert_array_equal(array, second[name])
    classify, separate = VOCABULARY.id("[CLS]"), VOCABULARY.id("[SEP]")
    token_ids = np.array([[classify, 9, separate], [classify, separate, 0]], np.int32)
    zero = np.zeros_like(token_ids, np.int8)
    short = Examples(token_ids, zero, (token_ids > 0).astype(np.int8), zero[:, 0], zero[:, 0])
    _, labels = masked(short, VOCABULARY)
    np.testing.assert_array_equal(labels, [[-1, 9, -1], [-1, -1, -1]])
