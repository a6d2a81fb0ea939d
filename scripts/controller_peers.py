"""What could be installed instead of our controllers, each asked for a point and told its costs.

Two of them need torch, which the project does not: they run in a Python of their own,
`benchmark_controllers.py --torch-python PYTHON`, which runs this file and is spoken to in lines of JSON. So nothing of
the project is imported here, and a peer's library only where the peer is made.

Points are positions among each decision's options. Whatever a peer lets one say of a decision is said: an ordered one
is an integer, a categorical one a choice.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

Costs = tuple[float, float]
"""(-score, latency in ms), both to minimise."""

NSGA2_POPULATION = 20
"""Of the peers that run with one population: the smaller one is the better at 50 to 400 evaluations."""
MNASNET_EXPONENT = -0.07
RANDOM_POINTS = 20
"""Before BoTorch's first model."""
MODEL_ITERATIONS = 200
"""Of the fit of BoTorch's models, at most: without noise to find, the last digits take it thousands."""


@dataclass(frozen=True)
class Task:
    """What a peer is asked to search.

    Attributes:
        sizes: how many options each decision has, `[d]`.
        ordered: whether neighbouring options are alike, `[d]`.
        target_ms: a middling latency, for peers of a single objective.
        seed: of whatever the peer draws.
    """

    sizes: tuple[int, ...]
    ordered: tuple[bool, ...]
    target_ms: float
    seed: int


class Peer(Protocol):
    def ask(self) -> list[int]:
        """The next point."""
        ...

    def tell(self, costs: Costs) -> None:
        """Of the point that was asked for last."""
        ...


class OptunaPeer:
    """A study of Optuna in memory."""

    def __init__(self, task: Task, sampler: Callable[[Any], Any]) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self._distributions = {
            f"decision{i}": optuna.distributions.IntDistribution(0, size - 1)
            if is_ordered
            else optuna.distributions.CategoricalDistribution(range(size))
            for i, (size, is_ordered) in enumerate(zip(task.sizes, task.ordered, strict=True))
        }
        self._study = optuna.create_study(sampler=sampler(optuna.samplers), directions=["minimize", "minimize"])

    def ask(self) -> list[int]:
        self._trial = self._study.ask(self._distributions)
        return [int(self._trial.params[name]) for name in self._distributions]

    def tell(self, costs: Costs) -> None:
        self._study.tell(self._trial, costs)


class PyGlovePeer:
    """A generator of PyGlove, rewarded by what makes a number or several of the costs."""

    def __init__(self, task: Task, algorithm: Callable[[Any], Any], reward: Callable[[Costs], Any]) -> None:
        import pyglove as pg

        self._algorithm, self._reward = algorithm(pg.evolution), reward
        self._algorithm.setup(pg.dna_spec(pg.List([pg.oneof([*range(size)]) for size in task.sizes])))

    def ask(self) -> list[int]:
        self._dna = self._algorithm.propose()
        return [int(value) for value in self._dna.to_numbers()]

    def tell(self, costs: Costs) -> None:
        self._algorithm.feedback(self._dna, self._reward(costs))


class PymooPeer:
    """NSGA-II of pymoo with its operators for mixed variables; a generation is asked for at once."""

    def __init__(self, task: Task) -> None:
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.core.mixed import MixedVariableDuplicateElimination, MixedVariableMating, MixedVariableSampling
        from pymoo.core.problem import Problem
        from pymoo.core.variable import Choice, Integer

        variables = {
            f"decision{i}": Integer(bounds=(0, size - 1)) if is_ordered else Choice(options=[*range(size)])
            for i, (size, is_ordered) in enumerate(zip(task.sizes, task.ordered, strict=True))
        }
        self._names = [*variables]
        self._algorithm = NSGA2(
            pop_size=NSGA2_POPULATION,
            sampling=MixedVariableSampling(),
            mating=MixedVariableMating(eliminate_duplicates=MixedVariableDuplicateElimination()),
            eliminate_duplicates=MixedVariableDuplicateElimination(),
        )
        problem = Problem(vars=variables, n_obj=2)
        self._algorithm.setup(problem, termination=("n_gen", sys.maxsize), seed=task.seed, verbose=False)
        self._generation, self._costs = self._algorithm.ask(), []

    def ask(self) -> list[int]:
        point = self._generation[len(self._costs)].X
        return [int(point[name]) for name in self._names]

    def tell(self, costs: Costs) -> None:
        self._costs.append(costs)
        if len(self._costs) == len(self._generation):
            for individual, each in zip(self._generation, self._costs, strict=True):
                individual.set("F", list(each))
                individual.evaluated.add("F")
            self._algorithm.tell(infills=self._generation)
            self._generation, self._costs = self._algorithm.ask(), []


