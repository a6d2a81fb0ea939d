from __future__ import annotations

import pytest

from latency_models import EdgeTpuAnalytical, OpGraphBatch, validate
from search_space import PUBLISHED


def test_held_out_models_are_predicted_within_five_per_cent_on_average_and_ten_at_most() -> None:
    validation = validate()
    errors = [abs(row.held_out_ms - row.published_ms) / row.published_ms for row in validation.rows]
    assert len(errors) == 7
    assert validation.held_out_mean_error == pytest.approx(sum(errors) / 7)
    assert validation.held_out_largest_error == pytest.approx(max(errors))
    assert validation.held_out_mean_error <= 0.05
    assert validation.held_out_largest_error <= 0.10


def test_predictions_are_those_of_the_model_itself() -> None:
    model = EdgeTpuAnalytical("tensor-g1")
    for row in validate().rows:
        batch = OpGraphBatch.from_architectures([PUBLISHED[row.model]], precision=row.precision)
        assert model.predict(batch).latency_ms[0] == pytest.approx(row.predicted_ms)


def test_utilization_over_mobilebert_is_within_ten_per_cent_of_the_published() -> None:
    published = {"mobilebert-edgetpu-xs": 1.77, "mobilebert-edgetpu-s": 1.89, "mobilebert-edgetpu-m": 2.16}
    compared = validate().utilization_over_baseline
    assert {name: value.published for name, value in compared.items()} == published
    for name, value in compared.items():
        assert value.predicted == pytest.approx(published[name], rel=0.10)
