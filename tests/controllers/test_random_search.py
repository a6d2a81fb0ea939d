from __future__ import annotations

import numpy as np
from synthetic_studies import SPACE, Study

from controllers import RandomSearch


def test_without_constraints_every_first_draw_is_the_space_s_own() -> None:
    study = Study()
    study.run(study.controller(RandomSearch), 30)
    for number, x in enumerate(study.vectors):
        drawn = SPACE.sample(np.random.default_rng([study.seed, number]), 16)
        assert np.array_equal(x, drawn[0])
