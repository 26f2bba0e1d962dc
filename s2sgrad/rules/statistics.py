"""Covariances and correlations, as NumPy computes them."""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.table import defines


@defines(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    x = variables(m, rowvar or np.ndim(m) == 1, dtype)
    if y is not None:
        x = np.concatenate((x, variables(y, rowvar or np.ndim(y) == 1, dtype)), axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    if fweights is None and aweights is None:
        x = x - np.mean(x, axis=1)[:, None]
        return np.squeeze(np.dot(x, np.conj(x.T)) * np.true_divide(1, x.shape[1] - ddof))
    if fweights is None:
        w = np.asarray(aweights, dtype=float)
    else:
        w = np.asarray(fweights, dtype=float)
        if aweights is not None:
            w = w * np.asarray(aweights, dtype=float)
    count = np.sum(w)
    x = x - np.average(x, axis=1, weights=w)[:, None]
    if ddof == 0:
        freedom = count
    elif aweights is None:
        freedom = count - ddof
    else:
        freedom = count - ddof * np.sum(w * np.asarray(aweights, dtype=float)) / count
    return np.squeeze(np.dot(x, np.conj((x * w).T)) * np.true_divide(1, freedom))


def variables(m, in_rows, dtype):
    """Observations as a matrix of floats with a row for each variable."""
    default = np.complex128 if np.iscomplexobj(m) else np.float64
    x = np.atleast_2d(np.asarray(m, dtype=default if dtype is None else dtype))
    return x if in_rows else x.T


@defines(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    deviations = np.sqrt(np.real(np.diag(c)))
    c = c / deviations[:, None] / deviations[None, :]
    if np.iscomplexobj(c):
        raise NotImplementedError("the derivative of np.corrcoef of complex numbers is not supported")
    return np.clip(c, -1, 1)
