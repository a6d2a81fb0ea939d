"""Latency learned from measurements of other networks."""

from latency_models.learned.features import LatencyFeatures
from latency_models.learned.graph_features import graph_features
from latency_models.learned.held_out import held_out
from latency_models.learned.model import LearnedLatencyModel
from latency_models.learned.regressor import LatencyRegressor, Prediction

__all__ = ["LatencyFeatures", "LatencyRegressor", "LearnedLatencyModel", "Prediction", "graph_features", "held_out"]
