"""Whether an evaluator can score what a study would ask it to, and a controller do with its trials, found out before
there is a study."""

from __future__ import annotations

from controllers.contract import Controller
from evaluators.contract import ArchitectureCheck, Evaluator
from paretobert.config import Configuration
from paretobert.plugins import Plugin, naming
from search_space import PUBLISHED, MobileBertSpace


def check_suitability(evaluator: Evaluator, configuration: Configuration, space: MobileBertSpace) -> None:
    """Raises `ValueError` if the evaluator says that an architecture of the space, or a reference, cannot be scored.

    Not every architecture is asked about, but every size of the space and every bottleneck beside its heads.
    """
    if not isinstance(evaluator, ArchitectureCheck):
        return
    name = configuration.evaluator
    for architecture in space.covering():
        try:
            evaluator.check_architecture(architecture)
        except ValueError as error:
            raise ValueError(f"evaluator {name!r} cannot score every architecture of this space: {error}") from None
    for reference in configuration.references:
        try:
            evaluator.check_architecture(PUBLISHED[reference])
        except ValueError as error:
            raise ValueError(
                f"evaluator {name!r} cannot score the reference {reference}: {error}; or leave it out of references"
            ) from None


def check_budget(plugin: Plugin, controller: Controller, trials: int) -> None:
    """Raises `ValueError` if the controller says, by a method `check_budget(trials)`, that it needs more trials."""
    if (check := getattr(controller, "check_budget", None)) is not None:
        with naming(plugin):
            check(trials)
