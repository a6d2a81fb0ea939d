from __future__ import annotations

import re
from pathlib import Path

import pytest

from paretobert.cli import run
from paretobert.commented import commented
from paretobert.config import Configuration, SpaceConfiguration, StageConfiguration, configure, presets


@pytest.mark.parametrize("preset", presets())
def test_the_file_is_the_preset_it_was_made_from(preset: str, tmp_path: Path) -> None:
    made = configure(preset=preset)
    file = tmp_path / f"{preset}.toml"
    file.write_text(commented(made))
    read = configure(file=file)
    assert read.evaluator_options.items() >= made.evaluator_options.items()
    without = {f"{plugin}_options": {} for plugin in ("evaluator", "controller", "latency_model")}
    assert read.model_copy(update=without) == made.model_copy(update=without)


def test_every_field_stands_in_it_under_its_meaning() -> None:
    text = commented(configure())
    for model in (Configuration, SpaceConfiguration, StageConfiguration):
        for name in model.model_fields:
            assert re.search(rf"^#?\[?(space\.)?{name}( =|\])", text, re.MULTILINE), name
    assert "# How many evaluated trials are asked for; reference trials are not counted.\ntrials = 24\n" in text
    assert "Default: 8.\nbatch_size = 4\n" in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_stage_that_is_narrowed_is_written_out(tmp_path: Path) -> None:
    made = configure(settings=["space.stage2.num_blocks=[1, 2]", "latency_budgets_ms.XS=7.5"])
    text = commented(made)
    assert "\n[space.stage2]\n" in text
    (tmp_path / "demo.toml").write_text(text)
    read = configure(file=tmp_path / "demo.toml")
    assert (read.space, read.latency_budgets_ms) == (made.space, {"XS": 7.5})


def test_init_writes_a_file_and_overwrites_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "mine.toml", "--preset", "squad"]) == 0
    assert capsys.readouterr() == ("mine.toml\n", "to run it: paretobert search --config mine.toml\n")
    before = Path("mine.toml").read_text()
    assert configure(file=Path("mine.toml")).evaluator_options["task"] == "squad"
    assert run(["init", "mine.toml"]) == 2
    assert Path("mine.toml").read_text() == before
