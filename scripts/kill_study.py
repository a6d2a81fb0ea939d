"""Kills a study at every moment of its life, resumes it, and compares it with one that was left alone.

    python scripts/kill_study.py [--json] [--points N] [--trials N]

A moment is the time before a statement or a commit that changes the database, the time after that commit, or the time
before a file or folder is made, renamed or removed. SIGKILL ends a study at moments spread evenly over its life, at
every one where there are as many points; its next life, a few moments on; the third is left to its end. A life that
ended before the study stood is followed by the same `search`, any other by `resume`. Each life is a process of its own
and runs the command itself, forked from one that has imported it. One object is printed with `--json`: `points`;
`moments` of a life; how many trials were `lost` or stand twice (`duplicates`), or are held by nobody alive (`zombies`),
over all points; how many points ended `different` in any number, vector, score, report or frontier; and a row a point.
The exit status is 1 unless the last four are 0.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moments import Moments

from paretobert.document import frontier_document, study_document
from paretobert.folder import StudyFolder
from paretobert.output import print_json
from paretobert.provenance import machine, versions

POINTS, TRIALS = 200, 14
SECOND_LIFE = 29
"""The second life ends at the latest after so many moments, if there are as many to come."""
IMPORTED_ONCE = ("paretobert.progress", "paretobert.cli.tables", "paretobert.report.page", "paretobert.study")
"""What a command imports when it runs; a process that is forked has it."""
COMMAND = (
    "search",
    "--evaluator=instant_evaluator:Instant",
    "--controller=pareto-evolution",
    "--set=controller_options.population=4",
    "--set=constraints=['latency_ms <= 12']",
    "--set=references=['mobilebert-edgetpu-xs', 'mobilebert']",
    "--set=enqueue=['mobilebert', 'mobilebert-edgetpu-s', 'mobilebert-edgetpu-xs']",
)


@dataclass(frozen=True)
class Life:
    """How one process ended.

    Attributes:
        status: its exit status; minus the signal that killed it.
        moments: how many it went through.
        last: what the last of them came before.
    """

    status: int
    moments: int
    last: str


def live(root: Path, name: str, trials: int, killed_at: int | None) -> Life:
    """Runs a study of this name on, or begins it, in a child process that ends before its moment `killed_at`."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        status = 70
        try:
            status = _live(root, name, trials, killed_at, writing)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    _, ended = os.waitpid(child, 0)
    return Life(os.waitstatus_to_exitcode(ended), len(lines), lines[-1] if lines else "")


def _live(root: Path, name: str, trials: int, killed_at: int | None, told: int) -> int:
    from paretobert.cli import run

    os.chdir(root)
    output = os.open(f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    passed = count(1)

    def moment(what: str) -> None:
        os.write(told, f"{what}\n".encode())
        if next(passed) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    Moments(root / "studies", moment).watch()
    exists = (root / "studies" / name / "study.db").is_file()
    return run(["resume", name] if exists else [*COMMAND, f"--study={name}", f"--trials={trials}"])


def story(root: Path, name: str) -> list[Any]:
    """All of a study but what depends on the clock, written so that equal stories are equal bit for bit."""
    with StudyFolder.find(name, root / "studies").store() as store:
        trials = [*store.trials("reference"), *store.trials()]
        document = frontier_document(study_document(store))
        facts = [(*(repr(value) for field, value in vars(t).items() if field != "identifier"),) for t in trials]
        reports = [[(r.step, r.value.hex()) for r in store.reports_of(trial)] for trial in trials]
    found = [trial["number"] for trial in document["trials"]]
    picks = {size: pick and pick["number"] for size, pick in document["picks"].items()}
    return [facts, reports, found, picks, document["hypervolume"]]


def faults(root: Path, name: str, whole: str) -> dict[str, int]:
    """What is wrong with a study, beside one that was left alone."""
    rows, expected = _rows(root, name), _rows(root, whole)
    numbers = Counter((kind, number) for kind, number, *_ in rows)
    architectures = Counter((kind, key) for kind, _, key, *_ in rows)
    ends = [ends for *_, ends in rows]
    return {
        "lost": len({row[:2] for row in expected} - set(numbers)),
        "duplicates": sum(
            [
                *(n - 1 for n in numbers.values()),
                *(n - 1 for n in architectures.values()),
                *(max(0, n - 1) for n in ends),
            ]
        ),
        "zombies": sum(state in ("waiting", "running") for *_, state, _ in rows),
        "different": int(story(root, name) != story(root, whole)),
    }


def _rows(root: Path, name: str) -> list[tuple[Any, ...]]:
    """(kind, number, canonical key, state, evaluations that ended it) of each trial, past the code that is tested."""
    connection = sqlite3.connect(root / "studies" / name / "study.db")
    try:
        return connection.execute(
            "SELECT kind, number, canonical_key, state, "
            "(SELECT count(*) FROM evaluations WHERE trial_id = trials.id AND ends_trial) FROM trials"
        ).fetchall()
    finally:
        connection.close()


def kill(root: Path, points: int, trials: int, note: Callable[[str], None]) -> dict[str, Any]:
    """Lives through all points; the object that `--json` prints, without machine and versions.

    Raises:
        RuntimeError: a life ended otherwise than it should.
    """
    begun = time.perf_counter()
    for module in IMPORTED_ONCE:
        import_module(module)
    _expect(whole := live(root, "whole", trials, None), 0)
    with (folder := StudyFolder(root / "studies" / "whole")).store() as store:
        folder.write_report(store)  # so that the template and the scripts of the page are at hand in every life
    rows = []
    for point in range(points):
        moment = 1 + (point * whole.moments // points if points < whole.moments else point % whole.moments)
        name = f"killed-{point}"
        _expect(first := live(root, name, trials, moment), 0, -signal.SIGKILL)
        if not first.status:  # a life can be shorter by a lease that was not renewed: then its last moment
            name, moment = f"{name}-shorter", first.moments - 1
            _expect(first := live(root, name, trials, moment), -signal.SIGKILL)
        _expect(second := live(root, name, trials, 1 + point % SECOND_LIFE), 0, -signal.SIGKILL)
        if second.status:
            _expect(live(root, name, trials, None), 0)
        ends = {"moment": moment, "first_life_ended": first.last, "second_life_ended": second.last}
        rows.append({"point": point, **ends, **faults(root, name, "whole")})
        note(f"{point + 1} of {points}: {first.last}, then {second.last}")
    totals = {name: sum(row[name] for row in rows) for name in ("lost", "duplicates", "zombies", "different")}
    seconds = time.perf_counter() - begun
    return {"points": points, "moments": whole.moments, **totals, "seconds": seconds, "rows": rows}


def _expect(life: Life, *statuses: int) -> None:
    if life.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise RuntimeError(f"a life ended with status {life.status}, not {wanted}, after: {life.last or 'no moment'}")


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--points", type=int, default=POINTS, help=f"how often to kill ({POINTS})")
    options.add_argument("--trials", type=int, default=TRIALS, help=f"of the study ({TRIALS})")
    given = options.parse_args(arguments)
    if given.points < 1 or given.trials < 1:
        options.error("--points and --trials must be at least 1")
    with TemporaryDirectory(prefix="killed-") as root:
        found = kill(Path(root).resolve(), given.points, given.trials, lambda text: print(text, file=sys.stderr))
    if given.json:
        print_json({**found, "machine": machine(), "versions": versions()})
    else:
        print(", ".join(f"{name} {value:.4g}" for name, value in found.items() if name != "rows"))
    return int(any(found[name] for name in ("lost", "duplicates", "zombies", "different")))


if __name__ == "__main__":
    sys.exit(main())
