"""Which plug-ins there are, where they come from, and whether they load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from paretobert.plugins import KINDS, Kind, PluginError, built_in, entry_points, load_entry_point, resolve

Origin = Literal["built-in", "entry point"]


@dataclass(frozen=True)
class ListedPlugin:
    """A plug-in that a configuration may name. One of the form `package.module:Class` is found by its name alone.

    Attributes:
        kind, name: as a configuration has them.
        origin: where the name is found.
        module: what makes it, as `package.module:Class`.
        distribution, version: of the installed package that it came with.
        loads: whether it can be imported, has the methods of its kind, and is what its name stands for.
        reason: why not; else empty.
    """

    kind: Kind
    name: str
    origin: Origin
    module: str
    distribution: str | None
    version: str | None
    loads: bool
    reason: str


def list_plugins() -> list[ListedPlugin]:
    """The built-in plug-ins and all entry points, by kind; each is imported to see whether it loads."""
    return [row for kind in KINDS for row in (*_built_in(kind), *_installed(kind))]


def _built_in(kind: Kind) -> Iterator[ListedPlugin]:
    for name, factory in built_in(kind).items():
        plugin = resolve(kind, name)
        module = f"{factory.__module__}:{factory.__qualname__}"
        yield ListedPlugin(kind, name, "built-in", module, plugin.distribution, plugin.version, True, "")


def _installed(kind: Kind) -> Iterator[ListedPlugin]:
    entries = entry_points(kind)
    for entry in sorted(entries, key=lambda entry: entry.name):
        reason = _hidden_by(kind, entry, entries) or _load_error(kind, entry)
        distribution = entry.dist.name if entry.dist else None
        version = entry.dist.version if entry.dist else None
        yield ListedPlugin(kind, entry.name, "entry point", entry.value, distribution, version, not reason, reason)


def _hidden_by(kind: Kind, entry: metadata.EntryPoint, entries: metadata.EntryPoints) -> str:
    if entry.name in built_in(kind):
        return "hidden by the built-in of this name"
    found = entries[entry.name]
    if found != entry:
        return f"hidden by {found.value} of {found.dist.name if found.dist else 'another package'}"
    return ""


def _load_error(kind: Kind, entry: metadata.EntryPoint) -> str:
    try:
        load_entry_point(kind, entry)
    except PluginError as error:
        return str(error)
    return ""
