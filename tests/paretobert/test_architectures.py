from __future__ import annotations

from pathlib import Path

import pytest

from paretobert.architectures import read_architecture
from search_space import PUBLISHED


def test_a_published_name_a_file_and_json_text_give_the_same_architecture(tmp_path: Path) -> None:
    small = PUBLISHED["mobilebert-edgetpu-s"]
    file = tmp_path / "small.json"
    file.write_text(small.to_json())
    assert read_architecture("mobilebert-edgetpu-s") == small
    assert read_architecture(str(file)) == small
    assert read_architecture(" " + small.to_json()) == small


def test_an_unknown_name_is_refused_with_what_was_expected() -> None:
    with pytest.raises(
        ValueError, match=r"unknown architecture 'bert': expected a published model .*mobilebert-edgetpu-m"
    ):
        read_architecture("bert")


def test_a_fault_in_a_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    for content in (b'{"hidden_size": 512}', b"{", b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.json: "):
            read_architecture(str(file))


def test_a_folder_is_no_architecture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown architecture"):
        read_architecture(str(tmp_path))
