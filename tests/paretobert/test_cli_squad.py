from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

import evaluators.squad
from evaluators.squad import RemoteFile
from paretobert.cli import squad

DATASET = {
    "version": "1.1",
    "data": [
        {
            "title": "Zoë",
            "paragraphs": [
                {
                    "context": "Zoë lives in Paris.",
                    "qas": [
                        {"id": "1", "question": "Who?", "answers": [{"text": "Zoë", "answer_start": 0}]},
                        {"id": "2", "question": "Where?", "answers": [{"text": "in Paris", "answer_start": 10}]},
                    ],
                }
            ],
        }
    ],
}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(DATASET))
    return path


def score(dataset: Path, predictions: dict[str, str], *options: str) -> Result:
    path = dataset.with_name("predictions.json")
    path.write_text(json.dumps(predictions))
    app = typer.Typer()
    app.command()(squad.squad_score)
    return CliRunner().invoke(app, [str(dataset), str(path), *options], catch_exceptions=False)


def test_json_scores_stand_alone_on_standard_output(dataset: Path) -> None:
    result = score(dataset, {"1": "zoë", "2": "Paris"}, "--json")
    assert json.loads(result.stdout) == pytest.approx({"exact_match": 50.0, "f1": 100 * (1 + 2 / 3) / 2})
    assert result.stderr == ""


def test_missing_questions_score_0_with_a_warning(dataset: Path) -> None:
    result = score(dataset, {"1": "Zoë"}, "--json")
    assert json.loads(result.stdout) == {"exact_match": 50.0, "f1": 50.0}
    assert "1 of 2 questions have no prediction" in result.stderr


def test_scores_are_readable_without_json(dataset: Path) -> None:
    assert score(dataset, {"1": "Zoë", "2": "Paris"}).stdout == "exact match 50.00 %, F1 83.33 %\n"


def test_an_unknown_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown data set 'glue'; known: squad"):
        squad.fetch("glue", tmp_path)
    assert not list(tmp_path.iterdir())


def test_fetch_prints_where_the_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"{}"
    (tmp_path / "small.json").write_bytes(content)
    file = RemoteFile("dev-v1.1.json", (tmp_path / "small.json").as_uri(), hashlib.sha256(content).hexdigest())
    real = evaluators.squad.fetch
    monkeypatch.setattr(evaluators.squad, "fetch", lambda folder, progress: real(folder, progress, [file]))
    app = typer.Typer()
    app.add_typer(squad.data, name="data")
    result = CliRunner().invoke(app, ["data", "fetch", "squad", "--folder", str(tmp_path / "new")])
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "new" / "dev-v1.1.json")
    assert result.stderr == ""  # the progress bar is for terminals
    assert (tmp_path / "new" / "dev-v1.1.json").read_bytes() == content
