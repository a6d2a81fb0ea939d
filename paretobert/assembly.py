"""Everything that a configuration names, made and fitted together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from controllers.contract import Controller, History
from controllers.objective import Constraint, Floats, Objective
from evaluators.tasks import TASKS, TaskFactory
from latency_models import CostEstimate, OpGraphBatch
from paretobert.config import Configuration
from paretobert.enqueued import enqueued_vectors
from paretobert.feasibility import check_feasibility
from paretobert.guarded import GuardedController, GuardedEvaluator, GuardedLatencyModel, GuardedTask
from paretobert.plugins import Plugin, PluginError, PluginTimeoutError, resolve
from paretobert.suitability import check_budget, check_suitability
from search_space import PUBLISHED, Dimensions, MobileBertSpace, Vectors, multiply_add_counts, parameter_counts

FREE_METRICS = ("latency_ms", "utilization", "parameters", "multiply_adds", "peak_memory_bytes")


@dataclass(frozen=True)
class Assembly:
    """The parts of a study.

    Attributes:
        configuration: what they were made from.
        space: what is searched.
        objectives, constraints: over metrics.
        metrics_of: the free metrics of n architectures, each `[n]`.
        controller: proposes.
        evaluator: scores.
        enqueued: int64 `[k, d]`, vectors of the architectures that are tried first.
        plugins: `{kind, name, distribution, version, fingerprint}` of controller, latency model and evaluator, and of
            the evaluator's task where that is no built-in; of the latency model also its `source`.
    """

    configuration: Configuration
    space: MobileBertSpace
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    metrics_of: Callable[[Dimensions], Mapping[str, Floats]]
    controller: Controller
    evaluator: GuardedEvaluator
    enqueued: Vectors
    plugins: tuple[Mapping[str, Any], ...]

    @property
    def budget(self) -> int:
        """Training steps of an evaluation: the evaluator's `steps`; 1 for one that trains nothing."""
        return int(getattr(self.evaluator, "steps", 1))

    def check_begun_with(self, plugins: Sequence[Mapping[str, Any]]) -> None:
        """Raises `ValueError` if a latency model or an evaluator is not the one that a study was begun with."""
        for begun, now in zip(plugins, self.plugins, strict=True):
            if begun["fingerprint"] != now["fingerprint"]:
                raise ValueError(
                    f"{begun['kind'].replace('_', ' ')} {begun['name']!r} is no longer what the study was begun with "
                    f"(fingerprint {now['fingerprint']}, was {begun['fingerprint']}), so its trials could not be "
                    "compared: begin a new study"
                )


def assemble(configuration: Configuration) -> Assembly:
    """The parts that a configuration names; nothing is written and nothing is trained.

    Raises:
        ValueError: an unknown plug-in, device or option, an impossible space, a malformed objective or constraint, or
            a latency model or controller that fails on the first it is asked, or an evaluator that says it cannot
            score every architecture of the space and every reference, or an enqueued one is not in the space, or a
            controller that needs more trials, or constraints that no architecture meets.
    """
    space = configuration.space.build()
    enqueued = enqueued_vectors(space, configuration.enqueue)
    objectives = tuple(map(Objective.parse, configuration.objectives))
    constraints = tuple(map(Constraint.parse, configuration.constraints))
    if not objectives:
        raise ValueError("configuration: objectives: name at least one, such as 'max score'")
    if len({objective.metric for objective in objectives}) < len(objectives):
        raise ValueError("configuration: objectives: a metric stands twice")

    predictor = resolve("latency_model", configuration.latency_model)
    latency_model = load_latency_model(
        predictor, configuration.device, configuration.latency_model_options, configuration.trial_timeout_seconds
    )

    def cost_of(dimensions: Dimensions) -> CostEstimate:
        return latency_model.predict(
            OpGraphBatch.from_architectures(
                dimensions, sequence_length=configuration.sequence_length, precision=configuration.precision
            )
        )

    metrics_of = _free_metrics(cost_of, configuration)

    def free_metrics(X: Vectors) -> Mapping[str, Floats]:
        try:
            return metrics_of(space.dimensions(X))
        except PluginTimeoutError:
            raise
        except PluginError:  # one architecture that the latency model cannot do is no reason to propose no other
            return _known_of_each(metrics_of, [space.dimensions(x) for x in X])

    proposer = resolve("controller", configuration.controller)
    proposing = proposer.make(space, objectives, constraints, free_metrics, **configuration.controller_options)
    check_budget(proposer, proposing, configuration.trials)
    controller = GuardedController(proposer, proposing, space, configuration.trial_timeout_seconds)
    scorer = resolve("evaluator", configuration.evaluator)
    evaluator, task = load_evaluator(scorer, configuration.evaluator_options, configuration.trial_timeout_seconds)
    check_suitability(evaluator.inner, configuration, space)

    # What a plug-in cannot do at all is found here, before there is a study
    cost_of(Dimensions.of([PUBLISHED[name] for name in configuration.references]))
    cost = cost_of(space.dimensions(space.sample(np.random.default_rng(configuration.seed), 1)))
    if cost.source != "measured":  # to run thousands of networks takes days
        check_feasibility(space, constraints, free_metrics, np.random.default_rng(configuration.seed))
    plugins = [
        _record(proposer, None),
        {**_record(predictor, latency_model.fingerprint()), "source": cost.source},
        _record(scorer, evaluator.fingerprint()),
    ]
    if task is not None:
        plugins.append(_record(task, None))  # what it is stands in the evaluator's fingerprint
    controller.propose(History.empty(len(space.cardinalities)), np.random.default_rng(configuration.seed))
    return Assembly(
        configuration, space, objectives, constraints, metrics_of, controller, evaluator, enqueued, tuple(plugins)
    )


