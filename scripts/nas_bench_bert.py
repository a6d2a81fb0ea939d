"""NAS-Bench-BERT as a problem for controllers: a GLUE score for each of its 10.6 million encoders.

500 of them were trained (Tuli et al. 2022, CC BY 4.0). The score of any is the mean of two regressions fitted to all
500: a ridge regression, which tells every encoder from every other, and extremely randomised trees (Geurts et al.
2006), which know how decisions depend on each other. The table of all scores is made once, in about a minute, and kept
in the user's cache under a digest of what it was made from; so the best front is known, and not estimated.

    python scripts/nas_bench_bert.py    # how well the regression predicts encoders that it was not fitted to
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarking import code_digest
from nas_bench_bert_space import NUM_LAYERS, OPERATIONS, Encoder, NasBenchBertSpace, latency_ms
from numpy.typing import NDArray
from platformdirs import user_cache_path

from controllers.pareto import non_dominated
from search_space import Vectors

Floats = NDArray[np.float64]

SPACE = NasBenchBertSpace()
FOLDS = 10
_DATA = Path("shared") / "data" / "nas_bench_bert" / "BERT_benchmark.json"
_CHUNK = 1 << 18  # encoders predicted at once


@dataclass(frozen=True)
class Trained:
    """The encoders that were trained: vectors `[n, d]` and their GLUE scores as fractions `[n]`."""

    vectors: Vectors
    scores: Floats


def find_data() -> Path | None:
    """The benchmark's file in ../shared/data beside the project, or beside any folder above it."""
    return next((p / _DATA for p in Path(__file__).resolve().parents if (p / _DATA).is_file()), None)


def read(path: Path) -> Trained:
    """The trained encoders of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not the benchmark's.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        vectors = [SPACE.encode(_encoder(row["hparams"]["model_hparam_overrides"])) for row in rows]
        scores = [row["scores"]["glue"] / 100 for row in rows]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not the rows of NAS-Bench-BERT ({error!r})") from None
    return Trained(np.array(vectors, np.int64), np.array(scores, float))


def _encoder(parameters: dict[str, Any]) -> Encoder:
    layers = tuple(
        (
            layer["operation_type"],
            layer["operation_parameter"],
            layer["num_operation_heads"],
            layer["feed_forward_dimension"],
            layer["num_feed_forward"],
        )
        for layer in parameters["nas_config"]["encoder_layers"]
    )
    return Encoder(parameters["hidden_size"], layers)


class GlueRegression:
    """The score of an encoder, learned from the trained ones; single-threaded and deterministic."""

    def __init__(self, trained: Trained) -> None:
        from sklearn.ensemble import ExtraTreesRegressor
        from sklearn.linear_model import RidgeCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        trees = ExtraTreesRegressor(100, min_samples_leaf=3, max_features=1 / 3, random_state=0)
        self._models = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 3, 9))), trees
        for model in self._models:
            model.fit(_inputs(trained.vectors), trained.scores)

    def __call__(self, X: Vectors) -> Floats:
        """Predicted scores of valid rows, `[n]`."""
        return np.mean([model.predict(_inputs(X)) for model in self._models], axis=0)


def held_out(trained: Trained) -> Floats:
    """Predictions for the trained encoders, each by a regression fitted to nine tenths without it: `[n]`."""
    fold = np.random.default_rng(0).permutation(len(trained.scores)) % FOLDS
    predicted = np.empty(len(trained.scores))
    for left_out in range(FOLDS):
        rest = fold != left_out
        model = GlueRegression(Trained(trained.vectors[rest], trained.scores[rest]))
        predicted[~rest] = model(trained.vectors[~rest])
    return predicted


@dataclass(frozen=True)
class Everything:
    """All encoders of the space.

    Attributes:
        scores: in the order of `SPACE.index`, float32 `[SPACE.num_vectors]`.
        front: numbers of those that no other beats in score and latency, `[k]`.
        reference: the worst score of the encoders that were trained, and the largest latency of all, `[2]`.
    """

    scores: NDArray[np.float32]
    front: Vectors
    reference: Floats


def everything(path: Path, cache: Path | None = None) -> Everything:
    """What is known of all encoders, from the cache's files; they are made if they are not there.

    Args:
        path: the benchmark's data.
        cache: folder of the files; the user's cache folder if None.
    """
    import sklearn

    code = code_digest("nas_bench_bert", "nas_bench_bert_space")
    digest = hashlib.sha256(path.read_bytes() + f"{sklearn.__version__}{code}".encode()).hexdigest()[:16]
    folder = (cache or user_cache_path("paretobert")) / f"nas-bench-bert-{digest}"
    if not folder.is_dir():
        made = _make(read(path))
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as unfinished:
            whole = Path(unfinished) / folder.name
            whole.mkdir()
            for part in fields(made):
                np.save(whole / f"{part.name}.npy", getattr(made, part.name))
            if not folder.is_dir():  # else another process was faster
                whole.rename(folder)
    return Everything(*(np.load(folder / f"{part.name}.npy", mmap_mode="r") for part in fields(Everything)))


def _make(trained: Trained) -> Everything:
    model = GlueRegression(trained)
    scores, latencies = np.empty(SPACE.num_vectors, np.float32), np.empty(SPACE.num_vectors)
    for start in range(0, SPACE.num_vectors, _CHUNK):
        stop = min(start + _CHUNK, SPACE.num_vectors)
        X = SPACE.every(start, stop)
        scores[start:stop], latencies[start:stop] = model(X), latency_ms(X)
    front = np.flatnonzero(non_dominated(np.column_stack([-scores.astype(float), latencies])))
    return Everything(scores, front, np.array([trained.scores.min(), latencies.max()]))


def _inputs(X: Vectors) -> Floats:
    """What the regressions read: the space's features, the sums of the layers', and which kinds of layer there are."""
    features = SPACE.features(X)
    by_layer = features[:, 2:-1].reshape(len(X), NUM_LAYERS[-1], -1)
    total = by_layer.sum(axis=1)
    kinds = total[:, : len(OPERATIONS)].reshape(len(X), -1, 2).sum(axis=2) > 0
    wide_networks = (by_layer[:, :, -1] * by_layer[:, :, -2]).sum(axis=1, keepdims=True)
    return np.hstack([features, total, kinds, wide_networks])


def main() -> None:
    from scipy.stats import kendalltau, spearmanr

    path = find_data()
    if path is None:
        raise SystemExit(f"error: no {_DATA} beside any folder above {Path(__file__).parent}")
    trained = read(path)
    predicted = held_out(trained)
    spearman, kendall = (rank(predicted, trained.scores).statistic for rank in (spearmanr, kendalltau))
    error = np.abs(predicted - trained.scores).mean()
    print(f"{FOLDS}-fold hold-out: Spearman {spearman:.3f}, Kendall {kendall:.3f}, mean error {100 * error:.2f} points")


if __name__ == "__main__":
    main()
