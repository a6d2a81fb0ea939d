"""How well the learned latency model predicts networks that it has not seen, beside careful baselines.

    python scripts/benchmark_latency_models.py --train CSV --test CSV --target COLUMN --samples N --seeds K --json
    python scripts/benchmark_latency_models.py [--json] [--quick]

The first form trains on N rows drawn from one file, once a seed, and tests on all rows of the other; where both are the
same file, on the rows that were not drawn. It prints means over the seeds: `spearman`, `kendall`, `mape` (per cent),
`within_5` and `within_10` (per cent of the rows), and `coverage` (per cent of the rows inside their 90 % interval).
`COLUMN` is `edgetpu_int8_ms`, `edgetpu_large_ms` or, for the files of HAT, `latency_ms` (encoder plus decoder). The
second form does this for every data set in `../shared/data/latency`, with the targets asked of each.

Baselines, on the same rows: a line through the multiply-adds; ridge regression of latency, ridge regression of log
latency and gradient boosting of log latency on the rows as they are (one-hot where they are choices); and gradient
boosting on the features of the learned model.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from benchmarking import Row, Target, note
from latency_tables import Floats, LatencyTable, read_table

from latency_models import accuracy_of
from latency_models.learned import LatencyRegressor
from paretobert.output import print_json
from paretobert.provenance import machine, versions

SEEDS, QUICK_SEEDS = 5, 2


@dataclass(frozen=True)
class Asked:
    """A data set, and what is asked of the means over seeds."""

    file: str
    target: str
    samples: int
    at_least: dict[str, float]
    at_most: dict[str, float]


ASKED = (
    Asked("edgetpu_nasbench201.csv", "edgetpu_int8_ms", 20, {"spearman": 0.968, "within_10": 74}, {}),
    Asked("edgetpu_nasbench201.csv", "edgetpu_int8_ms", 900, {"spearman": 0.980, "within_10": 91.5}, {}),
    Asked("edgetpu_nasbench201.csv", "edgetpu_large_ms", 900, {"spearman": 0.89, "within_10": 72}, {}),
    Asked("hat_wmt14ende_cpu_raspberrypi.csv", "latency_ms", 200, {"kendall": 0.89}, {"mape": 3.1}),
    Asked("hat_wmt14ende_cpu_xeon.csv", "latency_ms", 200, {"kendall": 0.88}, {"mape": 5.2}),
    Asked("hat_wmt14ende_gpu_titanxp.csv", "latency_ms", 200, {"kendall": 0.82}, {"mape": 5.4}),
)
COVERAGE_AT_LEAST, COVERAGE_AT_MOST = 87.0, 93.0


def main() -> None:
    options = _options()
    begun = time.perf_counter()
    try:
        if options.train is None:
            report = _whole_table(Path(options.data), QUICK_SEEDS if options.quick else SEEDS)
        else:
            report = _one(options.train, options.test, options.target, options.samples, options.seeds)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    known = {**versions(), "scikit-learn": metadata.version("scikit-learn")}
    report = {
        "benchmark": "benchmark_latency_models",
        "machine": machine(),
        "versions": known,
        "seconds": time.perf_counter() - begun,
        **report,
    }
    if options.json:
        print_json(report)
    else:
        _print_tables(report)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, metavar="CSV", help="the file that rows are drawn from")
    parser.add_argument("--test", type=Path, metavar="CSV", help="the file to test on")
    parser.add_argument("--target", metavar="COLUMN", help="the latency to predict")
    parser.add_argument("--samples", type=int, metavar="N", help="rows to train on")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="K", help=f"draws (default {SEEDS})")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help=f"all data sets with {QUICK_SEEDS} seeds")
    parser.add_argument("--data", default=_shared_latencies(), metavar="FOLDER", help="of the data sets")
    options = parser.parse_args()
    given = [options.train, options.test, options.target, options.samples]
    if any(value is not None for value in given) and any(value is None for value in given):
        parser.error(
            "--train, --test, --target and --samples belong together: give all four, or none for all data sets"
        )
    return options


def _shared_latencies() -> Path:
    """`shared/data/latency` beside the project, or beside a folder that it stands in."""
    root = Path(__file__).resolve().parents[1]
    beside = [parent / "shared" / "data" / "latency" for parent in root.parents]
    return next((folder for folder in beside if folder.is_dir()), beside[0])


def _one(train: Path, test: Path, target: str, samples: int, seeds: int) -> dict[str, Any]:
    rows, means = evaluate(train, test, target, samples, seeds)
    spread = {
        name: float(np.std([row[name] for row in rows], ddof=1)) if seeds > 1 else None for name in means["learned"]
    }
    settings = {"train": str(train), "test": str(test), "target": target, "samples": samples, "seeds": seeds}
    baselines = {name: values for name, values in means.items() if name != "learned"}
    return {
        **means["learned"],
        "spread": spread,
        "baselines": baselines,
        "settings": settings,
        "rows": rows,
        "targets": [],
    }


def _whole_table(folder: Path, seeds: int) -> dict[str, Any]:
    found = [asked for asked in ASKED if (folder / asked.file).is_file()]
    if not found:
        raise ValueError(f"no data set is in {folder}: give --data FOLDER, or --train, --test, --target and --samples")
    rows: list[Row] = []
    targets: list[Target] = []
    for asked in found:
        path, name = folder / asked.file, f"{Path(asked.file).stem}/{asked.target}/{asked.samples}"
        note(f"{name}: {seeds} seeds")
        _, means = evaluate(path, path, asked.target, asked.samples, seeds)
        rows += [{"what": "mean", "data": name, "model": model, **values} for model, values in means.items()]
        ours = means["learned"]
        targets += [Target(f"{name}/{key}", ours[key], at_least=bound) for key, bound in asked.at_least.items()]
        targets += [Target(f"{name}/{key}", ours[key], at_most=bound) for key, bound in asked.at_most.items()]
        targets.append(Target(f"{name}/coverage", ours["coverage"], at_least=COVERAGE_AT_LEAST))
        targets.append(Target(f"{name}/coverage", ours["coverage"], at_most=COVERAGE_AT_MOST))
    return {"settings": {"data": str(folder), "seeds": seeds}, "rows": rows, "targets": [t.to_dict() for t in targets]}


def evaluate(
    train: Path, test: Path, target: str, samples: int, seeds: int
) -> tuple[list[dict[str, Any]], dict[str, dict[str, float]]]:
    """The learned model's numbers for each seed, and the means over seeds of every model's.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is not of the target's table, or has too few rows.
    """
    pool = read_table(train, target)
    same = train.resolve() == test.resolve()
    if not 0 < samples <= len(pool) - same:
        raise ValueError(f"--samples {samples}: {train} has {len(pool)} rows with {target}, give a number below that")
    if seeds < 1:
        raise ValueError(f"--seeds {seeds}: give at least 1")
    unseen = None if same else read_table(test, target)
    rows: list[dict[str, Any]] = []
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ("learned", *BASELINES)}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(pool))
        drawn, rest = pool[order[:samples]], pool[order[samples:]] if unseen is None else unseen
        begun = time.perf_counter()
        model = LatencyRegressor.fit(drawn.features, drawn.latency_ms)
        fitted = time.perf_counter()
        latency_ms = model.predict(rest.features).latency_ms
        low, high = model.interval(rest.features)
        inside = (low <= rest.latency_ms) & (rest.latency_ms <= high)
        found["learned"].append({**_scores(latency_ms, rest.latency_ms), "coverage": 100 * float(inside.mean())})
        timing = {"fit_seconds": fitted - begun, "predict_seconds": time.perf_counter() - fitted}
        rows.append({"what": "seed", "seed": seed, "tested_on": len(rest), **found["learned"][-1], **timing})
        for name, baseline in BASELINES.items():
            found[name].append(_scores(baseline(drawn, rest), rest.latency_ms))
    means = {
        name: {key: float(np.mean([values[key] for values in of_model])) for key in of_model[0]}
        for name, of_model in found.items()
    }
    return rows, means


def _scores(predicted_ms: Floats, measured_ms: Floats) -> dict[str, float]:
    found = accuracy_of(predicted_ms, measured_ms)
    return {name: getattr(found, name) for name in ("spearman", "kendall", "mape", "within_5", "within_10")}


def _multiply_adds(drawn: LatencyTable, rest: LatencyTable) -> Floats:
    slope, fixed = np.polyfit(drawn.multiply_adds, drawn.latency_ms, 1)
    return np.asarray(fixed + slope * rest.multiply_adds)


def _linear(drawn: LatencyTable, rest: LatencyTable) -> Floats:
    return _ridge().fit(drawn.plain, drawn.latency_ms).predict(rest.plain)


def _log_linear(drawn: LatencyTable, rest: LatencyTable) -> Floats:
    return np.exp(_ridge().fit(drawn.plain, np.log(drawn.latency_ms)).predict(rest.plain))


def _boosted(drawn: LatencyTable, rest: LatencyTable) -> Floats:
    return np.exp(_boosting().fit(drawn.plain, np.log(drawn.latency_ms)).predict(rest.plain))


def _boosted_on_our_features(drawn: LatencyTable, rest: LatencyTable) -> Floats:
    model = _boosting().fit(drawn.features.columns, np.log(drawn.latency_ms))
    return np.exp(model.predict(rest.features.columns))


def _ridge() -> Any:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 4, 22)))


def _boosting() -> Any:
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(
        n_estimators=500, max_depth=4, learning_rate=0.05, subsample=0.5, max_features=0.3, random_state=0
    )


BASELINES: dict[str, Callable[[LatencyTable, LatencyTable], Floats]] = {
    "line through multiply-adds": _multiply_adds,
    "ridge": _linear,
    "ridge on log latency": _log_linear,
    "gradient boosting": _boosted,
    "gradient boosting on our features": _boosted_on_our_features,
}


def _print_tables(report: dict[str, Any]) -> None:
    if "baselines" in report:
        names = list(report["baselines"]["ridge"])
        ours = {name: report[name] for name in (*names, "coverage")}
        _print_rows([{"model": "learned", **ours}, *({"model": n, **v} for n, v in report["baselines"].items())])
    else:
        _print_rows(report["rows"])
    for target in report["targets"]:
        print(target)


def _print_rows(rows: Sequence[Row]) -> None:
    for row in rows:
        print("  ".join(f"{key} {value:.4g}" if isinstance(value, float) else str(value) for key, value in row.items()))


if __name__ == "__main__":
    main()
