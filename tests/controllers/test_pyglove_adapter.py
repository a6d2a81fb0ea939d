from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pyglove as pg
import pytest
from synthetic_studies import OBJECTIVES, SPACE, Grid, Study, keys

from controllers import Constraint, Objective
from controllers.pyglove_adapter import PyGloveController
from controllers.pyglove_dialogue import PENALTY
from search_space import dna_map

GRID = Grid(np.array([4, 3, 5, 2, 3]), np.zeros(5, bool))
MIXED = ("complete", "running", "complete", "failed", "complete", "pruned", "complete")


def grid_study(**fields: Any) -> Study:
    return Study(
        GRID,
        free_metrics=lambda X: {"latency_ms": 1.0 + X.sum(axis=1)},
        score=lambda X: 0.1 + (X[:, :2] * [0.1, 0.2]).sum(axis=1),
        **fields,
    )


def evolution() -> Any:
    return pg.evolution.regularized_evolution(population_size=6, tournament_size=3)


class Listener(pg.DNAGenerator):  # type: ignore[misc]
    """Proposes the rows of a list and remembers what it was told."""

    def _setup(self) -> None:
        self.told: list[tuple[list[int], Any]] = []

    def _propose(self) -> pg.DNA:
        rows = [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [3, 2, 4, 1, 2], [2, 2, 2, 1, 1]]
        if self.num_proposals == len(rows):
            raise StopIteration
        return pg.DNA.from_numbers(rows[self.num_proposals], self.dna_spec)

    def _feedback(self, dna: pg.DNA, reward: Any) -> None:
        self.told.append((dna.to_numbers(), reward))


class Listeners:
    """Makes them. The first is the one that is led through a history, others answer before there is any."""

    def __init__(self, generator: type[pg.DNAGenerator] = Listener) -> None:
        self._generator = generator
        self._made: list[Any] = []

    def __call__(self) -> Any:
        self._made.append(self._generator())
        return self._made[-1]

    @property
    def told(self) -> list[tuple[list[int], Any]]:
        return self._made[0].told  # type: ignore[no-any-return]


class TwoObjectives(Listener):
    @property
    def multi_objective(self) -> bool:
        return True


def test_a_search_by_one_worker_is_led_as_pyglove_would_lead_it() -> None:
    study = grid_study()
    study.run(study.controller(PyGloveController, generator=pg.geno.Random(seed=3)), 6)
    spec, alone = dna_map(GRID).spec, random.Random(3)
    drawn = [pg.random_dna(spec, alone).to_numbers() for _ in range(6)]
    assert [x.tolist() for x in study.vectors] == drawn


def test_an_evolution_is_made_whole_again_from_the_history() -> None:
    study = grid_study(seed=2)
    used = study.controller(PyGloveController, generator=evolution)
    for number in range(16):
        x = used.propose(study.history(), study.rng())
        assert x is not None
        if number % 5 == 0:
            again = study.controller(PyGloveController, generator=evolution).propose(study.history(), study.rng())
            assert x.tolist() == np.asarray(again).tolist(), f"trial {number}"
        study.tell(x, MIXED[number % len(MIXED)])
    assert len(set(keys(GRID, study.vectors))) == 16


def test_python_s_shared_random_is_left_as_it_was() -> None:
    study = grid_study()
    random.seed(7)
    expected = random.Random(7).random()
    study.run(study.controller(PyGloveController, generator=evolution), 4)
    assert random.random() == expected


def test_two_seeds_are_two_searches() -> None:
    first, second = grid_study(seed=0), grid_study(seed=1)
    for study in (first, second):
        study.run(study.controller(PyGloveController, generator=evolution), 8)
    assert [x.tolist() for x in first.vectors] != [x.tolist() for x in second.vectors]


def test_a_duplicate_is_answered_with_what_is_known_and_another_is_asked_for() -> None:
    study, listeners = grid_study(), Listeners(TwoObjectives)
    study.run(study.controller(PyGloveController, generator=listeners), 3)
    assert study.vectors[2].tolist() == [3, 2, 4, 1, 2]
    known = ([0, 0, 0, 0, 0], (0.1, -1.0))
    assert listeners.told == [known, ([1, 0, 0, 0, 0], (0.2, -2.0)), known]


def test_a_proposal_that_violates_a_constraint_on_a_free_metric_is_answered_and_not_evaluated() -> None:
    study, listeners = grid_study(constraints=[Constraint.parse("latency_ms <= 10")]), Listeners()
    study.run(study.controller(PyGloveController, generator=listeners), 3)
    assert study.vectors[2].tolist() == [2, 2, 2, 1, 1]
    assert listeners.told[-1] == ([3, 2, 4, 1, 2], pytest.approx(-1.3 * PENALTY))


