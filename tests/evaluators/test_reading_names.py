"""Names: divided between the splits, made of shared pieces, and read in one way only."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece

from evaluators.contract import UNKNOWN
from evaluators.reading.generate import join, reading_vocabulary
from evaluators.reading.names import FIRST, GIVEN, LAST, MIDDLE, PLACE_END, Names

KINDS = ["works", "people", "places"]


@pytest.fixture(scope="module")
def names() -> tuple[Names, Names]:
    return Names("train"), Names("held_out")


@pytest.mark.parametrize("kind", KINDS)
def test_no_full_name_is_in_both_splits(names: tuple[Names, Names], kind: str) -> None:
    train, held_out = (set(getattr(split, kind)) for split in names)
    assert not train & held_out
    assert 0.15 < len(held_out) / (len(train) + len(held_out)) < 0.25


def test_no_surname_is_in_both_splits(names: tuple[Names, Names]) -> None:
    train, held_out = ({name[1:] for name in split.people} for split in names)
    assert not train & held_out


def test_every_piece_is_in_names_of_both_splits(names: tuple[Names, Names]) -> None:
    pieces = {*FIRST, *MIDDLE, *LAST, *PLACE_END, *GIVEN}
    for split in names:
        assert {piece for kind in KINDS for name in getattr(split, kind) for piece in name} == pieces


def test_a_tokenizer_finds_the_pieces_that_a_name_was_made_of(names: tuple[Names, Names]) -> None:
    vocabulary = {token: number for number, token in enumerate(reading_vocabulary().tokens)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token=UNKNOWN))
    invented = [name for split in names for kind in ("works", "places") for name in getattr(split, kind)]
    for name, encoding in zip(invented, tokenizer.encode_batch([join(name) for name in invented]), strict=True):
        assert tuple(encoding.tokens) == name
