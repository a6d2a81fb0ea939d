"""Device profiles: what is known of a device, read from `profiles/NAME.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from latency_models.operations import Precision

_PROFILES = files("latency_models") / "profiles"

DEVICES: tuple[str, ...] = tuple(
    sorted(entry.name.removesuffix(".toml") for entry in _PROFILES.iterdir() if entry.name.endswith(".toml"))
)
"""Names of the device profiles."""


@dataclass(frozen=True)
class DeviceProfile:
    """A device, and the constants that latency models have for it.

    Attributes:
        name: as in `DEVICES`.
        description: the device in a few words.
        peak_multiply_adds_per_second: by precision; what a utilization of 1 means. The file says where it is from.
        constants: by latency model, then by name, units in the names.
    """

    name: str
    description: str
    peak_multiply_adds_per_second: Mapping[Precision, float]
    constants: Mapping[str, Mapping[str, float]]

    @classmethod
    def load(cls, name: str) -> DeviceProfile:
        """The profile of a device.

        Raises:
            ValueError: there is none of this name.
        """
        if name not in DEVICES:
            raise ValueError(f"unknown device {name!r}; known: {', '.join(DEVICES)}")
        data = tomllib.loads((_PROFILES / f"{name}.toml").read_text(encoding="utf-8"))
        peak = data["peak_multiply_adds_per_second"]
        return cls(
            name,
            data["description"],
            {"int8": peak["int8"], "float": peak["float"]},
            {model: table["constants"] for model, table in data["latency_models"].items()},
        )
