"""`ProxyDistillation`: scores an architecture by a short distillation of a narrow copy of it.

The copy keeps depth, heads and the number of feed-forward networks, its widths divided by one factor
(`evaluators.shrink`). It learns a teacher's last hidden states, through a learned projection, for a few hundred steps,
and the answers of the task beside it; where they are asked for, also the teacher's attention and masked tokens. The
score is its agreement with the teacher on held-out text: of the scores tried, the one whose ranking after so few steps
was nearest to that of longer training. Without a teacher the copy learns the answers, or masked tokens, alone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from evaluators.agreement import Floats
from evaluators.contract import Diverged, Evaluation, Signal, Task, Teacher
from evaluators.principal_components import principal_components
from evaluators.proxy_data import Prepared, Wanted, prepare
from evaluators.proxy_metrics import held_out_metrics
from evaluators.shrink import shrink
from evaluators.small_networks import suit_small_networks
from evaluators.tasks import TaskFactory, has_answers, load_task
from evaluators.teachers import load_teacher
from evaluators.teachers.network import save_network
from search_space import Architecture

if TYPE_CHECKING:
    from mobilebert import State, Trainer

REPORTS = 4  # an evaluation

Measure = Literal["agreement", "f1", "masked_lm_accuracy"]

_UNIT: dict[Measure, float] = {"agreement": 1.0, "f1": 100.0, "masked_lm_accuracy": 100.0}

_WEIGHTS = ("hidden_weight", "span_weight", "span_distillation_weight", "attention_weight", "masked_lm_weight")


@dataclass(frozen=True)
class ProxyDistillation:
    """See the module; an `Evaluator`.

    Attributes:
        task: `reading`, `squad`, `text`, or what makes another.
        teacher: `builtin`, `minilm`, `path:FOLDER` in Hugging Face layout, `path:FILE.safetensors` of a network trained
            here, or `none`.
        steps: training steps of an evaluation, if no other budget is given.
        batch_size: examples a step.
        learning_rate: peak; rises over the first tenth of the budget and falls to zero at its end.
        width_divisor: every width is divided by it.
        held_out_examples: examples that the score is taken over.
        hidden_weight: of the loss on the teacher's last hidden states.
        span_weight: of the loss on the true answer, where the task has one.
        span_distillation_weight: of the loss on the teacher's answer, where it has span logits.
        attention_weight: of the loss on the teacher's attention, the mean over heads, block by block; where the depths
            differ, a block learns from the teacher's layer of the same relative depth.
        masked_lm_weight: of the loss on masked tokens; above 0, 15 % of the tokens are masked.
        score: what the score is: `agreement` with the teacher, `f1` of the answers or `masked_lm_accuracy`. None for
            the first of these that is learned.
        sequence_length: tokens of an example; None for the task's own choice.
        squad_dir: folder of the SQuAD files.
        corpus: text files of task `text`.

    Raises:
        ValueError: an option is out of range, the teacher does not fit the task or what it is to teach, or nothing that
            is learned gives a score.
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
    attention_weight: float = 0.0
    masked_lm_weight: float = 0.0
    score: Measure | None = None
    sequence_length: int | None = None
    squad_dir: str | None = None
    corpus: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "width_divisor", "held_out_examples"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 < self.learning_rate < np.inf:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}")
        for name in _WEIGHTS:
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name)}")
        self._check_fit()

    # The contract

    def prepare(self, workspace: Path) -> None:
        """Tokens and the teacher's outputs for the examples that the steps draw; see `Evaluator.prepare`."""
        suit_small_networks()
        self.__dict__["_prepared"] = prepare(workspace, self._task, self._teacher, self._wanted)

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
        begun = time.perf_counter()
        trainer = self._trainer(architecture)
        state = self._trained(trainer, self.shrunk(architecture), seed, budget, report)
        metrics = held_out_metrics(self._shared, self._task, lambda batch: trainer.outputs(state, batch))
        measure = self._measure
        assert measure is not None  # or this could not have been made
        score = metrics[measure] / _UNIT[measure]
        metrics["score_standard_error"] = metrics[f"{measure}_standard_error"] / _UNIT[measure]
        if not np.isfinite(score):
            raise Diverged(f"the score is {score}")
        return Evaluation(max(0.0, score), budget, time.perf_counter() - begun, metrics)

    def fingerprint(self) -> str:
        teacher = self._teacher.fingerprint() if self._teacher else "none"
        elsewhere = ("task", "teacher", "squad_dir", "corpus")  # in the fingerprints of task and teacher
        options = {name: value for name, value in asdict(self).items() if name not in elsewhere}
        text = f"{self._task.fingerprint()} {teacher} {sorted(options.items())}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # Beside the contract

    @property
    def disk_needed(self) -> int:
        """Bytes that `prepare` writes for the teacher's outputs, at most."""
        return self._wanted.bytes_needed(self._teacher, self._task.sequence_length)

    def check_architecture(self, architecture: Architecture) -> None:
        """Raises `ValueError` for what cannot be shrunk; see `evaluators.contract.ArchitectureCheck`."""
        length = self._task.sequence_length
        shrink(architecture, divisor=self.width_divisor, vocab_size=architecture.vocab_size, max_positions=length)

    def train_teacher(
        self,
        path: Path,
        architecture: Architecture,
        *,
        seed: int,
        budget: int,
        report: Callable[[int, float], None] = lambda step, value: None,
    ) -> None:
        """Trains a network as `evaluate` does and writes it to a file, to be a teacher itself: `path:FILE.safetensors`.

        A larger student than those that it shall teach has a smaller `width_divisor`.

        Raises:
            Diverged: the loss is not finite.
            OSError: the file cannot be written.
        """
        trainer, student = self._trainer(architecture), self.shrunk(architecture)
        state = self._trained(trainer, student, seed, budget, report)
        weights = trainer.layout(student).unpack(np.asarray(state.weights))
        save_network(path, student, self._shared.vocabulary, weights)

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
        return load_task(self.task, sequence_length=self.sequence_length, squad_dir=self.squad_dir, corpus=self.corpus)

    @cached_property
    def _teacher(self) -> Teacher | None:
        return load_teacher(self.teacher)

    @cached_property
    def _weights(self) -> dict[str, float]:
        """The weights of the losses that this task and this teacher have, by the names in `Losses`."""
        signals = self._teacher.signals if self._teacher else frozenset()
        asks = has_answers(self._task)
        return {
            "hidden": self.hidden_weight if "hidden" in signals else 0.0,
            "attention": self.attention_weight,
            "span": (self.span_weight if self._teacher else 1.0) if asks else 0.0,
            "span_distillation": self.span_distillation_weight if asks and "span_logits" in signals else 0.0,
            "masked_lm": self.masked_lm_weight,
        }

    @cached_property
    def _measure(self) -> Measure | None:
        """What the score is; None where nothing is learned that gives it."""
        weights = self._weights
        is_learned: dict[Measure, bool] = {
            "agreement": weights["hidden"] > 0,
            "f1": weights["span"] + weights["span_distillation"] > 0,
            "masked_lm_accuracy": weights["masked_lm"] > 0,
        }
        wished = [*is_learned] if self.score is None else [self.score]
        return next((measure for measure in wished if is_learned[measure]), None)

    @property
    def _wanted(self) -> Wanted:
        signals: list[Signal] = []
        if self._teacher is not None:
            signals.append("hidden")
            signals += ["span_logits"] * (self._weights["span_distillation"] > 0)
            signals += ["attention"] * (self._weights["attention"] > 0)
        examples = self.steps * self.batch_size
        return Wanted(examples, self.held_out_examples, frozenset(signals), self.masked_lm_weight > 0)

    def _check_fit(self) -> None:
        task, teacher = self._task, self._teacher
        if teacher is not None and task.sequence_length > teacher.max_positions:
            raise ValueError(
                f"teacher {self.teacher!r} reads at most {teacher.max_positions} tokens, "
                f"the task has {task.sequence_length}: lower sequence_length"
            )
        if self.attention_weight and (teacher is None or "attention" not in teacher.signals):
            raise ValueError(f"teacher {self.teacher!r} shows no attention to learn: set attention_weight = 0")
        if self._measure is None:
            what = f"task {task.name!r} with teacher {self.teacher!r} is to learn"
            if self.score is None:
                raise ValueError(f"no score comes of what {what}: choose a teacher, or set masked_lm_weight")
            needs = {
                "agreement": "hidden_weight and a teacher",
                "f1": "span_weight",
                "masked_lm_accuracy": "masked_lm_weight",
            }
            raise ValueError(
                f"score {self.score!r} comes of nothing that {what}: set {needs[self.score]}, or choose another score"
            )

    @property
    def _shared(self) -> Prepared:
        try:
            return self.__dict__["_prepared"]  # type: ignore[no-any-return]
        except KeyError:
            raise RuntimeError("prepare(workspace) comes before evaluate") from None

    # Training

    def _trainer(self, architecture: Architecture) -> Trainer:
        """The one trainer of a study; its trace serves every architecture of the same style."""
        from mobilebert import Losses, Style, Trainer

        trainers: dict[Any, Trainer] = self.__dict__.setdefault("_trainers", {})
        style, data = Style.of(architecture), self._shared
        if style not in trainers:
            trainers[style] = Trainer(
                style, Losses(**self._weights), teacher_mean=data.mean, teacher_deviation=data.deviation
            )
        return trainers[style]

    def _trained(
        self, trainer: Trainer, student: Architecture, seed: int, budget: int, report: Callable[[int, float], None]
    ) -> State:
        from mobilebert import Schedule

        state = self._first_state(trainer, student, seed)
        schedule = Schedule(self.learning_rate, budget)
        losses: list[float] = []
        for step, rows in enumerate(self._batches(seed, budget)):
            state, loss = trainer.step(state, self._shared.train.batch(rows), schedule(step))
            losses.append(float(loss))
            if not np.isfinite(losses[-1]):
                raise Diverged(f"the loss is {losses[-1]} at step {step + 1}")
            if (step + 1) % max(1, budget // REPORTS) == 0:
                report(step + 1, -float(np.mean(losses)))
                losses.clear()
        return state

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
