"""How far to trust a study's numbers, question by question: what was measured, and where nothing was, saying so."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from latency_models import EdgeTpuAnalytical
from paretobert.report.commands import verify_command
from paretobert.report.costs import VALIDATED_DEVICE, latency_error, study_model
from paretobert.report.proxy_noise import ProxyNoise, proxy_noise
from paretobert.report.quantities import percent, score

Status = Literal["measured", "predicted", "extrapolated", "a proxy", "partly known", "not known"]
Topic = Literal["source", "error", "domain", "meaning", "seeds", "ranking", "full training"]
_ANALYTICAL = "edgetpu-analytical"


@dataclass(frozen=True)
class Answer:
    """One row of the section.

    Attributes:
        topic: names the row for the page.
        question: a reader's.
        status: in a word, how far the answer can be relied on.
        sentences: the answer.
        command: that would tell more; None if there is none.
    """

    topic: Topic
    question: str
    status: Status
    sentences: Sequence[str]
    command: str | None = None


def answers(study: Mapping[str, Any], outside: Sequence[Sequence[int]] | None) -> list[Answer]:
    """The section, latency first.

    Args:
        study: see `paretobert.document.study_document`.
        outside: of the frontier's trials, see `paretobert.report.costs.study_costs`.
    """
    noise, found = proxy_noise(study), verification(study)
    return [
        _latency_source(study),
        _latency_error(study),
        _latency_domain(outside),
        _score_meaning(study),
        _seed_noise(study, noise),
        _ranking(study, noise, found),
        Answer(
            "full training",
            "Would full training rank these architectures alike?",
            "not known",
            [
                "Nobody trained an architecture of this study to the end. The published models' F1 is of such "
                "training, so their scores here are the one hint: see the table of published models."
            ],
        ),
    ]


def verification(study: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The verification of the longest budget that has ranked anything."""
    ranked = [each for each in study.get("verifications", ()) if each["correlations"]]
    return ranked[-1] if ranked else None


def seed_deviation(study: Mapping[str, Any]) -> float | None:
    """The standard deviation of a score over seeds, where it was measured for this evaluator."""
    noise = proxy_noise(study)
    return None if noise is None else noise.seed_deviation


def score_in_short(study: Mapping[str, Any]) -> str:
    """What a score is, in a sentence for whoever has never heard of it."""
    configuration = study["configuration"]
    if configuration["evaluator"] != "proxy-distillation":
        return f"A score is what {configuration['evaluator']} says of an architecture, 1 at best."
    if configuration["evaluator_options"].get("teacher") == "none":
        return "A score is the F1 of a narrow, briefly trained copy of an architecture: it is no accuracy of its own."
    return (
        "A score says how well a narrow, briefly trained copy of an architecture agrees with its teacher, 1 at best: "
        "it ranks architectures and is no accuracy."
    )


def context_free_score(study: Mapping[str, Any]) -> float | None:
    """The score of the baseline that knows each token and no context, where the evaluator reports one."""
    scores = (trial["metrics"].get("context_free_score") for trial in (*study["references"], *study["trials"]))
    return next((value for value in scores if value is not None), None)


def _latency_source(study: Mapping[str, Any]) -> Answer:
    configuration, source = study["configuration"], study["latency_source"]
    question, name = "Is latency measured?", configuration["latency_model"]
    device, precision, length = (configuration[key] for key in ("device", "precision", "sequence_length"))
    where = f"{device}, {precision}, batch of 1, {length} tokens"
    if source == "measured":
        return Answer(
            "source",
            question,
            "measured",
            [
                f"Yes: {name} ran every architecture, with random weights, for {where}. It is the time of the network "
                "alone, on an otherwise idle machine; trained weights take as long."
            ],
        )
    if source == "learned":
        how = f"{name} learned it from measurements of other networks"
    elif name == _ANALYTICAL:
        how = f"{name} predicts it by a formula"
    elif name == "learned":
        how = f"{name} was trained on estimates of the analytical model, anchored to published latencies"
    else:
        how = f"{name} predicts it"
    sentences = [f"No, it is predicted: {how}, for {where}."]
    if name == _ANALYTICAL and device == VALIDATED_DEVICE:
        sentences.append(
            "Utilization is the share of the latency that the multiply-adds would take at the formula's fitted rate. "
            "The device's true peak is higher and not published: compare it between architectures only."
        )
    return Answer("source", question, "predicted", sentences)


