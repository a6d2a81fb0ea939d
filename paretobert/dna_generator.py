"""A study's controller for `pg.sample`, whoever evaluates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controllers.objective import Floats
from paretobert.assembly import Assembly
from search_space import Vectors


def dna_generator(assembly: Assembly) -> Any:
    """The controller of an assembly as a `pg.DNAGenerator` for the PyGlove value of its space.

    Latency and the other free metrics are the assembly's own. The reward is the score, or whatever objectives are not
    free, the way that more is better; several are a tuple. Enqueued architectures and the evaluator are left out.
    """
    from controllers.pyglove_generator import ControllerGenerator

    def free_metrics(X: Vectors) -> Mapping[str, Floats]:
        return assembly.metrics_of(assembly.space.dimensions(X))

    return ControllerGenerator(
        controller=assembly.controller,
        space=assembly.space,
        objectives=assembly.objectives,
        constraints=assembly.constraints,
        free_metrics=free_metrics,
        seed=assembly.configuration.seed,
    )
