"""`GaussianProcess`: smooth regression that says how sure it is, and that outliers do not bend.

Regression follows Rasmussen & Williams (2006), "Gaussian Processes for Machine Learning": a squared exponential kernel
with a length for each input, a linear and a constant one (section 4.2); hyperparameters at the maximum of the marginal
likelihood (section 5.4.1) times a prior of each; and, so that thousands of rows cost little, the projected process on
at most `MOST_INDUCING` of them (section 8.3.4), picked by pivoted Cholesky decomposition (Fine & Scheinberg 2001). With
fewer distinct rows it is exact.

Noise is Student's t: each row has a weight, estimated in turn with the rest (Tipping & Lawrence 2005, "Variational
inference for Student-t models", section 3), so that a row measured while the machine was slow hardly counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from latency_models.contract import Floats
from latency_models.learned.additive import student_weights

MOST_INDUCING = 256
_MOST_LIKELIHOOD_ROWS = 400  # hyperparameters are few: more rows only cost time
_ROWS_AT_ONCE = 1024  # so that their covariances stay in the cache
_ROUNDS = 5
_REFITTED_ROUNDS = (0, 2)
_JITTER = 1e-6

# Medians and standard deviations of the log-normal priors, for standardised inputs and targets: a little more than half
# of what varies is linear, and an input bends over three times its spread. At twenty rows they matter, at hundreds not.
_AMPLITUDE, _LINEAR, _NOISE, _LENGTH = 1.0, 1.0, 0.3, 3.0
_DEVIATION, _LENGTH_DEVIATION = 0.5, 0.5


@dataclass(frozen=True)
class Kernel:
    """Covariance of standardised inputs `[n, d]`: amplitude, slope and lengths are square roots of variances.

    Attributes:
        amplitude: of the squared exponential part.
        slope: of the linear part.
        lengths: `[d]`.
        noise: standard deviation of a row of weight 1.
    """

    amplitude: float
    slope: float
    lengths: Floats
    noise: float

    def __call__(self, A: Floats, B: Floats) -> Floats:
        covariance = self.bend(A, B)
        covariance += (self.slope**2 * A) @ B.T
        covariance += 1.0
        return covariance

    def bend(self, A: Floats, B: Floats) -> Floats:
        """The squared exponential part, `[a, b]`."""
        a, b = A / self.lengths, B / self.lengths
        half_squares: Floats = a @ b.T
        half_squares -= 0.5 * (a * a).sum(axis=1)[:, None]
        half_squares -= 0.5 * (b * b).sum(axis=1)
        np.minimum(half_squares, 0, out=half_squares)
        np.exp(half_squares, out=half_squares)
        half_squares *= self.amplitude**2
        return half_squares

    def diagonal(self, A: Floats) -> Floats:
        variance: Floats = self.amplitude**2 + self.slope**2 * (A * A).sum(axis=1) + 1.0
        return variance

    @property
    def logarithms(self) -> Floats:
        values: Floats = np.log(np.concatenate([[self.amplitude, self.slope, self.noise], self.lengths]))
        return values

    @classmethod
    def from_logarithms(cls, values: Floats) -> Kernel:
        amplitude, slope, noise, *lengths = np.exp(values).tolist()
        return cls(amplitude, slope, np.array(lengths), noise)


@dataclass(frozen=True)
class GaussianProcess:
    """A fitted process.

    Attributes:
        center, spread: `[inputs]`, what standardises the inputs; the spread of one that never varied is infinite.
        target_center, target_spread: the same of the target.
        kernel: its hyperparameters.
        inducing: `[m, inputs]`, standardised.
        coefficients: `[m]`, of the mean.
        reduction: `[m, m]`, k^T reduction k is by how much the rows reduce the variance.
    """

    center: Floats
    spread: Floats
    target_center: float
    target_spread: float
    kernel: Kernel
    inducing: Floats
    coefficients: Floats
    reduction: Floats

    @classmethod
    def fit(cls, X: Floats, y: Floats, kernel: Kernel | None = None) -> GaussianProcess:
        """Fits n targets `[n]` of inputs `[n, d]`, keeping the hyperparameters of a given kernel."""
        center, spread = X.mean(axis=0), X.std(axis=0)
        spread = np.where(spread > 1e-9 * np.maximum(np.abs(center), 1e-300), spread, np.inf)
        Z = (X - center) / spread
        target_center = float(np.median(y))
        target_spread = max(float(y.std()), 1e-4)  # log latencies closer than that are equal
        t = (y - target_center) / target_spread
        weights = np.ones(len(t))
        few = np.random.default_rng(0).permutation(len(t))[:_MOST_LIKELIHOOD_ROWS]
        learn = kernel is None
        kernel = kernel or _prior_kernel(Z.shape[1])
        for turn in range(_ROUNDS):
            if learn and turn in _REFITTED_ROUNDS:
                kernel = _most_likely(kernel, Z[few], t[few], weights[few])
            process = cls(center, spread, target_center, target_spread, kernel, *_project(kernel, Z, t, weights))
            mean, variance = process._standard(Z)
            weights = student_weights((t - mean) ** 2 + variance, kernel.noise**2)
            if learn and turn not in _REFITTED_ROUNDS:
                kernel = replace(kernel, noise=_noise(kernel.noise, t - mean, variance, weights))
        return process

    def predict(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean `[n]`, and standard deviation `[n]` of a new row of weight 1 (its noise included)."""
        mean, variance = self._standard((X - self.center) / self.spread)
        deviation = self.target_spread * np.sqrt(variance + self.kernel.noise**2)
        return self.target_center + self.target_spread * mean, deviation

    def _standard(self, Z: Floats) -> tuple[Floats, Floats]:
        """Mean and variance `[n]` of the noiseless function, standardised."""
        mean, variance = np.empty(len(Z)), self.kernel.diagonal(Z)
        for start in range(0, len(Z), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            k = self.kernel(Z[rows], self.inducing)
            mean[rows] = k @ self.coefficients
            variance[rows] -= np.einsum("ij,ij->i", k @ self.reduction, k)
        return mean, np.maximum(variance, 0)


def _prior_kernel(inputs: int) -> Kernel:
    return Kernel(_AMPLITUDE, _LINEAR, np.full(inputs, _LENGTH * np.sqrt(max(inputs, 1))), _NOISE)


def _noise(noise: float, errors: Floats, variance: Floats, weights: Floats) -> float:
    """The M step of the noise: the weighted mean square of the errors, and of what is not known of the function."""
    found = float(np.sqrt((weights * (errors**2 + variance)).mean()))
    return float(np.clip(found, noise / 3, noise * 3))


def _project(kernel: Kernel, Z: Floats, t: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Inducing inputs, coefficients and reduction (Rasmussen & Williams, equations 8.26 and 8.27)."""
    from scipy.linalg import cho_solve, cholesky, solve_triangular

    inducing = Z[_pivots(kernel, Z)]
    lower = cholesky(kernel(inducing, inducing) + _JITTER * np.eye(len(inducing)), lower=True)
    whitened = solve_triangular(lower, kernel(inducing, Z), lower=True)  # [m, n]
    precision = weights / kernel.noise**2
    inner = cholesky(np.eye(len(inducing)) + (whitened * precision) @ whitened.T, lower=True)
    coefficients = solve_triangular(lower, cho_solve((inner, True), whitened @ (precision * t)), lower=True, trans="T")
    inverse = solve_triangular(lower, np.eye(len(inducing)), lower=True)
    half = solve_triangular(inner, inverse, lower=True)
    return inducing, coefficients, inverse.T @ inverse - half.T @ half


def _pivots(kernel: Kernel, Z: Floats) -> list[int]:
    """The rows that explain the others best, greedily: each time the one whose variance is the largest."""
    remaining = kernel.diagonal(Z)
    factor = np.zeros((0, len(Z)))
    pivots: list[int] = []
    while len(pivots) < min(MOST_INDUCING, len(Z)):
        pivot = int(np.argmax(remaining))
        if remaining[pivot] < 1e-5:
            break
        column = kernel(Z[pivot : pivot + 1], Z)[0] - factor[:, pivot] @ factor
        row = column / np.sqrt(remaining[pivot])
        factor = np.vstack([factor, row])
        remaining = remaining - row**2
        pivots.append(pivot)
    return pivots


def _most_likely(start: Kernel, Z: Floats, t: Floats, weights: Floats) -> Kernel:
    from scipy.optimize import minimize

    prior = _prior_kernel(Z.shape[1]).logarithms
    deviation = np.array([_DEVIATION] * 3 + [_LENGTH_DEVIATION] * Z.shape[1])

    def objective(values: Floats) -> tuple[float, Floats]:
        loss, gradient = _negative_log_likelihood(Kernel.from_logarithms(values), Z, t, weights)
        off = (values - prior) / deviation
        return loss + 0.5 * float(off @ off), gradient + off / deviation

    bounds = [(low, high) for low, high in zip(prior - 6, prior + 6, strict=True)]
    found = minimize(objective, start.logarithms, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40})
    return Kernel.from_logarithms(found.x)


def _negative_log_likelihood(kernel: Kernel, Z: Floats, t: Floats, weights: Floats) -> tuple[float, Floats]:
    """Rasmussen & Williams, equations 5.8 and 5.9, with the gradient by the logarithm of each hyperparameter."""
    from scipy.linalg import cho_solve, cholesky

    n = len(t)
    bend, linear, noise = kernel.bend(Z, Z), kernel.slope**2 * (Z @ Z.T), kernel.noise**2 / weights
    lower = cholesky(bend + linear + 1.0 + np.diag(noise + _JITTER), lower=True)
    alpha = cho_solve((lower, True), t)
    loss = 0.5 * float(t @ alpha) + float(np.log(np.diag(lower)).sum())
    outer = np.outer(alpha, alpha) - cho_solve((lower, True), np.eye(n))
    by_bend = outer * bend
    a = Z / kernel.lengths
    by_length = by_bend.sum(axis=1) @ (a * a) - np.einsum("ij,ij->j", a, by_bend @ a)
    by_part = [-by_bend.sum(), -(outer * linear).sum(), -(np.diag(outer) * noise).sum()]
    return loss, np.concatenate([by_part, -by_length])
