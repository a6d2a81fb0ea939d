"""The live bars of a search and of a verification, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from paretobert.frontier import find_frontier
from paretobert.output import messages
from paretobert.storage import Store
from paretobert.trial import EVALUATED

_SECONDS_BETWEEN = 0.5
"""Between two looks at the whole study: they take longer the more trials it has."""


class Progress:
    """Trials done, best score, size of the frontier and time left; nothing at all unless `shown`."""

    def __init__(self, store: Store, *, shown: bool) -> None:
        self._store = store
        self._shown_at = 0.0
        self._bar = _bar(shown)
        self._task = self._bar.add_task("reference trials", total=None, found="")

    def __enter__(self) -> Progress:
        self._bar.start()
        self._show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._show()
        self._bar.stop()

    def look(self) -> None:
        """Call after each trial, or every now and then."""
        if time.monotonic() - self._shown_at >= _SECONDS_BETWEEN:
            self._show()

    def _show(self) -> None:
        if self._bar.disable:
            return
        self._shown_at = time.monotonic()
        configuration = self._store.configuration()
        references, trials = self._store.trials("reference"), self._store.trials()
        done = [trial for trial in (*references, *trials) if trial.state in EVALUATED]
        scores = [trial.metrics["score"] for trial in trials if trial.state == "complete"]
        found = f"best score {max(scores):.3f}, " if scores else ""
        frontier = find_frontier(configuration, trials, references).trials
        self._bar.update(
            self._task,
            description="trials" if all(trial.state in EVALUATED for trial in references) else "reference trials",
            completed=len(done),
            total=len(references) + configuration.trials,
            found=f"{found}{len(frontier)} on the frontier",
        )


@contextmanager
def retraining_progress(retrainings: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Retrainings done and time left; gives what is to be called with how many are done. Nothing unless `shown`."""
    with _bar(shown) as bar:
        task = bar.add_task("retrainings", total=retrainings, found="")
        yield lambda done: bar.update(task, completed=done)


def _bar(shown: bool) -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[found]}"),
        TimeRemainingColumn(),
        console=messages(),
        disable=not shown,
        speed_estimate_period=3600.0,  # trials are few and long
    )
