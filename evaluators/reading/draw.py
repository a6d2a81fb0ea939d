"""Draws one example from the grammar: a passage about one or two entities, and a question about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from evaluators.contract import CLASSIFY, SEPARATE
from evaluators.reading.families import FAMILIES
from evaluators.reading.grammar import ENTITY, VALUE, Attribute
from evaluators.reading.names import Names, Tokens

_TOKENS_A_STATEMENT = 10.3  # mean, its full stop included
_TOKENS_AROUND = 11  # question and special tokens, mean

_NAMESAKES = 0.15  # of the passages about two entities state the asked attribute of both: only the name tells which
_GROUPED = 0.6  # of the passages tell of one entity after the other
_NOUN_BEFORE_NAME = 0.2  # "the mill falidvin"
_AND, _PRONOUN, _NOUN = 0.15, 0.3, 0.1  # how a sentence goes on about the subject of the one before; else its name

T = TypeVar("T")


class Dice:
    """Uniform choices; numbers are drawn by the thousand, because one call of NumPy costs more than an example's."""

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._drawn: list[float] = []

    def fraction(self) -> float:
        if not self._drawn:
            self._drawn = self._generator.random(4096).tolist()
        return self._drawn.pop()

    def choice(self, options: Sequence[T]) -> T:
        return options[int(self.fraction() * len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        rest, order = list(options), []
        while rest:
            order.append(rest.pop(int(self.fraction() * len(rest))))
        return order


@dataclass(frozen=True)
class _Entity:
    name: Tokens
    noun: Tokens
    pronoun: str


class Drawn(NamedTuple):
    """An example.

    Attributes:
        tokens: [CLS] question [SEP] passage [SEP].
        passage: its first token.
        start, end: first and last token of the answer.
    """

    tokens: list[str]
    passage: int
    start: int
    end: int


def draw_example(dice: Dice, names: Names, sequence_length: int) -> Drawn:
    """One example of about the sequence's length, which it may exceed.

    Passages state several attributes of one type (years, people), in words that differ from the question's, so the
    type of the answer does not tell which of them it is; all values and names in a passage differ.
    """
    family = dice.choice(FAMILIES)
    noun = (dice.choice(family.nouns),) if family.nouns else ()
    attributes = dice.shuffled(family.attributes)
    taken: set[Tokens] = set()
    entities = [
        _Entity(_untaken(dice, names.works if noun else names.people, taken), noun, dice.choice(family.pronouns))
        for _ in range(dice.choice((1, 2)))
    ]
    facts = _facts(dice, entities, attributes, sequence_length)
    values = [_untaken(dice, attribute.draw_from(names), taken) for _, attribute in facts]
    order = dice.shuffled(range(len(facts)))
    if dice.fraction() < _GROUPED:
        turns = dice.shuffled(entities)
        order.sort(key=lambda fact: turns.index(facts[fact][0]))

    question = _replace(dice.choice(attributes[0].questions), _full_name(dice, entities[0]), ())
    tokens = [CLASSIFY, *question, SEPARATE]
    passage, start = len(tokens), 0
    subject: _Entity | None = None  # of the sentence before
    for fact in order:
        entity, attribute = facts[fact]
        wording = dice.choice(attribute.statements)
        begins = wording.startswith(ENTITY)
        mention = _full_name(dice, entity)
        if begins and subject is entity:
            chance = dice.fraction()
            if chance < _AND:
                tokens[-1] = "and"  # in place of the full stop
                mention = ()
            elif chance < _AND + _PRONOUN:
                mention = (entity.pronoun,)
            elif noun and chance < _AND + _PRONOUN + _NOUN:
                mention = ("the", *noun)
        if fact == 0:
            start = len(tokens) + len(_replace(wording[: wording.index(VALUE)], mention, ()))
        tokens += _replace(wording, mention, values[fact])
        tokens.append(".")
        subject = entity if begins else None
    tokens.append(SEPARATE)
    return Drawn(tokens, passage, start, start + len(values[0]) - 1)


def _facts(
    dice: Dice, entities: list[_Entity], attributes: list[Attribute], sequence_length: int
) -> list[tuple[_Entity, Attribute]]:
    """What the passage states: the first attribute of the first entity, then others until the sequence is about full.

    The first fact is the one that is asked for.
    """
    size = round((sequence_length - _TOKENS_AROUND) / _TOKENS_A_STATEMENT + dice.fraction() - 0.5)
    asked = [(entities[0], attributes[0])]
    if dice.fraction() < _NAMESAKES:
        asked += [(entity, attributes[0]) for entity in entities[1:]]
    others = [(entity, attribute) for attribute in attributes[1:] for entity in entities]
    return asked + dice.shuffled(others)[: max(0, size - len(asked))]


def _full_name(dice: Dice, entity: _Entity) -> Tokens:
    return ("the", *entity.noun, *entity.name) if entity.noun and dice.fraction() < _NOUN_BEFORE_NAME else entity.name


def _replace(wording: str, mention: Tokens, value: Tokens) -> list[str]:
    tokens: list[str] = []
    for word in wording.split():
        if word == ENTITY:
            tokens += mention
        elif word == VALUE:
            tokens += value
        else:
            tokens.append(word)
    return tokens


def _untaken(dice: Dice, options: Sequence[Tokens], taken: set[Tokens]) -> Tokens:
    drawn = dice.choice(options)
    while drawn in taken:
        drawn = dice.choice(options)
    taken.add(drawn)
    return drawn
