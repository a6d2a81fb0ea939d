"""Controllers of PyGlove's generators: short names of its own, and what makes a controller of any."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from controllers.pyglove_adapter import PyGloveController

_OWN = ("reward", "target", "weight")


def short_names() -> Mapping[str, Callable[..., Any]]:
    """Generators that come with PyGlove."""
    import pyglove as pg

    return {
        "nsga2": pg.evolution.nsga2,
        "regularized_evolution": pg.evolution.regularized_evolution,
        "hill_climb": pg.evolution.hill_climb,
        "random": pg.geno.Random,
        "sweeping": pg.geno.Sweeping,
    }


def controller_maker(generator: Any) -> Callable[..., PyGloveController]:
    """What makes the controller of a `pg.DNAGenerator`, given one or what makes one.

    Its options are those of `PyGloveController` (`reward`, `target`, `weight`) and those of what makes the generator;
    its signature has them all.
    """

    def make(*study: Any, **options: Any) -> PyGloveController:
        own = {name: options.pop(name) for name in _OWN if name in options}
        given = functools.partial(generator, **options) if callable(generator) else generator
        return PyGloveController(*study, generator=given, **own)

    ours = inspect.signature(PyGloveController).parameters
    study = [parameter for parameter in ours.values() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    options = [*(ours[name] for name in _OWN), *_options(generator)]
    make.__signature__ = inspect.Signature([*study, *options])  # type: ignore[attr-defined]
    hints = get_type_hints(PyGloveController.__init__)
    make.__annotations__ = _hints(generator) | {name: hints[name] for name in _OWN}
    return make


def _options(generator: Any) -> list[inspect.Parameter]:
    """What can be given by name to what makes a generator; any name where nobody knows."""
    if not callable(generator):
        return []
    try:
        parameters = inspect.signature(generator).parameters.values()
    except ValueError:
        return [inspect.Parameter("options", inspect.Parameter.VAR_KEYWORD)]
    named = [p.replace(kind=p.KEYWORD_ONLY) if p.kind is p.POSITIONAL_OR_KEYWORD else p for p in parameters]
    return [p for p in named if p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) and p.name not in _OWN]


def _hints(generator: Any) -> dict[str, Any]:
    """Types by option; none where they cannot be told."""
    try:
        return get_type_hints(generator.__init__ if inspect.isclass(generator) else generator)
    except (NameError, TypeError):
        return {}
