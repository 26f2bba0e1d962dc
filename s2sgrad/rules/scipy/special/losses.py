"""Entropies, losses and transforms of data."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import partials


def share(x, y):
    """``x / y``, zero where both are: there ``y`` has no influence."""
    return x / np.where((x == 0.0) & (y == 0.0), 1.0, y)


@partials(sp.xlogy)
def xlogy(z, x, y):
    return np.log(y), share(x, y)


@partials(sp.xlog1py)
def xlog1py(z, x, y):
    return np.log1p(y), share(x, 1.0 + y)


@partials(sp.entr)
def entr(y, x):
    """Outside its domain the function is ``-inf``, with derivative zero."""
    return np.where(x < 0.0, 0.0, -np.log(np.where(x < 0.0, 1.0, x)) - 1.0)


@partials(sp.rel_entr)
def rel_entr(z, x, y):
    """Two logarithms and not that of the quotient, which has no derivative where ``x`` is zero."""
    inside = (x >= 0.0) & (y > 0.0)
    p, q = np.where(inside, x, 1.0), np.where(inside, y, 1.0)
    return np.where(inside, np.log(p) - np.log(q) + 1.0, 0.0), np.where(inside, -p / q, 0.0)


@partials(sp.kl_div)
def kl_div(z, x, y):
    """``rel_entr(x, y) - x + y``. Where both are zero, only ``y`` has an influence."""
    inside = (x >= 0.0) & (y > 0.0)
    p, q = np.where(inside, x, 1.0), np.where(inside, y, 1.0)
    edge = (x == 0.0) & (y == 0.0)
    return np.where(inside, np.log(p) - np.log(q), 0.0), np.where(inside, 1.0 - p / q, np.where(edge, 1.0, 0.0))


@partials(sp.huber)
def huber(y, delta, r):
    """Of a negative ``delta`` the loss is infinite, with derivative zero."""
    valid = delta >= 0.0
    excess = np.maximum(np.abs(r) - delta, 0.0)
    return np.where(valid, excess, 0.0), np.where(valid, np.minimum(np.maximum(r, -delta), delta), 0.0)


@partials(sp.pseudo_huber)
def pseudo_huber(y, delta, r):
    """At a ``delta`` of zero, the derivative from the right."""
    valid = delta > 0.0
    width = np.where(valid, delta, 1.0)
    u = r / width
    s = np.sqrt(1.0 + u * u)
    at_zero = np.where(delta == 0.0, np.abs(r), 0.0)
    return np.where(valid, width * u**4 / (s * (1.0 + s) ** 2), at_zero), np.where(valid, r / s, 0.0)


# -- the transform of Box and Cox (1964) -----------------------------------------------------------


def in_exponent(logarithm, lmbda):
    """The derivative of ``(exp(lmbda * logarithm) - 1) / lmbda`` in ``lmbda``, also at zero: that of ``exprel``."""
    return 0.5 * logarithm * logarithm * sp.hyp1f1(2.0, 3.0, lmbda * logarithm)


@partials(sp.boxcox)
def boxcox(y, x, lmbda):
    return x ** (lmbda - 1.0), in_exponent(np.log(x), lmbda)


@partials(sp.boxcox1p)
def boxcox1p(y, x, lmbda):
    return (1.0 + x) ** (lmbda - 1.0), in_exponent(np.log1p(x), lmbda)


@partials(sp.inv_boxcox)
def inv_boxcox(x, y, lmbda):
    slope = x ** (1.0 - lmbda)
    return slope, -slope * in_exponent(np.log(x), lmbda)


@partials(sp.inv_boxcox1p)
def inv_boxcox1p(x, y, lmbda):
    slope = (1.0 + x) ** (1.0 - lmbda)
    return slope, -slope * in_exponent(np.log1p(x), lmbda)
