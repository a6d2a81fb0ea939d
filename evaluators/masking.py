"""Masked tokens to be told from their context, chosen once for each example.

Source: BERT, Devlin et al. 2019, section 3.1, task 1: of 15 % of the tokens, 80 % become [MASK], 10 % a random token,
and 10 % stay. Masks are static, so that a teacher's outputs for masked text can be kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Examples, Vocabulary

CHOSEN, MASKED, RANDOM = 0.15, 0.8, 0.1
NO_LABEL = -1

_SEED = 0  # one text has one mask, whatever the seed of an evaluation


def masked(examples: Examples, vocabulary: Vocabulary) -> tuple[Examples, NDArray[np.int32]]:
    """The examples with masked tokens, and the labels: int32 `[n, length]`, the token that was there, else -1.

    Every example with an ordinary token has a label at least. Special tokens are neither chosen nor drawn.
    """
    rng = np.random.default_rng(_SEED)
    special = np.array([vocabulary.id(token) for token in (PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK)])
    ordinary = np.setdiff1d(np.arange(len(vocabulary), dtype=np.int32), special)
    token_ids = np.array(examples.token_ids, np.int32)
    may = examples.mask.astype(bool) & ~np.isin(token_ids, special)
    lot = np.where(may, rng.random(token_ids.shape), np.inf)
    chosen = may & ((lot < CHOSEN) | (lot == lot.min(axis=1, keepdims=True)))
    labels = np.where(chosen, token_ids, NO_LABEL).astype(np.int32)
    how = rng.random(token_ids.shape)
    token_ids[chosen & (how < MASKED)] = vocabulary.id(MASK)
    is_random = chosen & (how >= MASKED) & (how < MASKED + RANDOM)
    token_ids[is_random] = rng.choice(ordinary, int(is_random.sum()))
    return replace(examples, token_ids=token_ids), labels
