from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from paretobert.frames import trials_frame
from paretobert.trial import Trial
from search_space import Architecture, Stage

TRIAL = Trial(
    identifier=1,
    kind="search",
    number=3,
    name=None,
    state="complete",
    vector=(),
    architecture=Architecture(512, (Stage(2, 4, 128, 512, 4), Stage(3, 4, 128, 512, 4), Stage(1, 1, 64, 256, 1))),
    metrics={"score": 0.5, "seconds": 1.5, "latency_ms": 7.0},
    violation=0.0,
    seen_completions=0,
    completion=0,
    seed=0,
    budget=120,
    seconds=2.5,
    reason="",
)


def test_a_row_has_the_metrics_and_the_sizes_of_the_canonical_architecture() -> None:
    row = trials_frame([TRIAL]).loc[3]
    assert row["score"] == 0.5
    assert row["latency_ms"] == 7.0
    assert row["hidden_size"] == 512
    assert row["num_blocks"] == 6
    assert row["stage1.num_blocks"] == 5  # two equal neighbours are one stage
    assert row["stage2.bottleneck_size"] == 64
    assert pd.isna(row["stage3.num_blocks"])


def test_a_metric_with_the_name_of_a_column_is_told_from_it() -> None:
    row = trials_frame([TRIAL]).loc[3]
    assert row["seconds"] == 2.5
    assert row["metrics.seconds"] == 1.5


def test_trials_without_a_score_have_their_free_metrics() -> None:
    infeasible = replace(
        TRIAL, number=0, state="infeasible", metrics={"latency_ms": 30.0}, seed=None, budget=None, seconds=None
    )
    frame = trials_frame([infeasible, TRIAL])
    assert frame.index.tolist() == [0, 3]
    assert frame.columns[:2].tolist() == ["state", "score"]
    assert math.isnan(frame.score[0])
    assert pd.isna(frame.budget[0])
    assert frame.budget[3] == 120
    assert frame.latency_ms.tolist() == [30.0, 7.0]


def test_no_trials_give_an_empty_frame_with_the_columns_of_every_study() -> None:
    frame = trials_frame([])
    assert frame.empty
    assert {"state", "hidden_size", "stage4.num_feedforward", "reason"} <= set(frame.columns)
