"""Writes docs/configuration.md from the models of the configuration and the options of the built-in plug-ins.

    python scripts/write_configuration_reference.py

What a field means is what the docstrings say; a test checks that the page is up to date.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

import controllers
import evaluators
import latency_models
from paretobert.config import Configuration, presets
from paretobert.docstrings import described

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"

HEAD = """# Configuration

Written by `scripts/write_configuration_reference.py` from the code. A study's configuration is made of layers, the
upper ones going before the lower ones:

1. flags, such as `--trials 40` (`paretobert search --help` lists them);
2. settings, `--set KEY=VALUE`: any field by its dotted name, such as `--set space.hidden_size=[512]`. A name that is no
   field here is an option of the evaluator: `--set steps=200` is `--set evaluator_options.steps=200`. The value is
   TOML, or else text;
3. a file, `--config FILE.toml`;
4. a preset, `--preset NAME`; `demo` if there is neither a preset nor a file.

Tables are merged key by key. A layer that names another evaluator, controller or latency model leaves the options of
the one below it behind. An unknown field, a wrong type or a number out of range is one line on standard error, exit
status 2, and nothing is written. `studies/NAME/config.toml` shows what a study was begun with; the study itself reads
its database.
"""


def page() -> str:
    """The whole page."""
    sections = [HEAD, *_models(), *_plugins(), *_presets()]
    return "\n".join(sections)


def _models() -> Iterable[str]:
    """A section for each model; one that stands in several places is shown once."""
    places: dict[type[BaseModel], list[str]] = {}
    _collect(Configuration, "", places)
    for model, names in places.items():
        heading = ", ".join(f"`[{name}]`" for name in names) if names != [""] else "Fields"
        limits = model.model_json_schema()["properties"]
        rows = [
            (name, _default(field.get_default(call_default_factory=True)), _limits(limits[name]))
            for name, field in model.model_fields.items()
        ]
        yield f"## {heading}\n\n{_intro(model)}\n\n{_table(rows, described(model))}"


def _collect(model: type[BaseModel], place: str, places: dict[type[BaseModel], list[str]]) -> None:
    places.setdefault(model, []).append(place)
    for name, field in model.model_fields.items():
        for candidate in (field.annotation, *get_args(field.annotation)):
            if inspect.isclass(candidate) and issubclass(candidate, BaseModel):
                _collect(candidate, f"{place}.{name}".removeprefix("."), places)


def _plugins() -> Iterable[str]:
    for kind, table, built_in, given in (
        ("Evaluator", "evaluator_options", evaluators.BUILT_IN, 0),
        ("Controller", "controller_options", controllers.BUILT_IN, 4),
        ("Latency model", "latency_model_options", latency_models.BUILT_IN, 1),
    ):
        for name, factory in built_in.items():
            options = list(inspect.signature(factory).parameters.values())[given:]
            rows = [(option.name, _default(option.default), "") for option in options]
            body = _table(rows, described(factory)) if rows else "It has no options.\n"
            yield f"## {kind} `{name}`: `[{table}]`\n\n{body}"
    devices = ", ".join(f"`{name}`" for name in latency_models.DEVICES)
    yield f"## Devices\n\n{devices}, or the path of a profile of your own.\n"


def _presets() -> Iterable[str]:
    yield "## Presets\n"
    for name in presets():
        text = (files("paretobert") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
        yield f"`{name}`\n\n```toml\n{text}```\n"


def _intro(model: type[BaseModel]) -> str:
    return " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())


def _table(rows: Iterable[tuple[str, str, str]], meanings: Mapping[str, str]) -> str:
    lines = ["| field | default | meaning |", "|---|---|---|"]
    for name, default, limits in rows:
        meaning = "; ".join(text for text in (meanings.get(name, "").rstrip("."), limits) if text)
        lines.append(f"| `{name}` | {default} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def _default(value: Any) -> str:
    """The value as TOML; a table's defaults stand in a section of their own."""
    if value is None or isinstance(value, BaseModel) or value == {}:
        return ""
    return f"`{json.dumps(value)}`"  # of numbers, texts and lists of them, which TOML writes alike


def _limits(schema: Mapping[str, Any]) -> str:
    """What a JSON schema allows, in words."""
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    limits = []
    if "minimum" in schema:
        limits.append(f"at least {schema['minimum']}")
    if "exclusiveMinimum" in schema:
        limits.append(f"above {schema['exclusiveMinimum']}")
    if "maximum" in schema:
        limits.append(f"at most {schema['maximum']}")
    return ", ".join(limits)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
