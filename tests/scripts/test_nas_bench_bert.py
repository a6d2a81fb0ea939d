from __future__ import annotations

from pathlib import Path

import nas_bench_bert
import numpy as np
import pytest
from nas_bench_bert import GlueRegression, find_data, held_out, read
from nas_bench_bert_space import NasBenchBertSpace, latency_ms
from scipy.stats import spearmanr

SPACE = NasBenchBertSpace()
DATA = find_data()
needs_data = pytest.mark.skipif(DATA is None, reason="NAS-Bench-BERT is not at ../shared/data/nas_bench_bert")


def sampled(size: int = 200) -> np.ndarray:
    return SPACE.sample(np.random.default_rng(0), size)


def test_encoders_come_back_from_their_vectors() -> None:
    X = sampled()
    assert SPACE.is_valid(X).all()
    assert all((SPACE.encode(SPACE.decode(x)) == x).all() for x in X)


def test_every_vector_has_its_number() -> None:
    for start in (0, 4_600, SPACE.num_vectors - 20):
        X = SPACE.every(start, start + 20)
        assert SPACE.is_valid(X).all()
        assert SPACE.index(X).tolist() == [*range(start, start + 20)]
    X = sampled()
    assert all((SPACE.every(number, number + 1)[0] == x).all() for number, x in zip(SPACE.index(X), X, strict=True))


def test_repair_empties_layers_that_are_absent_and_changes_nothing_else() -> None:
    X = np.random.default_rng(1).integers(0, SPACE.cardinalities, (200, 18))
    repaired = SPACE.repair(X)
    assert SPACE.is_valid(repaired).all()
    assert (repaired[:, :10] == X[:, :10]).all()
    assert (repaired[X[:, 1] == 1] == X[X[:, 1] == 1]).all()
    absent = (X[:, 1] == 0) & (X[:, 10:] > 0).any(axis=1)
    assert (SPACE.is_valid(X) == ~absent).all()


def test_more_work_takes_longer_and_narrow_heads_too() -> None:
    X = sampled()
    for decision in range(2):  # hidden size and depth
        small, large = X.copy(), X.copy()
        small[:, decision], large[:, decision] = 0, 1
        large[X[:, 1] == 0, 10:] = 0
        assert (latency_ms(SPACE.repair(large)) > latency_ms(SPACE.repair(small))).all()
    attention = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [0] * 8)
    for decision in (3, 4, 5):
        more = attention.copy()
        more[decision] = 1
        assert latency_ms(more[None])[0] > latency_ms(attention[None])[0]


@needs_data
def test_the_regression_ranks_encoders_that_it_never_saw() -> None:
    assert DATA is not None
    trained = read(DATA)
    assert len(trained.scores) == 500
    assert spearmanr(held_out(trained), trained.scores).statistic > 0.92


@needs_data
def test_the_table_holds_what_the_regression_says_and_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DATA is not None
    monkeypatch.setattr(NasBenchBertSpace, "num_vectors", 5_000)  # of 10.6 million
    made = nas_bench_bert.everything(DATA, cache=tmp_path)
    X = SPACE.every(4_000, 4_010)
    assert made.scores[4_000:4_010] == pytest.approx(GlueRegression(read(DATA))(X), abs=1e-6)
    monkeypatch.setattr(nas_bench_bert, "GlueRegression", lambda trained: pytest.fail("it was kept"))
    again = nas_bench_bert.everything(DATA, cache=tmp_path)
    assert (again.front == made.front).all()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"hparams": 1}]')
    with pytest.raises(ValueError, match="not the rows of NAS-Bench-BERT"):
        read(path)