def test_trials_that_it_did_not_propose_are_told_and_those_without_values_are_not() -> None:
    study, listeners = grid_study(), Listeners(TwoObjectives)
    for x, state in (([1, 1, 1, 1, 1], "complete"), ([2, 1, 1, 1, 1], "failed"), ([0, 2, 0, 0, 0], "complete")):
        study.tell(np.array(x), state)
    study.controller(PyGloveController, generator=listeners).propose(study.history(), study.rng())
    assert [numbers for numbers, _ in listeners.told] == [[1, 1, 1, 1, 1], [0, 2, 0, 0, 0]]


def test_a_trial_that_violates_a_measured_constraint_is_told_as_worse_than_any_other() -> None:
    study, listeners = grid_study(), Listeners()
    study.tell(np.array([1, 0, 0, 0, 0]))
    study.violations[0] = 0.5
    study.controller(PyGloveController, generator=listeners).propose(study.history(), study.rng())
    assert listeners.told[0][1] == -1.5 * PENALTY


def test_a_single_objective_is_told_the_reward_that_was_asked_for() -> None:
    study, listeners = grid_study(), Listeners()
    options = {"reward": "tunas", "target": 2.0, "weight": -0.5}
    study.run(study.controller(PyGloveController, generator=listeners, **options), 3)
    assert [reward for _, reward in listeners.told][:2] == pytest.approx([0.1 - 0.5 * 0.5, 0.2])


def test_a_generator_that_was_interrupted_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(generator: Any) -> None:
        pg.random_dna(generator.dna_spec, generator._random)
        raise KeyboardInterrupt

    study, generator = grid_study(), pg.geno.Random(seed=3)
    controller = study.controller(PyGloveController, generator=generator)
    study.run(controller, 3)
    with monkeypatch.context() as broken:
        broken.setattr(pg.geno.Random, "_propose", interrupted)
        with pytest.raises(KeyboardInterrupt):
            controller.propose(study.history(), study.rng())
    anew = study.controller(PyGloveController, generator=generator).propose(study.history(), study.rng())
    assert np.array_equal(controller.propose(study.history(), study.rng()), anew)


def test_workers_that_ask_at_once_get_different_vectors() -> None:
    study = grid_study()
    controller = study.controller(PyGloveController, generator=evolution)
    study.run(controller, 7)
    study.run(controller, 3, ("running",))
    assert len(set(keys(GRID, study.vectors))) == 10
    anew = study.controller(PyGloveController, generator=evolution).propose(study.history(), study.rng())
    assert np.array_equal(controller.propose(study.history(), study.rng()), anew)


def test_a_generator_that_has_stopped_leaves_the_rest_to_chance_until_none_is_left() -> None:
    study = Study(
        Grid(np.array([2, 3]), np.zeros(2, bool)),
        free_metrics=lambda X: {"latency_ms": 1.0 + X[:, 0]},
        score=lambda X: X.sum(axis=1) / 10,
    )
    assert not study.run(study.controller(PyGloveController, generator=pg.geno.Sweeping), 7)
    assert [x.tolist() for x in study.vectors[:3]] == [[0, 0], [0, 1], [0, 2]]
    assert len(set(keys(study.space, study.vectors))) == 6


@pytest.mark.parametrize(
    "objectives", [OBJECTIVES[:1], OBJECTIVES[1:], (*OBJECTIVES, Objective("loss", False))], ids=len
)
def test_nsga2_searches_mobilebert_s_space_for_any_number_of_objectives(objectives: Any) -> None:
    study = Study(constraints=[Constraint.parse("latency_ms <= 6")])
    study.values["loss"] = []
    controller = PyGloveController(
        SPACE,
        objectives,
        study.constraints,
        study.free_metrics,
        generator=lambda: pg.evolution.nsga2(population_size=3),
    )
    for _ in range(8):
        x = controller.propose(study.history(), study.rng())
        assert x is not None
        study.tell(x)
        study.values["loss"].append(-study.values["score"][-1])
    assert study.states.count("infeasible") <= 1
    assert len(set(keys(SPACE, study.vectors))) == 8


@pytest.mark.parametrize(
    ("generator", "found"),
    [(3, "was expected, not a int"), (dict, "and a dict was made"), (lambda: None, "and a NoneType was made")],
)
def test_what_is_no_generator_is_refused_by_what_it_is(generator: Callable[[], Any], found: str) -> None:
    with pytest.raises(ValueError, match=f"a pg.DNAGenerator.*{found}"):
        grid_study().controller(PyGloveController, generator=generator)


def test_a_first_population_larger_than_the_study_is_refused() -> None:
    controller = grid_study().controller(PyGloveController, generator=evolution)
    assert isinstance(controller, PyGloveController)
    controller.check_budget(6)
    with pytest.raises(ValueError, match="a first population of 6 is larger than the 5 trials of this study; lower"):
        controller.check_budget(5)
