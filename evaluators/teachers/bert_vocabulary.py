"""The vocabulary of a folder in Hugging Face layout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluators.contract import Vocabulary
from evaluators.teachers.json_object import read_json_object


def read_vocabulary(folder: Path) -> Vocabulary:
    """The tokens of `vocab.txt` or else of `tokenizer.json`, by id.

    Text is lower-cased as `tokenizer_config.json` or else `tokenizer.json` say, and where neither does.

    Raises:
        FileNotFoundError: the folder has neither.
        ValueError: a file is damaged or holds no WordPiece vocabulary.
    """
    listed, tokenizer = folder / "vocab.txt", folder / "tokenizer.json"
    settings = read_json_object(tokenizer) if tokenizer.is_file() else {}
    if listed.is_file():
        source = listed
        # Not splitlines: a vocabulary may hold line separators of Unicode as tokens.
        lines = listed.read_bytes().decode().removesuffix("\n").split("\n")
        tokens = tuple(line.removesuffix("\r") for line in lines)
    elif settings:
        source = tokenizer
        tokens = _listed_in(settings, tokenizer)
    else:
        raise FileNotFoundError(f"no vocab.txt and no tokenizer.json in {folder}")
    try:
        return Vocabulary(tokens, _lowercase(folder, settings))
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None


def _listed_in(settings: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    model = settings.get("model")
    ids = model.get("vocab") if isinstance(model, dict) and model.get("type", "WordPiece") == "WordPiece" else None
    if not isinstance(ids, dict) or sorted(ids.values()) != list(range(len(ids))):
        raise ValueError(f"{path} holds no WordPiece vocabulary with ids from 0 on")
    return tuple(sorted(ids, key=ids.__getitem__))


def _lowercase(folder: Path, settings: Mapping[str, Any]) -> bool:
    path = folder / "tokenizer_config.json"
    given = read_json_object(path).get("do_lower_case") if path.is_file() else None
    if given is None and isinstance(normalizer := settings.get("normalizer"), dict):
        given = normalizer.get("lowercase")
    return True if given is None else bool(given)
