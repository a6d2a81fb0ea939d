"""`ProxyDistillation`: scores an architecture by a short distillation of a narrow copy of it.

The copy keeps depth, heads and the number of feed-forward networks, its widths divided by one factor
(`evaluators.shrink`). It learns a teacher's last hidden states, through a learned projection, for a few hundred steps,
and the answers of the task beside it. The score is its agreement with the teacher on held-out text: of the scores
tried, the one whose ranking after so few steps was nearest to that of longer training. Without a teacher the copy
learns the answers alone and the score is its F1, which after so few steps ranks by luck.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluators.agreement import Floats, centred_cosine, mean_squared_difference, mean_state_by_token
from evaluators.contract import Diverged, Evaluation, Examples, Task, Teacher, Vocabulary
from evaluators.principal_components import principal_components
from evaluators.shrink import shrink
from evaluators.small_networks import suit_small_networks
from evaluators.tasks import TaskFactory, load_task
from evaluators.teacher_outputs import CachedOutputs, bytes_needed, cached_outputs, check_disk, state_statistics
from evaluators.teachers import load_teacher
from search_space import Architecture

if TYPE_CHECKING:
    from mobilebert import Batch, State, Trainer

EVALUATION_BATCH = 64
REPORTS = 4  # an evaluation


@dataclass(frozen=True)
class _Prepared:
    """What the evaluations of a study share; `hidden` statistics are None without a teacher."""

    workspace: Path
    vocabulary: Vocabulary
    train: Examples
    held_out: Examples
    train_outputs: CachedOutputs | None
    held_out_outputs: CachedOutputs | None
    mean: Floats | None
    deviation: Floats | None
    baseline: float


@dataclass(frozen=True)
class ProxyDistillation:
    """See the module; an `Evaluator`.

    Attributes:
        task: `reading`, `squad`, or what makes another.
        teacher: `builtin`, `minilm`, a folder in Hugging Face layout, or `none`.
        steps: training steps of an evaluation, if no other budget is given.
        batch_size: examples a step.
        learning_rate: peak; rises over the first tenth of the budget and falls to zero at its end.
        width_divisor: every width is divided by it.
        held_out_examples: examples that the score is taken over.
        hidden_weight, span_weight, span_distillation_weight: of the losses on the teacher's hidden states, on the true
            answer and, where the teacher has span logits, on its answer.
        sequence_length: tokens of an example; None for the task's own choice.
        squad_dir: folder of the SQuAD files.

    Raises:
        ValueError: an option is out of range, or the teacher does not fit the task.
    """

    task: str | TaskFactory = "reading"
    teacher: str = "builtin"
    steps: int = 200
    batch_size: int = 8
    learning_rate: float = 3e-3
    width_divisor: int = 8
    held_out_examples: int = 256
    hidden_weight: float = 1.0
    span_weight: float = 0.1
    span_distillation_weight: float = 0.1
    sequence_length: int | None = None
    squad_dir: str | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "width_divisor", "held_out_examples"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}")
        self._check_fit()

    # The contract

    def prepare(self, workspace: Path) -> None:
        """Tokens and the teacher's outputs for the examples that the steps draw; see `Evaluator.prepare`."""
        suit_small_networks()
        self.__dict__["_prepared"] = self._prepare(workspace)

    def evaluate(
        self,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None],
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """See `Evaluator.evaluate`. What is reported is the mean training loss since the last report, negated.

        A budget beyond `steps` goes through the same examples again, in another order. A run takes seconds, so no
        checkpoint is written.
        """
        from mobilebert import Schedule

        begun = time.perf_counter()
        data, trainer = self._shared, self._trainer(architecture)
        student = self.shrunk(architecture)
        state = self._first_state(trainer, student, seed)
        schedule = Schedule(self.learning_rate, budget)
        losses: list[float] = []
        for step, rows in enumerate(self._batches(seed, budget)):
            state, loss = trainer.step(state, _batch(data.train, data.train_outputs, rows), schedule(step))
            losses.append(float(loss))
            if not np.isfinite(losses[-1]):
                raise Diverged(f"the loss is {losses[-1]} at step {step + 1}")
            if (step + 1) % max(1, budget // REPORTS) == 0:
                report(step + 1, -float(np.mean(losses)))
                losses.clear()
        metrics = self._metrics(trainer, state)
        score = metrics.pop("score")
        if not np.isfinite(score):
            raise Diverged(f"the score is {score}")
        return Evaluation(max(0.0, score), budget, time.perf_counter() - begun, metrics)

    def fingerprint(self) -> str:
        teacher = self._teacher.fingerprint() if self._teacher else "none"
        options = {name: value for name, value in asdict(self).items() if name not in ("task", "teacher", "squad_dir")}
        text = f"{self._task.fingerprint()} {teacher} {sorted(options.items())}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # Beside the contract

    @property
    def disk_needed(self) -> int:
        """Bytes that `prepare` writes for the teacher's outputs, at most."""
        if self._teacher is None:
            return 0
        num_examples = self.steps * self.batch_size + self.held_out_examples
        return bytes_needed(self._teacher, num_examples, self._task.sequence_length)

    def check_architecture(self, architecture: Architecture) -> None:
        """Raises `ValueError` for what cannot be shrunk; see `evaluators.contract.ArchitectureCheck`."""
        length = self._task.sequence_length
        shrink(architecture, divisor=self.width_divisor, vocab_size=architecture.vocab_size, max_positions=length)

    def shrunk(self, architecture: Architecture) -> Architecture:
        """The network that is trained in an architecture's place."""
        return shrink(
            architecture,
            divisor=self.width_divisor,
            vocab_size=len(self._shared.vocabulary),
            max_positions=self._task.sequence_length,
        )

    # Preparation

    @cached_property
    def _task(self) -> Task:
        return load_task(self.task, sequence_length=self.sequence_length, squad_dir=self.squad_dir)

    @cached_property
    def _teacher(self) -> Teacher | None:
        return load_teacher(self.teacher)

    def _check_fit(self) -> None:
        task, teacher = self._task, self._teacher
        if teacher is not None and task.sequence_length > teacher.max_positions:
            raise ValueError(
                f"teacher {self.teacher!r} reads at most {teacher.max_positions} tokens, "
                f"the task has {task.sequence_length}: lower sequence_length"
            )

    @property
    def _shared(self) -> _Prepared:
        try:
            return self.__dict__["_prepared"]  # type: ignore[no-any-return]
        except KeyError:
            raise RuntimeError("prepare(workspace) comes before evaluate") from None

    def _prepare(self, workspace: Path) -> _Prepared:
        task, teacher = self._task, self._teacher
        vocabulary = teacher.vocabulary if teacher else task.vocabulary(workspace)
        train = task.examples("train", vocabulary, workspace)
        held_out = task.examples("held_out", vocabulary, workspace)
        train = _first(train, self.steps * self.batch_size)
        held_out = _first(held_out, self.held_out_examples)
        if teacher is None:
            return _Prepared(workspace, vocabulary, train, held_out, None, None, None, None, 0.0)
        check_disk(workspace, self.disk_needed)
        folder = workspace / f"teacher-{self._outputs_key(teacher, vocabulary)}"
        train_outputs = cached_outputs(folder / "train", teacher, train)
        held_out_outputs = cached_outputs(folder / "held_out", teacher, held_out)
        mean, deviation = state_statistics(train_outputs, train.mask)
        by_token = mean_state_by_token(train.token_ids, train.mask, train_outputs.hidden, mean, len(vocabulary))
        baseline = centred_cosine(by_token[held_out.token_ids], held_out_outputs.hidden, mean, held_out.mask)
        return _Prepared(
            workspace,
            vocabulary,
            train,
            held_out,
            train_outputs,
            held_out_outputs,
            mean,
            deviation,
            float(baseline.mean()),
        )

    def _outputs_key(self, teacher: Teacher, vocabulary: Vocabulary) -> str:
        parts = (teacher.fingerprint(), self._task.fingerprint(), vocabulary.fingerprint())
        sizes = (self.steps * self.batch_size, self.held_out_examples)
        return hashlib.sha256(f"{parts} {sizes}".encode()).hexdigest()[:16]

    # Training

    def _trainer(self, architecture: Architecture) -> Trainer:
        """The one trainer of a study; its trace serves every architecture of the same style."""
        from mobilebert import Losses, Style, Trainer

        trainers: dict[Any, Trainer] = self.__dict__.setdefault("_trainers", {})
        style, data = Style.of(architecture), self._shared
        if style not in trainers:
            teacher = self._teacher
            has_spans = teacher is not None and "span_logits" in teacher.signals
            losses = Losses(
                hidden=self.hidden_weight if teacher else 0.0,
                span=self.span_weight if teacher else 1.0,
                span_distillation=self.span_distillation_weight if has_spans else 0.0,
            )
            trainers[style] = Trainer(style, losses, teacher_mean=data.mean, teacher_deviation=data.deviation)
        return trainers[style]

    def _first_state(self, trainer: Trainer, student: Architecture, seed: int) -> State:
        """Initial weights, with token embeddings of unit scale: the teacher's, reduced to the student's width.

        At BERT's small scale the scores of short runs rank architectures by how fast their embeddings grow.
        """
        from mobilebert import initial_weights

        layout = trainer.layout(student)
        weights = initial_weights(layout, seed, token_deviation=1.0)
        if self._teacher is not None:
            table = layout.unpack(weights)["embeddings/token"]
            reduced = self._reduced_token_table(self._teacher, table.shape[1])
            table[:, : reduced.shape[1]] = reduced
        return trainer.resume(layout, weights)

    def _reduced_token_table(self, teacher: Teacher, size: int) -> Floats:
        """The teacher's token embeddings at a width, computed once: a study has one embedding size."""
        tables: dict[int, Floats] = self.__dict__.setdefault("_token_tables", {})
        if size not in tables:
            tables[size] = principal_components(teacher.token_table(), size)
        return tables[size]

    def _batches(self, seed: int, budget: int) -> Iterator[NDArray[np.int64]]:
        """Rows of each step's examples: all examples once in an order that the seed gives, then again in another."""
        rng = np.random.default_rng(seed)
        size = len(self._shared.train)
        rows = np.zeros(0, np.int64)
        for _ in range(budget):
            while len(rows) < self.batch_size:
                rows = np.concatenate([rows, rng.permutation(size)])
            yield rows[: self.batch_size]
            rows = rows[self.batch_size :]

    def _metrics(self, trainer: Trainer, state: State) -> dict[str, float]:
        """Score and further metrics over the held-out examples.

        `loss` is the mean squared difference to the teacher's normalised hidden states.
        """
        data = self._shared
        agreements, losses, starts, ends = [], [], [], []
        for first in range(0, len(data.held_out), EVALUATION_BATCH):
            rows = np.arange(first, min(first + EVALUATION_BATCH, len(data.held_out)))
            batch = _batch(data.held_out, data.held_out_outputs, rows)
            outputs = trainer.outputs(state, batch)
            if outputs.start_logits is not None:
                starts.append(outputs.start_logits.numpy())
                ends.append(outputs.end_logits.numpy())
            if data.mean is not None and data.deviation is not None:
                projected = outputs.projected.numpy()
                student = projected * data.deviation + data.mean
                agreements.append(centred_cosine(student, batch.hidden, data.mean, batch.mask))
                target = (batch.hidden - data.mean) / data.deviation
                losses.append(mean_squared_difference(projected, target, batch.mask))
        metrics: dict[str, float] = {}
        if starts:
            spans = np.concatenate(starts), np.concatenate(ends)
            metrics |= self._task.answer_metrics(*spans, data.vocabulary, data.workspace)
        if not agreements:
            return {"score": metrics["f1"] / 100.0, **metrics}
        agreement = np.concatenate(agreements)
        error = agreement.std(ddof=1) / np.sqrt(len(agreement)) if len(agreement) > 1 else np.nan
        return {
            "score": float(agreement.mean()),
            "score_standard_error": float(error),
            "context_free_score": data.baseline,
            "loss": float(np.concatenate(losses).mean()),
            **metrics,
        }


def _first(examples: Examples, size: int) -> Examples:
    """The first examples, in memory: in both tasks a fair sample of the split."""
    return examples.take(np.arange(min(size, len(examples))))


def _batch(examples: Examples, outputs: CachedOutputs | None, rows: NDArray[np.int64]) -> Batch:
    from mobilebert import Batch

    taken = examples.take(rows)
    batch = Batch(taken.token_ids, taken.mask, taken.type_ids, taken.start, taken.end)
    if outputs is None:
        return batch
    batch = batch._replace(hidden=outputs.hidden[rows])
    if outputs.start_logits is None or outputs.end_logits is None:
        return batch
    return batch._replace(start_logits=outputs.start_logits[rows], end_logits=outputs.end_logits[rows])
