"""The built-in plug-ins keep their contracts, and a plug-in that breaks one is told which rule it breaks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from broken_plugins import Diverging, Rate, Reporting, a_network_a_ms

from controllers import BUILT_IN as CONTROLLERS
from latency_models import BUILT_IN as LATENCY_MODELS
from latency_models import MeasuredTflite
from paretobert.testing import check_controller, check_evaluator, check_latency_model

PREDICTING = [name for name in LATENCY_MODELS if name != MeasuredTflite.name]  # what runs networks is not fast enough


@pytest.mark.parametrize("name", [*PREDICTING, "broken_plugins:Rate"])
def test_a_latency_model_without_fault_passes(name: str) -> None:
    check_latency_model(name)


SMALL = {"hidden_size": [256, 512], "num_attention_heads": [4], "bottleneck_size": [128, 256], "num_stages": [1]}
"""A space of 864 architectures."""


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_built_in_controller_passes(name: str) -> None:
    check_controller(name, space=SMALL if name == "sweep" else None)


def test_a_controller_for_narrow_spaces_is_checked_in_one() -> None:
    check_controller("random", space=SMALL)
    with pytest.raises(
        ValueError, match="space holds 144 architectures, too few for these checks: widen it to at least"
    ):
        check_controller(
            "random", space={"num_stages": [1], "num_attention_heads": [4], "bottleneck_size": [128], "num_blocks": [1]}
        )


@pytest.mark.slow
def test_a_generator_of_pyglove_passes_as_a_controller() -> None:
    check_controller("pyglove:regularized_evolution", population_size=6, tournament_size=3)


def test_evaluators_without_fault_pass(tmp_path: Path) -> None:
    check_evaluator(Reporting, tmp_path / "reporting")
    check_evaluator(Diverging, tmp_path / "diverging", diverging={"learning_rate": 1e30})


@pytest.mark.slow
def test_the_built_in_evaluator_passes(tmp_path: Path) -> None:
    check_evaluator(
        "proxy-distillation",
        tmp_path,
        diverging={"learning_rate": 1e30},
        steps=8,
        batch_size=4,
        held_out_examples=8,
        width_divisor=4,
    )


def test_a_plug_in_is_given_by_its_class_too() -> None:
    check_latency_model(Rate, device="my-board", precisions=["int8"], sequence_length=128)


def test_a_function_of_a_batch_is_a_latency_model() -> None:
    check_latency_model("broken_plugins:a_network_a_ms", device="my-board")
    check_latency_model(a_network_a_ms, device="my-phone", precisions=["int8"])


LATENCY_RULES = [
    ("Nan", "in its units and bounds", "returned latency_ms nan for network 0 of 9: it must be finite and above 0"),
    ("Negative", "in its units and bounds", "it must be finite and above 0"),
    ("Short", "an array [n] of each cost", "returned latency_ms of shape (8,) for 9 networks"),
    ("Listed", "an array [n] of each cost", "returned latency_ms as a list, not an array of numbers"),
    ("Seconds", "in its units and bounds", "is faster than any device; is it in milliseconds?"),
    ("Megabytes", "in its units and bounds", "of the weights' bytes; is it in bytes?"),
    ("PerCent", "in its units and bounds", "returned utilization 50.0 for network 0 of 9: it must be between 0 and 1"),
    ("ManyPeaks", "utilization is multiply-adds / (latency x one peak)", "differ by "),
    ("Guessed", "in its units and bounds", "returned source 'guessed': it must be one of modelled, learned, measured"),
    ("NegativeSpread", "in its units and bounds", "it must be at least 0, or NaN where it is unknown"),
    ("Noisy", "the same batch is predicted the same again", "latency_ms of network 0 is "),
    ("BatchMean", "a batch is predicted as its networks one by one", "in the batch and "),
    ("Writes", "a batch is left as it was", "activation_bytes was changed"),
    ("ForgetsItself", "its fingerprint is a text that two of its kind share", "'rate "),
    ("NoFingerprint", "its fingerprint is a text that two of its kind share", "has the fingerprint ''"),
    ("Hashed", "made anew in another process it predicts the same", "fingerprint "),
    ("in_seconds", "in its units and bounds", "is faster than any device; is it in milliseconds?"),
    ("one_for_all", "an array [n] of each cost", "returned latency_ms of shape () for 9 networks"),
    ("Slow", "a batch of 1000 networks takes at most 1 s", "it took 1."),
    ("Raises", "an array [n] of each cost", "RuntimeError: no licence for this board"),
    ("Exits", "an array [n] of each cost", "SystemExit: 3"),
    ("Unmakable", "it is made with the name of a device", "KeyError: 'tensor-g1'"),
    ("makes_none", "it is made with the name of a device", "its factory made NoneType, which has no predict()"),
    ("returns_none", "an array [n] of each cost", "returned None, not a CostEstimate"),
]


@pytest.mark.parametrize(("name", "rule", "found"), LATENCY_RULES, ids=[name for name, *_ in LATENCY_RULES])
def test_a_broken_latency_model_is_told_its_rule(name: str, rule: str, found: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check_latency_model(f"broken_plugins:{name}")
    assert_tells(raised.value, f"latency model 'broken_plugins:{name}'", rule, found)


CONTROLLER_RULES = [
    ("Repeats", "no proposal has the architecture of another trial", "trial 1 would be one that is there: ["),
    ("Floats", "a proposal is a valid vector of integers", "proposed an array of float64, not an array of integers"),
    ("ShortVector", "a proposal is a valid vector of integers", "proposed a vector of shape (3,), not (21,)"),
    ("Invalid", "a proposal is a valid vector of integers", "proposed an invalid vector: [-"),
    ("GlobalRandom", "the same history and generator give the same proposal", ", for trial 0"),
    ("Remembers", "a resumed study goes on as one that was never stopped", "a controller made anew proposes ["),
    ("GivesUp", "every architecture of a small space is proposed once, then None", "46 of "),
    ("Overwrites", "a history is left as it was", "vectors were changed at trial 1"),
    ("OnlyScores", "a proposal is a valid vector of integers", "KeyError: 'score'"),
    ("OneWorker", "workers that ask at once get different architectures", "is a trial already, while ["),
    ("Careless", "a constraint on a free metric is met where it can be", "of 40 trials violate latency_ms <= "),
    ("HashedController", "made anew in another process it proposes the same", " here and ["),
]


@pytest.mark.parametrize(("name", "rule", "found"), CONTROLLER_RULES, ids=[name for name, *_ in CONTROLLER_RULES])
def test_a_broken_controller_is_told_its_rule(name: str, rule: str, found: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check_controller(f"broken_plugins:{name}")
    assert_tells(raised.value, f"controller 'broken_plugins:{name}'", rule, found)


EVALUATOR_RULES = [
    ("BackwardReports", "reports are numbers at rising steps within the budget", "steps [4, 2]"),
    ("LateReports", "reports are numbers at rising steps within the budget", "9]"),
    ("SwallowsPruned", "Pruned, raised by its report, goes through", "the evaluation went on"),
    ("TrustsCheckpoint", "an evaluation that was stopped and begun again scores as one that was left alone", "score "),
    ("PerCentScore", "a score in [0, 1]", "returned a score of 88.1: it must be between 0 and 1"),
    ("NegativeScore", "a score in [0, 1]", "returned a score of -0.1: it must be between 0 and 1"),
    ("TextScore", "a score in [0, 1]", "returned a score that is a str, not a number"),
    ("NanScore", "a score in [0, 1]", "the score is nan"),
    ("NoEvaluation", "a score in [0, 1]", "returned a float, not an Evaluation"),
    ("Overspends", "within its budget of steps", "took 9 steps of a budget of 8"),
    ("OddMetrics", "a score in [0, 1]", "returned the metric 'loss' as a str, not a number"),
    ("Drifts", "one architecture, seed and budget give one score, whatever was evaluated before", "score "),
    ("RemembersLonger", "a longer budget is a run of its own and changes nothing for a shorter", "score 0.9"),
    ("Dice", "a score depends on no random state but its seed", "score 0.5, then 0.4170"),
    ("RemembersPruned", "an evaluation that was pruned leaves nothing behind", "score "),
    ("LeavesFiles", "evaluations write nothing into the workspace but their checkpoint", "they wrote weights.npy"),
    ("PreparesAgain", "it prepares a workspace once, and again with nothing to do", "wrote tokens.txt"),
]


@pytest.mark.parametrize(("name", "rule", "found"), EVALUATOR_RULES, ids=[name for name, *_ in EVALUATOR_RULES])
def test_a_broken_evaluator_is_told_its_rule(name: str, rule: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as raised:
        check_evaluator(f"broken_plugins:{name}", tmp_path)
    assert_tells(raised.value, f"evaluator 'broken_plugins:{name}'", rule, found)


def test_an_evaluator_that_hides_its_divergence_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"raises Diverged': it gave the score 0\.0"):
        check_evaluator("broken_plugins:NeverDiverges", tmp_path, diverging={"steps": 3})


def test_an_evaluator_that_diverges_for_one_candidate_and_not_for_the_next_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"raises Diverged': it gave the score 0\.\d"):
        check_evaluator("broken_plugins:DivergesOnce", tmp_path, diverging={"learning_rate": 1e30})


@pytest.mark.parametrize("metric", ["parameters", "head_confidence"])
def test_scores_without_training_pass(metric: str, tmp_path: Path) -> None:
    check_evaluator("zero-cost", tmp_path, metric=metric, examples=2)


def assert_tells(error: AssertionError, plugin: str, rule: str, found: str) -> None:
    told = str(error)
    assert re.match(rf"{re.escape(plugin)} breaks the rule '.*{re.escape(rule)}.*': ", told), told
    assert found in told
    assert "\n" not in told
