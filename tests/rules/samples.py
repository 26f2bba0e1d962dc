"""Arrays for the tests of rules: away from ties and zeros, the same in every run."""

from __future__ import annotations

import numpy as np


def array(*shape: int, low: float = 0.3, high: float = 0.9, seed: int = 0, dtype: str = "f8") -> np.ndarray:
    """Distinct entries between two bounds, shuffled."""
    n = int(np.prod(shape))
    entries = np.linspace(low, high, max(n, 1))[:n] if n != 1 else np.array([0.5 * (low + high)])
    return np.random.default_rng(seed).permutation(entries).reshape(shape).astype(dtype)


def signed(*shape: int, seed: int = 1) -> np.ndarray:
    """Distinct entries of both signs, none near zero."""
    x = array(*shape, seed=seed)
    return x * np.where(np.arange(x.size).reshape(shape) % 2, -1.0, 1.0)


def turned(*shape: int, seed: int = 3) -> np.ndarray:
    """Complex entries of distinct sizes and angles."""
    return array(*shape, seed=seed) * np.exp(1j * array(*shape, low=0.5, high=5.5, seed=seed + 1))


def positive_definite(n: int, *batch: int, complex: bool = False) -> np.ndarray:
    b = turned(*batch, n, n) if complex else array(*batch, n, n, low=-0.9)
    return b @ np.conj(np.swapaxes(b, -1, -2)) + np.diag(2.0 + np.arange(n))
