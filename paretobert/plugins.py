"""From the name of a controller, a latency model, an evaluator or a task to what makes one."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from paretobert.output import one_line

Kind = Literal["controller", "latency_model", "evaluator", "task"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_METHODS: dict[Kind, tuple[str, ...]] = {
    "controller": ("propose",),
    "latency_model": ("predict", "fingerprint"),
    "evaluator": ("prepare", "evaluate", "fingerprint"),
    "task": ("vocabulary", "examples", "answer_metrics", "fingerprint"),
}
_BUILT_IN: dict[Kind, tuple[str, str]] = {
    "controller": ("controllers", "BUILT_IN"),
    "latency_model": ("latency_models", "BUILT_IN"),
    "evaluator": ("evaluators", "BUILT_IN"),
    "task": ("evaluators", "TASKS"),
}
_PYGLOVE = "pyglove:"
_OURS = ("paretobert", "controllers", "latency_models", "evaluators", "mobilebert", "search_space")


class PluginError(ValueError):
    """A plug-in cannot be made, fails, or breaks its contract; the message is one line that names it."""


class PluginTimeoutError(PluginError):
    """A plug-in took longer than it may; to ask it again would take as long again."""


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
    def title(self) -> str:
        """Kind and name, as messages begin with them."""
        return title(self.kind, self.name)

    @property
    def version(self) -> str | None:
        """Of the distribution."""
        return metadata.version(self.distribution) if self.distribution else None

    @property
    def is_built_in(self) -> bool:
        return built_in(self.kind).get(self.name) is self.factory

    def make(self, *arguments: Any, **options: Any) -> Any:
        """The object itself.

        Raises:
            ValueError: the options hold a name that the factory does not take or a value of a wrong type, the object
                is not of the kind, or the factory raised something (a built-in's error goes through as it is).
        """
        parameters = _keywords(self.factory, len(arguments))
        if parameters is not None and (unknown := [name for name in options if name not in parameters]):
            known = ", ".join(parameters) or "none"
            raise PluginError(f"{self.title} has no option {unknown[0]!r}; known: {known}")
        typed = self._typed(options)
        with naming(self), prints_aside():
            made = self.factory(*arguments, **typed)
        _check_methods(self.kind, self.name, made, f"its factory made {type(made).__name__}, which")
        return made

    def has_option(self, option: str) -> bool:
        """Whether the factory names it."""
        return option in (_keywords(self.factory, 0) or ())

    def option_type(self, option: str) -> Any:
        """The annotation of an option; None where it is not told."""
        return _annotations(self.factory).get(option)

    def _typed(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as the factory's annotations want them: a list for a tuple, an integer for a float."""
        annotations = _annotations(self.factory)
        typed = {}
        for name, value in options.items():
            try:
                typed[name] = TypeAdapter(annotations.get(name, Any)).validate_python(value)
            except ValidationError as error:
                message = error.errors()[0]["msg"].removeprefix("Input ")
                raise PluginError(f"{self.title}: option {name}: {message}, not {value!r}") from None
        return typed


def title(kind: Kind, name: str) -> str:
    """How messages name a plug-in: `latency model 'mine'`."""
    return f"{kind.replace('_', ' ')} {name!r}"


def built_in(kind: Kind) -> Mapping[str, Callable[..., Any]]:
    """The factories that come with ParetoBERT, by name."""
    module, attribute = _BUILT_IN[kind]
    factories: Mapping[str, Callable[..., Any]] = getattr(importlib.import_module(module), attribute)
    return factories


def entry_points(kind: Kind) -> metadata.EntryPoints:
    """The entry points of the group `paretobert.<kind>s`."""
    return metadata.entry_points(group=f"paretobert.{kind}s")


def resolve(kind: Kind, name: str) -> Plugin:
    """The plug-in of a name: a built-in, else an entry point of `paretobert.<kind>s`, else `package.module:Class`; of a
    latency model also a file (`latency_models.files`), of a controller `pyglove:` and a generator of PyGlove: a
    short name (`controllers.pyglove_names`) or `package.module:attribute`.

    The current folder is appended to the import path for the last of these, never put first.

    Raises:
        ValueError: nothing has this name, importing it failed, or it is a class that lacks a method of its kind.
    """
    ours = built_in(kind)
    if name in ours:
        return Plugin(kind, name, ours[name], "paretobert")
    installed = entry_points(kind)
    if name in installed.names:
        return load_entry_point(kind, installed[name])
    if kind == "latency_model" and (maker := _file_maker(name)):
        return Plugin(kind, name, maker, None)
    if kind == "controller" and name.startswith(_PYGLOVE):
        return _pyglove(name)
    if ":" in name:
        module, _, attribute = name.partition(":")
        _append_current_folder()
        return Plugin(kind, name, _load(kind, name, module, attribute), _distribution(module))
    known = ", ".join([*ours, *sorted(installed.names)])
    raise ValueError(f"unknown {kind.replace('_', ' ')} {name!r}; known: {known}, or package.module:Class")


def load_entry_point(kind: Kind, entry: metadata.EntryPoint) -> Plugin:
    """The plug-in of an entry point; raises like `resolve`."""
    factory = _load(kind, entry.name, entry.module, entry.attr)
    return Plugin(kind, entry.name, factory, entry.dist.name if entry.dist else None)


@contextmanager
def naming(plugin: Plugin) -> Iterator[None]:
    """Turns what a plug-in raises into a `PluginError` that names it; a built-in's error goes through as it is.

    The message of a `ValueError` or an `OSError` is taken to be meant for the user; others are told with their type.
    """
    try:
        yield
    except PluginError:
        raise  # of another plug-in, called by this one
    except (Exception, SystemExit) as error:
        if plugin.is_built_in:
            raise
        raise PluginError(f"{plugin.title}: {_told(error)}") from error


def prints_aside() -> AbstractContextManager[object]:
    """What a plug-in prints goes to standard error meanwhile, where it spoils no JSON.

    On the main thread alone: the stream is the whole process's, and threads that put it back in another order than
    they took it would lose it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return redirect_stdout(sys.stderr) if is_main else nullcontext()


def _pyglove(name: str) -> Plugin:
    """The controller of a `pg.DNAGenerator`."""
    from controllers.pyglove_names import controller_maker, short_names

    wanted = name.removeprefix(_PYGLOVE)
    if wanted in (generators := short_names()):
        return Plugin("controller", name, controller_maker(generators[wanted]), "pyglove")
    module, colon, attribute = wanted.partition(":")
    if not colon:
        raise ValueError(
            f"unknown controller {name!r}; PyGlove's own: {', '.join(generators)}, or pyglove:package.module:attribute"
        )
    _append_current_folder()
    generator = _imported("controller", name, module, attribute)
    return Plugin("controller", name, controller_maker(generator), _distribution(module))


def _load(kind: Kind, name: str, module: str, attribute: str) -> Callable[..., Any]:
    factory = _imported(kind, name, module, attribute)
    if not callable(factory):
        raise PluginError(f"{title(kind, name)} is no class or function")
    if inspect.isclass(factory):
        _check_methods(kind, name, factory, f"class {attribute}")
    return _maker_of(factory) if kind == "latency_model" else factory


def _imported(kind: Kind, name: str, module: str, attribute: str) -> Any:
    what = title(kind, name)
    if not module or not attribute:
        raise ValueError(f"{what} is not of the form package.module:Class")
    try:
        with prints_aside():
            imported = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a plug-in's module may do anything while it is imported
        raise PluginError(f"{what}: cannot import {module}: {_told(error)}") from error
    found: Any = imported
    try:
        for part in attribute.split("."):
            found = getattr(found, part)
    except AttributeError:
        raise PluginError(f"{what}: module {module} has no {attribute}") from None
    return found


def _file_maker(name: str) -> Callable[..., Any] | None:
    from latency_models.files import maker_of

    return maker_of(name)


def _maker_of(factory: Callable[..., Any]) -> Callable[..., Any]:
    """What makes a latency model: the factory itself, or a maker of models that ask a function for milliseconds."""
    from latency_models.function import FunctionLatencyModel, is_predictor

    if not is_predictor(factory):
        return factory

    def make(device: str) -> FunctionLatencyModel:
        return FunctionLatencyModel(factory, device)

    return make


def _check_methods(kind: Kind, name: str, found: Any, what: str) -> None:
    if missing := [method for method in _METHODS[kind] if not callable(getattr(found, method, None))]:
        raise PluginError(f"{title(kind, name)} is no {kind.replace('_', ' ')}: {what} has no {missing[0]}()")


def _told(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    text = one_line(str(error))
    if isinstance(error, ImportError | ValueError | OSError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _distribution(module: str) -> str | None:
    """The installed distribution that a module came with."""
    found = _distributions().get(module.partition(".")[0], [])
    return found[0] if found else None


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
