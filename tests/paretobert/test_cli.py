from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from documented import keys

from paretobert import load_study
from paretobert.cli import run
from search_space import PUBLISHED, Architecture, parameters

TOY = ["--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula"]
FREE = {"latency_ms", "utilization", "parameters", "multiply_adds", "peak_memory_bytes"}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def output_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(arguments) == 0
    return json.loads(capsys.readouterr().out, parse_constant=lambda constant: pytest.fail(constant))


def test_a_search_ends_in_a_folder_with_its_frontier_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", *TOY, "--trials", "5"]) == 0
    printed, messages = capsys.readouterr()
    assert "demo: 5 of 5 trials" in printed
    assert "edgetpu-xs" in printed
    assert "report: studies/demo/report.html" in printed
    assert messages == ""
    assert {path.name for path in Path("studies/demo").iterdir()} == {"study.db", "cache", "config.toml", "report.html"}


def test_search_prints_one_document_which_is_the_frontiers_and_where_the_study_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    searched = output_of(capsys, "search", *TOY, "--trials", "6", "--json")
    frontier = output_of(capsys, "frontier", "demo", "--json")
    assert searched == {**frontier, "folder": "studies/demo", "report": "studies/demo/report.html"}
    assert frontier.keys() == keys("Frontier")
    assert searched.keys() - frontier.keys() == keys("Search")
    assert frontier["objectives"] == ["max score", "min latency_ms"]
    assert frontier["picks"].keys() == {"XS", "S", "M"}
    assert frontier["reference_point"].keys() == {"score", "latency_ms"}
    assert frontier["hypervolume"] > 0
    for trial in [*frontier["trials"], *filter(None, frontier["picks"].values())]:
        assert trial.keys() == keys("Trial")
        assert trial["metrics"].keys() == {"score", "loss", *FREE}
        assert keys("Metrics") == {"score", *FREE}
        assert trial["architecture"].keys() == keys("Architecture")
        assert trial["state"] == "complete"
        assert Architecture.from_dict(trial["architecture"]).num_blocks > 0


def test_the_document_of_a_study_has_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", *TOY, "--trials", "2"]) == 0
    document = load_study("demo").document()
    assert document.keys() == keys("Study")
    for trial in document["trials"]:
        assert trial.keys() == keys("Trial")
    for reference in document["references"]:
        assert reference.keys() == keys("Trial") | {"name", "published"}


def test_names_are_numbered_unless_one_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert run(["search", *TOY, "--trials", "2"]) == 0
    listed = output_of(capsys, "studies", "--json")
    assert [study["study"] for study in listed] == ["demo", "demo-2"]
    assert listed[0].keys() == keys("Studies")
    assert run(["search", *TOY, "--study", "demo"]) == 2
    assert capsys.readouterr().err == (
        "paretobert: error: study 'demo' exists (studies/demo); to go on with it: paretobert resume demo\n"
    )


def test_models_are_the_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    models = output_of(capsys, "models", "--json")
    assert {m["name"]: Architecture.from_dict(m["architecture"]) for m in models} == PUBLISHED
    assert all(m.keys() == keys("Models") for m in models)
    assert [m["parameters"] for m in models] == [parameters(architecture) for architecture in PUBLISHED.values()]


def test_report_is_written_anew_from_the_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", *TOY, "--trials", "2"]) == 0
    Path("studies/demo/report.html").unlink()
    assert run(["report", "studies/demo"]) == 0
    assert Path("studies/demo/report.html").stat().st_size > 0