def _latency_error(study: Mapping[str, Any]) -> Answer:
    question = "How far off may a latency be?"
    error = latency_error(study)
    if study["latency_source"] == "measured":
        return Answer(
            "error", question, "partly known", ["By the spread of repeated runs, which is not kept with a study."]
        )
    if error is not None:
        return Answer(
            "error",
            question,
            "measured",
            [
                f"By {percent(error['mean'])} on average and {percent(error['largest'])} at most, over the seven "
                f"{error['of']}. The error bars of the plot are that average."
            ],
            "paretobert latency validate",
        )
    model, device = study_model(study), study["configuration"]["device"]
    if isinstance(model, EdgeTpuAnalytical):
        sources = dict.fromkeys(model.profile.tables[model.name].sources.values())
        said = "; ".join(source for source in sources if "error" in source)
        return Answer(
            "error",
            question,
            "partly known",
            [
                f"The profile of {device} says of its constants: {said or 'nothing'}.",
                "The plot draws no error bars of it.",
            ],
            f"paretobert latency devices {shlex.quote(device)} --sources",
        )
    if model is not None:
        return Answer(
            "error",
            question,
            "predicted",
            ["The model gives each latency a standard error of its own, which the plot draws as error bars."],
            f"paretobert latency evaluate MEASUREMENTS.csv --latency-model learned --device {shlex.quote(device)}",
        )
    return Answer(
        "error",
        question,
        "not known",
        ["This page has no measurement to hold the latency model against, so it draws no error bars of latency."],
        "paretobert latency evaluate MEASUREMENTS.csv",
    )


def _latency_domain(outside: Sequence[Sequence[int]] | None) -> Answer:
    question = "Are these architectures like those the latency model was fitted to?"
    if outside is None:
        return Answer("domain", question, "not known", ["The latency model does not say what it was fitted to."])
    within = sum(not beyond for beyond in outside)
    sentence = f"{within} of the {len(outside)} on the frontier are, in every size"
    if within == len(outside):
        return Answer("domain", question, "measured", [f"{sentence}."])
    others = "; the latency of the others is an extrapolation. The selected architecture says which sizes are beyond."
    return Answer("domain", question, "extrapolated", [sentence + others])


def _score_meaning(study: Mapping[str, Any]) -> Answer:
    question, configuration = "Is the score an accuracy?", study["configuration"]
    scored = [trial for trial in study["trials"] if trial["state"] == "complete"]
    trained = f"trained for {scored[0]['budget']:,} steps" if scored else "trained briefly"
    if configuration["evaluator"] != "proxy-distillation":
        return Answer(
            "meaning",
            question,
            "not known",
            [f"It is what {configuration['evaluator']} says of an architecture: a fraction, higher is better."],
        )
    if configuration["evaluator_options"].get("teacher") == "none":
        meaning = (
            f"No: it is the F1 of a narrow copy of the architecture {trained} without a teacher, which after so few "
            "steps ranks poorly. It is not the F1 of the full architecture."
        )
    else:
        meaning = (
            f"No: a narrow copy of the architecture, {trained}, is to reproduce a teacher's last hidden states, and "
            "the score is how well it does on held-out text (mean centred cosine; 1 is full agreement). It ranks "
            "architectures; the accuracy that one reaches after full training was not measured."
        )
    return Answer("meaning", question, "a proxy", [meaning, *_baseline(study, scored)])


