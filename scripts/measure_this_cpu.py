"""Measures encoders drawn from the space on this machine's processor, for a learned latency model of it.

    python scripts/measure_this_cpu.py cpu.csv --architectures 200

Each architecture is exported with random weights, every norm perturbed, and run by one pinned thread
(`latency_models.timing`). It is drawn from `MobileBertSpace`, seeded, with at most the multiply-adds of
MobileBERT-EdgeTPU-M at the same length: 96 % of the space's vectors, and no run beyond a tenth of a second. Beside
them, the first few are measured again and again in between, so that the file tells how well a measurement repeats.

Rows are appended to a CSV file (`latency_models.measurements`), one a measurement, as soon as there is one; started
again with the same arguments, the script goes on. Nothing else should run meanwhile. At the end it prints one JSON
object: how many rows, and the repeatability, the standard deviation of an architecture's measurements over their
mean, in per cent.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from latency_models import PRECISIONS, Measurement, Precision, check_precision, measure_file
from latency_models.measured import exported
from latency_models.measurements import COLUMNS, Measurements
from latency_models.timing import SECONDS, machine
from search_space import PUBLISHED, Architecture, MobileBertSpace, multiply_adds

LARGEST = "mobilebert-edgetpu-m"


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        architectures: different ones.
        again: how many of them, from the first on, are measured again.
        every: architectures after which one of these is.
        precision, sequence_length: of all.
        seconds: for which each is run.
    """

    architectures: tuple[Architecture, ...]
    again: int
    every: int
    precision: Precision
    sequence_length: int
    seconds: float

    def left(self, done: list[Architecture]) -> Iterator[Architecture]:
        """What is still to be measured, in order, when `done` has been: a plan is a fixed sequence of visits."""
        counts: dict[Architecture, int] = defaultdict(int)
        for architecture in done:
            counts[architecture] += 1
        for architecture in self._visits():
            if counts[architecture]:
                counts[architecture] -= 1
            else:
                yield architecture

    def _visits(self) -> Iterator[Architecture]:
        again = cycle(self.architectures[: self.again])
        for number, architecture in enumerate(self.architectures, 1):
            yield architecture
            if self.again and number % self.every == 0:
                yield next(again)


def draw(count: int, seed: int, sequence_length: int) -> tuple[Architecture, ...]:
    """The first so many different architectures of a seeded draw that are small enough."""
    most = multiply_adds(PUBLISHED[LARGEST], sequence_length)
    space, rng = MobileBertSpace(), np.random.default_rng(seed)

    def drawn() -> Iterator[Architecture]:
        seen: set[Architecture] = set()
        while True:
            architecture = space.decode(space.sample(rng, 1)[0])
            if architecture not in seen and multiply_adds(architecture, sequence_length) <= most:
                seen.add(architecture)
                yield architecture

    return tuple(islice(drawn(), count))


def measure(architecture: Architecture, plan: Plan, folder: Path) -> Measurement:
    """Exports, which those measured again need only once, and runs."""
    kept = architecture in plan.architectures[: plan.again]
    path = folder / f"{plan.architectures.index(architecture)}.tflite"
    if not path.exists():
        path.write_bytes(exported(architecture, plan.precision, plan.sequence_length))
    measurement = measure_file(path, seconds=plan.seconds)
    if not kept:
        path.unlink()
    return measurement


def read(path: Path, plan: Plan) -> list[tuple[Architecture, float]]:
    """What the file has of this plan's precision and length; a last row that was cut off is taken away first."""
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")
    found = Measurements.read(path, at_least=0)
    rows = zip(found.architectures, found.precisions, found.sequence_lengths, found.latency_ms, strict=True)
    wanted = (plan.precision, plan.sequence_length)
    return [(architecture, float(ms)) for architecture, *setting, ms in rows if tuple(setting) == wanted]


def append(path: Path, architecture: Architecture, plan: Plan, measurement: Measurement) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        latency_ms, spread_ms = f"{measurement.latency_ms:.6g}", f"{measurement.spread_ms:.3g}"
        row = (architecture.to_json(), plan.precision, plan.sequence_length, latency_ms, spread_ms)
        csv.writer(file, lineterminator="\n").writerow(row)


def repeatability(rows: list[tuple[Architecture, float]]) -> list[float]:
    """In per cent, of each architecture measured at least twice."""
    latencies: dict[Architecture, list[float]] = defaultdict(list)
    for architecture, latency_ms in rows:
        latencies[architecture].append(latency_ms)
    return [100 * float(np.std(each, ddof=1) / np.mean(each)) for each in latencies.values() if len(each) > 1]


def plan_of(
    architectures: int,
    *,
    seed: int = 0,
    precision: str = "float",
    sequence_length: int = 128,
    seconds: float = SECONDS,
    again: int = 5,
    every: int = 5,
) -> Plan:
    """The plan of the options of the command line."""
    drawn = draw(architectures, seed, sequence_length)
    return Plan(drawn, again, every, check_precision(precision), sequence_length, seconds)


def fill(path: Path, plan: Plan) -> None:
    """Measures what the file has not of a plan."""
    left = list(plan.left([architecture for architecture, _ in read(path, plan)]))
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number, architecture in enumerate(left, 1):
            measurement = measure(architecture, plan, Path(folder))
            append(path, architecture, plan, measurement)
            remaining = (time.perf_counter() - begun) / number * (len(left) - number)
            print(f"{number}/{len(left)}: {measurement.latency_ms:.3f} ms; {remaining:.0f} s to go", file=sys.stderr)


def report(path: Path, plan: Plan) -> dict[str, Any]:
    """What the file has of a plan."""
    rows = read(path, plan)
    repeated = repeatability(rows)
    return {
        "machine": machine(),
        "rows": len(rows),
        "architectures": len({architecture for architecture, _ in rows}),
        "repeatability_per_cent": {"median": float(np.median(repeated)), "largest": max(repeated)}
        if repeated
        else None,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("csv", type=Path, help="file of measurements; made, or gone on with")
    options.add_argument("--architectures", type=int, default=200, help="how many different ones")
    options.add_argument("--seed", type=int, default=0, help="of the draw")
    options.add_argument("--precision", choices=PRECISIONS, default="float")
    options.add_argument("--sequence-length", type=int, default=128)
    options.add_argument("--seconds", type=float, default=SECONDS, help="for which each is run")
    options.add_argument("--again", type=int, default=5, help="how many are measured again")
    options.add_argument("--every", type=int, default=5, help="architectures after which one of these is")
    given = options.parse_args()
    settings = vars(given)
    path = settings.pop("csv")
    try:
        plan = plan_of(**settings)
        fill(path, plan)
        print(json.dumps(report(path, plan), indent=2))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
