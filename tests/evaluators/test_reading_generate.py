"""Generated examples: well formed, answerable, without short cuts, and the same everywhere."""

import hashlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

import evaluators.reading
from evaluators.contract import CLASSIFY, MASK, SEPARATE, UNKNOWN, Examples
from evaluators.reading import reading_vocabulary, render
from evaluators.reading.families import FAMILIES
from evaluators.reading.generate import LONGEST, SHORTEST, generate
from evaluators.reading.grammar import ENTITY, Attribute
from evaluators.reading.names import Names, Split, Tokens

TOKENS = reading_vocabulary().tokens
CLS, SEP = TOKENS.index(CLASSIFY), TOKENS.index(SEPARATE)


@cache
def examples(split: Split) -> Examples:
    return generate(split, 1500, 64, 0)


def parts(split: Split, row: int) -> tuple[list[str], list[str], list[str]]:
    """The tokens of question, passage and answer."""
    drawn = examples(split)
    tokens = [TOKENS[number] for number in drawn.token_ids[row][drawn.mask[row] == 1]]
    first = int(drawn.type_ids[row].argmax())
    return tokens[1 : first - 1], tokens[first:-1], tokens[drawn.start[row] : drawn.end[row] + 1]


def asked(question: list[str]) -> Attribute:
    """The attribute that a question is about."""
    words = " ".join(question)
    for family in FAMILIES:
        for attribute in family.attributes:
            for wording in attribute.questions:
                before, after = wording.split(ENTITY)
                inner = words.removeprefix(before).removesuffix(after)
                if words == before + inner + after and not set(inner.split()) - names_and_nouns():
                    return attribute
    raise AssertionError(f"no attribute is asked for by {words!r}")


@cache
def names_and_nouns() -> frozenset[str]:
    pieces = {piece for split in ("train", "held_out") for name in all_names(split) for piece in name}
    return frozenset(pieces | {"the"} | {noun for family in FAMILIES for noun in family.nouns})


@cache
def all_names(split: Split) -> frozenset[Tokens]:
    names = Names(split)
    return frozenset((*names.works, *names.people, *names.places))


@cache
def values(attribute: Attribute, split: Split) -> frozenset[Tokens]:
    return frozenset(attribute.draw_from(Names(split)))


def parts_among(passage: list[str], parts: frozenset[Tokens]) -> list[Tokens]:
    """Which of the parts stand in a passage, in order; one that goes on in a longer name does not count."""
    spans = [
        (*passage[first:last],)
        for first in range(len(passage))
        for last in range(first + 1, min(first + 4, len(passage)))
        if not passage[last].startswith("##")
    ]
    return [span for span in spans if span in parts]


@settings(max_examples=12, deadline=None)
@given(st.integers(SHORTEST, LONGEST), st.integers(0, 2**32), st.sampled_from(["train", "held_out"]))
def test_examples_fill_three_quarters_of_any_sequence_and_are_never_cut(length: int, seed: int, split: Split) -> None:
    drawn = generate(split, 5, length, seed)
    used = drawn.mask.sum(axis=1)
    assert drawn.token_ids.shape == drawn.type_ids.shape == drawn.mask.shape == (5, length)
    assert (used >= 0.75 * length).all()
    for row in range(5):
        ids = drawn.token_ids[row]
        passage = drawn.type_ids[row].argmax()
        assert ids[0] == CLS
        assert ids[passage - 1] == ids[used[row] - 1] == SEP
        assert (ids == SEP).sum() == 2
        assert not ids[used[row] :].any()
        assert not drawn.type_ids[row, used[row] :].any()
        assert passage <= drawn.start[row] <= drawn.end[row] < used[row] - 1


def test_the_text_reads_back_to_the_same_tokens() -> None:
    tokenizer = Tokenizer(WordPiece({token: number for number, token in enumerate(TOKENS)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    for split in ("train", "held_out"):
        for row in range(300):
            for text, tokens in zip(render(examples(split), row), parts(split, row), strict=True):
                assert tokenizer.encode(text).tokens == tokens


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_answers_are_of_the_asked_kind_stand_once_and_often_have_rivals_of_their_kind(split: Split) -> None:
    rivals = 0
    for row in range(300):
        question, passage, answer = parts(split, row)
        found = parts_among(passage, values(asked(question), split))
        assert found.count(tuple(answer)) == 1
        rivals += len(set(found)) >= 2
    assert rivals >= 100


def test_the_asked_entity_is_no_more_often_first_than_chance_has_it() -> None:
    drawn = examples("train")
    place = (drawn.start - drawn.type_ids.argmax(axis=1)) / drawn.type_ids.sum(axis=1)
    assert 0.4 < place.mean() < 0.6
    assert 0.25 < (place < 0.5).mean() < 0.75


def test_sentences_go_on_with_pronouns_nouns_and_and() -> None:
    passages = [" ".join(parts("train", row)[1]) for row in range(300)]
    for going_on in (". it ", ". she ", ". he ", " and is ", ". the ferry "):
        assert any(going_on in passage for passage in passages), going_on


def test_every_token_is_seen_in_training() -> None:
    seen = {TOKENS[number] for number in np.unique(generate("train", 4000, 64, 0).token_ids)}
    assert set(TOKENS) - seen == {UNKNOWN, MASK}


def test_no_full_name_of_a_split_is_read_in_the_other() -> None:
    for split, other in (("train", "held_out"), ("held_out", "train")):
        forbidden = all_names(other)
        for row in range(len(examples(split))):
            question, passage, _ = parts(split, row)
            for name in words_of_pieces([*question, ".", *passage]):
                assert name not in forbidden


def words_of_pieces(tokens: list[str]) -> list[Tokens]:
    words: list[list[str]] = []
    for token in tokens:
        if token.startswith("##"):
            words[-1].append(token)
        else:
            words.append([token])
    return [tuple(word) for word in words if len(word) > 1]


def test_a_larger_split_begins_with_the_same_examples() -> None:
    small, large = generate("train", 20, 64, 3), generate("train", 60, 64, 3)
    assert (small.token_ids == large.token_ids[:20]).all()
    assert (small.end == large.end[:20]).all()


def test_seeds_and_splits_give_other_examples() -> None:
    first = generate("train", 5, 64, 0).token_ids
    assert (first != generate("train", 5, 64, 1).token_ids).any()
    assert (first != generate("held_out", 5, 64, 0).token_ids).any()


def test_examples_are_the_same_bytes_on_every_machine() -> None:
    drawn = generate("train", 100, 64, 0)
    digest = hashlib.sha256()
    for array in (drawn.token_ids, drawn.type_ids, drawn.mask, drawn.start, drawn.end):
        digest.update(array.astype("<i4").tobytes())
    assert digest.hexdigest()[:16] == "755880d572c7857a"


def test_the_examples_that_the_package_shows_are_its_own() -> None:
    shown = " ".join((evaluators.reading.__doc__ or "").split())
    for row in range(3):
        question, passage, answer = render(examples("held_out"), row)
        assert f"{question} {passage} -> {answer}" in shown
