"""Trains every architecture of a small space (`scripts/proxy_table.py`) by the demo preset's proxy, and keeps scores.

    python scripts/train_proxy_table.py [--jobs N] [--output FILE]

Each architecture is trained for `STEPS` steps, in a single-threaded worker; five times as long as in a search of the
demo preset. Rows are appended as they come, and a run that was ended goes on where it was. The finished file is
sorted, so that it does not depend on who came first. Less than a CPU hour in all.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from proxy_table import PATH, SPACE, STEPS, read

from evaluators import ProxyDistillation
from search_space import Vectors

SEED = 0
MEASURED = ("score", "score_standard_error", "loss")
COLUMNS = (*SPACE.decision_names, *MEASURED)


def everything() -> Vectors:
    """One vector of each architecture, `[n, d]`, in ascending order."""
    every = np.indices(tuple(SPACE.cardinalities)).reshape(len(SPACE.cardinalities), -1).T
    valid = every[SPACE.is_valid(every)]
    return np.array([*{SPACE.canonical_key(x): x for x in valid[::-1]}.values()][::-1], np.int64)


def train(x: tuple[int, ...], workspace: Path) -> tuple[object, ...]:
    """A row of the table."""
    evaluator = _evaluator(workspace)
    result = evaluator.evaluate(SPACE.decode(np.array(x)), seed=SEED, budget=STEPS, report=lambda step, value: None)
    measured = {**result.metrics, "score": result.score}
    return (*x, *(f"{measured[name]:.6g}" for name in MEASURED))


@cache
def _evaluator(workspace: Path) -> ProxyDistillation:
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    evaluator = ProxyDistillation(task="reading", teacher="builtin", steps=STEPS, batch_size=4)
    evaluator.prepare(workspace)
    return evaluator


def _arguments(left: list[tuple[int, ...]], workspace: Path) -> Iterator[tuple[tuple[int, ...], Path]]:
    return ((x, workspace) for x in left)


def _train(arguments: tuple[tuple[int, ...], Path]) -> tuple[object, ...]:
    return train(*arguments)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="workers side by side")
    options.add_argument("--output", type=Path, default=PATH)
    given = options.parse_args()
    output: Path = given.output
    if not output.exists():
        with output.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(COLUMNS)
    done = {tuple(row) for row in read(output)[[*SPACE.decision_names]].to_numpy(int).tolist()}
    every = [tuple(int(value) for value in x) for x in np.random.default_rng(SEED).permutation(everything())]
    left = [x for x in every if x not in done]
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="proxy-table-") as workspace,
        multiprocessing.get_context("spawn").Pool(given.jobs) as pool,
        output.open("a", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        for number, row in enumerate(pool.imap_unordered(_train, _arguments(left, Path(workspace))), 1):
            writer.writerow(row)
            file.flush()
            if number % 20 == 0:
                each = (time.perf_counter() - begun) / number
                print(
                    f"{len(done) + number} of {len(every)}, {each * (len(left) - number) / 60:.0f} min left",
                    file=sys.stderr,
                )
    table = pd.read_csv(output, dtype=str)
    decisions = [*SPACE.decision_names]
    table.iloc[np.lexsort(table[decisions].astype(int).to_numpy().T[::-1])].to_csv(output, index=False)


if __name__ == "__main__":
    main()
