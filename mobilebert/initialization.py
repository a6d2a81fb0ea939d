"""Initial weights, drawn for each tensor from (seed, name, shape)."""

from __future__ import annotations

import hashlib

import numpy as np

from mobilebert.layout import Layout, Weights
from search_space import Architecture

KERNEL_DEVIATION = 0.02
"""Deviation of kernels. NoNorm with fan-in scaling does not learn at depth; 0.02, BERT's constant, does."""


def initial_weights(layout: Layout, seed: int, *, token_deviation: float = KERNEL_DEVIATION) -> Weights:
    """A vector of initial weights: float32 `[p]`.

    Norms start as the identity and biases at zero. Two architectures that share a tensor's name and shape get the
    same values for it.

    Args:
        layout: the network.
        seed: of the draw.
        token_deviation: of the token table. In short training it must be 1, or scores measure how fast embeddings
            grow.
    """
    flat = np.zeros(layout.num_weights, np.float32)
    for name, tensor in layout.unpack(flat).items():
        if name.endswith("/gamma"):
            tensor[...] = 1.0
        elif not name.endswith(("/bias", "/beta")):
            digest = hashlib.sha256(f"{seed}/{name}/{tensor.shape}".encode()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:16], "big"))
            deviation = token_deviation if name == "embeddings/token" else KERNEL_DEVIATION
            tensor[...] = deviation * rng.standard_normal(tensor.shape, np.float32)
    return flat


def random_weights(architecture: Architecture, seed: int) -> Weights:
    """A vector of weights as trained ones might be: float32 `[p]` of an encoder without heads.

    To export and time networks nobody has trained. Initial norms are the identity and initial biases zero, and a
    converter folds both away; here no scale is 1 and no bias 0.
    """
    layout = Layout(architecture, {})
    flat = initial_weights(layout, seed)
    rng = np.random.default_rng(seed)
    for name, tensor in layout.unpack(flat).items():
        if name.endswith("/gamma"):
            tensor[...] = rng.uniform(0.9, 1.1, tensor.shape)
        elif name.endswith(("/bias", "/beta")):
            tensor[...] = 0.1 * rng.standard_normal(tensor.shape)
    return flat
