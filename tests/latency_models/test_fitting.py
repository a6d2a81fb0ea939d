from __future__ import annotations

import csv
import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from latency_models import DeviceProfile
from latency_models.analytical import analytical_features
from latency_models.fitting import fit, held_out, held_out_errors
from latency_models.published import BASELINE, SEQUENCE_LENGTH, TENSOR_G1, UTILIZATION_OVER_BASELINE
from search_space import PUBLISHED, multiply_adds

ROOT = Path(__file__).parents[2]
SHARED_ROWS = ROOT.parent / "shared" / "data" / "latency" / "tensor_g1_mobilebert.csv"


@pytest.fixture
def script() -> ModuleType:
    """`scripts/fit_tensor_g1.py` as a module."""
    spec = importlib.util.spec_from_file_location("fit_tensor_g1", ROOT / "scripts" / "fit_tensor_g1.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_fit_recovers_the_constants_that_made_the_latencies() -> None:
    rng = np.random.default_rng(0)
    features = np.column_stack([np.ones(9), rng.integers(1, 30, 9), rng.uniform(1e9, 2e10, 9)])
    is_float = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    coefficients = np.array([1.5, 0.25, 4e-10])
    latency_ms = features @ coefficients * np.where(is_float, 1.7, 1.0)
    fitted = fit(features, is_float, latency_ms)
    np.testing.assert_allclose(fitted.coefficients, coefficients, rtol=1e-5)
    assert fitted.float_ratio == pytest.approx(1.7, rel=1e-6)


def test_no_cost_is_fitted_below_zero() -> None:
    features = np.column_stack([np.ones(5), np.arange(5.0)])
    fitted = fit(features, np.zeros(5), 10.0 - np.arange(5.0))
    assert (fitted.coefficients >= 0).all()


@pytest.mark.parametrize("model", sorted({row.model for row in TENSOR_G1}))
def test_a_held_out_model_does_not_touch_its_own_predictions(model: str) -> None:
    own = np.array([row.model == model for row in TENSOR_G1])
    disturbed = [replace(row, latency_ms=2 * row.latency_ms) if row.model == model else row for row in TENSOR_G1]
    before, after = held_out(analytical_features, TENSOR_G1), held_out(analytical_features, disturbed)
    np.testing.assert_allclose(after[own], before[own], rtol=1e-4)
    assert not np.allclose(after[~own], before[~own], rtol=1e-2)


def test_the_profile_is_what_the_script_writes(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = script.PROFILE.read_text(encoding="utf-8")
    monkeypatch.setattr(script, "PROFILE", tmp_path / "profile.toml")
    script.main()
    assert (tmp_path / "profile.toml").read_text(encoding="utf-8") == shipped
    printed = json.loads(capsys.readouterr().out)["constants"]
    assert printed == DeviceProfile.load("tensor-g1").constants["edgetpu-analytical"]


def test_one_rate_and_a_cost_a_block_hold_out_rows_better_than_the_other_formulas(script: ModuleType) -> None:
    errors = {name: held_out_errors(formula, TENSOR_G1).mean() for name, formula in script.FORMULAS.items()}
    assert len(errors) > 1
    assert script.FORMULAS[min(errors, key=lambda name: errors[name])] is analytical_features


def test_published_utilization_is_multiply_adds_a_millisecond() -> None:
    rate = {
        row.model: multiply_adds(PUBLISHED[row.model], SEQUENCE_LENGTH) / row.latency_ms
        for row in TENSOR_G1
        if row.precision == "int8"
    }
    for model, published in UTILIZATION_OVER_BASELINE.items():
        assert rate[model] / rate[BASELINE] == pytest.approx(published, abs=0.01)


@pytest.mark.skipif(not SHARED_ROWS.exists(), reason=f"{SHARED_ROWS} is absent: the published table is not at hand")
def test_the_published_rows_are_those_of_the_shared_table() -> None:
    with SHARED_ROWS.open(newline="") as file:
        table = [(row["model"], row["precision"], float(row["latency_ms"])) for row in csv.DictReader(file)]
    assert [(row.model, row.precision, row.latency_ms) for row in TENSOR_G1] == table