MISTAKES = [
    (["search", "--controller", "nope"], "unknown controller 'nope'; known: "),
    (["search", "--latency-model", "nope"], "unknown latency model 'nope'; known: edgetpu-analytical"),
    (["search", *TOY[:2], "--evaluator", "nope"], "unknown evaluator 'nope'; known: "),
    (["search", *TOY, "--device", "nope"], "unknown device 'nope'; known: coral-pcie, coral-usb, tensor-g1"),
    (["search", "--preset", "nope"], "unknown preset 'nope'; known: demo, squad"),
    (["search", *TOY, "--precision", "int4"], "configuration: precision: should be 'int8' or 'float', not 'int4'"),
    (["search", *TOY, "--trials", "0"], "configuration: trials: should be greater than 0, not 0"),
    (["search", *TOY, "--trials", "x"], "Invalid value for '--trials': "),
    (["search", *TOY, "--seed", "-1"], "configuration: seed: should be greater than or equal to 0, not -1"),
    (["search", *TOY, "--set", "stepz=3"], "evaluator 'toy_plugins:Formula' has no option 'stepz'; known: steps, "),
    (["search", *TOY, "--set", "controller_options.rate=3"], "controller 'toy_plugins:Climber' has no option 'rate'"),
    (["search", *TOY, "--set", "space.hidden_size=[]"], "space: hidden_size must list positive integers"),
    (["search", *TOY, "--set", "space.num_attention_heads=[7]"], "space: no bottleneck_size of "),
    (["search", *TOY, "--set", "objectives=['best score']"], "objective 'best score' is not of the form"),
    (["search", *TOY, "--set", "objectives=[]"], "configuration: objectives: name at least one"),
    (["search", *TOY, "--set", "constraints=['score > 1']"], "constraint 'score > 1' is not of the form"),
    (["search", *TOY, "--set", "sequence_length=9999"], "configuration: sequence_length: "),
    (["search", *TOY, "--set", "fail=prepare"], "evaluator 'toy_plugins:Formula': teacher 'owl' does not fit task "),
    (["search", "--config", "missing.toml"], "missing.toml: No such file or directory"),
    (["search", *TOY[:2], "--evaluator", "no_such_module:X"], "evaluator 'no_such_module:X': cannot import"),
    (["search", *TOY[:2], "--evaluator", "toy_plugins:X"], "evaluator 'toy_plugins:X': module toy_plugins has no X"),
    (["frontier", "nope"], "no study 'nope' in studies/; known: none"),
    (["resume", "nope"], "no study 'nope' in studies/; known: none"),
    (["report", "nope"], "no study 'nope' in studies/; known: none"),
    (["search", *TOY, "--timeout", "0"], "--timeout '0' is no time above 0: give seconds, or a number with m or h"),
    (["search", *TOY, "--timeout", "5 days"], "--timeout '5 days' is no time above 0"),
    (["resume", "nope", "--timeout", "inf"], "--timeout 'inf' is no time above 0"),
    (["search", *TOY, "--enqueue", "missing.json"], "missing.json: No such file or directory"),
    (["search", *TOY, "--set", "enqueue=['nope']"], "enqueue: entry 1 (nope): no published model 'nope'; known: "),
    (
        ["search", *TOY, "--set", "space.bottleneck_size=[64, 128]", "--set", "enqueue=['mobilebert-edgetpu-s']"],
        "enqueue: entry 1 (mobilebert-edgetpu-s): bottleneck_size 256 is not in this space: 64, 128",
    ),
    (["nope"], "No such command 'nope'."),
    (["search", "--nope"], "No such option: --nope"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES])
