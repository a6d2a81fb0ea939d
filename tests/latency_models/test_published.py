from __future__ import annotations

import csv

import pytest
from shared_latency import SHARED_LATENCY

from latency_models.published import BASELINE, SEQUENCE_LENGTH, TENSOR_G1, UTILIZATION_OVER_BASELINE
from search_space import PUBLISHED, multiply_adds

TABLE = SHARED_LATENCY / "tensor_g1_mobilebert.csv"


def test_published_utilization_is_multiply_adds_a_millisecond() -> None:
    rate = {
        row.model: multiply_adds(PUBLISHED[row.model], SEQUENCE_LENGTH) / row.latency_ms
        for row in TENSOR_G1
        if row.precision == "int8"
    }
    for model, published in UTILIZATION_OVER_BASELINE.items():
        assert rate[model] / rate[BASELINE] == pytest.approx(published, abs=0.01)


@pytest.mark.skipif(not TABLE.exists(), reason=f"{TABLE} is absent: the published table is not at hand")
def test_the_published_rows_are_those_of_the_shared_table() -> None:
    with TABLE.open(newline="") as file:
        table = [(row["model"], row["precision"], float(row["latency_ms"])) for row in csv.DictReader(file)]
    assert [(row.model, row.precision, row.latency_ms) for row in TENSOR_G1] == table
