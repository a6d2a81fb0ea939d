"""The picks XS, S and M, each beside the published model of its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretobert.references import PICKS, published_facts
from paretobert.report.quantities import milliseconds, model_name, num_blocks
from search_space import PUBLISHED, parameters


@dataclass(frozen=True)
class Card:
    """One pick.

    Attributes:
        size: XS, S or M.
        budget: a sentence that says what bounds its latency.
        pick: a trial object; None if no trial fits.
        published: the published model, as a reference object of the study's document; its metrics are those of this
            study, or its parameters alone where it is no reference trial.
    """

    size: str
    budget: str
    pick: Mapping[str, Any] | None
    published: Mapping[str, Any]


def pick_cards(document: Mapping[str, Any]) -> list[Card]:
    """The three cards, smallest first."""
    references = {reference["name"]: reference for reference in document["references"]}
    return [
        Card(size, _budget(document, size), document["picks"].get(size), references.get(model) or _published(model))
        for size, model in PICKS.items()
    ]


def scale_of(cards: list[Card]) -> dict[str, int]:
    """The largest `num_blocks` and `bottleneck_size` on the cards, so that their drawings share one scale."""
    architectures = [trial["architecture"] for card in cards for trial in (card.pick, card.published) if trial]
    return {
        "num_blocks": max(map(num_blocks, architectures)),
        "bottleneck_size": max(stage["bottleneck_size"] for each in architectures for stage in each["stages"]),
    }


def _budget(document: Mapping[str, Any], size: str) -> str:
    budget_ms = document["latency_budgets_ms"].get(size)
    if budget_ms is None:
        return f"No budget: {model_name(PICKS[size])} is no reference trial of this study, and none was given."
    limit = f"The best score within {milliseconds(budget_ms)}"
    if size in document["configuration"]["latency_budgets_ms"]:
        return f"{limit}, the budget given for this study."
    return f"{limit}, the predicted latency of {model_name(PICKS[size])}."


def _published(model: str) -> dict[str, Any]:
    architecture = PUBLISHED[model]
    return {
        "name": model,
        "architecture": architecture.to_dict(),
        "metrics": {"parameters": parameters(architecture)},
        "published": published_facts(model),
    }
