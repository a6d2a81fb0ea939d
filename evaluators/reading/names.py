"""Invented names composed of shared word pieces, divided between the splits."""

from __future__ import annotations

from typing import Literal

Split = Literal["train", "held_out"]
Tokens = tuple[str, ...]


def _tokens(text: str) -> Tokens:
    return tuple(text.split())


# First pieces have three letters, middle ones start with a vowel and last ones with a consonant, so that a name has
# one reading only: a WordPiece tokenizer, which takes the longest piece first, finds the pieces it was made of.
FIRST = _tokens(
    "bal bos cal cor dal dun fal fen gar gil hel hol jas jor kel kor lin lun mal mor nel nim "
    "oth pel pid rin ral rov sev sib tal tor ulm var vel wen wyl xan yor zan zel"
)
MIDDLE = _tokens("##am ##an ##ar ##eb ##el ##er ##id ##il ##in ##ob ##ol ##or ##ud ##ul ##un")
LAST = _tokens(
    "##bek ##dan ##dis ##dor ##fyn ##gan ##gus ##kar ##kin ##lan ##los ##mir ##mon ##nar ##nok "
    "##pik ##ras ##rek ##ros ##sen ##tas ##tol ##tur ##vak ##vin ##xis ##yan ##zar ##zim ##zul"
)
PLACE_END = _tokens(
    "##beck ##berg ##borough ##bury ##by ##caster ##cliff ##cote ##dale ##field "
    "##ford ##gate ##ham ##haven ##hurst ##ley ##mouth ##stead ##ton ##wick"
)
GIVEN = _tokens(
    "ada agnes albin anna arthur beata bruno cecily clara conrad dora edith edmund elsa emil felix flora frida gerda "
    "greta hanna hugo ida irma ivan jonas karl laura leo lotte magnus marta nora oscar otto paula rosa simon thea wanda"
)

_ONE_IN = 5  # of the names are held out


class Names:
    """The names of one split: each a tuple of pieces.

    A name is held out if the indices of its first and its last piece add up to a multiple of five. So every piece
    is in names of both splits, and no surname, place or other full name is in both.

    Attributes:
        works: names of buildings and ships, of two or three pieces.
        people: a given name and a surname of two pieces.
        places: two pieces, the second one of towns.
    """

    def __init__(self, split: Split) -> None:
        pairs = [(a, c) for a in range(len(FIRST)) for c in range(len(LAST)) if _is_in(split, a + c)]
        surnames = [(FIRST[a], LAST[c]) for a, c in pairs]
        self.works: list[Tokens] = surnames + [(first, m, last) for first, last in surnames for m in MIDDLE]
        self.people: list[Tokens] = [(given, first, last) for first, last in surnames for given in GIVEN]
        self.places: list[Tokens] = [
            (FIRST[a], PLACE_END[c]) for a in range(len(FIRST)) for c in range(len(PLACE_END)) if _is_in(split, a + c)
        ]


def _is_in(split: Split, index: int) -> bool:
    return (index % _ONE_IN == 0) == (split == "held_out")
