from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from toy_study import Document, toy_document

from latency_models import EdgeTpuAnalytical, LearnedLatencyModel, OpGraphBatch
from paretobert.report.costs import latency_error, peak_rate, study_costs, study_model
from paretobert.report.sizes import dimensions_of
from search_space import PUBLISHED, Architecture, Dimensions


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return toy_document(tmp_path_factory.mktemp("study"), trials=6, references=[])


@pytest.fixture
def study(finished: Document) -> Document:
    return copy.deepcopy(finished)


def costs_of(study: Document) -> dict[str, Any]:
    return study_costs(study, dimensions_of([trial["architecture"] for trial in study["trials"]]))


def with_model(study: Document, model: EdgeTpuAnalytical | LearnedLatencyModel) -> Document:
    """The study as if it had been made with another latency model."""
    study["configuration"]["latency_model"] = model.name
    next(p for p in study["plugins"] if p["kind"] == "latency_model")["fingerprint"] = model.fingerprint()
    return study


def test_latency_stands_at_both_precisions(study: Document) -> None:
    found = costs_of(study)["latency_ms"]
    architectures = [Architecture.from_dict(trial["architecture"]) for trial in study["trials"]]
    for precision in ("int8", "float"):
        batch = OpGraphBatch.from_architectures(architectures, precision=precision)
        np.testing.assert_allclose(
            found[precision], EdgeTpuAnalytical("tensor-g1").predict(batch).latency_ms, rtol=1e-4
        )
    np.testing.assert_allclose(found["int8"], [t["metrics"]["latency_ms"] for t in study["trials"]], rtol=1e-4)


def test_the_parts_of_a_latency_sum_to_it(study: Document) -> None:
    parts = costs_of(study)["breakdown"]
    assert {"products with weights", "products within attention", "fixed cost of a run"} <= parts.keys()
    total = np.sum(list(parts.values()), axis=0)
    np.testing.assert_allclose(total, [trial["metrics"]["latency_ms"] for trial in study["trials"]], rtol=1e-3)


def test_a_published_model_is_within_the_data_and_a_wider_one_is_not(study: Document) -> None:
    xs = PUBLISHED["mobilebert-edgetpu-xs"].to_dict()
    outside = study_costs(study, dimensions_of([xs, {**xs, "hidden_size": 640}]))["outside"]
    assert outside["rows"][0] == []
    assert [outside["texts"][text] for text in outside["rows"][1]] == ["hidden size (fitted: 512)"]


def test_a_learned_model_gives_its_own_error_and_domain(study: Document) -> None:
    found = costs_of(with_model(study, LearnedLatencyModel("tensor-g1")))
    assert all(deviation > 0 for deviation in found["latency_std_ms"])
    assert found["breakdown"] is None
    assert len(found["outside"]["rows"]) == len(study["trials"])


@pytest.mark.parametrize("name", ["toy_plugins:Model", "measured-tflite", "phone.safetensors"])
def test_to_look_at_a_study_asks_no_plugin_and_runs_no_network(study: Document, name: str) -> None:
    study["configuration"]["latency_model"] = name
    assert study_model(study) is None
    found = costs_of(study)
    assert found["latency_ms"] == {}
    assert found["breakdown"] is found["outside"] is found["latency_std_ms"] is None
    assert len(found["multiply_adds_per_byte"]) == len(study["trials"])


def test_a_latency_model_that_has_changed_is_not_asked(study: Document) -> None:
    for plugin in study["plugins"]:
        plugin["fingerprint"] = "another"
    assert study_model(study) is None
    assert latency_error(study) is None


def test_a_device_whose_profile_is_gone_leaves_its_numbers_out(study: Document) -> None:
    study["configuration"]["device"] = "gone.toml"
    assert study_model(study) is None
    assert peak_rate(study) is None


def test_utilization_is_the_rate_over_the_peak(study: Document) -> None:
    peak = peak_rate(study)
    for trial in study["trials"]:
        metrics = trial["metrics"]
        rate = metrics["multiply_adds"] / metrics["latency_ms"]
        assert rate / peak == pytest.approx(metrics["utilization"])


def test_sizes_are_those_of_the_architectures(study: Document) -> None:
    documents = [trial["architecture"] for trial in study["trials"]]
    found, expected = dimensions_of(documents), Dimensions.of([Architecture.from_dict(each) for each in documents])
    for name in vars(expected):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
