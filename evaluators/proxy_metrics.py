"""What a trained student shows on held-out examples: each number by name, with its own standard error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluators.agreement import centred_cosine, mean_squared_difference
from evaluators.contract import Task
from evaluators.proxy_data import Prepared
from evaluators.tasks import has_answers

if TYPE_CHECKING:
    from mobilebert import Batch, Outputs

BATCH = 64  # examples a forward pass


def held_out_metrics(data: Prepared, task: Task, outputs_of: Callable[[Batch], Outputs]) -> dict[str, float]:
    """What a student's outputs say; only what it has a head for.

    Returns:
        agreement: with the teacher's hidden states, a centred cosine; `context_free_score` is what each token's mean
            state would reach, `loss` the mean squared difference of the normalised states.
        masked_lm_accuracy: of masked tokens, in per cent.
        exact_match, f1: of the task's answers, in per cent.
        Each also as `NAME_standard_error`.
    """
    agreements, losses, starts, ends, told, asked = ([] for _ in range(6))
    for first in range(0, len(data.held_out), BATCH):
        batch = data.held_out.batch(np.arange(first, min(first + BATCH, len(data.held_out))))
        outputs = outputs_of(batch)
        if outputs.start_logits is not None:
            starts.append(outputs.start_logits.numpy())
            ends.append(outputs.end_logits.numpy())
        if outputs.masked_tokens is not None:
            is_masked = batch.masked_labels >= 0
            told.append(((outputs.masked_tokens.numpy() == batch.masked_labels) & is_masked).sum(axis=1))
            asked.append(is_masked.sum(axis=1))
        if outputs.projected is not None and data.mean is not None and data.deviation is not None:
            projected = outputs.projected.numpy()
            student = projected * data.deviation + data.mean
            agreements.append(centred_cosine(student, batch.hidden, data.mean, batch.mask))
            target = (batch.hidden - data.mean) / data.deviation
            losses.append(mean_squared_difference(projected, target, batch.mask))
    metrics: dict[str, float] = {}
    if agreements:
        agreement = np.concatenate(agreements)
        metrics |= _with_standard_error("agreement", agreement, np.ones(len(agreement)))
        metrics |= {"context_free_score": data.context_free, "loss": float(np.concatenate(losses).mean())}
    if told:
        metrics |= _with_standard_error("masked_lm_accuracy", 100.0 * np.concatenate(told), np.concatenate(asked))
    if starts and has_answers(task):
        spans = np.concatenate(starts), np.concatenate(ends)
        metrics |= task.answer_metrics(*spans, data.vocabulary, data.workspace)
    return metrics


def _with_standard_error(name: str, sums: NDArray[Any], counts: NDArray[Any]) -> dict[str, float]:
    """The ratio of two sums over examples, and its standard error: tokens of one example are no independent draws.

    Source: Cochran 1977, "Sampling Techniques", section 6.3, without the correction for a finite population.
    """
    size, total = len(sums), max(1, counts.sum())
    ratio = sums.sum() / total
    error = np.sqrt(size / (size - 1) * np.square(sums - ratio * counts).sum()) / total if size > 1 else np.nan
    return {name: float(ratio), f"{name}_standard_error": float(error)}
