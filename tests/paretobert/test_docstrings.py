from __future__ import annotations

import inspect

import controllers
import evaluators
from paretobert.config import Configuration
from paretobert.docstrings import described


class Documented:
    """One line.

    Attributes:
        one, two: of this and
            of that: both.
        three: alone.

    It goes on: here.

    Args:
        four: given.

    Raises:
        ValueError: never.
    """


def test_attributes_and_arguments_are_read_and_nothing_else() -> None:
    both = "of this and of that: both."
    assert described(Documented) == {"one": both, "two": both, "three": "alone.", "four": "given."}


def test_every_field_of_the_configuration_and_of_the_built_in_plug_ins_is_described() -> None:
    assert described(Configuration).keys() == Configuration.model_fields.keys()
    for factory in (*controllers.BUILT_IN.values(), *evaluators.BUILT_IN.values()):
        parameters = inspect.signature(factory).parameters.values()
        options = {each.name for each in parameters if each.default is not inspect.Parameter.empty}
        assert isinstance(factory, type)
        assert options <= described(factory).keys()
