from __future__ import annotations

import copy
from typing import Any

import pytest
from toy_study import Document, toy_document

from latency_models import EdgeTpuAnalytical, validate
from paretobert.assembly import assemble
from paretobert.config import configure
from paretobert.report.proxy_noise import proxy_noise
from paretobert.report.trust import Answer, answers, score_in_short, seed_deviation, verification


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return toy_document(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(finished: Document) -> Document:
    return copy.deepcopy(finished)


def answer(study: Document, question: str, outside: list[list[int]] | None = None) -> Answer:
    (found,) = [each for each in answers(study, outside) if question in each.question]
    return found


def words(found: Answer) -> str:
    return " ".join(found.sentences)


def demo_proxy(study: Document) -> Document:
    """The study as if the demo preset's proxy had scored it."""
    evaluator = next(plugin for plugin in assemble(configure(preset="demo")).plugins if plugin["kind"] == "evaluator")
    study["plugins"] = [evaluator if plugin["kind"] == "evaluator" else plugin for plugin in study["plugins"]]
    study["configuration"] |= {"evaluator": "proxy-distillation", "evaluator_options": {"teacher": "builtin"}}
    return study


def verified(**correlation: float | None) -> dict[str, Any]:
    every = {"tau": 0.5, "low": 0.2, "high": 0.8, "pairs": 28, "ceiling": 0.9}
    half = {"tau": None, "low": None, "high": None, "pairs": 1, "ceiling": None}
    trials = [{"kind": "search", "number": n, "score": n / 10, "retrained_score": n / 9} for n in range(8)]
    return {
        "budget": 2000,
        "trials": [*trials, {"kind": "reference", "number": 0, "score": 0.1, "retrained_score": None}],
        "correlations": {"all": {**every, **correlation}, "top_half": half},
    }


def test_the_latency_models_error_is_the_one_it_validates_with(study: Document) -> None:
    found, validation = answer(study, "How far off"), validate()
    assert found.status == "measured"
    assert f"{100 * validation.held_out_mean_error:.1f}\xa0% on average" in words(found)
    assert f"{100 * validation.held_out_largest_error:.1f}\xa0% at most" in words(found)


@pytest.mark.parametrize("change", ["fingerprint", "model"])
def test_no_error_is_stated_for_a_latency_model_other_than_the_installed_one(study: Document, change: str) -> None:
    if change == "model":
        study["configuration"]["latency_model"] = "their_plugin:Model"
    for plugin in study["plugins"]:
        plugin["fingerprint"] = "another"
    found = answer(study, "How far off")
    assert found.status == "not known"
    assert "on average" not in words(found)
    assert found.command is not None


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("their_plugin:Model", "modelled", "No, it is predicted: their_plugin:Model predicts it"),
        ("phone.safetensors", "learned", "No, it is predicted: phone.safetensors learned it from measurements"),
        ("learned", "modelled", "No, it is predicted: learned was trained on estimates of the analytical model"),
        ("measured-tflite", "measured", "Yes: measured-tflite ran every architecture"),
    ],
)
def test_what_is_predicted_is_never_called_measured(study: Document, name: str, source: str, said: str) -> None:
    study["configuration"]["latency_model"], study["latency_source"] = name, source
    found = answer(study, "Is latency measured")
    assert words(found).startswith(said)
    assert (found.status == "measured") == (source == "measured")


@pytest.mark.parametrize(
    ("outside", "status", "said"),
    [
        (None, "not known", "does not say what it was fitted to"),
        ([[], []], "measured", "2 of the 2 on the frontier are, in every size."),
        ([[], [1]], "extrapolated", "1 of the 2 on the frontier are, in every size; the latency of the others is an"),
    ],
)
def test_extrapolation_is_called_so(study: Document, outside: list[list[int]] | None, status: str, said: str) -> None:
    found = answer(study, "fitted to", outside)
    assert found.status == status
    assert said in words(found)


def test_what_was_not_measured_is_not_known_and_the_command_that_would_tell_is_named(study: Document) -> None:
    for question in ("longer training", "full training", "another seed"):
        assert answer(study, question).status == "not known"
    assert answer(study, "longer training").command == "paretobert verify toy --trials 8"
    assert seed_deviation(study) is None


def test_the_demo_proxys_figures_are_those_of_its_benchmark(study: Document) -> None:
    noise = proxy_noise(demo_proxy(study))
    assert noise is not None
    assert seed_deviation(study) == noise.seed_deviation
    assert f"{noise.seed_deviation:.4f}" in words(answer(study, "another seed"))
    ranking = answer(study, "longer training")
    assert ranking.status == "partly known"
    assert "in about 82 of 100 cases, where 97 could be had (Kendall's τ 0.65 to 0.67" in words(ranking)


def test_a_verification_says_how_its_trials_rank(study: Document) -> None:
    study["verifications"] = [verified()]
    found = answer(study, "longer training")
    assert found.status == "measured"
    assert "8 trials of this study were trained for 2,000 steps" in words(found)
    assert "Over all of them, both scores order 75 of 100 pairs alike, Kendall's τ 0.50 (nine in ten" in words(found)
    assert "agree to 0.90, so no more can be had" in words(found)
    assert "Within the better half there are too few pairs to say." in words(found)


def test_one_seed_leaves_the_ceiling_unknown(study: Document) -> None:
    study["verifications"] = [verified(ceiling=None)]
    assert "its own noise is not known" in words(answer(study, "longer training"))


def test_the_longest_verification_that_ranked_anything_counts(study: Document) -> None:
    unranked = {**verified(), "budget": 9000, "correlations": None}
    study["verifications"] = [{**verified(), "budget": 500}, verified(), unranked]
    found = verification(study)
    assert found is not None
    assert found["budget"] == 2000


def test_the_score_is_called_what_it_is(study: Document) -> None:
    for number, trial in enumerate(study["trials"]):
        if trial["state"] == "complete":
            trial["metrics"] |= {"context_free_score": 0.25, "score_standard_error": 0.0125 + number * 1e-9}
    demo_proxy(study)
    assert "ranks architectures and is no accuracy" in score_in_short(study)
    found = answer(study, "an accuracy")
    assert found.status == "a proxy"
    assert "trained for 7 steps" in words(found)
    assert "would score 0.2500" in words(found)
    assert "standard error of 0.0125" in words(answer(study, "another seed"))
    study["configuration"]["evaluator_options"] = {"teacher": "none"}
    assert "without a teacher" in words(answer(study, "an accuracy"))
    assert "is the F1" in score_in_short(study)


def test_another_devices_error_is_what_its_profile_says(study: Document) -> None:
    study["configuration"]["device"] = "coral-usb"
    model = EdgeTpuAnalytical("coral-usb")
    for plugin in study["plugins"]:
        plugin["fingerprint"] = model.fingerprint()
    found = answer(study, "How far off")
    assert found.status == "partly known"
    assert model.profile.tables[model.name].sources["fixed_ms"] in words(found)
    assert found.command == "paretobert latency devices coral-usb --sources"
