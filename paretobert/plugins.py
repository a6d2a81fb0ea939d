"""From the name of a controller, a latency model or an evaluator to what makes one."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, get_type_hints

from pydantic import TypeAdapter, ValidationError

Kind = Literal["controller", "latency_model", "evaluator"]

_PACKAGES: dict[Kind, str] = {
    "controller": "controllers",
    "latency_model": "latency_models",
    "evaluator": "evaluators",
}
_OURS = ("paretobert", "controllers", "latency_models", "evaluators", "mobilebert", "search_space")


@dataclass(frozen=True)
class Plugin:
    """A resolved name.

    Attributes:
        kind: what it makes.
        name: as the configuration writes it.
        factory: makes it.
        distribution: the installed package that it came with; None for a module that is not installed.
    """

    kind: Kind
    name: str
    factory: Callable[..., Any]
    distribution: str | None

    @property
    def version(self) -> str | None:
        """Of the distribution."""
        return metadata.version(self.distribution) if self.distribution else None

    def make(self, *arguments: Any, **options: Any) -> Any:
        """The object itself.

        Raises:
            ValueError: the options hold a name that the factory does not take or a value of a wrong type, or what the
                factory itself raises.
        """
        parameters = _keywords(self.factory, len(arguments))
        if parameters is not None and (unknown := [name for name in options if name not in parameters]):
            what = self.kind.replace("_", " ")
            known = ", ".join(parameters) or "none"
            raise ValueError(f"{what} {self.name!r} has no option {unknown[0]!r}; known: {known}")
        return self.factory(*arguments, **self._typed(options))

    def _typed(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the factory's annotations want them: a list for a tuple, an integer for a float."""
        annotations = _annotations(self.factory)
        typed = {}
        for name, value in options.items():
            try:
                typed[name] = TypeAdapter(annotations.get(name, Any)).validate_python(value)
            except ValidationError as error:
                message = error.errors()[0]["msg"].removeprefix("Input ")
                what = f"{self.kind.replace('_', ' ')} {self.name!r}"
                raise ValueError(f"{what}: option {name}: {message}, not {value!r}") from None
        return typed


def resolve(kind: Kind, name: str) -> Plugin:
    """The plug-in of a name: a built-in, else an entry point of `paretobert.<kind>s`, else `package.module:Class`.

    The current folder is appended to the import path for the last of these, never put first.

    Raises:
        ValueError: nothing has this name, or importing it failed.
    """
    built_in: Mapping[str, Callable[..., Any]] = importlib.import_module(_PACKAGES[kind]).BUILT_IN
    if name in built_in:
        return Plugin(kind, name, built_in[name], "paretobert")
    entry_points = metadata.entry_points(group=f"paretobert.{kind}s")
    if name in entry_points.names:
        entry = entry_points[name]
        factory = _load(kind, name, entry.module, entry.attr)
        return Plugin(kind, name, factory, entry.dist.name if entry.dist else None)
    if ":" in name:
        module, _, attribute = name.partition(":")
        _append_current_folder()
        factory = _load(kind, name, module, attribute)
        distributions = _distributions().get(module.partition(".")[0], [])
        return Plugin(kind, name, factory, distributions[0] if distributions else None)
    known = ", ".join([*built_in, *sorted(entry_points.names)])
    raise ValueError(f"unknown {kind.replace('_', ' ')} {name!r}; known: {known}, or package.module:Class")


def _load(kind: Kind, name: str, module: str, attribute: str) -> Callable[..., Any]:
    what = f"{kind.replace('_', ' ')} {name!r}"
    if not module or not attribute:
        raise ValueError(f"{what} is not of the form package.module:Class")
    try:
        factory: Any = importlib.import_module(module)
        for part in attribute.split("."):
            factory = getattr(factory, part)
    except AttributeError:
        raise ValueError(f"{what}: module {module} has no {attribute}") from None
    except Exception as error:  # a plug-in's module may raise anything while it is imported
        raise ValueError(f"{what}: cannot import {module}: {error}") from error
    if not callable(factory):
        raise ValueError(f"{what} is no class or function")
    return factory  # type: ignore[no-any-return]


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    """Which installed distributions hold a top-level package; it takes a second to find out."""
    return metadata.packages_distributions()


def _append_current_folder() -> None:
    folder = Path.cwd()
    if str(folder) in sys.path:
        return
    for package in _OURS:
        if (folder / package).is_dir() and not _is_ours(folder / package):
            warnings.warn(f"the folder {package} here is hidden by ParetoBERT's package of that name", stacklevel=3)
    sys.path.append(str(folder))


def _is_ours(folder: Path) -> bool:
    spec = importlib.util.find_spec(folder.name)  # imports nothing: one of ours takes seconds
    return spec is not None and spec.origin is not None and Path(spec.origin).parent.samefile(folder)


def _annotations(factory: Callable[..., Any]) -> Mapping[str, Any]:
    """Types by parameter; none where they cannot be told."""
    is_plain_class = inspect.isclass(factory) and not is_dataclass(factory)
    try:
        return get_type_hints(factory.__init__ if is_plain_class else factory)
    except NameError:  # an annotation that is imported for type checkers alone
        return {}


def _keywords(factory: Callable[..., Any], num_positional: int) -> list[str] | None:
    """The names that can be given by keyword after some positions; None if any can be, or if nobody knows."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except ValueError:
        return None
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)][num_positional:]
