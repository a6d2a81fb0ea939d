"""The pages of docs/ whose Python examples are files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Page:
    """A page by its file's name."""

    name: str

    @property
    def text(self) -> str:
        return (Path(__file__).parents[2] / "docs" / self.name).read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[str]:
        """All Python examples."""
        return re.findall(r"^```python\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    @cached_property
    def files(self) -> dict[str, str]:
        """Those that say the name of a file in their first line, by that name."""
        named = (re.match(r"# (\w+\.py)\n", block) for block in self.blocks)
        return {match[1]: block for match, block in zip(named, self.blocks, strict=True) if match}

    @cached_property
    def commands(self) -> list[list[str]]:
        """The arguments of each call of `paretobert`."""
        return [line.split()[1:] for line in re.findall(r"^paretobert .*$", self.text, re.MULTILINE)]

    @contextmanager
    def in_a_folder(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Within, the files are in the current folder and can be imported."""
        for name, text in self.files.items():
            (folder / name).write_text(text)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
        yield
        for name in self.files:
            sys.modules.pop(name.removesuffix(".py"), None)
