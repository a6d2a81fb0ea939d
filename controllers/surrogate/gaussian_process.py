"""Gaussian process regression whose few hyperparameters are chosen by their posterior density.

Sources: Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning" (posterior: algorithm 2.1; gradient of
the marginal likelihood: equation 5.9; Matern kernel: equation 4.17); Hvarfner, Hellsten and Nardi 2024, "Vanilla
Bayesian Optimization Performs Great in High Dimensions" (a prior of length scales whose median grows with the root of
the number of inputs).

The kernel is that of a linear model plus that of a smooth deviation from it:

    k(z, z') = linear * z.z' + smooth * matern52(|(z - z') / length|) + noise if z is z'

The linear part carries a trend to where no trial has been; the other learns what the trend misses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats

LINEAR_SD, SMOOTH_SD, NOISE_SD, LENGTH_SD = 1.5, 1.0, 1.5, 1.0
"""Deviations of the logarithms of the hyperparameters under their priors, which are lognormal."""
SMOOTH, NOISE = 0.5, 0.05
"""Median of the variances under their priors, for targets of variance 1. The linear one's is SMOOTH / inputs."""
LENGTH = np.exp(0.5)
"""Median of a length scale under its prior, in root of the number of inputs."""
JITTER = 1e-6
"""Least noise, which keeps the covariance well conditioned."""
MAX_ITERATIONS = 60
Real = TypeVar("Real", NDArray[np.float32], NDArray[np.float64])
_CHUNK = 1024  # rows of a kernel matrix made at once: they stay in the processor's cache


@dataclass(frozen=True)
class Hyperparameters:
    """Variances for targets of variance 1, and a length scale for each input, `[f]`."""

    linear: float
    smooth: float
    noise: float
    lengths: Floats

    @classmethod
    def from_logarithms(cls, theta: Floats, num_inputs: int) -> Hyperparameters:
        """Of `[3 + lengths]` logarithms; a single length is shared by all inputs."""
        linear, smooth, noise = np.exp(theta[:3])
        return cls(float(linear), float(smooth), float(noise), np.broadcast_to(np.exp(theta[3:]), num_inputs))

    @classmethod
    def fit(cls, Z: Floats, t: Floats, *, shared_length: bool) -> Hyperparameters:
        """The most probable ones, found by L-BFGS from the medians of their priors.

        Args:
            Z: standardised inputs, `[n, f]`.
            t: standardised targets, `[n]`.
            shared_length: whether all inputs have one length scale, or each its own.
        """
        from scipy.optimize import minimize

        num_inputs = Z.shape[1]
        num_lengths = 1 if shared_length else num_inputs
        medians = np.array([SMOOTH / num_inputs, SMOOTH, NOISE, *[LENGTH * num_inputs**0.5] * num_lengths])
        sd = np.array([LINEAR_SD, SMOOTH_SD, NOISE_SD, *[LENGTH_SD] * num_lengths])
        centre = np.log(medians)

        def loss(theta: Floats) -> tuple[float, Floats]:
            value, slope = _negative_log_likelihood(theta, Z, t)
            deviation = (theta - centre) / sd
            return value + float(deviation @ deviation) / 2, slope + deviation / sd

        bounds = [*zip(centre - 6 * sd, centre + 6 * sd, strict=True)]
        found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": MAX_ITERATIONS})
        return cls.from_logarithms(found.x, num_inputs)


