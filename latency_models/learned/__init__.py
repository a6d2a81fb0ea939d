"""Latency learned from measurements of other networks."""

from latency_models.learned.features import LatencyFeatures
from latency_models.learned.regressor import LatencyRegressor, Prediction

__all__ = ["LatencyFeatures", "LatencyRegressor", "Prediction"]
