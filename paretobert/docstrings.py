"""What a docstring says of each attribute or argument, for those who do not read the code."""

from __future__ import annotations

import inspect
import re

_ENTRY = re.compile(r" {4}(\w+(?:, \w+)*): (.*)")


def described(documented: type) -> dict[str, str]:
    """By name, the text that the sections `Attributes` and `Args` of a class's docstring have for it, in one line."""
    texts: dict[str, str] = {}
    names: list[str] = []
    inside = False
    for line in (inspect.getdoc(documented) or "").splitlines():
        if line and not line.startswith(" "):
            inside = line in ("Attributes:", "Args:")
        elif inside and (entry := _ENTRY.fullmatch(line)):
            names = entry[1].split(", ")
            texts |= dict.fromkeys(names, entry[2])
        elif inside and line:
            texts |= {name: f"{texts[name]} {line.strip()}" for name in names}
    return texts