class BoTorchPeer:
    """BoTorch's qLogNEHVI (Daulton et al. 2021; Ament et al. 2023): a Gaussian process for each cost.

    Its acquisition is maximised by local search over the options, from the best of random points.
    """

    def __init__(self, task: Task) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(task.seed)
        self._sizes = torch.tensor(task.sizes)
        self._categories = [i for i, is_ordered in enumerate(task.ordered) if not is_ordered]
        self._scale = torch.where(torch.tensor(task.ordered), (self._sizes - 1).clamp(min=1), 1).double()
        self._points: list[list[int]] = []
        self._costs: list[Costs] = []

    def ask(self) -> list[int]:
        import torch

        point = self._best() if len(self._costs) >= RANDOM_POINTS else torch.rand(len(self._sizes)) * self._sizes
        self._points.append([int(value) for value in point])
        return self._points[-1]

    def tell(self, costs: Costs) -> None:
        self._costs.append(costs)

    def _best(self) -> Any:
        import torch
        from botorch import fit_gpytorch_mll
        from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
        from botorch.models import ModelListGP, SingleTaskGP
        from botorch.models.transforms import Standardize
        from botorch.optim import optimize_acqf_discrete_local_search
        from botorch.sampling import SobolQMCNormalSampler
        from botorch.utils.multi_objective import infer_reference_point, is_non_dominated
        from gpytorch.mlls import SumMarginalLogLikelihood

        warnings.filterwarnings("ignore")  # of numerical trouble that BoTorch itself overcomes
        X, Y = torch.tensor(self._points) / self._scale, -torch.tensor(self._costs).double()
        model = ModelListGP(
            *(
                SingleTaskGP(X, y, outcome_transform=Standardize(1), input_transform=self._one_hot())
                for y in Y.split(1, dim=1)
            )
        )
        likelihood = SumMarginalLogLikelihood(model.likelihood, model)
        fit_gpytorch_mll(likelihood, optimizer_kwargs={"options": {"maxiter": MODEL_ITERATIONS}})
        acquisition = qLogNoisyExpectedHypervolumeImprovement(
            model,
            ref_point=infer_reference_point(Y[is_non_dominated(Y)]),
            X_baseline=X,
            prune_baseline=True,
            sampler=SobolQMCNormalSampler(torch.Size([64])),
        )
        best, _ = optimize_acqf_discrete_local_search(
            acquisition,
            discrete_choices=[torch.arange(size) / scale for size, scale in zip(self._sizes, self._scale, strict=True)],
            q=1,
            num_restarts=8,
            raw_samples=256,
            X_avoid=X,
        )
        return (best[0] * self._scale).round()

    def _one_hot(self) -> Any:
        """What makes a column for each option of a categorical decision; None where there is none."""
        from botorch.models.transforms.input import NumericToCategoricalEncoding
        from torch.nn.functional import one_hot

        sizes = {i: int(self._sizes[i]) for i in self._categories}
        encoders = {i: partial(one_hot, num_classes=size) for i, size in sizes.items()}
        return NumericToCategoricalEncoding(len(self._sizes), sizes, encoders) if sizes else None


def _mnasnet(task: Task) -> Callable[[Costs], float]:
    """The reward of MnasNet (Tan et al. 2019, equation 2) at the task's middling latency."""
    return lambda costs: -costs[0] * (costs[1] / task.target_ms) ** MNASNET_EXPONENT


PEERS: dict[str, Callable[[Task], Peer]] = {
    "optuna-nsga2-20": lambda task: OptunaPeer(task, lambda s: s.NSGAIISampler(population_size=20, seed=task.seed)),
    "optuna-nsga2-50": lambda task: OptunaPeer(task, lambda s: s.NSGAIISampler(population_size=50, seed=task.seed)),
    "optuna-tpe": lambda task: OptunaPeer(task, lambda s: s.TPESampler(seed=task.seed)),
    "optuna-gp": lambda task: OptunaPeer(task, lambda s: s.GPSampler(seed=task.seed)),
    "pyglove-nsga2": lambda task: PyGlovePeer(
        task,
        lambda evolution: evolution.nsga2(
            evolution.mutators.Uniform(seed=task.seed), population_size=NSGA2_POPULATION, seed=task.seed
        ),
        lambda costs: tuple(-cost for cost in costs),
    ),
    "pyglove-regularized-evolution": lambda task: PyGlovePeer(
        task,
        lambda evolution: evolution.regularized_evolution(
            evolution.mutators.Uniform(seed=task.seed), population_size=NSGA2_POPULATION, seed=task.seed
        ),
        _mnasnet(task),
    ),
    "pymoo-nsga2": PymooPeer,
    "botorch-qnehvi": BoTorchPeer,
}
DISTRIBUTIONS = {name: name.partition("-")[0] for name in PEERS}
"""The distribution that a peer is of."""
NEED_TORCH = ("optuna-gp", "botorch-qnehvi")


def serve() -> None:
    """Answers on standard output, line by line, what standard input asks of a peer: its task, then a point's costs.

    The first line is `{"peer": name, "task": {...}}`, each other one the costs of the point answered last. A peer of an
    empty name is asked for nothing: the answer are the versions of the distributions that are installed.
    """
    from importlib import metadata

    given = json.loads(sys.stdin.readline())
    if not given["peer"]:
        found = {d.metadata["Name"].lower(): d.version for d in metadata.distributions()}
        print(json.dumps({name: found[name] for name in {*DISTRIBUTIONS.values(), "torch"} if name in found}))
        return
    peer = PEERS[given["peer"]](Task(**given["task"]))
    print(json.dumps(peer.ask()), flush=True)
    for line in sys.stdin:
        peer.tell(tuple(json.loads(line)))
        print(json.dumps(peer.ask()), flush=True)


if __name__ == "__main__":
    serve()
