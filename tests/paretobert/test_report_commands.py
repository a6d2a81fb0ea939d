from __future__ import annotations

import shlex

import pytest
import typer

from paretobert.cli import app
from paretobert.report.commands import architecture_steps, next_steps

STUDY = {
    "study": "toy; rm -r x",
    "evaluated": 3,
    "trials_asked": 10,
    "counts": {"complete": 3},
    "verifications": [],
    "configuration": {"device": "tensor-g1", "precision": "int8", "sequence_length": 384},
}
EVERY = [*next_steps(STUDY), *architecture_steps(STUDY)]


@pytest.mark.parametrize("command", [step["command"] for step in EVERY])
def test_a_command_that_a_page_names_is_one(command: str) -> None:
    name, *arguments = shlex.split(command)
    found = typer.main.get_command(app)
    assert name == "paretobert"
    if arguments[0] == "verify" and "verify" not in found.commands:  # type: ignore[attr-defined]
        pytest.skip("this version has no command verify")
    while hasattr(found, "commands"):
        name, *arguments = arguments
        found = found.commands[name]
    found.make_context(name, arguments)  # raises if an argument or an option is none


def test_a_studys_name_is_no_command() -> None:
    assert [shlex.split(step["command"])[2] for step in next_steps(STUDY)] == [STUDY["study"]] * 2


def test_an_unfinished_study_is_gone_on_with_first_and_a_finished_one_is_verified_first() -> None:
    finished = {**STUDY, "evaluated": 10}
    first = [
        next_steps(study)[0]["command"].split()[1] for study in (STUDY, finished, {**finished, "verifications": [1]})
    ]
    assert first == ["resume", "verify", "resume"]


def test_nothing_is_verified_before_two_trials_are_scored() -> None:
    steps = next_steps({**STUDY, "counts": {"complete": 1, "failed": 2}})
    assert [step["command"].split()[1] for step in steps] == ["resume"]
