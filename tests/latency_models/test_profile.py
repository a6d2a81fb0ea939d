from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from latency_models import DEVICES, DeviceProfile, EdgeTpuAnalytical, OperationKind, OpGraphBatch
from search_space import PUBLISHED

GOOD = """
description = "A board of mine"

[peak_multiply_adds_per_second]
int8 = 2e12
source = "its data sheet"

[latency_models.edgetpu-analytical]
free = ["fixed_ms"]

[latency_models.edgetpu-analytical.constants]
fixed_ms = 0.5
multiply_adds_per_second = 1e12

[latency_models.edgetpu-analytical.sources]
fixed_ms = "to be calibrated"
multiply_adds_per_second = "its data sheet"
"""


def test_a_profile_of_ones_own_is_a_file_that_the_model_takes_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text(GOOD, encoding="utf-8")
    profile = DeviceProfile.load(str(path))
    assert profile.name == str(path)
    assert profile.tables["edgetpu-analytical"].free == ("fixed_ms",)
    assert (profile.watts, profile.host_operations) == (None, ())
    batch = OpGraphBatch.from_architectures([PUBLISHED["mobilebert"]])
    multiply_adds = batch.total(batch.operations.multiply_adds)
    assert EdgeTpuAnalytical(str(path)).predict(batch).latency_ms == pytest.approx(0.5 + multiply_adds / 1e9)


@pytest.mark.parametrize("device", DEVICES)
def test_a_profile_written_and_read_again_is_the_same(device: str) -> None:
    profile = DeviceProfile.load(device)
    assert DeviceProfile.parse(device, profile.to_toml()) == profile


@pytest.mark.parametrize("device", DEVICES)
def test_every_constant_that_is_shipped_has_a_source(device: str) -> None:
    profile = DeviceProfile.load(device)
    assert len(profile.peak_source) > 20
    assert (profile.watts is None) == (not profile.watts_source)
    for table in profile.tables.values():
        assert table.sources.keys() == table.values.keys()
        assert set(table.free) <= table.values.keys()
        assert all(len(source) > 20 for source in table.sources.values())


def test_the_coral_profiles_are_one_chip_behind_two_links() -> None:
    usb, pcie = (dict(DeviceProfile.load(f"coral-{link}").constants["edgetpu-analytical"]) for link in ("usb", "pcie"))
    assert pcie.pop("link_bytes_per_second") > usb.pop("link_bytes_per_second")
    assert usb == pcie
    profile = DeviceProfile.load("coral-usb")
    assert profile.peak_multiply_adds_per_second == {"int8": 2e12}
    assert profile.host_operations == (OperationKind.LOOKUP, OperationKind.BATCH_MATMUL)
    assert 7e6 < usb["cache_bytes"] < 8 * 2**20


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('description = "A board of mine"', "", "description is missing; give a text"),
        ('description = "A board of mine"', "description = 3", "description must be a text, not 3"),
        ("int8 = 2e12", "", r"peak_multiply_adds_per_second\.int8 is missing; give a number for int8 or float"),
        ("int8 = 2e12", "int8 = -1", r"peak_multiply_adds_per_second\.int8 must be above 0, not -1"),
        ("int8 = 2e12", 'int8 = "fast"', r"peak_multiply_adds_per_second\.int8 must be a number, not 'fast'"),
        ("int8 = 2e12", "int8 = nan", r"peak_multiply_adds_per_second\.int8 must be a number, not nan"),
        ("int8 = 2e12", "int8 = 2e12\nint4 = 4e12", r"peak_multiply_adds_per_second\.int4 is not known; known: "),
        ('source = "its data sheet"', "", r"peak_multiply_adds_per_second\.source is missing; give a text"),
        ("fixed_ms = 0.5", "fixed_ms = -0.5", r"edgetpu-analytical\.constants\.fixed_ms must be at least 0, not -0\.5"),
        ('fixed_ms = "to be calibrated"', "", r"edgetpu-analytical\.sources\.fixed_ms is missing; give a text"),
        ('fixed_ms = "to', 'warp_ms = ""\nfixed_ms = "to', r"edgetpu-analytical\.sources\.warp_ms is not known"),
        (
            'free = ["fixed_ms"]',
            'free = ["block_ms"]',
            r"edgetpu-analytical\.free names 'block_ms', which is not among",
        ),
        (
            'free = ["fixed_ms"]',
            'free = "fixed_ms"',
            r"edgetpu-analytical\.free must be a list of texts, not 'fixed_ms'",
        ),
        ("[latency_models", "[power]\nwatts = 2\n[latency_models", r"power\.source is missing; give a text"),
        (
            "[latency_models",
            '[host_operations]\nkinds = ["DANCE"]\nsource = "-"\n[latency_models',
            "names 'DANCE'; known",
        ),
        ("[latency_models", "[weight]\n[latency_models", "weight is not known; known: description"),
        ("fixed_ms = 0.5", "fixed_ms = = 0.5", "not a device profile in TOML"),
    ],
)
def test_a_malformed_profile_gives_one_line_with_file_and_field(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "board.toml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as raised:
        EdgeTpuAnalytical(str(path))
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"absent\.toml"):
        DeviceProfile.load(str(tmp_path / "absent.toml"))
    (tmp_path / "image.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"image\.toml: not a device profile, which is TOML in UTF-8"):
        DeviceProfile.load(str(tmp_path / "image.toml"))


def test_the_example_above_is_toml_that_a_calibration_may_rewrite() -> None:
    written = tomllib.loads(DeviceProfile.parse("board.toml", GOOD).to_toml())
    assert written == tomllib.loads(GOOD)
    assert np.isfinite(written["peak_multiply_adds_per_second"]["int8"])
