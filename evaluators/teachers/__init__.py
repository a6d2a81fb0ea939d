"""Teachers: trained networks that candidates learn from."""

from __future__ import annotations

from pathlib import Path

from evaluators.contract import Teacher

TEACHERS = ("builtin", "minilm", "path", "none")
"""`path` is followed by a folder in Hugging Face layout, `path:FOLDER`, or by the file of a network trained here,
`path:FILE.safetensors`."""


def load_teacher(name_or_path: str) -> Teacher | None:
    """The teacher of that name, or of a folder or a file given as `path:...` or by its path; None for `none`.

    Raises:
        FileNotFoundError: the folder or one of its files is missing.
        ValueError: no such teacher, not installed, or the folder's files cannot be used.
    """
    if name_or_path == "none":
        return None
    if name_or_path == "builtin":
        from evaluators.teachers import builtin

        return builtin.load()
    if name_or_path == "minilm":
        from evaluators.teachers import minilm

        return minilm.load()
    folder = name_or_path.removeprefix("path:")
    if folder.endswith(".safetensors"):
        from evaluators.teachers.network import load_network

        return load_network(Path(folder).expanduser(), name_or_path)
    if folder and (folder != name_or_path or "/" in folder or Path(folder).is_dir()):
        from evaluators.teachers.bert import BertTeacher

        return BertTeacher(Path(folder).expanduser(), name_or_path)
    raise ValueError(f"unknown teacher {name_or_path!r}; known: builtin, minilm, path:FOLDER, none")
