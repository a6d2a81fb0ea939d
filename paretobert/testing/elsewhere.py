"""Calls a function in a new Python process, where nothing that a plug-in keeps in memory is left."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SECONDS = 600


def elsewhere(function: Callable[..., Any], **arguments: Any) -> Any:
    """What a function of an importable module gives in a new process.

    The process has this one's folder and import path, and hashes of its own. Arguments and result are plain data.

    Raises:
        RuntimeError: the function raised; the message is the last line of what the process printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        call = {"module": function.__module__, "function": function.__name__, "arguments": arguments}
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(result)],
            input=json.dumps(call),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
        return json.loads(result.read_text(encoding="utf-8"))


def _main() -> None:
    call = json.load(sys.stdin)
    function = getattr(importlib.import_module(call["module"]), call["function"])
    Path(sys.argv[1]).write_text(json.dumps(function(**call["arguments"])), encoding="utf-8")


if __name__ == "__main__":
    _main()
