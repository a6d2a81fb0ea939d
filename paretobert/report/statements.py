"""What a study's numbers are worth, in sentences: which are predicted, from what, and how far off they may be."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from latency_models import DeviceProfile, EdgeTpuAnalytical, validate
from paretobert.report.plot import context_free_score
from paretobert.report.quantities import percent, score

_ANALYTICAL = "edgetpu-analytical"
_VALIDATED_DEVICE = "tensor-g1"


def latency_statements(document: Mapping[str, Any]) -> list[str]:
    """Where the latencies come from and how well that source is known to predict."""
    configuration = document["configuration"]
    name, device = configuration["latency_model"], configuration["device"]
    where = f"{device}, {configuration['precision']}, batch of 1, {configuration['sequence_length']} tokens"
    if name != _ANALYTICAL:
        return _of_another(name, where, document)
    statements = [f"Latency is modelled, not measured: {name} predicts it by a formula for {where}."]
    if device != _VALIDATED_DEVICE:
        return [*statements, "Where its constants are from, and their errors, is told in the profile of that device."]
    if _fingerprint(document, "latency_model") != EdgeTpuAnalytical(device).fingerprint():
        return [*statements, "The constants it used are not those installed here, so their error is not stated."]
    profile, validation = DeviceProfile.load(device), validate()
    architectures = len({row.model for row in validation.rows})
    return [
        *statements,
        f"The device is the {profile.description}. The formula's {len(profile.constants[name])} constants were fitted "
        f"to {len(validation.rows)} published latencies of {architectures} MobileBERT models, int8 and float.",
        "Predicting each of those models from the others alone, it is off by "
        f"{percent(validation.held_out_mean_error)} on average and by {percent(validation.held_out_largest_error)} at "
        "most. They all have hidden size 512 and 4 heads: architectures less like them may be further off.",
        "Utilization is the share of the latency that the multiply-adds would take at the formula's fitted rate. The "
        "device's true peak is not published and is higher, so true utilization is lower; compare it between "
        "architectures only.",
    ]


def _of_another(name: str, where: str, document: Mapping[str, Any]) -> list[str]:
    """Of a latency model that is not the analytical one."""
    if document["latency_source"] == "measured":
        return [
            f"Latency is measured: {name} ran every architecture, with random weights, for {where}.",
            "It is the time of the network alone, on an otherwise idle machine; trained weights take as long.",
        ]
    if name == "learned" and document["latency_source"] == "modelled":
        return [
            f"Latency is modelled, not measured: {name} was trained, for {where}, on estimates of the analytical model "
            "and anchored to the published latencies of MobileBERT models."
        ]
    is_learned = document["latency_source"] == "learned"
    of_what = "learned from measurements of other networks and predicted" if is_learned else "predicted"
    return [
        f"Latency is {of_what} by {name} for {where}; it was not measured for this report.",
        "How far off this latency model may be is for its author to say: the report has no measurement to hold it "
        "against.",
    ]


def score_statements(document: Mapping[str, Any]) -> list[str]:
    """What the score is, and what it is not."""
    configuration = document["configuration"]
    scored = [trial for trial in document["trials"] if trial["state"] == "complete"]
    if configuration["evaluator"] != "proxy-distillation":
        statements = [
            f"The score is what {configuration['evaluator']} says of an architecture: a fraction, higher is better."
        ]
    elif configuration["evaluator_options"].get("teacher") == "none":
        statements = [
            f"The score is the F1, as a fraction, of a narrow copy of the architecture{_training(scored)} without a "
            "teacher. After so few steps it ranks architectures poorly, and it is not the F1 of the full architecture."
        ]
    else:
        statements = [
            "The score is the agreement of a short proxy with its teacher, not a task accuracy: a narrow copy of the "
            f"architecture{_training(scored)} to reproduce the teacher's last hidden states, and the score is their "
            "mean centred cosine on held-out text. 1 is full agreement; 0 is no more than the mean state.",
            "It serves to rank architectures. The accuracy that one reaches after full training was not measured.",
        ]
    return [*statements, *_noise(scored), *_baseline(document, scored)]


def _training(scored: list[Mapping[str, Any]]) -> str:
    return f" is trained for {scored[0]['budget']:,} steps" if scored else " is trained briefly"


def _noise(scored: list[Mapping[str, Any]]) -> list[str]:
    errors = [trial["metrics"].get("score_standard_error") for trial in scored]
    known = [error for error in errors if error is not None]
    if not known:
        return []
    return [
        f"Over the held-out examples a score has a standard error of {score(median(known))} (median of the trials). "
        "All trials share those examples, so differences between trials are known better than that; another seed "
        "would shift them too."
    ]


def _baseline(document: Mapping[str, Any], scored: list[Mapping[str, Any]]) -> list[str]:
    baseline = context_free_score(document)
    if baseline is None:
        return []
    above = sum(trial["metrics"]["score"] > baseline for trial in scored)
    beaten = f"; {above:,} of {len(scored):,} scored trials are above it" if scored else ""
    return [f"A baseline without context, which gives every token its mean state, scores {score(baseline)}{beaten}."]


def _fingerprint(document: Mapping[str, Any], kind: str) -> str | None:
    return next((plugin["fingerprint"] for plugin in document["plugins"] if plugin["kind"] == kind), None)
