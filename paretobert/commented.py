"""A configuration file to begin with: every field, with what it means and its default."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from paretobert.config import STAGES, Configuration, SpaceConfiguration, StageConfiguration
from paretobert.docstrings import described
from paretobert.plugins import Kind, resolve
from paretobert.references import PICKS
from paretobert.toml import to_toml

_WIDTH = 78
_WITH_OPTIONS: tuple[Kind, ...] = ("controller", "latency_model", "evaluator")
_HEAD = """\
# The configuration of a study, for: paretobert search --config FILE
#
# A line like '#name = value' is a field that is left out: it has its default, or none. A flag, or --set KEY=VALUE,
# goes before what stands here. The study is named like this file, unless --study names it.
"""


def commented(configuration: Configuration) -> str:
    """The configuration as TOML, in which every field stands under its meaning; the name is left out."""
    values, texts = configuration.to_dict(), described(Configuration)
    tables = [name for name, value in values.items() if isinstance(value, dict)]
    parts = [_HEAD, *_entries(Configuration, {**values, "name": None}, without=tables)]
    for kind in _WITH_OPTIONS:
        parts += _options(kind, values[kind], values[f"{kind}_options"])
    parts.append(_table("latency_budgets_ms", texts["latency_budgets_ms"]))
    parts += (_entry(size, values["latency_budgets_ms"].get(size), None, "") for size in PICKS)
    parts.append(_table("space", texts["space"]))
    return "\n".join([*parts, *_space(values["space"])])


def _options(kind: Kind, name: str, given: Mapping[str, Any]) -> Iterator[str]:
    yield _table(f"{kind}_options", f"Those of {name}; another {kind} has others.")
    factory = resolve(kind, name).factory
    texts = described(factory)  # type: ignore[arg-type]  # a function has a docstring too
    for option in inspect.signature(factory).parameters.values():
        if option.default is not option.empty:
            value = given.get(option.name, option.default)
            yield _entry(option.name, value, option.default, texts.get(option.name, ""))


def _space(values: Mapping[str, Any]) -> Iterator[str]:
    """Of the stages that are left out, the first shows what might stand in each."""
    yield from _entries(SpaceConfiguration, values, without=STAGES)
    for stage in STAGES:
        is_left_out = values[stage] is None
        yield _table(f"space.{stage}", described(SpaceConfiguration)[stage], is_left_out)
        if not is_left_out or stage == STAGES[0]:
            yield from _entries(StageConfiguration, values[stage] or dict.fromkeys(StageConfiguration.model_fields))


def _entries(model: type[BaseModel], values: Mapping[str, Any], without: Collection[str] = ()) -> Iterator[str]:
    texts = described(model)
    for name, field in model.model_fields.items():
        if name not in without:
            yield _entry(name, values[name], field.default, texts[name])


def _table(name: str, text: str, is_left_out: bool = False) -> str:
    return f"{'#' if is_left_out else ''}[{name}]\n{_comment(text)}"


def _entry(name: str, value: Any, default: Any, text: str) -> str:
    """A field under its meaning; one without a value is left out, and shows its default."""
    shown = default if value is None else value
    line = f"{name} =\n" if shown is None else to_toml({name: shown})
    if value is not None and default is not None and to_toml({name: default}) != line:
        text = f"{text} Default: {to_toml({name: default}).partition('= ')[2].strip()}."
    return f"{_comment(text)}{'#' if value is None else ''}{line}"


def _comment(text: str) -> str:
    """The text as a sentence, in lines of a comment."""
    sentence = text[:1].upper() + text[1:]
    return textwrap.indent(textwrap.fill(sentence, _WIDTH), "# ") + "\n" if text else ""
