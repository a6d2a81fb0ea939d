"""Architectures as a command line names them."""

from __future__ import annotations

from pathlib import Path

from search_space import PUBLISHED, Architecture


def read_architecture(text: str) -> Architecture:
    """The architecture of a published model's name, of a JSON file's path, or of JSON text.

    Raises:
        ValueError: it is none of these, or the JSON is not an architecture.
        OSError: the file cannot be read.
    """
    if text in PUBLISHED:
        return PUBLISHED[text]
    if text.lstrip().startswith("{"):
        return Architecture.from_json(text)
    path = Path(text)
    if not path.is_file():
        raise ValueError(
            f"unknown architecture {text!r}: expected a published model ({', '.join(PUBLISHED)}), "
            "the path of a JSON file, or JSON text"
        )
    try:
        return Architecture.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:  # also bytes that are not UTF-8
        raise ValueError(f"{text}: {error}") from None