@dataclass(frozen=True)
class GaussianProcess:
    """The posterior of a function given its values `t` `[n]` at inputs `Z` `[n, f]`."""

    hyperparameters: Hyperparameters
    Z: Floats
    t: Floats

    def mean(self, Z: Floats) -> Floats:
        """Of the function at `[k, f]`: `[k]`, in single precision, which is how candidates are screened fast."""
        h = self.hyperparameters
        scaled = (Z / h.lengths).astype(np.float32)
        trained, weights = self._single
        means = np.empty(len(Z), np.float32)
        for start in range(0, len(Z), _CHUNK):
            near = _matern(_squared_distances(scaled[start : start + _CHUNK], trained))
            means[start : start + _CHUNK] = near @ weights
        return np.asarray(h.smooth * means + Z @ self._slopes, float)

    def mean_and_std(self, Z: Floats) -> tuple[Floats, Floats]:
        """Of the function, without noise, at `[k, f]`: two of `[k]`."""
        from scipy.linalg import solve_triangular

        h = self.hyperparameters
        K = _kernel(h, Z, self.Z)
        explained = solve_triangular(self._cholesky, K.T, lower=True, check_finite=False)
        prior = h.smooth + h.linear * (Z**2).sum(axis=1)
        variance = prior - (explained**2).sum(axis=0)
        return K @ self._weights, np.asarray(np.sqrt(np.maximum(variance, JITTER * prior)), float)

    @cached_property
    def _cholesky(self) -> Floats:
        K = _kernel(self.hyperparameters, self.Z, self.Z)
        K[np.diag_indices(len(K))] += self.hyperparameters.noise + JITTER
        return np.asarray(np.linalg.cholesky(K), float)

    @cached_property
    def _weights(self) -> Floats:
        from scipy.linalg import cho_solve

        return np.asarray(cho_solve((self._cholesky, True), self.t, check_finite=False), float)

    @cached_property
    def _slopes(self) -> Floats:
        return np.asarray(self.hyperparameters.linear * self.Z.T @ self._weights, float)

    @cached_property
    def _single(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        trained = (self.Z / self.hyperparameters.lengths).astype(np.float32)
        return trained, self._weights.astype(np.float32)


def _kernel(h: Hyperparameters, A: Floats, B: Floats) -> Floats:
    return h.smooth * _matern(_squared_distances(A / h.lengths, B / h.lengths)) + h.linear * (A @ B.T)


def _squared_distances(A: Real, B: Real) -> Real:
    distances = A @ B.T
    distances *= -2
    distances += (A * A).sum(axis=1)[:, None]
    distances += (B * B).sum(axis=1)
    np.maximum(distances, 0, out=distances)
    return distances


def _matern(squares: Real) -> Real:
    """(1 + r + r^2 / 3) exp(-r), r^2 being 5 times the squared distances; the array given is overwritten."""
    squares *= 5
    r = np.sqrt(squares)
    squares /= 3
    squares += r
    squares += 1
    np.negative(r, out=r)
    squares *= np.exp(r, out=r)
    return squares


def _negative_log_likelihood(theta: Floats, Z: Floats, t: Floats) -> tuple[float, Floats]:
    """Of targets `[n]`, and its gradient by the logarithms `[3 + lengths]`; constants are left out."""
    from scipy.linalg import cho_solve

    linear, smooth, noise = np.exp(theta[:3])
    scaled = Z / np.exp(theta[3:])
    r = np.sqrt(5 * _squared_distances(scaled, scaled))
    fade = np.exp(-r)
    of_smooth = smooth * (1 + r + r * r / 3) * fade
    of_linear = linear * (Z @ Z.T)
    K = of_smooth + of_linear
    K[np.diag_indices(len(K))] += noise + JITTER
    cholesky = np.linalg.cholesky(K)
    weights = cho_solve((cholesky, True), t, check_finite=False)
    value = t @ weights / 2 + np.log(np.diag(cholesky)).sum()

    W = cho_solve((cholesky, True), np.eye(len(K)), check_finite=False) - np.outer(weights, weights)
    # By the logarithm of the length of input i, the kernel's slope is M * (difference in i / length)^2.
    M = W * (smooth * (5 / 3) * (1 + r) * fade)
    by_length = M.sum(axis=1) @ scaled**2 - (scaled * (M @ scaled)).sum(axis=0)
    if len(theta) == 4:
        by_length = by_length.sum(keepdims=True)
    by_variance = [(W * of_linear).sum() / 2, (W * of_smooth).sum() / 2, noise * np.trace(W) / 2]
    return float(value), np.concatenate([by_variance, by_length])
