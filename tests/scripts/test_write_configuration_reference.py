from __future__ import annotations

from write_configuration_reference import PAGE, page

from paretobert.config import Configuration, presets


def test_the_configuration_reference_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python scripts/write_configuration_reference.py"


def test_the_reference_has_a_row_for_every_field_and_every_preset() -> None:
    text = PAGE.read_text()
    assert all(f"| `{name}` |" in text for name in Configuration.model_fields)
    assert all(f"`{name}`\n\n```toml" in text for name in presets())
