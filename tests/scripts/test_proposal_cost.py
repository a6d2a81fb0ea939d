from __future__ import annotations

import numpy as np
import proposal_cost
import pytest
from proposal_cost import MadeUp, made_up, measure_proposals, measure_screening

from controllers import BUILT_IN, Objective
from paretobert.assembly import assemble
from paretobert.config import configure

TRIALS = 60


@pytest.fixture(scope="module")
def study() -> MadeUp:
    assembly = assemble(configure(preset="demo"))
    objectives = (Objective("score", True), Objective("latency_ms", False))
    return made_up(
        assembly.space, objectives, lambda X: assembly.metrics_of(assembly.space.dimensions(X)), trials=TRIALS
    )


def test_a_made_up_study_has_a_front_and_no_duplicate(study: MadeUp) -> None:
    history = study.after(50)
    assert len(history) == 50
    assert len({study.space.canonical_key(x) for x in history.vectors}) == 50
    assert np.corrcoef(history.column("score"), np.log(history.column("latency_ms")))[0, 1] > 0.5


def test_every_controller_has_a_row_at_every_size_and_its_targets(
    study: MadeUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal_cost, "BUILT_IN", {name: BUILT_IN[name] for name in ("random", "reinforce")})
    rows, targets = measure_proposals(study, (30, TRIALS))
    assert [(row["controller"], row["trials"]) for row in rows] == [
        ("random", 30),
        ("random", TRIALS),
        ("reinforce", 30),
        ("reinforce", TRIALS),
    ]
    cost, growth = targets
    assert (cost.name, cost.value) == ("random_ms_a_proposal_at_30", rows[0]["ms_a_proposal"])
    assert growth.value == pytest.approx(rows[1]["ms_a_proposal"] / rows[0]["ms_a_proposal"])


@pytest.mark.skipif("surrogate" not in BUILT_IN, reason="there is no controller named surrogate")
def test_screening_counts_the_candidates_that_the_inner_loop_sees(study: MadeUp) -> None:
    (row,), (target,) = measure_screening(study, TRIALS)
    assert row["candidates"] > 1_000
    assert target.value == row["candidates_a_second"] > 0
