"""Examples as arrays: the vocabulary of the grammar, a split's rows, and a row read back as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Examples, Vocabulary
from evaluators.reading.draw import Dice, draw_example
from evaluators.reading.families import FAMILIES
from evaluators.reading.grammar import LARGEST_MEASURE, SMALLEST_MEASURE, YEARS
from evaluators.reading.names import FIRST, GIVEN, LAST, MIDDLE, PLACE_END, Names, Split

SHORTEST, LONGEST = 48, 160  # sequences that the grammar fills

_LEAST_FILLED = 0.75  # of the sequence


def reading_vocabulary() -> Vocabulary:
    """Every token of the grammar, after the special ones."""
    words = {"the", "and", ".", *FIRST, *MIDDLE, *LAST, *PLACE_END, *GIVEN}
    words.update(token for year in YEARS for token in year)
    words.update(str(number) for number in range(SMALLEST_MEASURE, LARGEST_MEASURE + 1))
    for family in FAMILIES:
        words.update(family.words())
    return Vocabulary((PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK, *sorted(words)))


def generate(split: Split, size: int, sequence_length: int, seed: int) -> Examples:
    """The first `size` examples of a split; a larger size begins with the same examples.

    Equal on every machine: all chance comes from one stream of PCG64.
    """
    vocabulary = reading_vocabulary()
    ids = {token: number for number, token in enumerate(vocabulary.tokens)}
    dice = Dice(np.random.SeedSequence([seed, int(split == "held_out")]))
    names = Names(split)
    token_ids = np.zeros((size, sequence_length), np.int32)
    type_ids, mask = np.zeros((2, size, sequence_length), np.int8)
    start, end = np.zeros((2, size), np.int32)
    for row in range(size):
        drawn = draw_example(dice, names, sequence_length)
        while not _LEAST_FILLED * sequence_length <= len(drawn.tokens) <= sequence_length:
            drawn = draw_example(dice, names, sequence_length)
        length = len(drawn.tokens)
        token_ids[row, :length] = [ids[token] for token in drawn.tokens]
        type_ids[row, drawn.passage : length] = 1
        mask[row, :length] = 1
        start[row], end[row] = drawn.start, drawn.end
    return Examples(token_ids, type_ids, mask, start, end)


def join(tokens: Sequence[str]) -> str:
    """Tokens as text: continuation pieces are joined to what they continue."""
    return " ".join(tokens).replace(" ##", "")


def render(examples: Examples, row: int) -> tuple[str, str, str]:
    """The question, the passage and the answer of one example, as text."""
    tokens = reading_vocabulary().tokens
    read = [tokens[number] for number in examples.token_ids[row]]
    passage = int(np.argmax(examples.type_ids[row]))
    length = int(examples.mask[row].sum())
    answer = read[examples.start[row] : examples.end[row] + 1]
    return join(read[1 : passage - 1]), join(read[passage : length - 1]), join(answer)
