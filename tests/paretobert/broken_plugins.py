"""Plug-ins that each break one rule of their contract, by name: `broken_plugins:Nan`."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from toy_plugins import Climber, Formula

from controllers import History, RandomSearch
from evaluators.contract import Diverged, Evaluation
from latency_models import CostEstimate, OpGraphBatch

_COUNT = count()  # what no pure function may look at


class Rate:
    """A latency model without fault: 10^9 multiply-adds a millisecond, on a device whose peak is twice that."""

    def __init__(self, device: str) -> None:
        self.device = device

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        multiply_adds = batch.total(batch.operations.multiply_adds).astype(float)
        weights = batch.total(batch.operations.weight_bytes * batch.operations.repeats)
        unknown = np.full(len(batch), np.nan)
        return CostEstimate(multiply_adds / 1e9, unknown, np.full(len(batch), 0.5), weights, "modelled")

    def fingerprint(self) -> str:
        return "rate"


class _Changed(Rate):
    """Answers with some fields replaced."""

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        return replace(super().predict(batch), **self.changes(super().predict(batch)))

    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        raise NotImplementedError


class Nan(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"latency_ms": np.full(len(cost), np.nan)}


class Negative(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"latency_ms": -cost.latency_ms}


class Short(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"latency_ms": cost.latency_ms[:-1]}


class Listed(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"latency_ms": cost.latency_ms.tolist()}


class Seconds(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"latency_ms": cost.latency_ms / 1e6}


class Megabytes(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"peak_memory_bytes": cost.peak_memory_bytes / 1e6}


class PerCent(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"utilization": 100 * cost.utilization}


class ManyPeaks(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"utilization": np.linspace(0.1, 0.9, len(cost))}


class Guessed(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"source": "guessed"}


class NegativeSpread(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        return {"latency_std_ms": np.full(len(cost), -1.0)}


class Noisy(_Changed):
    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        factor = 1 + next(_COUNT) % 97 / 1000
        return {"latency_ms": cost.latency_ms * factor, "utilization": cost.utilization / factor}


class BatchMean(_Changed):
    """Scales by the batch, as a model does that normalises its inputs over it."""

    def changes(self, cost: CostEstimate) -> dict[str, Any]:
        factor = 2 * cost.latency_ms.mean() / cost.latency_ms.max()
        return {"latency_ms": cost.latency_ms * factor, "utilization": cost.utilization / factor}


class Writes(Rate):
    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        cost = super().predict(batch)
        batch.operations.activation_bytes[:] = 0
        return cost


class ForgetsItself(Rate):
    def fingerprint(self) -> str:
        return f"rate {next(_COUNT)}"


class NoFingerprint(Rate):
    def fingerprint(self) -> str:
        return ""


class Hashed(Rate):
    """Depends on the order of a set of texts, which another process has otherwise."""

    def fingerprint(self) -> str:
        return str(hash("rate"))


class Raises(Rate):
    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        raise RuntimeError("no licence\nfor this board")


class Exits(Rate):
    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        sys.exit(3)


class NotWide(Rate):
    """Cannot do architectures of hidden size 640, alone or among others."""

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        if (batch.operations.columns == 640).any():
            raise RuntimeError("too wide for the buffer")
        return super().predict(batch)


class Hangs(Rate):
    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        time.sleep(60)
        raise AssertionError("it was not ended")


class Stubborn(Rate):
    """Hangs, and lets no exception through."""

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        for _ in range(600):
            try:
                time.sleep(0.1)
            except Exception:
                continue
        raise AssertionError("it was not ended")


class Slow(Rate):
    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        time.sleep(1.1e-3 * len(batch))
        return super().predict(batch)


def a_network_a_ms(batch: OpGraphBatch) -> Any:
    return np.full(len(batch), 1.0)


def in_seconds(batch: OpGraphBatch) -> Any:
    return batch.multiply_adds / 1e12


def one_for_all(batch: OpGraphBatch) -> Any:
    return 1.0


class Unmakable(Rate):
    def __init__(self, device: str) -> None:
        raise KeyError(device)


class NoModel:
    """Not a latency model: it has no predict."""

    def __init__(self, device: str) -> None: ...

    def fingerprint(self) -> str:
        return "none"


def makes_none(device: str) -> None:
    """A factory that forgot to return."""


def returns_none(device: str) -> Any:
    """A latency model by a factory, whose prediction is None."""
    model = Rate(device)
    model.predict = lambda batch: None  # type: ignore[method-assign,assignment,return-value]
    return model


# Controllers


class Repeats(Climber):
    def propose(self, history, rng):
        return self._space.sample(np.random.default_rng(0), 1)[0]


class Floats(Climber):
    def propose(self, history, rng):
        return super().propose(history, rng).astype(float)


class ShortVector(Climber):
    def propose(self, history, rng):
        return super().propose(history, rng)[:3]


class Invalid(Climber):
    def propose(self, history, rng):
        return super().propose(history, rng) - 100


class GlobalRandom(Climber):
    def propose(self, history, rng):
        return super().propose(history, np.random.default_rng(next(_COUNT)))


class Remembers(Climber):
    """Counts its own calls instead of looking at the history."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._calls = 0

    def propose(self, history, rng):
        self._calls += len(history) != self._calls
        return super().propose(history, np.random.default_rng([self._calls, len(history)]))


class GivesUp(Climber):
    def propose(self, history, rng):
        return None if len(history) > 45 else super().propose(history, rng)


class Overwrites(Climber):
    def propose(self, history, rng):
        if len(history):
            history.vectors.flags.writeable = True
            history.vectors[0] = 0
        return super().propose(history, rng)


