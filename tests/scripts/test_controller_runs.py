from __future__ import annotations

import sys

import numpy as np
import pytest
from controller_peers import PEERS, Costs, Task
from controller_runs import MAX_PROPOSALS, Ours, RemotePeer, Theirs, installed, run, search
from small_problem import small_problem

MARKS = (10, 40)


class Counting:
    """A peer that counts up to a point and proposes that for ever."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.told: list[Costs] = []

    def ask(self) -> list[int]:
        return [0, 0, 0, min(self.last, len(self.told))]

    def tell(self, costs: Costs) -> None:
        self.told.append(costs)


@pytest.mark.parametrize("name", ["random", "pareto-evolution"])
def test_a_search_is_its_seed_and_nothing_else(name: str) -> None:
    one, again, other = (run(small_problem(), name, seed, MARKS, "") for seed in (1, 1, 2))
    assert one.hypervolume == again.hypervolume
    assert one.hypervolume != other.hypervolume
    assert (one.evaluations, one.duplicates) == (40, 0)
    assert 0 < one.hypervolume[10] <= one.hypervolume[40] <= 1


def test_the_whole_space_is_the_whole_front() -> None:
    found = search(small_problem(), Ours(small_problem(), "random", 0, 300), (100, 300))
    assert found.evaluations == 256
    assert found.hypervolume[300] == pytest.approx(1.0)


def test_proposals_of_the_same_cost_a_peer_nothing_and_end_at_last() -> None:
    peer = Counting(last=1)
    found = search(small_problem(), Theirs(small_problem(), peer), (2, 3))
    proposals = 3 * MAX_PROPOSALS
    assert (found.evaluations, found.duplicates) == (2, proposals - 2)
    assert found.hypervolume[2] == found.hypervolume[3]
    assert peer.told[1:] == [peer.told[1]] * (proposals - 1)


def test_an_evaluation_that_fails_is_told_as_such() -> None:
    problem = small_problem(missing=(0, 0, 0, 0))
    ours = Ours(problem, "random", 0, 256)
    assert search(problem, ours, (256,)).evaluations == 256
    assert (ours.history().states == "failed").sum() == 1

    peer = Counting(last=3)
    search(problem, Theirs(problem, peer), (2,))
    assert peer.told[0] == pytest.approx((-0.4, problem.reference[1]))


@pytest.mark.parametrize("name", installed(None))
def test_installed_peers_find_more_of_the_front_than_they_began_with(name: str) -> None:
    found = run(small_problem(), name, 0, MARKS, "")
    assert found.evaluations == 40
    assert found.hypervolume[10] < found.hypervolume[40] <= 1


@pytest.mark.parametrize("name", [name for name in installed(None) if name.startswith("pyglove")])
def test_a_peer_in_a_python_of_its_own_answers_as_it_does_here(name: str) -> None:
    task = Task((3, 4), (True, False), 5.0, 1)
    here = PEERS[name](task)
    with RemotePeer(sys.executable, name, task) as there:
        for cost in np.linspace(0.1, 0.9, 5):
            assert there.ask() == here.ask()
            here.tell((-cost, cost))
            there.tell((-cost, cost))


def test_a_peer_that_dies_is_an_error_and_no_wait() -> None:
    task = Task((2,), (True,), 1.0, 0)
    with (
        RemotePeer(sys.executable, "no such peer", task) as peer,
        pytest.raises(ValueError, match="the peer ended with status 1"),
    ):
        peer.ask()


def test_peers_that_need_torch_are_not_installed_without_its_python() -> None:
    assert not {"optuna-gp", "botorch-qnehvi"} & installed(None).keys()
