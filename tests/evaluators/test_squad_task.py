from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from squad_files import REAL_SQUAD, document, write

from evaluators.contract import CLASSIFY, MASK, PAD, SEPARATE, UNKNOWN, Examples, Vocabulary
from evaluators.squad import Answer, Passage, Question, SquadTask

CITIES = ("Oslo", "Lima", "Cairo", "Paris", "Quito", "Delhi", "Minsk", "Seoul")
NAMES = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")


def passages(cities: Sequence[str]) -> list[Passage]:
    """One passage a city, with a question of everyone who lives there."""
    result = []
    for city in cities:
        sentences = [f"In the city of {city}, {name} lives at number {i}." for i, name in enumerate(NAMES)]
        text = " ".join(sentences)
        questions = (
            Question(f"{city}-{name}", f"Who lives at number {i} in {city}?", (Answer(name, text.index(f"{name} ")),))
            for i, name in enumerate(NAMES)
        )
        result.append(Passage(text, tuple(questions)))
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    squad = tmp_path / "squad"
    squad.mkdir()
    write(squad / "train-v1.1.json", passages(CITIES[:5]))
    write(squad / "dev-v1.1.json", passages(CITIES[5:]))
    return squad


@pytest.fixture
def task(folder: Path) -> SquadTask:
    return SquadTask(folder, sequence_length=48, stride=16)