def load_latency_model(
    plugin: Plugin, device: str, options: Mapping[str, Any] | None = None, seconds: float | None = None
) -> GuardedLatencyModel:
    """The latency model of a plug-in for a device, whose predictions may take so many seconds; raises `ValueError`."""
    return GuardedLatencyModel(plugin, plugin.make(device, **(options or {})), seconds)


def load_evaluator(
    plugin: Plugin, options: Mapping[str, Any], seconds: float | None = None
) -> tuple[GuardedEvaluator, Plugin | None]:
    """The evaluator of a plug-in, whose evaluations may take so many seconds, and its task where that is a plug-in.

    An option `task` that names one (see `evaluators.tasks.TaskFactory`) becomes its factory, with `task_options` for
    the task itself. The built-in tasks are left to the evaluator, by name.

    Raises:
        ValueError: an option does not fit, or the task is unknown.
    """
    name, wanted = options.get("task"), plugin.option_type("task")
    if not isinstance(name, str) or name in TASKS or TaskFactory not in (wanted, *get_args(wanted)):
        return GuardedEvaluator(plugin, plugin.make(**options), seconds), None
    task = resolve("task", name)
    task_options = options.get("task_options", {})

    def make_task(**given: Any) -> GuardedTask:
        return GuardedTask(task, task.make(**{**task_options, **given}))

    others = {key: value for key, value in options.items() if key not in ("task", "task_options")}
    return GuardedEvaluator(plugin, plugin.make(task=make_task, **others), seconds), task


def _free_metrics(
    cost_of: Callable[[Dimensions], CostEstimate], configuration: Configuration
) -> Callable[[Dimensions], Mapping[str, Floats]]:
    def metrics_of(dimensions: Dimensions) -> Mapping[str, Floats]:
        cost = cost_of(dimensions)
        columns = (
            cost.latency_ms,
            cost.utilization,
            parameter_counts(dimensions),
            multiply_add_counts(dimensions, configuration.sequence_length),
            cost.peak_memory_bytes,
        )
        return {name: np.asarray(column, float) for name, column in zip(FREE_METRICS, columns, strict=True)}

    return metrics_of


def _known_of_each(
    metrics_of: Callable[[Dimensions], Mapping[str, Floats]], each: Sequence[Dimensions]
) -> Mapping[str, Floats]:
    """The free metrics of n architectures asked for one by one, NaN where the latency model fails."""
    rows = []
    for dimensions in each:
        try:
            metrics = metrics_of(dimensions)
            rows.append([float(metrics[name][0]) for name in FREE_METRICS])
        except PluginError:
            rows.append([np.nan] * len(FREE_METRICS))
    return dict(zip(FREE_METRICS, np.array(rows).T, strict=True))


def _record(plugin: Plugin, fingerprint: str | None) -> Mapping[str, Any]:
    return {
        "kind": plugin.kind,
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "fingerprint": fingerprint,
    }
