"""Device profiles: what is known of a device and where it is from, as a small TOML file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from latency_models.operations import PRECISIONS, OperationKind, Precision

_PROFILES = files("latency_models") / "profiles"

DEVICES: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".toml") for entry in _PROFILES.iterdir() if entry.name.endswith(".toml"))
)
"""Names of the device profiles that come with ParetoBERT."""


@dataclass(frozen=True)
class ConstantTable:
    """The constants that one latency model has for a device.

    Attributes:
        values: by name, units in the names.
        sources: by the same names, where each is from: a data sheet, a paper, or a fit and its error.
        free: names of those that a calibration fits.
    """

    values: Mapping[str, float]
    sources: Mapping[str, str]
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeviceProfile:
    """A device, and the constants that latency models have for it.

    Attributes:
        name: as in `DEVICES`, or the path of the file.
        description: the device in a few words.
        peak_multiply_adds_per_second: by precision that the device runs; what a utilization of 1 means.
        peak_source: where the peak is from.
        tables: by latency model.
        watts, watts_source: what the device draws at full load; None where no source says it.
        host_operations, host_source: the kinds of operations that the device leaves to its host.
    """

    name: str
    description: str
    peak_multiply_adds_per_second: Mapping[Precision, float]
    peak_source: str
    tables: Mapping[str, ConstantTable]
    watts: float | None = None
    watts_source: str = ""
    host_operations: tuple[OperationKind, ...] = ()
    host_source: str = ""

    @property
    def constants(self) -> Mapping[str, Mapping[str, float]]:
        """By latency model, then by name, units in the names."""
        return {model: table.values for model, table in self.tables.items()}

    @classmethod
    def load(cls, name: str) -> DeviceProfile:
        """The profile of a device that comes with ParetoBERT, or of one that a TOML file describes.

        Args:
            name: one of `DEVICES`, or the path of a file that ends in `.toml`.

        Raises:
            ValueError: there is no such device, or the file is malformed; the message names the file and the field.
            OSError: the file cannot be read.
        """
        if name in DEVICES:
            return cls.parse(name, (_PROFILES / f"{name}.toml").read_text(encoding="utf-8"))
        if not name.endswith(".toml"):
            raise ValueError(f"unknown device {name!r}; known: {', '.join(DEVICES)}, or the path of a .toml file")
        try:
            text = Path(name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"{name}: not a device profile, which is TOML in UTF-8") from None
        return cls.parse(name, text)

    @classmethod
    def parse(cls, name: str, text: str) -> DeviceProfile:
        """The profile that a TOML text describes.

        Raises:
            ValueError: it is malformed; the message starts with `name` and names the field.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{name}: not a device profile in TOML: {error}") from None
        top = _Reader(name, "", data)
        peak, power, host = top.table("peak_multiply_adds_per_second"), top.table("power"), top.table("host_operations")
        models = top.table("latency_models")
        profile = cls(
            name=name,
            description=top.text("description"),
            peak_multiply_adds_per_second={p: peak.number(p) for p in PRECISIONS if p in peak.data},
            peak_source=peak.text("source"),
            tables={model: _constant_table(models.table(model)) for model in models.data},
            watts=power.number("watts") if power.data else None,
            watts_source=power.text("source") if power.data else "",
            host_operations=host.kinds("kinds") if host.data else (),
            host_source=host.text("source") if host.data else "",
        )
        if not profile.peak_multiply_adds_per_second:
            raise peak.error("int8", f"is missing; give a number for {' or '.join(PRECISIONS)}")
        top.has_no_others()
        for table in (peak, power, host):
            table.has_no_others()
        return profile

    def to_toml(self) -> str:
        """The file that `load` reads as this profile."""
        import tomli_w

        data: dict[str, Any] = {
            "description": self.description,
            "peak_multiply_adds_per_second": {**self.peak_multiply_adds_per_second, "source": self.peak_source},
        }
        if self.watts is not None:
            data["power"] = {"watts": self.watts, "source": self.watts_source}
        if self.host_operations:
            data["host_operations"] = {
                "kinds": [kind.name for kind in self.host_operations],
                "source": self.host_source,
            }
        data["latency_models"] = {
            model: {"free": list(table.free), "constants": dict(table.values), "sources": dict(table.sources)}
            for model, table in self.tables.items()
        }
        return tomli_w.dumps(data)


def _constant_table(model: _Reader) -> ConstantTable:
    constants, sources = model.table("constants"), model.table("sources")
    free = model.texts("free")
    for name in free:
        if name not in constants.data:
            raise model.error("free", f"names {name!r}, which is not among its constants")
    table = ConstantTable(
        {name: constants.number(name, at_least_zero=name.endswith("_ms")) for name in constants.data},
        {name: sources.text(name) for name in constants.data},
        free,
    )
    for part in (model, sources):
        part.has_no_others()
    return table


@dataclass
class _Reader:
    """A table of a TOML file that knows its place in it, and which of its fields have been read."""

    file: str
    path: str
    data: Mapping[str, Any]
    read: set[str] = field(default_factory=set)

    def error(self, key: str, problem: str) -> ValueError:
        return ValueError(f"{self.file}: {self._name(key)} {problem}")

    def table(self, key: str) -> _Reader:
        value = self._value(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, f"must be a table, not {value!r}")
        return _Reader(self.file, self._name(key), value)

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "is missing; give a text" if value is None else f"must be a text, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, f"must be a list of texts, not {value!r}")
        return tuple(value)

    def kinds(self, key: str) -> tuple[OperationKind, ...]:
        names = self.texts(key)
        for name in names:
            if name not in OperationKind.__members__:
                raise self.error(key, f"names {name!r}; known: {', '.join(OperationKind.__members__)}")
        return tuple(OperationKind[name] for name in names)

    def number(self, key: str, at_least_zero: bool = False) -> float:
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.error(key, "is missing; give a number" if value is None else f"must be a number, not {value!r}")
        if value < 0 or (value == 0 and not at_least_zero):
            raise self.error(key, f"must be {'at least 0' if at_least_zero else 'above 0'}, not {value!r}")
        return float(value)

    def has_no_others(self) -> None:
        for key in self.data.keys() - self.read:
            raise self.error(key, f"is not known; known: {', '.join(sorted(self.read))}")

    def _value(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return self.data.get(key, default)

    def _name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key
