from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretobert.config import configure, presets, validated
from search_space import MobileBertSpace


def test_a_flag_goes_before_a_setting_that_before_the_file_and_that_before_the_preset(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("trials = 1\nseed = 1\nprecision = 'float'\n[evaluator_options]\nteacher = 'file'\nsteps = 5\n")
    made = configure(
        preset="demo", file=file, settings=["trials=2", "seed=2", "teacher=minilm"], flags={"trials": 3, "device": None}
    )
    assert (made.trials, made.seed, made.precision) == (3, 2, "float")
    demo = configure(preset="demo").evaluator_options
    assert made.evaluator_options == {**demo, "teacher": "minilm", "steps": 5}


def test_the_name_is_the_flag_else_the_files_else_the_presets(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("trials = 1")
    assert configure().name == "demo"
    assert configure(preset="squad").name == "squad"
    assert configure(preset="squad", file=file).name == "mine"
    assert configure(file=file, flags={"name": "other"}).name == "other"


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("trials=7", ("trials",), 7),
        ("steps=50", ("evaluator_options", "steps"), 50),
        ("evaluator_options.task=squad", ("evaluator_options", "task"), "squad"),
        ("teacher=path:/a=b c", ("evaluator_options", "teacher"), "path:/a=b c"),
        ("space.hidden_size=[256, 512]", ("space", "hidden_size"), [256, 512]),
        ('constraints=["latency_ms <= 20"]', ("constraints",), ["latency_ms <= 20"]),
        ("latency_budgets_ms.XS=9.5", ("latency_budgets_ms", "XS"), 9.5),
    ],
)
def test_a_setting_reaches_its_field(setting: str, path: tuple[str, ...], value: object) -> None:
    found: Any = configure(settings=[setting]).to_dict()
    for part in path:
        found = found[part]
    assert found == value


def test_another_plug_in_leaves_behind_the_options_of_the_one_it_replaces() -> None:
    replaced = configure(preset="demo", settings=["slope=2"], flags={"evaluator": "mine:Evaluator"})
    assert replaced.evaluator_options == {"slope": 2}
    assert configure(flags={"evaluator": "proxy-distillation"}).evaluator_options["task"] == "reading"


def test_a_decision_is_narrowed_by_a_list_or_fixed_by_a_number_in_all_stages_or_in_one() -> None:
    made = configure(
        settings=[
            "space.hidden_size=512",
            "space.bottleneck_size=[128, 256]",
            "space.num_stages=[1, 2]",
            "space.num_blocks=[2, 4]",
            "space.stage2.num_blocks=3",
            "space.stage2.bottleneck_size=[128]",
        ]
    )
    space = made.space.build()
    assert (space.hidden_size, space.bottleneck_size, space.num_stages) == ((512,), (128, 256), (1, 2))
    assert [stage.num_blocks for stage in space.stages] == [(2, 4), (3,), (2, 4), (2, 4)]
    assert space.stages[1].bottleneck_size == (128,)
    assert validated(made.to_dict()) == made


def test_the_default_space_is_the_spaces_own() -> None:
    made, own = configure().space.build(), MobileBertSpace()
    assert (made.cardinalities == own.cardinalities).all()
    assert made.num_architectures == own.num_architectures


@pytest.mark.parametrize("name", presets())
def test_a_preset_reads_back_from_what_is_stored_and_from_toml(name: str, tmp_path: Path) -> None:
    made = configure(preset=name)
    assert validated(made.to_dict()) == made
    (tmp_path / "again.toml").write_text(made.to_toml())
    assert configure(file=tmp_path / "again.toml") == made


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["trials=many"], "configuration: trials: should be a valid integer, not 'many'"),
        (["trials=0"], "configuration: trials: should be greater than 0, not 0"),
        (["trials=true"], "configuration: trials: should be a valid integer, not True"),
        (["precision=int4"], "configuration: precision: should be 'int8' or 'float', not 'int4'"),
        (["space.hiden_size=[1]"], "configuration: unknown field 'space.hiden_size'; did you mean 'hidden_size'?"),
        (["space.hidden_size=[1, 'x']"], "configuration: space.hidden_size.1: should be a valid integer, not 'x'"),
        (["references=['bert']"], "configuration: references: no published model 'bert'; known: mobilebert,"),
        (["name=../up"], "configuration: name: use letters, digits, '.', '_' and '-', beginning with a letter"),
        (["trials"], "setting 'trials' is not of the form key=value"),
        (["=3"], "setting '=3' is not of the form key=value"),
        (["seed=1", "seed.x=1"], "setting 'seed.x': 'seed' is set as a value already"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(wrong: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        configure(settings=wrong)
    assert str(raised.value).startswith(message)


def test_a_wrong_file_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("trails = 3")
    with pytest.raises(ValueError, match=r"^configuration: unknown field 'trails'; did you mean 'trials'\?$"):
        configure(file=file)
    file.write_text("trials = ")
    with pytest.raises(ValueError, match=r"^\S*mine.toml: not TOML: Invalid value"):
        configure(file=file)
    with pytest.raises(ValueError, match=r"^unknown preset 'demmo'; known: demo, squad$"):
        configure(preset="demmo")


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_any_text_is_a_value_of_a_setting(text: str) -> None:
    options = configure(settings=[f"teacher={text}"]).evaluator_options
    assert options.keys() == configure().evaluator_options.keys()
