from __future__ import annotations

import re
from importlib.resources import files

import pytest

from paretobert.report import modules


def module_files() -> list[str]:
    return sorted(entry.name for entry in (files("paretobert.report") / "web").iterdir() if entry.name.endswith(".js"))


def of_files(monkeypatch: pytest.MonkeyPatch, texts: dict[str, str]) -> None:
    monkeypatch.setattr(modules, "web_file", lambda name: texts[name])
    modules.page_script.cache_clear()


def test_every_module_of_the_page_is_in_its_script_once() -> None:
    script = modules.page_script()
    for name in module_files():
        assert script.count(f"const ${name.removesuffix('.js')} = (() =>") == 1
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_a_module_comes_after_those_it_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    of_files(
        monkeypatch,
        {
            "a.js": 'import { one, two } from "./b.js";\none();\n',
            "b.js": "export function one() {}\nexport const two = 2;\nfunction own() {}\n",
        },
    )
    script = modules.page_script("a")
    assert script.index("const $b") < script.index("const $a")
    assert "const { one, two } = $b;" in script
    assert "return { one, two };" in script
    modules.page_script.cache_clear()


def test_modules_in_a_circle_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = {f"{a}.js": f'import {{ x }} from "./{b}.js";\n' for a, b in ("ab", "bc", "ca")}
    of_files(monkeypatch, circle)
    with pytest.raises(ValueError, match="a > b > c > a"):
        modules.page_script("a")
    modules.page_script.cache_clear()


@pytest.mark.parametrize("name", module_files())
def test_no_module_makes_markup_of_text(name: str) -> None:
    text = modules.web_file(name)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
