"""The grammar's text: rich enough, and every wording complete."""

import itertools

import pytest

from evaluators.reading.families import FAMILIES
from evaluators.reading.generate import reading_vocabulary
from evaluators.reading.grammar import ENTITY, VALUE, Attribute
from evaluators.reading.names import Names

ATTRIBUTES = [attribute for family in FAMILIES for attribute in family.attributes]


def test_a_family_has_six_attributes_or_more_in_four_and_four_wordings() -> None:
    assert all(len(family.attributes) >= 6 for family in FAMILIES)
    for attribute in ATTRIBUTES:
        assert len(set(attribute.statements)) >= 4
        assert len(set(attribute.questions)) >= 4


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.questions[0])
def test_wordings_have_their_entity_and_value_once(attribute: Attribute) -> None:
    for statement in attribute.statements:
        assert (statement.count(ENTITY), statement.count(VALUE)) == (1, 1)
    for question in attribute.questions:
        assert (question.count(ENTITY), question.count(VALUE)) == (1, 0)
        assert question.endswith(" ?")
    assert any(statement.startswith(ENTITY) for statement in attribute.statements)
    assert any(not statement.startswith(ENTITY) for statement in attribute.statements)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.attributes[0].questions[0])
def test_no_wording_stands_for_two_attributes_of_a_family_with_values_of_one_kind(family: object) -> None:
    for first, second in itertools.combinations(family.attributes, 2):  # type: ignore[attr-defined]
        assert not set(first.questions) & set(second.questions)
        if first.values == second.values:
            assert not set(first.statements) & set(second.statements)


def test_there_are_answers_of_one_token_and_of_several() -> None:
    lengths = {len(value) for attribute in ATTRIBUTES for value in attribute.draw_from(Names("train"))}
    assert {1, 2, 3} <= lengths


def test_the_vocabulary_has_at_most_2000_tokens() -> None:
    assert len(reading_vocabulary()) <= 2000
