from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evaluators.contract import Evaluation
from paretobert.config import Configuration
from paretobert.storage import LEASE_SECONDS, DuplicateProposal, Store, Worker
from paretobert.trial import Outcome, Proposal
from search_space import PUBLISHED, Architecture, Stage

MODELS = list(PUBLISHED.values())


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


def proposal(number: int) -> Proposal:
    return Proposal("search", number, MODELS[number], {"latency_ms": 9.0}, vector=(number,))


def ended(score: float) -> Outcome:
    return Outcome("complete", 3, 200, Evaluation(score, 200, 1.5, {"loss": 2.0}))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, configuration: Callable[..., Configuration], clock: Clock) -> Store:
    Store.create(tmp_path / "study.db", configuration(), [], []).close()
    return Store.open(tmp_path / "study.db", clock)


@pytest.fixture
def worker(store: Store) -> Worker:
    return registered(store, Worker.current())


def registered(store: Store, worker: Worker) -> Worker:
    store.register(worker)
    return worker


def test_a_trial_reads_back_as_it_was_written(store: Store, worker: Worker) -> None:
    assert store.add(proposal(0))
    trial = store.claim(worker)
    assert trial is not None
    assert (trial.state, trial.number, trial.vector, trial.architecture) == ("running", 0, (0,), MODELS[0])
    assert store.finish(trial, ended(0.5), worker)
    (read,) = store.trials()
    assert read.state == "complete"
    assert read.metrics == {"score": 0.5, "loss": 2.0, "latency_ms": 9.0}
    assert (read.seed, read.budget, read.seconds, read.completion) == (3, 200, 1.5, 0)
    assert store.claim(worker) is None


def test_the_first_terminal_write_wins_and_a_late_one_is_recorded(store: Store, worker: Worker, clock: Clock) -> None:
    store.add(proposal(0))
    slow = store.claim(worker)
    assert slow is not None
    clock.now += LEASE_SECONDS + 1
    other = registered(store, Worker.current())
    taken = store.claim(other)
    assert taken is not None
    assert (taken.number, taken.architecture) == (slow.number, slow.architecture)
    assert store.finish(taken, ended(0.6), other)
    assert not store.finish(slow, ended(0.1), worker)
    (trial,) = store.trials()
    assert trial.metrics["score"] == 0.6
    taken_over, late = store.events()
    assert (taken_over["kind"], taken_over["detail"]) == ("taken_over", {"from": worker.token})
    assert (late["kind"], late["worker"]) == ("late", worker.token)
    assert late["detail"]["evaluation"]["score"] == 0.1


def test_a_trial_under_a_lease_is_left_alone_until_the_lease_ends(store: Store, worker: Worker, clock: Clock) -> None:
    store.add(proposal(0))
    trial = store.claim(worker)
    assert trial is not None
    other = registered(store, Worker.current())
    clock.now += LEASE_SECONDS - 1
    assert store.claim(other) is None
    assert store.renew(trial, worker)
    clock.now += LEASE_SECONDS - 1
    assert store.claim(other) is None
    clock.now += 2
    assert store.claim(other) is not None
    assert not store.renew(trial, worker)


def test_a_trial_of_a_process_that_was_killed_is_taken_over_at_once(store: Store, worker: Worker) -> None:
    store.add(proposal(0))
    script = (
        "import sys, time; from pathlib import Path; from paretobert.storage import *\n"
        "store = Store.open(Path(sys.argv[1])); worker = Worker.current(); store.register(worker)\n"
        "print(store.claim(worker).number, flush=True); time.sleep(60)"
    )
    database = str(store._database.path)
    with subprocess.Popen([sys.executable, "-c", script, database], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "0\n"
        assert store.claim(worker) is None
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    trial = store.claim(worker)
    assert trial is not None
    assert trial.number == 0


def test_a_process_number_that_was_given_to_another_process_holds_nothing() -> None:
    current = Worker.current()
    assert not current.is_known_dead()
    assert replace(current, process_started=current.process_started - 100).is_known_dead()
    assert not replace(current, host="elsewhere", process_started=0.0).is_known_dead()


def test_no_two_workers_get_one_trial(store: Store) -> None:
    for number in range(len(MODELS)):
        store.add(proposal(number))
    claimed: list[int] = []
    workers = [registered(store, Worker.current()) for _ in range(4)]

    def work(worker: Worker) -> None:
        while (trial := store.claim(worker)) is not None:
            claimed.append(trial.number)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == list(range(len(MODELS)))


def test_of_two_proposals_of_one_number_the_second_is_turned_away(store: Store) -> None:
    assert store.add(proposal(0))
    assert not store.add(replace(proposal(1), number=0))
    assert [trial.architecture for trial in store.trials()] == [MODELS[0]]


def test_an_architecture_written_otherwise_is_no_second_trial(store: Store) -> None:
    split = Architecture(512, (Stage(8, 4, 128, 512, 4), Stage(16, 4, 128, 512, 4)))
    assert split.canonical() == MODELS[0]
    store.add(proposal(0))
    with pytest.raises(DuplicateProposal, match="proposed for trial 1 is trial 0"):
        store.add(replace(proposal(1), architecture=split))
    assert len(store.trials()) == 1


def test_a_database_of_another_schema_is_refused(store: Store, tmp_path: Path) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "study.db") as connection:
        connection.execute("UPDATE database SET schema_version = 99")
    connection.close()
    with pytest.raises(ValueError, match="has schema version 99; this version of paretobert reads 1"):
        Store.open(tmp_path / "study.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("no database at all, " * 100)
    with pytest.raises(ValueError, match="is not a study's database: file is not a database"):
        Store.open(tmp_path / "study.db")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(ValueError, match="is not a study's database: no such table"):
        Store.open(tmp_path / "other.db")


def test_what_a_score_depends_on_is_recorded_with_each_process(store: Store, worker: Worker) -> None:
    (row,) = store.workers()
    assert row["token"] == worker.token
    assert {"python", "tensorflow", "numpy", "paretobert"} <= row["versions"].keys()
    assert {"system", "processor", "logical_cores", "memory_bytes"} <= row["machine"].keys()
