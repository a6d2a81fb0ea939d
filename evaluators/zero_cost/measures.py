"""Training-free measures of a network at its initial weights. Higher is taken to be better, as in their papers.

Serianni and Kalita 2023 ("Training-free Neural Architecture Search for RNNs and Transformers", section 5) hold them
against 500 trained BERT-like encoders: the number of parameters ranks better than any of them. Like there, each is a
mean over matrices or layers, or it would count them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SMALL = 1e-5  # added to eigenvalues, as Mellor et al. do

ATTENTION = ("shared", "query", "key", "value", "attention_output")
FEED_FORWARD = ("intermediate", "output")


@dataclass(frozen=True)
class Probed:
    """What one forward and backward pass of a batch shows of a network of random weights.

    The gradients are those of the sum of all last hidden states.

    Attributes:
        weights, gradients: of every tensor, by the names of `mobilebert.layout`.
        attention: of each block, `[batch, heads, length, length]`.
        activations: of each feed-forward network, `[batch, length * intermediate]`.
        jacobian: gradient of each example's embeddings, `[batch, length * hidden]`.
        mask: int8 `[batch, length]`, 1 for tokens.
    """

    weights: Mapping[str, Floats]
    gradients: Mapping[str, Floats]
    attention: Sequence[Floats]
    activations: Sequence[Floats]
    jacobian: Floats
    mask: NDArray[np.int8]


def head_confidence(probed: Probed) -> float:
    """How much of its attention a head gives to one token: the largest weight, a mean over tokens, heads and blocks.

    Source: Serianni and Kalita 2023, section 5.1, after the confidence of heads in Voita et al. 2019.
    """
    return float(np.mean([np.average(a.max(axis=3).mean(axis=1), weights=probed.mask) for a in probed.attention]))


def synaptic_diversity(probed: Probed) -> float:
    """Nuclear norms of weights and of their gradients, multiplied, over the matrices of attention.

    Source: Zhou et al. 2022, "Training-free Transformer Architecture Search", section 3.2.
    """
    pairs = _kernels(probed, ATTENTION, within="block")
    return float(np.mean([np.linalg.norm(w, "nuc") * np.linalg.norm(g, "nuc") for w, g in pairs]))


def synaptic_saliency(probed: Probed) -> float:
    """The sum of |weight x gradient| over the matrices of feed-forward networks.

    Source: Tanaka et al. 2020, "Pruning neural networks without any data", as Zhou et al. 2022 (section 3.3) use it.
    """
    return float(
        np.mean([np.abs(w * g).sum(dtype=np.float64) for w, g in _kernels(probed, FEED_FORWARD, "feedforward")])
    )


def activation_distance(probed: Probed) -> float:
    """How differently examples switch the rectifiers: the logarithm of |det K|, K counting equal switches.

    Source: Mellor et al. 2021, "Neural Architecture Search without Training", section 3. K is divided by the number of
    switches, so that networks of other widths compare.
    """
    logarithms = []
    for activations in probed.activations:
        on = (activations > 0).astype(np.float64)
        equal = (on @ on.T + (1 - on) @ (1 - on).T) / on.shape[1]
        logarithms.append(np.linalg.slogdet(equal + _SMALL * np.eye(len(equal)))[1])
    return float(np.mean(logarithms))


def jacobian_covariance(probed: Probed) -> float:
    """How little the Jacobians of different examples have in common: -sum(log(v) + 1 / v), v the eigenvalues of their
    correlations.

    Source: Mellor et al. 2020, the first version of "Neural Architecture Search without Training", section 3.
    """
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(probed.jacobian.astype(np.float64))) + _SMALL
    return float(-np.sum(np.log(eigenvalues) + 1 / eigenvalues))


MEASURES: dict[str, Callable[[Probed], float]] = {
    function.__name__: function
    for function in (head_confidence, synaptic_diversity, synaptic_saliency, activation_distance, jacobian_covariance)
}


def _kernels(probed: Probed, names: Sequence[str], within: str) -> list[tuple[Floats, Floats]]:
    """Weights and gradients of the kernels of these names, of blocks themselves or of their feed-forward networks."""
    found = []
    for name in probed.weights:
        *place, layer, kind = name.split("/")
        if kind == "kernel" and layer in names and place and place[-1].startswith(within):
            found.append((probed.weights[name], probed.gradients[name]))
    return found
