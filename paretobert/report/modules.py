"""The page's JavaScript: ES modules, each a file, put together into one script that a single HTML file can hold.

A module imports by name from its neighbours and exports functions and constants, nothing else: `import { a, b } from
"./other.js";` and `export function a() {` at the beginning of a line. Each becomes a function's scope of its own, so
their private names never meet; `$other` is what such a scope exports.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)


@functools.cache
def page_script(entry: str = "main") -> str:
    """One script of a module and all that it imports, those that are imported first.

    Raises:
        ValueError: modules import each other in a circle.
    """
    ordered: dict[str, str] = {}
    _collect(entry, (), ordered)
    return '"use strict";\n' + "\n".join(ordered.values())


def web_file(name: str) -> str:
    """The text of a file of the page."""
    return (files("paretobert.report") / "web" / name).read_text(encoding="utf-8")


def _collect(name: str, importers: tuple[str, ...], ordered: dict[str, str]) -> None:
    if name in importers:
        raise ValueError(f"modules import each other: {' > '.join((*importers, name))}")
    if name in ordered:
        return
    text = web_file(f"{name}.js")
    for match in _IMPORT.finditer(text):
        _collect(match[2], (*importers, name), ordered)
    exported = ", ".join(match[2] for match in _EXPORT.finditer(text))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const {\1} = $\2;", text))
    ordered[name] = f"const ${name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n"