def _baseline(study: Mapping[str, Any], scored: Sequence[Mapping[str, Any]]) -> list[str]:
    baseline = context_free_score(study)
    if baseline is None:
        return []
    above = sum(trial["metrics"]["score"] > baseline for trial in scored)
    return [
        f"Giving every token its mean state, without any context, would score {score(baseline)}; {above:,} of "
        f"{len(scored):,} scored trials are above that."
    ]


def _seed_noise(study: Mapping[str, Any], noise: ProxyNoise | None) -> Answer:
    question = "Would another seed give the same scores?"
    errors = [trial["metrics"].get("score_standard_error") for trial in study["trials"] if trial["state"] == "complete"]
    known = [error for error in errors if error is not None]
    held_out = (
        [f"Over the held-out examples a score has a standard error of {score(median(known))}; all trials share them."]
        if known
        else []
    )
    if noise is None:
        unknown = "How far scores move with the seed was not measured for this evaluator and its settings."
        return Answer("seeds", question, "partly known" if held_out else "not known", [unknown, *held_out])
    return Answer(
        "seeds",
        question,
        "measured",
        [
            f"Nearly: over {noise.architectures} random architectures the standard deviation between seeds is "
            f"{score(noise.seed_deviation)}, and two seeds rank with Kendall's τ {noise.tau_between_seeds:.2f}. "
            f"Differences under {score(2 * 2**0.5 * noise.seed_deviation)}, two deviations of a difference, are ties.",
            *held_out,
        ],
        noise.command,
    )


def _ranking(study: Mapping[str, Any], noise: ProxyNoise | None, found: Mapping[str, Any] | None) -> Answer:
    question = "Does the score rank as longer training does?"
    if found is not None:
        return Answer("ranking", question, "measured", _verified(found), verify_command(study))
    if noise is None:
        return Answer(
            "ranking", question, "not known", ["No trial of this study was trained for longer."], verify_command(study)
        )
    least, most = noise.tau_with_longer
    return Answer(
        "ranking",
        question,
        "partly known",
        [
            f"Of two random architectures it names the one that {noise.longer} put first in about {_pairs(least)} of "
            f"100 cases, where {_pairs(noise.tau_between_seeds)} could be had (Kendall's τ {least:.2f} to {most:.2f} "
            f"over {noise.architectures} architectures, and {noise.tau_between_seeds:.2f} between two seeds of the "
            "short run).",
            "Within the better half it was not measured, nor for the trials of this study.",
        ],
        verify_command(study),
    )


def _pairs(tau: float) -> int:
    """Of a hundred pairs without ties, how many two rankings with this Kendall's tau order alike."""
    return round(50 * (1 + tau))


def _verified(found: Mapping[str, Any]) -> list[str]:
    trained = sum(row["retrained_score"] is not None and row["kind"] == "search" for row in found["trials"])
    sentences = [
        f"{trained} trials of this study were trained for {found['budget']:,} steps, longer than for its scores."
    ]
    for name, of in (("all", "Over all of them"), ("top_half", "Within the better half")):
        correlation = found["correlations"][name]
        if correlation["tau"] is None:
            sentences.append(f"{of} there are too few pairs to say.")
            continue
        sentence = f"{of}, both scores order {_pairs(correlation['tau'])} of 100 pairs alike"
        sentence += f", Kendall's τ {correlation['tau']:.2f}"
        if correlation["low"] is not None:
            sentence += f" (nine in ten resamplings: {correlation['low']:.2f} to {correlation['high']:.2f})"
        if correlation["ceiling"] is not None:
            sentence += (
                f"; two seeds of the longer training agree to {correlation['ceiling']:.2f}, so no more can be had"
            )
        sentences.append(f"{sentence}.")
    if found["correlations"]["all"]["ceiling"] is None:
        sentences.append("With one seed of the longer training its own noise is not known.")
    return sentences
