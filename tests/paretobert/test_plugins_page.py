"""Every example of docs/plugins.md works as it stands there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import Page

from paretobert import Architecture, EdgeTpuAnalytical, OpGraphBatch, parameters
from paretobert.cli import run
from paretobert.testing import check_controller, check_evaluator, check_latency_model

PAGE = Page("plugins.md")


@pytest.fixture(autouse=True)
def in_a_folder_with_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with PAGE.in_a_folder(tmp_path, monkeypatch):
        yield


def test_the_examples_keep_their_contracts(tmp_path: Path) -> None:
    check_latency_model("flat:Flat", device="my-phone")
    check_controller("climb:Climb", rate=0.8)
    check_evaluator("size:Size", tmp_path / "workspace", scale=5e7)


def test_the_commands_run() -> None:
    assert len(PAGE.commands) == 7
    for command in PAGE.commands:
        if "task=colours:Colours" in command:
            continue
        quick = command if "--evaluator" in command else [*command, "--evaluator", "size:Size"]
        quick = quick if "--trials" in quick else [*quick, "--trials", "2"]
        assert run(quick if command[0] == "search" else command) == 0, command


def test_pg_sample_is_given_architectures_within_the_constraint() -> None:
    from sampled import search  # type: ignore[import-not-found]

    asked: list[Architecture] = []

    def score(architecture: Architecture) -> float:
        asked.append(architecture)
        return parameters(architecture) / 1e8

    search(score, trials=3)
    batch = OpGraphBatch.from_architectures(asked)
    assert len(set(asked)) == 3
    assert (EdgeTpuAnalytical("tensor-g1").predict(batch).latency_ms <= 12).all()


def test_the_task_gives_examples_whose_answers_are_found(tmp_path: Path) -> None:
    from colours import Colours  # type: ignore[import-not-found]

    task = Colours(size=50)
    vocabulary = task.vocabulary(tmp_path)
    splits = {split: task.examples(split, vocabulary, tmp_path) for split in ("train", "held_out")}
    for examples in splits.values():
        for tokens, answer in zip(examples.token_ids, examples.start, strict=True):
            assert tokens[answer - 1] == tokens[4]  # the thing that was asked for stands before its colour
    passages = [{tuple(row[6:]) for row in examples.token_ids} for examples in splits.values()]
    assert not passages[0] & passages[1]
    logits = (splits["held_out"].start[:, None] == range(16)).astype("float32")
    assert task.answer_metrics(logits, logits, vocabulary, tmp_path)["f1"] == 100


@pytest.mark.slow
def test_a_search_runs_on_the_task() -> None:
    command = next(command for command in PAGE.commands if "task=colours:Colours" in command)
    sizes = [part for size in ("steps=4", "batch_size=2", "held_out_examples=8") for part in ("--set", size)]
    assert run([*command, *sizes, "--trials", "2", "--set", "references=[]"]) == 0
