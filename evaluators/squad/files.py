"""Reading SQuAD files: which ones a folder holds, and what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from evaluators.squad.dataset import Passage, parse

Part = Literal["train", "dev"]


def find(folder: Path, part: Part) -> Path:
    """The file of a part in a folder: `PART-v1.1.json`, or else the only `PART*.json`.

    Raises:
        FileNotFoundError: the folder does not exist or holds no such file.
        ValueError: the folder holds several.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder} of SQuAD files: give one, or run 'paretobert data fetch squad'")
    official = folder / f"{part}-v1.1.json"
    if official.is_file():
        return official
    found = sorted(path for path in folder.glob(f"{part}*.json") if path.is_file())
    if not found:
        raise FileNotFoundError(
            f"no {official.name} or other {part}*.json in {folder}: give the folder that holds it, "
            "or run 'paretobert data fetch squad'"
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ValueError(f"several {part}*.json in {folder} ({names}): keep one, or name one {official.name}")
    return found[0]


def read(path: Path) -> tuple[Passage, ...]:
    """The passages of a SQuAD v1.1 file, in its order.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is truncated, not JSON or not SQuAD v1.1; the message says where.
    """
    try:
        return parse(_read_json(path))
    except ValueError as error:
        raise ValueError(f"{path} is not a SQuAD v1.1 file: {error}") from None


def read_predictions(path: Path) -> dict[str, str]:
    """Answer text by question id: one JSON object.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is truncated, not JSON or no object of texts.
    """
    try:
        predictions = _read_json(path)
        if not isinstance(predictions, dict):
            raise ValueError(f"an object of question ids and answers is expected, not a {type(predictions).__name__}")
        for question, answer in predictions.items():
            if not isinstance(answer, str):
                raise ValueError(f"the answer to {question!r} must be text, not {answer!r:.40}")
    except ValueError as error:
        raise ValueError(f"{path} is not a file of predictions: {error}") from None
    return predictions


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise FileNotFoundError(f"no file {path}") from None
    except json.JSONDecodeError as error:
        ended = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        raise ValueError(f"{'truncated' if ended else 'not JSON'} ({error})") from None
    except UnicodeDecodeError:
        raise ValueError("not JSON (not UTF-8 text)") from None
    except RecursionError:
        raise ValueError("not JSON that can be read (nested too deeply)") from None
