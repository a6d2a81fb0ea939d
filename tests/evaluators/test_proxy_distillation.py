"""The proxy gives one score for one architecture and seed, and computes a teacher's outputs once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import evaluators.proxy_distillation as module
from evaluators import Diverged, ProxyDistillation, Pruned, TeacherOutputs
from evaluators.reading import reading_vocabulary
from search_space import Architecture, Stage

SMALL = Architecture(32, (Stage(1, 2, 16, 16, 1),), embedding_size=16)
DEEPER = Architecture(48, (Stage(1, 2, 16, 16, 2), Stage(1, 1, 32, 32, 1)), embedding_size=16)


class TinyTeacher:
    """Hidden states that a reader of three neighbouring tokens can know, and no span head; counts its calls."""

    name = "tiny"
    signals = frozenset({"hidden"})
    hidden_size = 6
    max_positions = 512

    def __init__(self) -> None:
        self.vocabulary = reading_vocabulary()
        self.table = np.random.default_rng(0).normal(size=(len(self.vocabulary), 6)).astype(np.float32)
        self.rows = 0

    def outputs(self, token_ids, mask, type_ids) -> TeacherOutputs:
        self.rows += len(token_ids)
        own = self.table[token_ids]
        return TeacherOutputs(own + 0.5 * np.roll(own, 1, axis=1))

    def token_table(self):
        return self.table

    def fingerprint(self) -> str:
        return "tiny"


@pytest.fixture
def teacher(monkeypatch: pytest.MonkeyPatch) -> TinyTeacher:
    teacher = TinyTeacher()
    monkeypatch.setattr(module, "load_teacher", lambda name: teacher)
    return teacher


OPTIONS = {"steps": 8, "batch_size": 4, "held_out_examples": 6, "sequence_length": 48, "width_divisor": 4}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture
def proxy(teacher: TinyTeacher, workspace: Path) -> ProxyDistillation:
    proxy = ProxyDistillation(teacher="tiny", **OPTIONS)
    proxy.prepare(workspace)
    return proxy


def silent(step: int, value: float) -> None:
    pass


def evaluate(proxy: ProxyDistillation, architecture: Architecture, seed: int = 0, budget: int = 8):
    return proxy.evaluate(architecture, seed=seed, budget=budget, report=silent)


def test_one_architecture_and_seed_give_one_score_bit_for_bit(proxy: ProxyDistillation, workspace: Path) -> None:
    first = evaluate(proxy, SMALL)
    evaluate(proxy, DEEPER)  # nothing is left behind by another candidate
    again = evaluate(proxy, SMALL)
    fresh = ProxyDistillation(teacher="tiny", **OPTIONS)
    fresh.prepare(workspace)
    assert first.score == again.score == evaluate(fresh, SMALL).score
    assert first.metrics == again.metrics
    assert evaluate(proxy, SMALL, seed=1).score != first.score
    assert proxy._trainer(SMALL).num_traces == 1


def test_longer_training_agrees_better(proxy: ProxyDistillation) -> None:
    short, long = evaluate(proxy, SMALL, budget=8), evaluate(proxy, SMALL, budget=120)
    assert 0 <= short.score < long.score <= 1
    assert 0 < long.metrics["score_standard_error"] < 0.2
    assert long.metrics["loss"] < short.metrics["loss"]
    answers = {"exact_match", "f1", "exact_match_standard_error", "f1_standard_error"}
    agreement = {"agreement", "agreement_standard_error"}
    assert set(long.metrics) == {"score_standard_error", "context_free_score", "loss", *agreement, *answers}
    assert long.score == long.metrics["agreement"]


def test_a_teacher_reads_each_drawn_example_once_a_study(teacher: TinyTeacher, tmp_path: Path) -> None:
    proxy = ProxyDistillation(teacher="tiny", **OPTIONS)
    proxy.prepare(tmp_path)
    assert teacher.rows == proxy.steps * proxy.batch_size + proxy.held_out_examples
    evaluate(proxy, SMALL)
    ProxyDistillation(teacher="tiny", **OPTIONS).prepare(tmp_path)
    assert teacher.rows == proxy.steps * proxy.batch_size + proxy.held_out_examples
    written = sum(path.stat().st_size for path in tmp_path.glob("teacher-*/*/*.npy"))
    assert proxy.disk_needed <= written <= proxy.disk_needed + 1000


def test_a_preparation_that_was_stopped_goes_on(
    teacher: TinyTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluators.teacher_outputs.CHUNK", 8)
    proxy = ProxyDistillation(teacher="tiny", **OPTIONS)
    honest = teacher.outputs

    def stops(*arrays):
        if teacher.rows >= 16:
            raise KeyboardInterrupt
        return honest(*arrays)

    monkeypatch.setattr(teacher, "outputs", stops)
    with pytest.raises(KeyboardInterrupt):
        proxy.prepare(tmp_path)
    monkeypatch.setattr(teacher, "outputs", honest)
    proxy.prepare(tmp_path)
    assert teacher.rows == proxy.steps * proxy.batch_size + proxy.held_out_examples


def test_reports_come_in_order_and_may_end_the_run(proxy: ProxyDistillation) -> None:
    reports = []
    proxy.evaluate(SMALL, seed=0, budget=8, report=lambda step, value: reports.append((step, value)))
    assert [step for step, _ in reports] == [2, 4, 6, 8]
    assert all(np.isfinite(value) for _, value in reports)

    def prune(step: int, value: float) -> None:
        raise Pruned("enough")

    with pytest.raises(Pruned, match="enough"):
        proxy.evaluate(SMALL, seed=0, budget=8, report=prune)


def test_a_candidate_that_diverges_says_so(teacher: TinyTeacher, workspace: Path) -> None:
    proxy = ProxyDistillation(teacher="tiny", **{**OPTIONS, "learning_rate": 1e30})
    proxy.prepare(workspace)
    with pytest.raises(Diverged, match="at step"):
        evaluate(proxy, SMALL)


def test_too_little_disk_is_refused_before_anything_is_computed(
    teacher: TinyTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(ValueError, match=r"teacher outputs need .* are free"):
        ProxyDistillation(teacher="tiny", **OPTIONS).prepare(tmp_path)
    assert teacher.rows == 0


def test_without_a_teacher_the_score_is_f1(tmp_path: Path) -> None:
    proxy = ProxyDistillation(teacher="none", **OPTIONS)
    proxy.prepare(tmp_path)
    evaluation = evaluate(proxy, SMALL)
    assert evaluation.score == evaluation.metrics["f1"] / 100
    assert proxy.disk_needed == 0


class AttentiveTeacher(TinyTeacher):
    """Also looks at the token before, in both its layers."""

    signals = frozenset({"hidden", "attention"})
    num_layers = 2

    def outputs(self, token_ids, mask, type_ids) -> TeacherOutputs:
        length = token_ids.shape[1]
        before = np.eye(length, k=-1, dtype=np.float32)
        before[0, 0] = 1.0
        attention = np.broadcast_to(before, (len(token_ids), 2, length, length))
        return dataclasses.replace(super().outputs(token_ids, mask, type_ids), attention=attention)


def test_every_loss_can_be_learned_at_once_and_each_measure_has_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = AttentiveTeacher()
    monkeypatch.setattr(module, "load_teacher", lambda name: teacher)
    everything = {**OPTIONS, "attention_weight": 1.0, "masked_lm_weight": 1.0}
    proxy = ProxyDistillation(teacher="tiny", **everything)
    proxy.prepare(tmp_path)
    assert not teacher.rows - proxy.steps * proxy.batch_size - proxy.held_out_examples
    written = sum(path.stat().st_size for path in tmp_path.glob("teacher-*/*/*.npy"))
    assert proxy.disk_needed <= written <= proxy.disk_needed + 1000
    metrics = evaluate(proxy, SMALL).metrics
    for measure in ("agreement", "masked_lm_accuracy", "f1", "exact_match"):
        assert {measure, f"{measure}_standard_error"} <= metrics.keys()
    longer = evaluate(proxy, SMALL, budget=150).metrics
    assert longer["masked_lm_accuracy"] > metrics["masked_lm_accuracy"]
    by_accuracy = ProxyDistillation(teacher="tiny", **everything, score="masked_lm_accuracy")
    by_accuracy.prepare(tmp_path)
    evaluation = evaluate(by_accuracy, SMALL)
    assert evaluation.score == evaluation.metrics["masked_lm_accuracy"] / 100
    assert evaluation.metrics["masked_lm_accuracy"] == metrics["masked_lm_accuracy"]


def test_a_corpus_is_learned_from_without_teacher_or_question(tmp_path: Path) -> None:
    text = tmp_path / "harbour.txt"
    text.write_text("\n".join(f"The {n}th boat of harbour {n % 7} is red and old." for n in range(400)))
    options = {**OPTIONS, "task": "text", "corpus": (str(text),), "teacher": "none"}
    with pytest.raises(ValueError, match="no score comes of what task 'text' with teacher 'none' is to learn"):
        ProxyDistillation(**options)
    proxy = ProxyDistillation(**options, masked_lm_weight=1.0)
    proxy.prepare(tmp_path / "cache")
    evaluation = evaluate(proxy, SMALL, budget=60)
    assert evaluation.metrics.keys() == {
        "masked_lm_accuracy",
        "masked_lm_accuracy_standard_error",
        "score_standard_error",
    }
    assert evaluation.score == evaluation.metrics["masked_lm_accuracy"] / 100 > 0


def test_fingerprints_tell_what_changes_the_score(teacher: TinyTeacher) -> None:
    base = ProxyDistillation(teacher="tiny", **OPTIONS)
    assert base.fingerprint() == ProxyDistillation(teacher="tiny", **OPTIONS).fingerprint()
    for change in ({"learning_rate": 1e-3}, {"sequence_length": 64}, {"held_out_examples": 5}):
        assert dataclasses.replace(base, **change).fingerprint() != base.fingerprint()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "writing"}, "unknown task 'writing'; known: reading, squad, text"),
        ({"teacher": "nobody"}, "unknown teacher 'nobody'; known: builtin, minilm, path:FOLDER, none"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"learning_rate": float("inf")}, "learning_rate must be above 0, not inf"),
        ({"attention_weight": -1.0}, "attention_weight must be at least 0, not -1.0"),
        ({"teacher": "none", "attention_weight": 1.0}, "teacher 'none' shows no attention to learn"),
        (
            {"score": "masked_lm_accuracy"},
            "score 'masked_lm_accuracy' comes of nothing that task 'reading' with teacher",
        ),
        ({"task": "squad", "teacher": "none"}, "needs the folder of its files"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ProxyDistillation(**options)


def test_a_teacher_of_shorter_sequences_does_not_fit(teacher: TinyTeacher) -> None:
    teacher.max_positions = 40
    with pytest.raises(ValueError, match="reads at most 40 tokens, the task has 48"):
        ProxyDistillation(teacher="tiny", **OPTIONS)
