"""What every built-in controller promises, whatever the state of the trials it is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_studies import OBJECTIVES, SPACE, TINY_SPACE, Grid, Study, free_metrics, keys, score

from controllers import BUILT_IN, Constraint, Controller, Objective, Sweep
from search_space import MobileBertSpace

MIXED = ("complete", "running", "complete", "failed", "complete", "pruned", "complete")
every_controller = pytest.mark.parametrize("kind", BUILT_IN.values(), ids=BUILT_IN)


SMALL_SPACE = MobileBertSpace(
    hidden_size=(256, 512),
    num_attention_heads=(4,),
    bottleneck_size=(128, 256),
    intermediate_size=(512, 1024),
    num_feedforward=(1, 2),
    max_blocks_per_slot=1,
    num_stages=(1, 2),
)
"""144 architectures, for a controller that tries all there are."""
SEEDLESS = (Sweep,)
"""Controllers whose proposals are the same whatever the seed."""


def study_in(space: MobileBertSpace, **options: Any) -> Study:
    return Study(
        space,
        free_metrics=lambda X: free_metrics(X, space),
        score=lambda X: score(X, space),
        **options,
    )


def study_for(kind: type[Controller], **options: Any) -> Study:
    return study_in(SMALL_SPACE if kind is Sweep else SPACE, **options)


def proposals(kind: type[Controller], trials: int, seed: int) -> list[list[int]]:
    study = study_for(kind, seed=seed)
    study.run(study.controller(kind), trials, MIXED)
    return [x.tolist() for x in study.vectors]


@every_controller
def test_proposals_are_valid_and_no_trial_s_architecture_again(kind: type[Controller]) -> None:
    study = study_for(kind, constraints=[Constraint.parse("latency_ms <= 12")])
    study.run(study.controller(kind), 60, MIXED)
    assert study.space.is_valid(np.array(study.vectors)).all()
    assert len(set(keys(study.space, study.vectors))) == 60


@every_controller
def test_a_proposal_is_an_int64_vector(kind: type[Controller]) -> None:
    study = study_for(kind)
    x = study.controller(kind).propose(study.history(), study.rng())
    assert x is not None
    assert x.dtype == np.int64
    assert x.shape == study.space.cardinalities.shape


@every_controller
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_the_same_history_and_seed_give_the_same_proposals(kind: type[Controller], seed: int) -> None:
    first = proposals(kind, 16, seed)
    assert proposals(kind, 16, seed) == first
    assert (proposals(kind, 16, seed + 1) == first) == (kind in SEEDLESS)


@every_controller
def test_a_fresh_controller_proposes_what_a_used_one_does(kind: type[Controller]) -> None:
    study = study_for(kind, seed=3)
    used = study.controller(kind)
    for number in range(45):
        x = used.propose(study.history(), study.rng())
        again = study.controller(kind).propose(study.history(), study.rng())
        assert x is not None
        assert x.tolist() == np.asarray(again).tolist(), f"trial {number}"
        study.tell(x, MIXED[number % len(MIXED)])


@every_controller
def test_a_controller_keeps_nothing_of_another_study(kind: type[Controller]) -> None:
    long, other = study_for(kind, seed=1), study_for(kind, seed=2)
    used = long.controller(kind)
    long.run(used, 30)
    other.run(other.controller(kind), 20, MIXED)
    expected = other.controller(kind).propose(other.history(), other.rng())
    assert np.array_equal(used.propose(other.history(), other.rng()), expected)


@every_controller
def test_a_trial_that_ends_late_is_learned_of_as_if_it_had_been_known(kind: type[Controller]) -> None:
    study = study_for(kind, seed=4)
    used = study.controller(kind)
    study.run(used, 30, ("running", "complete"))
    for number in (0, 6, 2):
        x = study.vectors[number][None]
        study.states[number] = "complete"
        study.values["score"][number] = float(study.score(x)[0])
        study.values["latency_ms"][number] = float(study.free_metrics(x)["latency_ms"][0])
        study.completion[number] = max(study.completion) + 1
    expected = study.controller(kind).propose(study.history(), study.rng())
    assert np.array_equal(used.propose(study.history(), study.rng()), expected)


@every_controller
@pytest.mark.parametrize("states", [("complete",), ("running",), ("failed", "complete")], ids=str)
def test_a_tiny_space_is_proposed_completely_and_then_none(kind: type[Controller], states: tuple[str, ...]) -> None:
    study = study_in(TINY_SPACE)
    more_than_all = TINY_SPACE.num_architectures + 1
    assert not study.run(study.controller(kind), more_than_all, states)
    assert len(study.vectors) == len(set(keys(TINY_SPACE, study.vectors))) == TINY_SPACE.num_architectures


@every_controller
def test_categorical_spaces_are_searched_too(kind: type[Controller]) -> None:
    grid = Grid(np.array([3, 1, 4]), np.zeros(3, bool))
    study = Study(
        grid,
        free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 0]},
        score=lambda X: X.sum(axis=1) / 10,
    )
    assert not study.run(study.controller(kind), 13)
    assert len(set(keys(grid, study.vectors))) == 12


@every_controller
def test_a_constraint_on_a_free_metric_is_met_where_it_can_be(kind: type[Controller]) -> None:
    space = study_for(kind).space
    drawn = free_metrics(space.sample(np.random.default_rng(0), 1000), space)["latency_ms"]
    half = np.median(drawn)  # a constraint that draws alone would break
    study = study_for(kind, constraints=[Constraint.parse(f"latency_ms <= {half}")])
    study.run(study.controller(kind), 40)
    assert study.states.count("infeasible") <= 1


@every_controller
def test_a_constraint_that_nothing_meets_ends_in_no_error(kind: type[Controller]) -> None:
    study = study_for(kind, constraints=[Constraint.parse("latency_ms <= 0.001")])
    assert study.run(study.controller(kind), 25)
    assert set(study.states) == {"infeasible"}


@every_controller
def test_a_single_objective_and_three_are_searched(kind: type[Controller]) -> None:
    for objectives in (OBJECTIVES[:1], OBJECTIVES[1:], (*OBJECTIVES, Objective("loss", False))):
        study = study_for(kind)
        study.values["loss"] = []
        controller = kind(study.space, objectives, [], study.free_metrics)  # type: ignore[call-arg]
        for _ in range(25):
            x = controller.propose(study.history(), study.rng())
            assert x is not None
            study.tell(x)
            study.values["loss"].append(float(-(study.values["score"][-1] ** 2)))
        assert len(set(keys(study.space, study.vectors))) == 25
