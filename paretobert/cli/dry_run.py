"""What `search --dry-run` prints: the configuration as TOML, with what it would take in comments above it."""

from __future__ import annotations

import shutil
from pathlib import Path

from paretobert.output import print_json
from paretobert.plan import Plan

_UNITS = (("days", 86_400), ("h", 3_600), ("min", 60))


def show_plan(plan: Plan, json: bool) -> None:
    """Prints a plan on standard output; the text can be saved and given to `search --config`."""
    if json:
        print_json(plan.to_dict())
        return
    for line in _facts(plan):
        print(f"# {line}")
    print()
    print(plan.assembly.configuration.to_toml(), end="")


def duration(seconds: float) -> str:
    """`42.0 s`, `3.5 min`, `1.2 h`: in the largest unit of which there is at least one."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} s" if seconds >= 0.1 else "0.1 s or less"


def _facts(plan: Plan) -> list[str]:
    configuration, space = plan.assembly.configuration, plan.assembly.space
    references = len(configuration.references)
    of_references = f" and {references} references" if references else ""
    facts = [
        "A dry run: nothing was begun and nothing written.",
        f"space: {space.num_architectures:,} architectures ({space.num_vectors:,} vectors)",
        f"disk: {_disk(plan)}",
    ]
    if plan.trial.seconds is None or plan.seconds is None:
        return [*facts, f"time: {plan.trial.source}"]
    return [
        *facts,
        f"time of an evaluation: about {duration(plan.trial.seconds)}",
        f"  ({plan.trial.source})",
        f"in all: about {duration(plan.seconds)} for {configuration.trials} trials{of_references};",
        "  what the evaluator prepares comes on top",
    ]


def _disk(plan: Plan) -> str:
    free = shutil.disk_usage(Path.cwd()).free / 1e6
    cache = "what the evaluator writes is not known"
    if plan.evaluator_disk_bytes is not None:
        cache = f"{plan.evaluator_disk_bytes / 1e6:,.0f} MB for the evaluator"
    return f"{cache}, {plan.study_disk_bytes / 1e6:,.0f} MB for the study; {free:,.0f} MB are free"
