from __future__ import annotations

import numpy as np
import pytest
from synthetic_studies import TINY_SPACE, Study, free_metrics, keys, score

from controllers import Constraint, RandomSearch, Sweep


def tiny_study(seed: int = 0, constraints: tuple[Constraint, ...] = ()) -> Study:
    return Study(
        TINY_SPACE,
        constraints,
        free_metrics=lambda X: free_metrics(X, TINY_SPACE),
        score=lambda X: score(X, TINY_SPACE),
        seed=seed,
    )


def test_the_order_is_the_same_in_every_study() -> None:
    studies = [tiny_study(seed) for seed in (0, 1)]
    for study in studies:
        study.run(study.controller(Sweep), 60)
    assert keys(TINY_SPACE, studies[0].vectors) == keys(TINY_SPACE, studies[1].vectors)


def test_what_was_tried_before_it_is_left_out_and_the_order_kept() -> None:
    alone, after = tiny_study(), tiny_study()
    alone.run(alone.controller(Sweep), 60)
    after.run(after.controller(RandomSearch), 20, ("complete", "running"))
    before = set(keys(TINY_SPACE, after.vectors))
    assert not after.run(after.controller(Sweep), 41)
    expected = [key for key in keys(TINY_SPACE, alone.vectors) if key not in before]
    assert keys(TINY_SPACE, after.vectors[20:]) == expected


def test_half_a_sweep_has_seen_small_and_large_networks() -> None:
    study = tiny_study()
    study.run(study.controller(Sweep), 60)
    latency = np.array(study.values["latency_ms"])
    ranks = np.argsort(np.argsort(latency))[:30] / 60
    assert abs(ranks.mean() - 0.5) < 0.1


def test_what_violates_a_constraint_comes_last_the_least_violation_first() -> None:
    study = tiny_study(constraints=(Constraint.parse("latency_ms <= 0.8"),))
    study.run(study.controller(Sweep), 60)
    assert 10 < study.states.count("infeasible") < 50
    assert (np.diff(study.violations) >= 0).all()


def test_a_space_too_large_to_sweep_is_refused_with_its_size() -> None:
    with pytest.raises(ValueError, match=r"more than 20,000 architectures .* 5\.35e\+15 vectors.*fewer options"):
        Study().controller(Sweep)
