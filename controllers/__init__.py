"""Proposes the next point of a space from the history of a study."""

from controllers.contract import STATES, Controller, FreeMetrics, History, State
from controllers.objective import Constraint, Objective, minimized, violation
from controllers.pareto_evolution import ParetoEvolution
from controllers.random_search import RandomSearch
from controllers.reinforce import Reinforce
from controllers.surrogate import Surrogate

BUILT_IN: dict[str, type] = {
    "random": RandomSearch,
    "pareto-evolution": ParetoEvolution,
    "reinforce": Reinforce,
    "surrogate": Surrogate,
}
"""The controllers that come with the package, by the name a configuration gives them."""

__all__ = [
    "BUILT_IN",
    "STATES",
    "Constraint",
    "Controller",
    "FreeMetrics",
    "History",
    "Objective",
    "ParetoEvolution",
    "RandomSearch",
    "Reinforce",
    "State",
    "Surrogate",
    "minimized",
    "violation",
]
