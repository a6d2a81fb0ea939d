"""The space of NAS-Bench-BERT (FlexiBERT: Tuli et al. 2022, table 1) as a `Space`, and a latency made up for it.

An encoder has one hidden size and two or four layers. A layer mixes tokens by attention, by a linear transform or by
a separable convolution, and has one or three feed-forward networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search_space import Vectors

HIDDEN_SIZES = (128, 256)
NUM_LAYERS = (2, 4)
OPERATIONS: tuple[tuple[str, str | int], ...] = (
    ("SA", "SDP"),
    ("SA", "WMA"),
    ("LT", "DFT"),
    ("LT", "DCT"),
    ("DSC", 5),
    ("DSC", 9),
)
"""Self-attention by scaled dot product or weighted multiplicative attention; discrete Fourier or cosine transform;
depthwise separable convolution of kernel 5 or 9."""
NUM_HEADS = (2, 4)
FEED_FORWARD_SIZES = (512, 1024)
NUM_FEED_FORWARD = (1, 3)

SEQUENCE_LENGTH = 128
PEAK_MULTIPLY_ADDS_PER_MS = 50e6
OVERHEAD_MS = 0.2
"""Of a layer, and of each of its feed-forward networks a tenth."""
HALF_RATE_WIDTH = 64
"""A matrix product whose narrowest side has this width runs at half the peak: wide heads run faster than narrow."""

_LAYER_DECISIONS = ("operation", "num_operation_heads", "feed_forward_dimension", "num_feed_forward")
_LAYER_CARDINALITIES = (len(OPERATIONS), len(NUM_HEADS), len(FEED_FORWARD_SIZES), len(NUM_FEED_FORWARD))


@dataclass(frozen=True)
class Encoder:
    """A hidden size and layers, each (operation type, its parameter, heads, feed-forward size, networks)."""

    hidden_size: int
    layers: tuple[tuple[str, str | int, int, int, int], ...]


@dataclass(frozen=True)
class NasBenchBertSpace:
    """18 decisions: hidden size, number of layers, four for each layer; those of absent layers are 0."""

    @cached_property
    def cardinalities(self) -> Vectors:
        return np.array([len(HIDDEN_SIZES), len(NUM_LAYERS), *_LAYER_CARDINALITIES * NUM_LAYERS[-1]], np.int64)

    @cached_property
    def ordered(self) -> NDArray[np.bool_]:
        """All but the operations; they are categories."""
        return np.array(["operation" not in name.split(".") for name in self.decision_names])

    @cached_property
    def decision_names(self) -> tuple[str, ...]:
        layers = range(1, NUM_LAYERS[-1] + 1)
        return ("hidden_size", "num_layers", *(f"layer{layer}.{name}" for layer in layers for name in _LAYER_DECISIONS))

    @property
    def num_vectors(self) -> int:
        """How many vectors are valid; each is an encoder of its own."""
        return len(HIDDEN_SIZES) * sum(int(np.prod(_LAYER_CARDINALITIES)) ** layers for layers in NUM_LAYERS)

    def is_valid(self, X: Vectors) -> NDArray[np.bool_]:
        X = np.atleast_2d(np.asarray(X, np.int64))
        in_range = ((X >= 0) & (self.cardinalities > X)).all(axis=1)
        return np.asarray(in_range & ((X[:, 1] > 0) | (X[:, 10:] == 0).all(axis=1)))

    def repair(self, X: Vectors) -> Vectors:
        X = np.atleast_2d(np.asarray(X, np.int64)).copy()
        X[X[:, 1] == 0, 10:] = 0
        return X

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        return self.repair(rng.integers(0, self.cardinalities, (size, len(self.cardinalities))))

    def canonical_key(self, x: Vectors) -> tuple[int, ...]:
        return tuple(int(value) for value in x)

    def features(self, X: Vectors) -> NDArray[np.float64]:
        """Hidden size, depth, the layers' decisions (operations one-hot, zero where absent), log2 of parameters."""
        hidden, layers, present = X[:, :1], _layers(X), _present(X)[:, :, None]
        operations = layers[:, :, :1] == np.arange(len(OPERATIONS))
        by_layer = np.concatenate([operations, layers[:, :, 1:]], axis=2) * present
        sizes = np.log2(parameter_counts(X))[:, None]
        return np.hstack([hidden, X[:, 1:2], by_layer.reshape(len(X), -1), sizes]).astype(float)

    def encode(self, value: Encoder) -> Vectors:
        """The vector of an encoder; `ValueError` if the space does not hold it."""
        x = np.zeros(len(self.cardinalities), np.int64)
        try:
            x[:2] = HIDDEN_SIZES.index(value.hidden_size), NUM_LAYERS.index(len(value.layers))
            for layer, (kind, parameter, heads, size, networks) in enumerate(value.layers):
                x[2 + 4 * layer : 6 + 4 * layer] = (
                    OPERATIONS.index((kind, parameter)),
                    NUM_HEADS.index(heads),
                    FEED_FORWARD_SIZES.index(size),
                    NUM_FEED_FORWARD.index(networks),
                )
        except ValueError:
            raise ValueError(f"not an encoder of NAS-Bench-BERT's space: {value}") from None
        return x

    def decode(self, x: Vectors) -> Encoder:
        """The encoder of a valid vector; `ValueError` if it is not valid."""
        if not self.is_valid(x)[0]:
            raise ValueError(f"not a vector of NAS-Bench-BERT's space: {np.asarray(x).tolist()}")
        layers = tuple(
            (*OPERATIONS[kind], NUM_HEADS[heads], FEED_FORWARD_SIZES[size], NUM_FEED_FORWARD[networks])
            for kind, heads, size, networks in _layers(x[None])[0, : NUM_LAYERS[x[1]]].tolist()
        )
        return Encoder(HIDDEN_SIZES[x[0]], layers)

    def every(self, start: int, stop: int) -> Vectors:
        """The valid vectors from one number to another, in the order of `index`: `[stop - start, d]`."""
        number = np.arange(start, stop)
        of_two = len(HIDDEN_SIZES) * int(np.prod(_LAYER_CARDINALITIES)) ** NUM_LAYERS[0]
        is_deep = number >= of_two
        digits = np.where(is_deep, number - of_two, number)
        X = np.zeros((len(number), len(self.cardinalities)), np.int64)
        X[:, 1] = is_deep
        for decision in (*range(2, len(self.cardinalities)), 0):  # the hidden size is the most significant digit
            chosen = is_deep | (decision < 10)
            X[:, decision] = np.where(chosen, digits % self.cardinalities[decision], 0)
            digits = np.where(chosen, digits // self.cardinalities[decision], digits)
        return X

    def index(self, X: Vectors) -> Vectors:
        """The number of each valid row among all valid vectors: `[n]`."""
        is_deep = X[:, 1] > 0
        number = X[:, 0].copy()
        for decision in reversed(range(2, len(self.cardinalities))):
            chosen = is_deep | (decision < 10)
            number = np.where(chosen, number * self.cardinalities[decision] + X[:, decision], number)
        of_two = len(HIDDEN_SIZES) * int(np.prod(_LAYER_CARDINALITIES)) ** NUM_LAYERS[0]
        return np.asarray(number + np.where(is_deep, of_two, 0), np.int64)


def latency_ms(X: Vectors) -> NDArray[np.float64]:
    """Milliseconds of valid rows on an imagined accelerator: multiply-adds / (peak * utilization) + overhead, `[n]`.

    The utilization of a matrix product is width / (width + `HALF_RATE_WIDTH`), its narrowest side being the width; a
    depthwise convolution has the width of its kernel.
    """
    hidden, layers = np.array(HIDDEN_SIZES)[X[:, :1]], _layers(X)
    heads, size, networks = _sizes(layers)
    H, L = hidden, SEQUENCE_LENGTH
    head = H // heads
    projection, mixing = _time(L * H * H, H), _time(L * L * H, head)
    fourier = mixing + _time(L * H * H, head)  # over the tokens, then within each head
    operation = np.stack(
        np.broadcast_arrays(
            4 * projection + 2 * mixing,
            5 * projection + 2 * mixing,
            2 * fourier,  # a real and an imaginary part
            fourier,
            projection + _time(5 * L * H, 5) + _time(L * H * H, head),
            projection + _time(9 * L * H, 9) + _time(L * H * H, head),
        ),
        axis=2,
    )
    mixed = np.take_along_axis(operation, layers[:, :, :1], axis=2)[:, :, 0]
    fed = networks * (2 * _time(L * H * size, H) + OVERHEAD_MS / 10)
    return np.asarray(((mixed + fed + OVERHEAD_MS) * _present(X)).sum(axis=1), float)


def parameter_counts(X: Vectors) -> NDArray[np.float64]:
    """Weights of the layers of valid rows, `[n]`: of each projection and feed-forward network."""
    hidden, layers = np.array(HIDDEN_SIZES)[X[:, :1]], _layers(X)
    _, size, networks = _sizes(layers)
    projections = np.array([4, 5, 0, 0, 2, 2])[layers[:, :, 0]]
    of_layer = projections * hidden**2 + 2 * networks * hidden * size
    return np.asarray((of_layer * _present(X)).sum(axis=1), float)


def _time(multiply_adds: Vectors, width: Vectors | int) -> NDArray[np.float64]:
    return np.asarray(multiply_adds * (1 + HALF_RATE_WIDTH / width) / PEAK_MULTIPLY_ADDS_PER_MS, float)


def _sizes(layers: Vectors) -> tuple[Vectors, Vectors, Vectors]:
    """Heads, feed-forward size and number of feed-forward networks, each `[n, layers]`."""
    options = zip((NUM_HEADS, FEED_FORWARD_SIZES, NUM_FEED_FORWARD), (1, 2, 3), strict=True)
    heads, size, networks = (np.array(values)[layers[:, :, decision]] for values, decision in options)
    return heads, size, networks


def _layers(X: Vectors) -> Vectors:
    """The decisions of the layers: `[n, layers, decisions]`."""
    return X[:, 2:].reshape(len(X), NUM_LAYERS[-1], len(_LAYER_DECISIONS))


def _present(X: Vectors) -> NDArray[np.bool_]:
    return np.arange(NUM_LAYERS[-1]) < np.array(NUM_LAYERS)[X[:, 1:2]]
