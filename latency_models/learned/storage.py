"""Learned models in files: arrays in safetensors, all else as JSON in its header. Nothing in a file is ever executed.

A file is of one format version and holds a digest of itself, so that a damaged one is not taken for a model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latency_models.learned.additive import AdditiveLatency
from latency_models.learned.domain import Domain
from latency_models.learned.expert import Expert
from latency_models.learned.gaussian_process import GaussianProcess, Kernel
from latency_models.learned.regressor import LatencyRegressor
from latency_models.learned.trees import Trees

FORMAT, VERSION = "paretobert-latency-model", 1
_PARTS: dict[str, type[Any]] = {
    part.__name__: part for part in (AdditiveLatency, Domain, Expert, GaussianProcess, Kernel, LatencyRegressor, Trees)
}

Arrays = dict[str, NDArray[Any]]


def write(path: str | Path, regressors: Mapping[str, LatencyRegressor], about: Mapping[str, Any]) -> None:
    """Writes models by name, and what is to be known about them (in terms of JSON).

    Raises:
        OSError: the file cannot be written.
    """
    from safetensors.numpy import save

    text, arrays = _content(regressors, about)
    header = {"format": FORMAT, "version": str(VERSION), "content": text, "digest": _digest(text, arrays)}
    Path(path).write_bytes(save(arrays, header))


def digest(regressors: Mapping[str, LatencyRegressor], about: Mapping[str, Any]) -> str:
    """Equal for equal models."""
    return _digest(*_content(regressors, about))


def read(path: str | Path) -> tuple[dict[str, LatencyRegressor], dict[str, Any]]:
    """The models of a file by name, and what it says about them.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file, of another version, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    Path(path).open("rb").close()  # raises what a missing file is, by name
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
    except SafetensorError as error:
        raise ValueError(f"{path} is no saved latency model, or damaged: {error}") from None
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} is no saved latency model: train one with LearnedLatencyModel.fit and save")
    if header.get("version") != str(VERSION):
        raise ValueError(f"{path} is of format version {header.get('version')}, this is {VERSION}: train it again")
    if header.get("digest") != _digest(header.get("content", ""), arrays):
        raise ValueError(f"{path} is damaged: its content does not match its digest")
    content = json.loads(header["content"])
    return {name: _put_together(part, arrays) for name, part in content["models"].items()}, content["about"]


def _content(regressors: Mapping[str, LatencyRegressor], about: Mapping[str, Any]) -> tuple[str, Arrays]:
    arrays: Arrays = {}
    models = {name: _taken_apart(regressor, name, arrays) for name, regressor in regressors.items()}
    return json.dumps({"about": dict(about), "models": models}, sort_keys=True), arrays


def _taken_apart(value: Any, name: str, arrays: Arrays) -> Any:
    """The value in terms of JSON, its arrays put aside under their names."""
    if isinstance(value, np.ndarray):
        arrays[name] = np.ascontiguousarray(value)
        return {"array": name}
    if isinstance(value, tuple):
        return [_taken_apart(item, f"{name}.{place}", arrays) for place, item in enumerate(value)]
    if is_dataclass(value):
        told = {f.name: _taken_apart(getattr(value, f.name), f"{name}.{f.name}", arrays) for f in fields(value)}
        return {"part": type(value).__name__, "fields": told}
    return value


def _put_together(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, list):
        return tuple(_put_together(item, arrays) for item in value)
    if isinstance(value, dict) and "array" in value:
        return arrays[value["array"]]
    if isinstance(value, dict):
        return _PARTS[value["part"]](**{name: _put_together(of, arrays) for name, of in value["fields"].items()})
    return value


def _digest(text: str, arrays: Arrays) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
