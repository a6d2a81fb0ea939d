"""What to run next: commands that exist, each with what it is good for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

VERIFIED_TRIALS = 8
FEWEST_VERIFIED = 2  # trials that can be ranked
FILE = "ARCHITECTURE.json"
"""Stands in a command for the file of the selected architecture."""
TRAINING = "To train an architecture to the end, and to export what was trained, this version has no command."


def verify_command(study: Mapping[str, Any]) -> str:
    """Retrains a spread of the study's trials for longer."""
    return f"paretobert verify {shlex.quote(study['study'])} --trials {VERIFIED_TRIALS}"


def next_steps(study: Mapping[str, Any]) -> list[dict[str, str]]:
    """For the study: `{command, why}`, the most useful first."""
    name = shlex.quote(study["study"])
    can_verify = study["counts"].get("complete", 0) >= FEWEST_VERIFIED and not study.get("verifications")
    unfinished = study["evaluated"] < study["trials_asked"]
    go_on = f"paretobert resume {name}" if unfinished else f"paretobert resume {name} --trials {_more(study)}"
    search = {
        "command": go_on,
        "why": "goes on with the trials that were asked for" if unfinished else "searches on: a larger frontier",
    }
    verify = {
        "command": verify_command(study),
        "why": "trains a spread of these trials ten times as long, and says here whether their ranks hold",
    }
    if not can_verify:
        return [search]
    return [search, verify] if unfinished else [verify, search]


def architecture_steps(study: Mapping[str, Any]) -> list[dict[str, str]]:
    """For one architecture, saved as `FILE`: `{command, why}`."""
    configuration = study["configuration"]
    where = f"--device {shlex.quote(configuration['device'])} --sequence-length {configuration['sequence_length']}"
    return [
        {
            "command": f"paretobert latency measure {FILE} --precision {configuration['precision']}",
            "why": "exports it to TensorFlow Lite with random weights and times that on the processor at hand",
        },
        {
            "command": f"paretobert latency predict {FILE} {where}",
            "why": "predicts its latency again; --latency-model learned says how far off that may be",
        },
    ]


def _more(study: Mapping[str, Any]) -> int:
    return 2 * int(study["trials_asked"])
