"""Trials, and the features of networks, as pandas frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from paretobert.trial import Trial
from search_space import Stage

if TYPE_CHECKING:
    import pandas as pd

    from latency_models import OpGraphBatch

MAX_STAGES = 4
_STAGE_COLUMNS = {
    f"stage{number}.{field.name}": (number - 1, field.name)
    for number in range(1, MAX_STAGES + 1)
    for field in fields(Stage)
}
_LAST_COLUMNS = ("violation", "seed", "budget", "seconds", "reason")


def trials_frame(trials: Sequence[Trial]) -> pd.DataFrame:
    """One row a trial, in the order given, with its number as index.

    Columns:
        name: of the published model; only where there are reference trials.
        state: see `Trial`.
        one for each metric: such as `score` (fraction), `latency_ms`, `parameters`; NaN where a trial has none. A
            metric with the name of another column stands as `metrics.NAME`.
        hidden_size, num_blocks: of the whole network.
        stage1.num_blocks, ..., stage4.num_feedforward: the sizes of each stage; missing where there is no such stage.
        violation, seed, budget, seconds, reason: see `Trial`.
    """
    import pandas as pd

    names = dict.fromkeys(name for trial in sorted(trials, key=_has_no_score) for name in trial.metrics)
    first = ["name", "state"] if any(trial.name for trial in trials) else ["state"]
    sizes = ["hidden_size", "num_blocks", *_STAGE_COLUMNS]
    taken = {*first, *sizes, *_LAST_COLUMNS}
    columns = {name: f"metrics.{name}" if name in taken else name for name in names}
    rows = [
        {**_row(trial), **{columns[name]: value for name, value in trial.metrics.items()}, **_sizes(trial)}
        for trial in trials
    ]
    frame = pd.DataFrame(
        rows,
        index=pd.Index([trial.number for trial in trials], name="number", dtype="int64"),
        columns=[*first, *columns.values(), *sizes, *_LAST_COLUMNS],
    )
    return frame.astype(dict.fromkeys([*sizes, "seed", "budget"], "Int64"))


def _has_no_score(trial: Trial) -> bool:
    """Sorts trials with a score first, so that their metrics come first and in their own order."""
    return "score" not in trial.metrics


def _row(trial: Trial) -> dict[str, Any]:
    return {name: getattr(trial, name) for name in ("name", "state", *_LAST_COLUMNS)}


def _sizes(trial: Trial) -> dict[str, int]:
    architecture = trial.architecture.canonical()
    stages = dict(enumerate(architecture.stages))
    by_stage = {
        column: getattr(stages[position], name)
        for column, (position, name) in _STAGE_COLUMNS.items()
        if position in stages
    }
    return {"hidden_size": architecture.hidden_size, "num_blocks": architecture.num_blocks, **by_stage}


def network_features(batch: OpGraphBatch) -> pd.DataFrame:
    """What can be said of n networks in a few numbers, one row each; the inputs of a regression file, in its order.

    Columns: see `latency_models.network_features.FEATURES`.
    """
    import pandas as pd

    from latency_models.network_features import FEATURES
    from latency_models.network_features import network_features as columns

    return pd.DataFrame(columns(batch), columns=list(FEATURES))
