"""How the checks name a plug-in and tell which rule it broke."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from paretobert.plugins import Kind, Plugin, PluginError, resolve


class Fingerprinted(Protocol):
    """A latency model or an evaluator."""

    def fingerprint(self) -> str: ...


class RuleBroken(Exception):  # noqa: N818
    """What was found where a rule does not hold."""


def require(holds: object, found: str) -> None:
    """Raises `RuleBroken` with what was found, unless the condition holds."""
    if not holds:
        raise RuleBroken(found)


def plugin_of(kind: Kind, given: str | Callable[..., Any]) -> Plugin:
    """The plug-in of a name, or of a class or function that stands at the top of an importable module.

    Raises:
        ValueError: see `paretobert.plugins.resolve`.
    """
    return resolve(kind, given if isinstance(given, str) else f"{given.__module__}:{given.__qualname__}")


@dataclass(frozen=True)
class Contract:
    """The rules of a plug-in's kind, as it is held to them."""

    plugin: Plugin

    @contextmanager
    def rule(self, rule: str) -> Iterator[None]:
        """Whatever its body raises is an `AssertionError` that names the plug-in and the rule."""
        try:
            yield
        except RuleBroken as broken:
            raise self._broken(rule, str(broken)) from None
        except PluginError as error:
            raise self._broken(rule, str(error).removeprefix(self.plugin.title).removeprefix(":").strip()) from error
        except Exception as error:
            raise self._broken(rule, f"{type(error).__name__}: {error}") from error

    def fingerprint(self, made: Fingerprinted, again: Callable[[], Fingerprinted]) -> str:
        """The fingerprint of a plug-in, which one made again with the same options shares."""
        with self.rule("its fingerprint is a text that two of its kind share"):
            fingerprint, twin = made.fingerprint(), again().fingerprint()
            require(fingerprint == twin, f"{fingerprint!r} and {twin!r}")
        return fingerprint

    def keeps_fingerprint(self, made: Fingerprinted, fingerprint: str) -> None:
        """After all that was asked of it."""
        with self.rule("its fingerprint stays as it is"):
            require(made.fingerprint() == fingerprint, f"{fingerprint!r} became {made.fingerprint()!r}")

    def _broken(self, rule: str, found: str) -> AssertionError:
        return AssertionError(f"{self.plugin.title} breaks the rule '{rule}': {found}")
