"""`SavedStudy`: what a study has found, for a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from controllers.objective import Constraint
from paretobert.config import Configuration
from paretobert.document import study_document
from paretobert.folder import StudyFolder
from paretobert.frames import trials_frame
from paretobert.frontier import Frontier, best_trial, find_frontier
from paretobert.storage import Store
from paretobert.trial import Trial

if TYPE_CHECKING:
    import pandas as pd


class SavedStudy:
    """A study in its folder, to be read. Each method reads the database anew, so a study may run meanwhile.

    Attributes:
        folder: the study's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = StudyFolder(folder)
        with self._folder.store() as store:
            self._name = store.configuration().name

    def __repr__(self) -> str:
        return f"<study {self._name!r} in {self.folder}>"

    @property
    def folder(self) -> Path:
        return self._folder.path

    @property
    def configuration(self) -> Configuration:
        with self._folder.store() as store:
            return store.configuration()

    def trials(self) -> pd.DataFrame:
        """Every trial, as `trials_frame` describes."""
        with self._folder.store() as store:
            return trials_frame(store.trials())

    def trial(self, number: int) -> Trial:
        """One trial, with its `Architecture`.

        Raises:
            ValueError: there is none of this number.
        """
        with self._folder.store() as store:
            trials = {trial.number: trial for trial in store.trials()}
        if number not in trials:
            raise ValueError(f"study {self._name!r} has no trial {number}; it has {len(trials)}, counted from 0")
        return trials[number]

    def references(self) -> pd.DataFrame:
        """The published models, scored by the same proxy, in the same columns and with `name`."""
        with self._folder.store() as store:
            return trials_frame(store.trials("reference"))

    def frontier(self) -> pd.DataFrame:
        """The rows of `trials` that no other beats in every objective, by rising latency.

        They are complete and meet the study's constraints. The order is that of the objective which is minimised
        first, or else of the first objective.
        """
        with self._folder.store() as store:
            return trials_frame(_frontier(store).trials)

    def best(self, *constraints: str, **at_most: float) -> Trial | None:
        """The trial of the highest score within bounds on any metrics; None where no trial fits.

        Only complete trials that meet the study's own constraints are asked; of two with equal scores the one of lower
        latency is taken.

        Args:
            constraints: such as `"utilization >= 0.3"`.
            at_most: upper bounds, such as `latency_ms=10`.

        Raises:
            ValueError: a constraint is malformed, or no complete trial has such a metric.
        """
        bounds = [*map(Constraint.parse, constraints), *(Constraint(m, True, b) for m, b in at_most.items())]
        with self._folder.store() as store:
            trials = store.trials()
        known = {name for trial in trials if trial.state == "complete" for name in trial.metrics}
        if known and (unknown := [bound.metric for bound in bounds if bound.metric not in known]):
            raise ValueError(f"no trial has a metric {unknown[0]!r}; known: {', '.join(sorted(known))}")
        return best_trial(trials, bounds)

    def picks(self) -> dict[str, Trial | None]:
        """By size (XS, S, M), the best trial within the predicted latency of the published model of that size, or
        within the user's budget; None where none fits yet."""
        with self._folder.store() as store:
            return dict(_frontier(store).picks)

    def verifications(self) -> list[dict[str, Any]]:
        """What `paretobert verify` has found, by budget: "Verification" in docs/json.md."""
        with self._folder.store() as store:
            return store.verifications()

    def report(self) -> Path:
        """The report, written anew."""
        with self._folder.store() as store:
            return self._folder.write_report(store)

    def document(self) -> dict[str, Any]:
        """All of the study as plain data: `study_document`."""
        with self._folder.store() as store:
            return study_document(store)


def _frontier(store: Store) -> Frontier:
    return find_frontier(store.configuration(), store.trials(), store.trials("reference"))
