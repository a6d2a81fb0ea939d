"""The network: encoder, heads, losses, optimizers and the training step. Importing it imports TensorFlow."""

from mobilebert.encoder import FLOAT_MASK, Encoding, Inputs, encode, encode_unrolled
from mobilebert.export import export_tflite, save_tflite
from mobilebert.heads import Heads
from mobilebert.initialization import initial_weights, random_weights
from mobilebert.layers import Style
from mobilebert.layout import Layout, Weights
from mobilebert.losses import Batch, Losses
from mobilebert.optimizers import Moments, Optimizer, Schedule
from mobilebert.training import Outputs, State, Trainer
from mobilebert.vectors import Sizes

__all__ = [
    "FLOAT_MASK",
    "Batch",
    "Encoding",
    "Heads",
    "Inputs",
    "Layout",
    "Losses",
    "Moments",
    "Optimizer",
    "Outputs",
    "Schedule",
    "Sizes",
    "State",
    "Style",
    "Trainer",
    "Weights",
    "encode",
    "encode_unrolled",
    "export_tflite",
    "initial_weights",
    "random_weights",
    "save_tflite",
]
