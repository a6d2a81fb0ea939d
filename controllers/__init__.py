"""Proposes the next point of a space from the history of a study."""

from controllers.contract import STATES, Controller, FreeMetrics, History, State
from controllers.local_search import LocalSearch
from controllers.nsga2 import Nsga2
from controllers.objective import Constraint, Objective, minimized, violation
from controllers.pareto_evolution import ParetoEvolution
from controllers.ppo import PPO
from controllers.random_search import RandomSearch
from controllers.regularized_evolution import RegularizedEvolution
from controllers.reinforce import Reinforce
from controllers.surrogate import Surrogate
from controllers.sweep import Sweep

BUILT_IN: dict[str, type] = {
    "random": RandomSearch,
    "pareto-evolution": ParetoEvolution,
    "regularized-evolution": RegularizedEvolution,
    "nsga2": Nsga2,
    "local-search": LocalSearch,
    "sweep": Sweep,
    "reinforce": Reinforce,
    "ppo": PPO,
    "surrogate": Surrogate,
}
"""The controllers that come with the package, by the name a configuration gives them."""

__all__ = [
    "BUILT_IN",
    "PPO",
    "STATES",
    "Constraint",
    "Controller",
    "FreeMetrics",
    "History",
    "LocalSearch",
    "Nsga2",
    "Objective",
    "ParetoEvolution",
    "RandomSearch",
    "RegularizedEvolution",
    "Reinforce",
    "State",
    "Surrogate",
    "Sweep",
    "minimized",
    "violation",
]
