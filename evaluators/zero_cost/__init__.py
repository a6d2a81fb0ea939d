"""The `zero-cost` evaluator: numbers that are told of an architecture without training it."""

from evaluators.zero_cost.evaluator import ZeroCost

__all__ = ["ZeroCost"]
