"""Workers of this machine, side by side: spawned processes that share the cores and the study's database.

No worker waits for another, and none is told what to do: each asks the study for its next trial. What they share is
the database alone, so one that dies takes nothing with it: its trial passes to whoever asks next, and another worker
is started in its place.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from paretobert.executors.joining import join
from paretobert.folder import StudyFolder
from paretobert.runner import StudyStopped

LOOK_SECONDS = 0.5
"""Between two looks at the study while the workers work."""
STARTS_PER_WORKER = 10
"""How often a worker is started anew before the study is given up: what kills it so often kills the next one too."""


@dataclass(frozen=True)
class _Running:
    process: SpawnProcess
    said: Connection


def run_side_by_side(
    folder: StudyFolder,
    workers: int,
    looked: Callable[[], None] = lambda: None,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Evaluates trials in `workers` processes until none is left to begin; the evaluator must be prepared.

    Args:
        folder: of the study.
        workers: how many processes; the cores are divided among them.
        looked: called every `LOOK_SECONDS`.
        enough: asked as often; once it is true no worker begins another trial. `KeyboardInterrupt` ends the running
            trials at once, which are given back.

    Raises:
        StudyStopped: so many trials in a row failed that the next would too, or workers die again and again.
        ValueError: the controller breaks its contract.
        RuntimeError: a worker ended with an error that nobody expected.
    """
    context = multiprocessing.get_context("spawn")
    over: Event = context.Event()
    starts_left = workers * STARTS_PER_WORKER
    running: list[_Running] = []

    def start() -> _Running:
        nonlocal starts_left
        starts_left -= 1
        listening, saying = context.Pipe(duplex=False)
        with _share_of_cores(workers):
            process = context.Process(target=_work, args=(str(folder.path), over, saying), name="worker")
            process.start()
        saying.close()
        return _Running(process, listening)

    try:
        running = [start() for _ in range(workers)]
        while running:
            wait([worker.process.sentinel for worker in running], LOOK_SECONDS)
            looked()
            if enough():
                over.set()
            for worker in [worker for worker in running if not worker.process.is_alive()]:
                running.remove(worker)
                if _ended_well(worker) or over.is_set():
                    continue
                if not starts_left:
                    raise StudyStopped(
                        f"workers died {workers * STARTS_PER_WORKER} times, the last one with "
                        f"{_how(worker.process.exitcode)}; look at the memory of this machine, then resume with fewer"
                    )
                running.append(start())
    except BaseException:
        for worker in running:
            worker.process.terminate()
        raise
    finally:
        for worker in running:
            worker.process.join()


def _ended_well(worker: _Running) -> bool:
    """Whether a worker came to its end; False if it died. What it says went wrong in it is raised here."""
    try:
        error = worker.said.recv()
    except EOFError:
        return False
    if error is not None:
        raise error
    return True


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return signal.Signals(-exitcode).name
    return f"status {exitcode}"


@contextmanager
def _share_of_cores(workers: int) -> Iterator[None]:
    """Within, a process that is started divides the cores with the others; what the environment says already stays."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = str(max(1, cores // workers))
    names = ("TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    added = [name for name in names if name not in os.environ]
    os.environ.update(dict.fromkeys(added, share))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _work(folder: str, over: Event, saying: Connection) -> None:
    """What a worker does. Ctrl-C reaches it too, but the process that started it decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    starter = multiprocessing.parent_process()
    assert starter is not None
    try:
        join(StudyFolder(Path(folder)), enough=lambda: over.is_set() or not starter.is_alive())
    except KeyboardInterrupt:
        saying.send(None)
    except (StudyStopped, ValueError, OSError) as error:
        saying.send(error)
    except Exception as error:
        saying.send(RuntimeError(f"a worker ended with {type(error).__name__}: {error}"))
    else:
        saying.send(None)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
