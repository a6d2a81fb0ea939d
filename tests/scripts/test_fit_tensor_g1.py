from __future__ import annotations

import json
from pathlib import Path

import fit_tensor_g1
import pytest

from latency_models import DeviceProfile


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the script prints; it writes beside the tests."""
    with pytest.MonkeyPatch.context() as patch:
        path, lines = tmp_path_factory.mktemp("profiles") / "tensor-g1.toml", []
        patch.setattr(fit_tensor_g1, "PROFILE", path)
        patch.setattr("builtins.print", lines.append)
        fit_tensor_g1.main()
    return {"profile": path.read_text(encoding="utf-8"), **json.loads("".join(lines))}


def test_the_profile_is_what_the_script_writes(report: dict[str, object]) -> None:
    shipped = Path(fit_tensor_g1.PROFILE).read_text(encoding="utf-8")
    assert report["profile"] == shipped
    assert report["constants"] == DeviceProfile.load("tensor-g1").constants["edgetpu-analytical"]


def test_no_structure_that_was_tried_holds_out_rows_better_or_has_more_than_four_constants(
    report: dict[str, dict[str, dict[str, float]]],
) -> None:
    structures = report["structures"]
    assert len(structures) == len(fit_tensor_g1.STRUCTURES) > 10
    best = min(structures, key=lambda name: structures[name]["held_out_mean_error"])
    assert best == fit_tensor_g1.CHOSEN
    assert structures[best]["held_out_mean_error"] <= 0.035
    assert structures[best]["held_out_largest_error"] <= 0.08
    assert all(errors["fitted_constants"] <= 4 for errors in structures.values())