class OnlyScores(Climber):
    def propose(self, history, rng):
        history.values["score"].max()
        return super().propose(history, rng)


class Hungry(Climber):
    def check_budget(self, trials):
        raise ValueError(f"{trials} trials are too few: raise trials to 100")


class HangingController(Climber):
    def propose(self, history, rng):
        time.sleep(60)


class OneWorker(Climber):
    """Knows of one running trial, the last."""

    def propose(self, history, rng):
        running = np.flatnonzero(history.completion < 0)
        known = np.delete(np.arange(len(history)), running[:-1])
        values = {metric: column[known] for metric, column in history.values.items()}
        arrays = (history.violations, history.completion)
        return super().propose(
            History(history.vectors[known], history.states[known], values, *(array[known] for array in arrays)), rng
        )


class Careless(RandomSearch):
    """Looks at no constraint."""

    def __init__(self, space, objectives, constraints, free_metrics):
        super().__init__(space, objectives, [], free_metrics)


class HashedController(RandomSearch):
    def propose(self, history, rng):
        return super().propose(history, np.random.default_rng([abs(hash("seed")), len(history)]))


# Evaluators


class Reporting(Formula):
    """Without fault; reports four times."""

    at: Any = (2, 4, 6, 8)

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        for step in self.at:
            if step <= budget:
                report(step, 0.5)
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)


class BackwardReports(Reporting):
    at = (4, 2)


class LateReports(Reporting):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        evaluation = super().evaluate(architecture, seed=seed, budget=budget, report=report)
        report(budget + 1, 0.5)
        return evaluation


class SwallowsPruned(Reporting):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        def quietly(step: int, value: float) -> None:
            try:
                report(step, value)
            except Exception:
                return

        return super().evaluate(architecture, seed=seed, budget=budget, report=quietly)


class TrustsCheckpoint(Reporting):
    """Goes on from a checkpoint to another score than without."""

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        known = checkpoint is not None and checkpoint.exists()
        if checkpoint is not None:
            checkpoint.touch()
        evaluation = super().evaluate(architecture, seed=seed, budget=budget, report=report)
        return replace(evaluation, score=evaluation.score / 2) if known else evaluation


class _Scored(Formula):
    score: Any = 0.5

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        return Evaluation(self.score, budget, 0.0)


class PerCentScore(_Scored):
    score = 88.1


class NegativeScore(_Scored):
    score = -0.1


class TextScore(_Scored):
    score = "high"


class NanScore(_Scored):
    score = math.nan


class NoEvaluation(Formula):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        return 0.5


class Overspends(Formula):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        return Evaluation(0.5, budget + 1, 0.0)


class OddMetrics(Formula):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        return Evaluation(0.5, budget, 0.0, {"loss": "low"})  # type: ignore[dict-item]


class Drifts(Formula):
    """Goes on from where the last evaluation left its generator."""

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        return Evaluation(1 / (2 + next(_COUNT)), budget, 0.0)


class Dice(Formula):
    """Draws from the state that all share, once somebody has seeded it with a small number."""

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        is_seeded = np.random.get_state()[1][0] < 10  # noqa: NPY002
        return Evaluation(float(np.random.random()) if is_seeded else 0.5, budget, 0.0)  # noqa: NPY002


class RemembersLonger(Formula):
    """Keeps the weights of its longest run."""

    longest = 0

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        self.longest = max(self.longest, budget)
        return Evaluation(1 - 1 / (2 + self.longest), budget, 0.0)


class RemembersPruned(Reporting):
    """Forgets to put its learning rate back."""

    left = 0

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        self.left += 1
        evaluation = super().evaluate(architecture, seed=seed, budget=budget, report=report)
        self.left -= 1
        return replace(evaluation, score=evaluation.score / (1 + self.left))


class LeavesFiles(Formula):
    def prepare(self, workspace: Path) -> None:
        super().prepare(workspace)
        self._workspace = workspace

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        (self._workspace / "weights.npy").touch()
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)


class DivergesOnce(Formula):
    """Goes on from the weights that the candidate before it was at."""

    def __init__(self, learning_rate: float = 1e-3) -> None:
        super().__init__()
        self.learning_rate = learning_rate

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        if self.learning_rate > 1:
            self.learning_rate = 0.5
            raise Diverged("the loss is inf")
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)

    def fingerprint(self) -> str:
        return f"once {self.learning_rate}"


class PreparesAgain(Formula):
    def prepare(self, workspace: Path) -> None:
        workspace.mkdir(parents=True, exist_ok=True)
        (workspace / "tokens.txt").write_text(str(time.time_ns()))


class NeverDiverges(Formula):
    """Ignores that its loss is infinite."""

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        return Evaluation(0.0, budget, 0.0)


class Diverging(Formula):
    """Without fault: diverges where the learning rate is large."""

    def __init__(self, learning_rate: float = 1e-3) -> None:
        super().__init__(fail="diverging" if learning_rate > 1 else "")
        self.learning_rate = learning_rate

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        if self.learning_rate > 1:
            raise Diverged("the loss is inf")
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)

    def fingerprint(self) -> str:
        return f"diverging {self.learning_rate}"


class SlowEvaluator(Formula):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        time.sleep(60)


class SometimesSlow(Formula):
    """Hangs on deep networks."""

    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        if architecture.num_blocks > 9:
            time.sleep(60)
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)


class Prints(Formula):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        print("step 1, loss 0.3")
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)


class ExitsInTrial(Formula):
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None):
        if architecture.num_blocks > 9:
            sys.exit("cannot go on")
        return super().evaluate(architecture, seed=seed, budget=budget, report=report)
