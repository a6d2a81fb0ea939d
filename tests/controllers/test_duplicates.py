from __future__ import annotations

import numpy as np
from synthetic_studies import SPACE, Grid, Study

from controllers import RandomSearch
from controllers.contract import History
from controllers.duplicates import Unseen


def test_the_first_new_vector_is_taken() -> None:
    study = Study()
    study.run(study.controller(RandomSearch), 5, ("running", "failed"))
    new = SPACE.sample(np.random.default_rng(99), 2)
    batch = np.vstack([study.vectors[3], study.vectors[0], new])
    found = Unseen(SPACE).first(study.history(), lambda: batch, np.random.default_rng(0))
    assert np.array_equal(found, new[0])


def test_the_same_architecture_in_another_vector_is_a_duplicate() -> None:
    one_stage, two_equal_stages = (np.zeros(len(SPACE.cardinalities), np.int64) for _ in range(2))
    one_stage[1] = 2
    two_equal_stages[[1, 6]] = 1
    study = Study()
    study.tell(one_stage)
    found = Unseen(SPACE).first(study.history(), lambda: two_equal_stages[None], np.random.default_rng(0))
    assert found is not None
    assert SPACE.canonical_key(found) != SPACE.canonical_key(one_stage)


def test_the_last_vector_of_a_space_that_draws_rarely_reach_is_found() -> None:
    class RarelyDrawn(Grid):
        def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
            return np.zeros((size, 2), np.int64)

    grid = RarelyDrawn(np.array([2, 3]), np.zeros(2, bool))
    seen = np.array([[0, 0], [0, 1], [0, 2], [1, 0], [1, 2]])
    history = History(seen, np.full(5, "failed"), {}, np.zeros(5), np.arange(5))
    unseen, rng = Unseen(grid), np.random.default_rng(0)
    assert np.array_equal(unseen.first(history, lambda: seen, rng), [1, 1])
    everything = np.vstack([seen, [[1, 1]]])
    history = History(everything, np.full(6, "failed"), {}, np.zeros(6), np.arange(6))
    assert unseen.first(history, lambda: seen, rng) is None
    history = History(seen[:2], np.full(2, "failed"), {}, np.zeros(2), np.arange(2))
    assert np.array_equal(unseen.first(history, lambda: seen, rng), [0, 2])
