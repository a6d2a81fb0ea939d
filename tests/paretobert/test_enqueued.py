from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paretobert.cli import run
from paretobert.enqueued import enqueued_vectors, read_enqueued
from paretobert.folder import StudyFolder
from search_space import PUBLISHED, Architecture, MobileBertSpace, Stage

OWN = Architecture(256, (Stage(2, 4, 128, 512, 2),))
SPACE = MobileBertSpace()


def written(path: Path, data: Any) -> Path:
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_a_file_holds_one_architecture_or_a_list_of_them_and_of_names(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    for data in (OWN.to_dict(), [OWN.to_dict()]):
        (vector,) = enqueued_vectors(SPACE, read_enqueued(written(path, data)))
        assert SPACE.decode(vector) == OWN
    vectors = enqueued_vectors(SPACE, read_enqueued(written(path, ["mobilebert", OWN.to_dict()])))
    assert [SPACE.decode(vector) for vector in vectors] == [PUBLISHED["mobilebert"], OWN]


BAD = [
    ("{", "not JSON"),
    ("[]", "holds no architecture"),
    ("3", "entry 1: architecture must be an object, not 3"),
    ('["mobilebert", "mobile"]', "entry 2: no published model 'mobile'"),
    ([{"hidden_size": 512}], "entry 1: architecture has no stages"),
    ([{**OWN.to_dict(), "depth": 3}], "entry 1: unknown field 'depth' in architecture"),
]


@pytest.mark.parametrize(("data", "message"), BAD, ids=[message for _, message in BAD])
def test_another_file_is_refused_and_the_entry_named(tmp_path: Path, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_enqueued(written(tmp_path / "own.json", data))


OUTSIDE = [
    ({"hidden_size": 300}, "enqueue: entry 2: hidden_size 300 is not in this space: 256, 384"),
    ({"vocab_size": 99}, "enqueue: entry 2: vocab_size is fixed at 30522 in this space, not 99"),
]


@pytest.mark.parametrize(("change", "message"), OUTSIDE, ids=["searched field", "fixed field"])
def test_an_architecture_outside_the_space_is_refused_and_the_field_named(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        enqueued_vectors(SPACE, ["mobilebert", {**OWN.to_dict(), **change}])


def test_search_tries_the_architectures_of_a_file_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "own.json", ["mobilebert-edgetpu-xs", OWN.to_dict()])
    toys = ["--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula"]
    assert run(["search", *toys, "--trials", "2", "--study", "toy", "--enqueue", str(path)]) == 0
    assert run(["resume", "toy", "--trials", "3"]) == 0
    with StudyFolder.find("toy").store() as store:
        trials = store.trials()
    assert [trial.architecture for trial in trials[:2]] == [PUBLISHED["mobilebert-edgetpu-xs"], OWN]
    assert len(trials) == 3
