"""The parts of the grammar: kinds of values, attributes with their wordings, families of entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from evaluators.reading.names import Names, Tokens

ENTITY, VALUE = "{entity}", "{value}"

YEARS: list[Tokens] = [(str(century), f"##{year:02}") for century in range(11, 19) for year in range(100)]
SMALLEST_MEASURE, LARGEST_MEASURE = 11, 99

Named = Literal["person", "place", "year"]


@dataclass(frozen=True)
class Measure:
    """A number with its unit: `42 metres`."""

    unit: str

    @cache  # noqa: B019 - there are two measures
    def values(self) -> list[Tokens]:
        return [(str(number), self.unit) for number in range(SMALLEST_MEASURE, LARGEST_MEASURE + 1)]


@dataclass(frozen=True)
class Attribute:
    """What a passage can say of an entity, and how.

    Attributes:
        values: what the values are: names of a kind, years, measures, or one of a few phrases.
        statements: wordings, each with one entity and one value. Those that begin with the entity may go on from
            a sentence about it with a pronoun.
        questions: wordings, each with one entity; the value is the answer.
    """

    values: Named | Measure | tuple[str, ...]
    statements: tuple[str, ...]
    questions: tuple[str, ...]

    def draw_from(self, names: Names) -> Sequence[Tokens]:
        """All values, each a tuple of tokens."""
        match self.values:
            case "person":
                return names.people
            case "place":
                return names.places
            case "year":
                return YEARS
            case Measure() as measure:
                return measure.values()
            case phrases:
                return _split(phrases)


@dataclass(frozen=True)
class Family:
    """Entities of which the same things can be said.

    Attributes:
        nouns: what one of them is called; empty for people, who go by their names.
        pronouns: which one stands for it, as the subject of a sentence.
    """

    attributes: tuple[Attribute, ...]
    nouns: tuple[str, ...]
    pronouns: tuple[str, ...]

    def words(self) -> Iterator[str]:
        """Every word of the family's own text; names, years and numbers are not among them."""
        yield from (*self.nouns, *self.pronouns)
        for attribute in self.attributes:
            for wording in (*attribute.statements, *attribute.questions):
                yield from (word for word in wording.split() if word not in (ENTITY, VALUE))
            if isinstance(attribute.values, Measure):
                yield attribute.values.unit
            elif isinstance(attribute.values, tuple):
                yield from (word for phrase in attribute.values for word in phrase.split())


@cache
def _split(phrases: tuple[str, ...]) -> list[Tokens]:
    return [tuple(phrase.split()) for phrase in phrases]
