"""NumPy's functions of polynomials that are given by coefficients, the highest power first."""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.table import defines, jvp, vjp


def without_leading_zeros(c):
    """The coefficients from the first on that is not zero; which they are is constant."""
    c = np.atleast_1d(np.asarray(c))
    return c[np.argmax(np.append(c[:-1] != 0, True)) :]


@defines(np.polymul)
def polymul(a1, a2):
    return np.convolve(without_leading_zeros(a1), without_leading_zeros(a2))


@defines(np.polydiv)
def polydiv(u, v):
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    count = len(u) - len(v) + 1
    quotient = np.zeros(max(count, 1), np.result_type(u.dtype, v.dtype))
    rest = u + 0.0 * v[0]
    scale = 1.0 / v[0]
    for k in range(count):
        d = scale * rest[k]
        quotient[k] = d
        rest[k : k + len(v)] -= d * v
    matters = ~np.isclose(rest[:-1], 0, rtol=1e-14)
    return quotient, rest[np.argmax(np.append(matters, True)) :]


@defines(np.polyint)
def polyint(p, m=1, k=None):
    p = np.asarray(p)
    constants = np.zeros(m) if k is None else np.atleast_1d(np.asarray(k)) * np.ones(m)
    for i in range(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), constants[i : i + 1]))
    return p


def slopes_at(p, roots):
    """The powers of the roots that the coefficients stand before, and the derivatives of the polynomial there."""
    exponents = np.arange(np.shape(p)[0] - 1, -1, -1)
    powers = np.expand_dims(roots, 1) ** exponents
    return powers, np.dot(powers[:, 1:], p[:-1] * exponents[:-1])


@vjp(np.roots)
def roots_vjp(y_bar, y, p):
    """A root moves so that the polynomial stays zero; where roots meet the derivative is infinite."""
    powers, slopes = slopes_at(p, y)
    return -np.dot(y_bar / slopes, powers)


@jvp(np.roots)
def roots_jvp(dots, y, p):
    powers, slopes = slopes_at(p, y)
    return -np.dot(powers, dots[0]) / slopes
