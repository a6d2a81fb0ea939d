"""The published models in a study: evaluated first, by the same proxy, uncounted and unseen by the controller."""

from __future__ import annotations

from typing import Any

from latency_models.published import TENSOR_G1
from paretobert.assembly import Assembly
from paretobert.trial import Proposal
from search_space import PUBLISHED, Dimensions

PICKS = {"XS": "mobilebert-edgetpu-xs", "S": "mobilebert-edgetpu-s", "M": "mobilebert-edgetpu-m"}
"""The published model whose predicted latency bounds each pick."""

SQUAD_F1: dict[str, dict[str, float]] = {
    "mobilebert": {"float": 89.02, "int8": 87.95},
    "mobilebert-edgetpu-xs": {"float": 88.20, "int8": 87.15},
    "mobilebert-edgetpu-s": {"float": 89.97, "int8": 89.40},
    "mobilebert-edgetpu-m": {"float": 90.24, "int8": 89.50},
}
"""SQuAD v1.1 F1 (per cent) of the fully trained models. Source: TensorFlow Model Garden, `official/projects/edgetpu`,
NLP table. It stands in tables only: a proxy's score is no F1."""


def reference_proposals(assembly: Assembly) -> list[Proposal]:
    """The reference trials of a study, waiting."""
    names = assembly.configuration.references
    metrics = assembly.metrics_of(Dimensions.of([PUBLISHED[name] for name in names]))
    return [
        Proposal(
            kind="reference",
            number=number,
            name=name,
            architecture=PUBLISHED[name],
            metrics={metric: float(values[number]) for metric, values in metrics.items()},
        )
        for number, name in enumerate(names)
    ]


def published_facts(name: str) -> dict[str, Any]:
    """`{latency_ms: {int8, float}, squad_f1: {int8, float}}` as published, on the Tensor SoC; None where it is not."""
    latency = {row.precision: row.latency_ms for row in TENSOR_G1 if row.model == name}
    f1 = SQUAD_F1.get(name, {})
    return {
        "latency_ms": {precision: latency.get(precision) for precision in ("int8", "float")},
        "squad_f1": {precision: f1.get(precision) for precision in ("int8", "float")},
    }
