from __future__ import annotations

from pathlib import Path
from typing import Any

import fit_coral_usb
import numpy as np
import pandas as pd
import pytest

from latency_models import EdgeTpuAnalytical

PROFILES, MEASUREMENTS = fit_coral_usb.PROFILES, fit_coral_usb.MEASUREMENTS
with_measurements = pytest.mark.skipif(
    not MEASUREMENTS.exists(), reason=f"{MEASUREMENTS} is absent: the Coral measurements are not at hand"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of the profiles that the script writes, and what it prints."""
    folder, lines = tmp_path_factory.mktemp("profiles"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_coral_usb, "PROFILES", folder)
        patch.setattr(fit_coral_usb, "print_json", lines.append)
        fit_coral_usb.main(["--test", str(MEASUREMENTS)])
    return folder, lines[0]


@with_measurements
def test_the_shapes_of_the_stacks_give_the_multiply_adds_of_the_file_to_the_unit() -> None:
    rows = fit_coral_usb.read(MEASUREMENTS)
    batch = fit_coral_usb.stacks(rows)
    assert batch.total(batch.operations.multiply_adds).tolist() == rows["macs"].tolist()


@with_measurements
def test_the_cache_holds_what_the_compiler_reported(run: tuple[Path, dict[str, Any]]) -> None:
    assert run[1]["largest_difference_to_reported_on_chip_mib"] < 0.1


@with_measurements
def test_the_profiles_are_what_the_script_writes(run: tuple[Path, dict[str, Any]]) -> None:
    for name in ("coral-usb.toml", "coral-pcie.toml"):
        assert (run[0] / name).read_text(encoding="utf-8") == (PROFILES / name).read_text(encoding="utf-8")


@with_measurements
def test_widths_left_out_are_predicted_within_their_bounds(run: tuple[Path, dict[str, Any]]) -> None:
    """Dense stacks that fit on the chip are below 0.26 ms and differ by 15 % from width to width."""
    report = run[1]
    held_out = report["structures"][fit_coral_usb.CHOSEN]["held_out"]
    assert held_out["convolution"]["mean_error"] <= 0.15
    assert held_out["dense"]["mean_error_streaming"] <= 0.05
    assert held_out["dense"]["total_error_over_total_latency"] <= 0.05
    assert held_out["dense"]["mean_error_on_chip"] < 1.1 * report["error_of_the_neighbours_mean_on_chip"]["dense"]
    for family, errors in report["test"].items():  # of the same rows, by the constants of the written profile
        assert errors == pytest.approx(report["structures"][fit_coral_usb.CHOSEN]["fit"][family], rel=1e-3)


@with_measurements
def test_a_mebibyte_off_the_chip_costs_about_2_7_ms(run: tuple[Path, dict[str, Any]]) -> None:
    bytes_per_second = run[1]["constants"]["link_bytes_per_second"]
    assert 1e3 * 2**20 / bytes_per_second == pytest.approx(2.75, abs=0.1)


def test_utilization_of_convolutions_rises_with_width_from_under_5_to_over_30_per_cent() -> None:
    rows = pd.DataFrame({"family": "conv", "width": [32, *range(64, 449, 64)]})
    utilization = EdgeTpuAnalytical("coral-usb").predict(fit_coral_usb.stacks(rows)).utilization
    assert utilization[0] < 0.05
    assert utilization[-1] > 0.30
    assert (np.diff(utilization) > 0).all()


def test_ranges_left_out_are_contiguous_in_width() -> None:
    rows = pd.DataFrame({"family": ["conv"] * 10 + ["fc"] * 7, "width": [*range(10, 0, -1), *range(7)]})
    blocks = pd.Series(fit_coral_usb._blocks(rows))
    assert blocks.nunique() == 2 * fit_coral_usb.BLOCKS
    for block in blocks.unique():
        widths = sorted(rows["width"][blocks == block])
        assert widths == list(range(widths[0], widths[-1] + 1))


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("family,width\nfc,100\n")
    with pytest.raises(ValueError, match=r"rows\.csv: column latency_ms is missing; it has family, width"):
        fit_coral_usb.read(path)
    with pytest.raises(ValueError, match="unknown family 'lstm'; known: fc, conv"):
        fit_coral_usb.stacks(pd.DataFrame({"family": ["lstm"], "width": [3]}))