def test_a_mistake_is_one_line_and_exit_status_2_and_nothing_changed(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed, told = capsys.readouterr()
    assert printed == ""
    assert told.startswith(f"paretobert: error: {message}")
    assert told.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_a_study_that_only_fails_ends_with_advice_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", *TOY, "--set", "fail=always"]) == 1
    told = capsys.readouterr().err
    assert "5 trials in a row failed, the last one with: RuntimeError: out of luck; look into studies/demo/logs" in told
    assert "out of luck" in Path("studies/demo/logs/reference-mobilebert.log").read_text()


def test_what_trains_nothing_imports_no_tensorflow() -> None:
    assert run(["search", *TOY, "--trials", "2"]) == 0
    script = (
        "import sys, paretobert\nfrom paretobert.cli import run\n"
        "paretobert.Study, paretobert.StudyFolder, paretobert.LatencyModel, paretobert.Evaluator\n"
        "for arguments in (['--help'], ['models'], ['frontier', 'demo'], ['studies'], ['report', 'demo']):\n"
        "    assert run(arguments) == 0, arguments\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules\n"
        "print('none')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("none\n"), done.stderr


def test_the_frontier_is_a_table_of_comma_separated_values_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = output_of(capsys, "search", *TOY, "--trials", "6", "--json")
    assert run(["frontier", "demo", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["number"]) for row in rows] == [trial["number"] for trial in found["trials"]]
    assert [float(row["score"]) for row in rows] == [trial["metrics"]["score"] for trial in found["trials"]]
    for row, trial in zip(rows, found["trials"], strict=True):
        stages = trial["architecture"]["stages"]
        assert [row[f"stage{i}.bottleneck_size"] for i in range(1, 5)] == [
            *(str(stage["bottleneck_size"]) for stage in stages),
            *[""] * (4 - len(stages)),
        ]
    assert {size for row in rows for size in row["pick"].split()} <= {"XS", "S", "M"}


def test_where_no_trial_is_feasible_the_closest_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    impossible = ["--set", 'constraints=["latency_ms <= 2.26", "loss <= 0.1"]', "--set", "space.num_blocks=1"]
    assert run(["search", *TOY, *impossible, "--trials", "2"]) == 0
    printed, told = capsys.readouterr()
    assert "No trial meets latency_ms <= 2.26, loss <= 0.1. These are the closest, over by" in " ".join(printed.split())
    assert max(map(len, printed.splitlines())) <= 80
    assert "loosen the constraints or narrow the space" in told
    found = output_of(capsys, "frontier", "demo", "--json")
    violations = [trial["violation"] for trial in found["closest"]]
    assert (found["trials"], found["hypervolume"]) == ([], 0.0)
    assert violations == sorted(violations)
    assert len(violations) == 5
    assert violations[0] > 0
    page = Path("studies/demo/report.html").read_text()
    assert "The trials that came closest" in page
    assert f"{violations[0]:.3g}" in page


def test_a_dry_run_prints_the_documented_keys_and_begins_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    printed = output_of(capsys, "search", *TOY, "--dry-run", "--json")
    assert printed.keys() == keys("Dry run")
    assert printed["architectures"] > 2e15
    assert list(Path().iterdir()) == []


def test_what_the_evaluator_says_it_cannot_score_is_told_before_there_is_a_study(
    capsys: pytest.CaptureFixture[str],
) -> None:
    picky = [*TOY[:2], "--evaluator", "toy_plugins:Picky", "--trials", "2"]
    assert run(["search", *picky]) == 2
    assert capsys.readouterr().err == (
        "paretobert: error: evaluator 'toy_plugins:Picky' cannot score every architecture of this space: "
        "bottleneck_size 64 is too small\n"
    )
    assert run(["search", *picky, "--set", "space.bottleneck_size=[192, 256]"]) == 2
    assert capsys.readouterr().err == (
        "paretobert: error: evaluator 'toy_plugins:Picky' cannot score the reference mobilebert: "
        "bottleneck_size 128 is too small; or leave it out of references\n"
    )
    assert list(Path().iterdir()) == []
    assert run(["search", *picky, "--set", "space.bottleneck_size=[192, 256]", "--set", "references=[]"]) == 0


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"paretobert {version('paretobert')}\n"


@pytest.mark.parametrize(
    ("words", "offered"),
    [("paretobert com", "compare"), ("paretobert frontier d", "demo"), ("paretobert search --preset sq", "squad")],
)
def test_a_shell_completes_commands_studies_and_presets(words: str, offered: str) -> None:
    Path("studies/demo").mkdir(parents=True)
    Path("studies/demo/study.db").touch()
    asked = {"_PARETOBERT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    command = [sys.executable, "-c", "from paretobert.cli import main; main()"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [offered], done.stderr


def test_tensorflow_starts_without_a_word_unless_it_fails() -> None:
    Path("tensorflow").mkdir()
    noisy = "import os\nos.write(2, b'no CUDA here\\n')\n"
    script = (
        "import sys\nsys.path.insert(0, '.')\nfrom paretobert.cli.quiet import quiet_tensorflow\nquiet_tensorflow()\n"
    )
    script += "import tensorflow\nsys.stderr.write(type(tensorflow.__spec__.loader).__name__)"
    told = []
    for failing in ("", "raise ImportError('broken')\n"):
        Path("tensorflow/__init__.py").write_text(noisy + failing)
        done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=False)
        told.append(done.stderr)
    assert told[0] == "SourceFileLoader"
    assert told[1].startswith("no CUDA here\n")
    assert told[1].endswith("ImportError: broken\n")


def test_help_answers_at_once() -> None:
    """Half a second is asked for. Processor time counts, so that a machine that is busy with others may be slow; one
    that is slow itself is given twice that, and the best of three."""
    seconds = []
    for _ in range(3):
        begun = os.times()
        subprocess.run([sys.executable, "-m", "paretobert", "--help"], capture_output=True, check=True)
        ended = os.times()
        seconds.append(ended.children_user + ended.children_system - begun.children_user - begun.children_system)
    assert 0 < min(seconds) < 1.0


def test_help_imports_neither_arrays_nor_databases() -> None:
    script = (
        "import sys\nfrom paretobert.cli import run\nassert run(['--help']) == 0\n"
        "print(sorted({'numpy', 'sqlalchemy', 'pydantic', 'tensorflow', 'scipy'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_every_public_name_is_there() -> None:
    import paretobert

    assert all(getattr(paretobert, name) is not None for name in paretobert.__all__)
    assert set(paretobert.__all__) == set(paretobert._MODULE_OF)
    assert set(paretobert.__all__) <= set(dir(paretobert))


def test_the_other_documents_have_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    predictions = output_of(capsys, "latency", "predict", "mobilebert", "--json")
    assert predictions[0].keys() == keys("Latency predictions")
    assert output_of(capsys, "latency", "validate", "--json").keys() == keys("Latency validation")
    lines = ("mobilebert,int8,384,15", "mobilebert-edgetpu-s,int8,384,13", "mobilebert-edgetpu-xs,int8,384,9")
    lines = tuple(f"{line}.{number}" for number in range(4) for line in lines)
    Path("phone.csv").write_text("\n".join(["architecture,precision,sequence_length,latency_ms", *lines]))
    trained = output_of(
        capsys, "latency", "train", "phone.csv", "--device", "phone", "--output", "phone.safetensors", "--json"
    )
    assert trained.keys() == keys("Learned latency models")
    assert output_of(capsys, "latency", "evaluate", "phone.csv", "--json").keys() == keys("Latency accuracy")
    calibrated = output_of(capsys, "latency", "calibrate", "tensor-g1", "--measurements", "phone.csv", "--json")
    assert calibrated.keys() == keys("Calibration")
    question = {"id": "q", "question": "Where?", "answers": [{"text": "here", "answer_start": 0}]}
    passage = {"context": "here", "qas": [question]}
    Path("data.json").write_text(json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [passage]}]}))
    Path("answers.json").write_text(json.dumps({"q": "here"}))
    assert output_of(capsys, "squad-score", "data.json", "answers.json", "--json").keys() == keys("SQuAD scores")