def labels_as_logits(examples: Examples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits that choose the labelled span, and nothing where there is none."""
    rows = np.arange(len(examples))
    start, end = np.zeros((2, *examples.token_ids.shape), np.float32)
    found = examples.start > 0
    start[rows[found], examples.start[found]] = 5
    end[rows[found], examples.end[found]] = 5
    return start, end


def test_labels_as_logits_answer_every_question(task: SquadTask, tmp_path: Path) -> None:
    vocabulary = task.vocabulary(tmp_path)
    examples = task.examples("held_out", vocabulary, tmp_path)
    assert len(examples) > 3 * len(NAMES)  # several windows a question
    start, end = labels_as_logits(examples)
    metrics = task.answer_metrics(start, end, vocabulary, tmp_path)
    assert {name: metrics[name] for name in ("exact_match", "f1")} == {"exact_match": 100.0, "f1": 100.0}


def asked(examples: Examples, vocabulary: Vocabulary) -> list[tuple[int, ...]]:
    """The question's tokens of every row."""
    separate = vocabulary.id(SEPARATE)
    return [tuple(row[: row.tolist().index(separate)]) for row in examples.token_ids]


def test_only_whole_questions_of_the_first_windows_are_scored(task: SquadTask, tmp_path: Path) -> None:
    vocabulary = task.vocabulary(tmp_path)
    examples = task.examples("held_out", vocabulary, tmp_path)
    questions = asked(examples, vocabulary)
    start, end = labels_as_logits(examples)
    wrong = set(list(dict.fromkeys(questions))[1::2])
    rows = [row for row, question in enumerate(questions) if question in wrong]
    start[rows] = end[rows] = 0  # the first passage token is then the best span
    for count in range(len(questions) + 1):
        whole = set(questions[:count]) - set(questions[count:])
        expected = 100 * len(whole - wrong) / len(whole) if whole else np.nan
        metrics = task.answer_metrics(start[:count], end[:count], vocabulary, tmp_path)
        assert metrics["exact_match"] == pytest.approx(expected, nan_ok=True)


def test_the_first_windows_are_a_sample_of_all_passages(task: SquadTask, tmp_path: Path) -> None:
    vocabulary = task.vocabulary(tmp_path)
    examples = task.examples("held_out", vocabulary, tmp_path)
    questions = list(dict.fromkeys(asked(examples, vocabulary)))
    cities = [question[-2:] for question in questions]  # the end of "... in CITY?"
    assert len(set(cities[: len(cities) // 2])) == len(set(cities)) == 3


def test_no_held_out_passage_is_trained_on(folder: Path, task: SquadTask, tmp_path: Path) -> None:
    vocabulary = task.vocabulary(tmp_path)
    expected = task.examples("train", vocabulary, tmp_path)
    write(folder / "train-v1.1.json", passages(CITIES[:6]))
    again = SquadTask(folder, 48, 16).examples("train", vocabulary, tmp_path)
    np.testing.assert_array_equal(again.token_ids, expected.token_ids)
    write(folder / "train-v1.1.json", passages(CITIES[5:7]))
    with pytest.raises(ValueError, match="every passage of"):
        SquadTask(folder).examples("train", vocabulary, tmp_path)


def test_tokens_are_made_once_and_memory_mapped(task: SquadTask, folder: Path, tmp_path: Path) -> None:
    vocabulary = task.vocabulary(tmp_path)
    task.examples("train", vocabulary, tmp_path)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert made
    other = SquadTask(folder, 48, 16)
    assert other.vocabulary(tmp_path) == vocabulary
    assert isinstance(other.examples("train", vocabulary, tmp_path).token_ids, np.memmap)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == made


def test_workers_that_start_together_share_one_cache(folder: Path, tmp_path: Path) -> None:
    vocabulary = SquadTask(folder).vocabulary(tmp_path)
    workspace = tmp_path / "shared"
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: SquadTask(folder).examples("train", vocabulary, workspace), range(4)))
    assert all((result.token_ids == results[0].token_ids).all() for result in results)
    assert sorted(path.suffix for path in (workspace / "squad").iterdir()) == ["", ".lock"]


def test_the_fingerprint_follows_files_and_sizes(folder: Path, task: SquadTask) -> None:
    assert SquadTask(folder, 48, 16).fingerprint() == task.fingerprint()
    write(folder / "dev-v1.1.json", passages(CITIES[6:]))
    others = [SquadTask(folder, 48, 16), SquadTask(folder, 64, 16), SquadTask(folder, 48, 8)]
    assert len({task.fingerprint(), *(other.fingerprint() for other in others)}) == 4


def test_a_vocabulary_of_other_text_is_refused_and_leaves_no_cache(task: SquadTask, tmp_path: Path) -> None:
    foreign = Vocabulary((PAD, UNKNOWN, CLASSIFY, SEPARATE, MASK, "in", "the", "city", "of", "?"))
    with pytest.raises(ValueError, match=r"does not know \d+% of the text of SQuAD"):
        task.examples("held_out", foreign, tmp_path / "workspace")
    assert not list(tmp_path.rglob("*.npy"))


def test_logits_of_another_shape_are_refused(task: SquadTask, tmp_path: Path) -> None:
    vocabulary = task.vocabulary(tmp_path)
    rows = len(task.examples("held_out", vocabulary, tmp_path))
    for start, end in [((3, 47), (3, 47)), ((3, 48), (2, 48)), ((rows + 1, 48), (rows + 1, 48))]:
        with pytest.raises(ValueError, match=rf"must both be \(n, 48\) with n <= {rows}"):
            task.answer_metrics(np.zeros(start, np.float32), np.zeros(end, np.float32), vocabulary, tmp_path)


@pytest.mark.parametrize(("sizes", "field"), [((15, 8), "sequence_length"), ((64, 0), "stride")])
def test_impossible_sizes_are_refused(folder: Path, sizes: tuple[int, int], field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} must be at least"):
        SquadTask(folder, *sizes)


def test_missing_files_are_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="data fetch squad"):
        SquadTask(tmp_path / "absent")


def test_a_damaged_file_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    text = json.dumps(document(passages(CITIES)))
    (folder / "train-v1.1.json").write_text(text[: len(text) // 2])
    with pytest.raises(ValueError, match=r"train-v1\.1\.json is not a SQuAD v1\.1 file: truncated"):
        SquadTask(folder).vocabulary(tmp_path)


@pytest.mark.skipif(not REAL_SQUAD.is_dir(), reason="the SQuAD files are not at ../shared/data/squad")
def test_real_text_is_answered_by_its_labels(tmp_path: Path) -> None:
    articles = json.loads((REAL_SQUAD / "dev-v1.1.json").read_text(encoding="utf-8"))["data"]
    for name, few in (("train", articles[:2]), ("dev", articles[2:4])):
        few = [{**article, "paragraphs": article["paragraphs"][:12]} for article in few]
        (tmp_path / f"{name}-v1.1.json").write_text(json.dumps({"data": few}), encoding="utf-8")
    task = SquadTask(tmp_path)
    vocabulary = task.vocabulary(tmp_path)
    examples = task.examples("held_out", vocabulary, tmp_path)
    metrics = task.answer_metrics(*labels_as_logits(examples), vocabulary, tmp_path)
    assert metrics["exact_match"] > 98  # answers of over 30 tokens or within a word are out of reach
    assert metrics["f1"] >= metrics["exact_match"]
