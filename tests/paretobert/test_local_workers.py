from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from documented import keys

from paretobert.api import resume, search
from paretobert.assembly import assemble
from paretobert.folder import StudyFolder
from paretobert.history import as_seen_by, history_of
from paretobert.proposals import propose
from paretobert.runner import StudyStopped
from paretobert.trial import EVALUATED

FORMULA = "toy_plugins:Formula"
TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def plugins_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS))


def begun(root: Path, trials: int, workers: int, **options: object) -> None:
    search(
        settings={"evaluator_options": options, "references": ["mobilebert"]},
        evaluator=FORMULA,
        name="side-by-side",
        trials=trials,
        workers=workers,
        folder=root,
    )


def check_whole(study: Path, trials: int) -> None:
    """Every trial counted once, none held, and every proposal the one that follows from what it had seen."""
    folder = StudyFolder(study)
    with folder.store() as store:
        found, configuration = store.trials(), store.configuration()
    assert Counter(trial.state in EVALUATED for trial in found)[True] == trials
    assert [trial.number for trial in found] == list(range(len(found)))
    assert len({trial.architecture for trial in found}) == len(found)
    assert sorted(trial.completion for trial in found if trial.completion is not None) == list(range(len(found)))
    assembly = assemble(configuration)
    for trial in found:
        seen = history_of(as_seen_by(trial, found), len(trial.vector))
        vector = propose(assembly, seen)
        assert vector is not None
        assert tuple(vector.tolist()) == trial.vector, f"trial {trial.number}"


def test_workers_side_by_side_share_a_study_and_every_proposal_can_be_recomputed(tmp_path: Path) -> None:
    begun(tmp_path, 30, workers=3, seconds=0.02)
    check_whole(tmp_path / "side-by-side", 30)
    with StudyFolder(tmp_path / "side-by-side").store() as store:
        assert len(store.workers()) == 3


def test_a_study_of_one_worker_goes_on_with_two(tmp_path: Path) -> None:
    begun(tmp_path, 4, workers=1)
    resume("side-by-side", trials=12, workers=2, folder=tmp_path)
    check_whole(tmp_path / "side-by-side", 12)


def test_a_study_whose_trials_only_fail_stops_all_workers(tmp_path: Path) -> None:
    with pytest.raises(StudyStopped, match="5 trials in a row failed, the last one with: RuntimeError: out of luck"):
        begun(tmp_path, 40, workers=2, fail="always")
    with StudyFolder(tmp_path / "side-by-side").store() as store:
        assert len(store.trials()) < 12


@contextmanager
def command(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    line = [sys.executable, "-m", "paretobert", *arguments]
    with subprocess.Popen(line, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def slow_search(seconds: float, trials: int) -> tuple[str, ...]:
    options = (f"seconds={seconds}", f"trials={trials}", "references=[]")
    return ("search", "--evaluator", FORMULA, "--study=slow", "--workers=2", *(f"--set={option}" for option in options))


def wait_for(holds: object, seconds: float = 20.0) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)


def running(root: Path) -> int:
    try:
        with StudyFolder(root / "studies" / "slow").store() as store:
            return sum(trial.state == "running" for trial in store.trials())
    except (OSError, ValueError):
        return 0


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The workers: multiprocessing has a process of its own beside them."""
    return [
        child
        for child in psutil.Process(process.pid).children()
        if any("spawn_main" in part for part in child.cmdline())
    ]


def test_a_worker_that_is_killed_loses_no_trial(tmp_path: Path) -> None:
    with command(tmp_path, *slow_search(0.1, 40)) as process:
        wait_for(lambda: running(tmp_path) == 2)
        children(process)[0].kill()
        assert process.wait(60) == 0
    check_whole(tmp_path / "studies" / "slow", 40)
    with StudyFolder(tmp_path / "studies" / "slow").store() as store:
        assert [event["kind"] for event in store.events()] == ["taken_over"]
        assert len(store.workers()) == 3


def test_workers_whose_driver_is_killed_end_and_the_study_goes_on(tmp_path: Path) -> None:
    with command(tmp_path, *slow_search(0.1, 30)) as process:
        wait_for(lambda: running(tmp_path) == 2)
        workers = children(process)
        process.kill()
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert not alive
    assert running(tmp_path) == 0
    resume("slow", folder=tmp_path / "studies", workers=2)
    check_whole(tmp_path / "studies" / "slow", 30)


def test_ctrl_c_ends_after_the_running_trials_and_a_second_one_at_once(tmp_path: Path) -> None:
    with command(tmp_path, *slow_search(1.0, 30)) as process:
        wait_for(lambda: running(tmp_path) == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    with StudyFolder(tmp_path / "studies" / "slow").store() as store:
        assert {trial.state for trial in store.trials()} == {"complete"}
    with command(tmp_path, "resume", "slow") as process:
        wait_for(lambda: running(tmp_path) == 2)
        begun_at = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert time.monotonic() - begun_at < 10
    assert running(tmp_path) == 0


def test_an_architecture_that_kills_its_workers_fails_alone(tmp_path: Path) -> None:
    settings = {"references": []}
    search(settings=settings, evaluator="toy_plugins:Deadly", name="deadly", trials=12, workers=2, folder=tmp_path)
    with StudyFolder(tmp_path / "deadly").store() as store:
        lost = [trial for trial in store.trials() if trial.state == "failed"]
        assert {trial.architecture.hidden_size for trial in lost} == {640}
        assert {trial.reason for trial in lost} == {
            "3 workers were lost while they evaluated it; it may need more memory than there is"
        }
        assert len(store.trials()) == 12


def test_workers_that_join_a_study_share_its_trials(tmp_path: Path) -> None:
    with command(tmp_path, *slow_search(0.1, 40), "--timeout=1") as process:
        assert process.wait(60) == 0
    join = ("worker", "slow", "--json")
    with command(tmp_path, *join) as one, command(tmp_path, *join) as other:
        said = [json.loads(output) for output in (one.communicate(timeout=60)[0], other.communicate(timeout=60)[0])]
    check_whole(tmp_path / "studies" / "slow", 40)
    assert all(set(document) == keys("Worker") and document["trials_ended_here"] > 0 for document in said)
