"""Logistic functions, and the exponentials that are normalised along an axis."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from s2sgrad.rules.table import jvp, partials, static, vjp


@partials(sp.expit)
def expit(y, x):
    """``1 - y`` would be rounded to zero far out."""
    return y * sp.expit(-x)


@partials(sp.logit)
def logit(y, x):
    return 1.0 / (x * (1.0 - x))


@partials(sp.log_expit)
def log_expit(y, x):
    return sp.expit(-x)


@partials(sp.softplus)
def softplus(y, x):
    return sp.expit(x)


@vjp(sp.softmax)
def softmax_vjp(y_bar, y, x, axis=None):
    weighted = y_bar * y
    return weighted - y * np.sum(weighted, axis=axis, keepdims=True)


@jvp(sp.softmax)
def softmax_jvp(dots, y, x, axis=None):
    weighted = dots[0] * y
    return weighted - y * np.sum(weighted, axis=axis, keepdims=True)


@vjp(sp.log_softmax)
def log_softmax_vjp(y_bar, y, x, axis=None):
    return y_bar - np.exp(y) * np.sum(y_bar, axis=axis, keepdims=True)


@jvp(sp.log_softmax)
def log_softmax_jvp(dots, y, x, axis=None):
    return dots[0] - np.sum(dots[0] * np.exp(y), axis=axis, keepdims=True)


# -- logsumexp -------------------------------------------------------------------------------------


def shares(y, a, axis, b, keepdims, return_sign):
    """``exp(a)`` divided by the sum of them, which may be negative. An empty sum (``-inf``) has no shares."""
    size = y[0] if return_sign else y
    if axis is None:
        size = np.reshape(size, (1,) * np.ndim(a) if b is None else (1,) * max(np.ndim(a), np.ndim(b)))
    elif not keepdims:
        size = np.expand_dims(size, axis)
    portions = np.exp(a - np.where(size == -np.inf, 0.0, size))
    if not return_sign:
        return portions
    return portions * restored(y[1], a, axis, b, keepdims)


def restored(y_bar, a, axis, b, keepdims):
    """A cotangent with the axes of the argument."""
    if axis is None:
        return np.reshape(y_bar, (1,) * np.ndim(a) if b is None else (1,) * max(np.ndim(a), np.ndim(b)))
    return y_bar if keepdims else np.expand_dims(y_bar, axis)


@static
def refuse_complex(is_complex):
    if is_complex:
        raise NotImplementedError("scipy.special.logsumexp of complex numbers has no derivative rule")


@vjp(sp.logsumexp, broadcasts=True)
def logsumexp_vjp(y_bar, y, a, axis=None, b=None, keepdims=False, return_sign=False):
    refuse_complex(np.iscomplexobj(a))
    if return_sign and y_bar[0] is None:
        return np.zeros_like(a), None, None if b is None else np.zeros_like(b)
    portions = restored(y_bar[0] if return_sign else y_bar, a, axis, b, keepdims)
    portions = portions * shares(y, a, axis, b, keepdims, return_sign)
    if b is None:
        return portions
    return portions * b, None, portions


@jvp(sp.logsumexp)
def logsumexp_jvp(dots, y, a, axis=None, b=None, keepdims=False, return_sign=False):
    refuse_complex(np.iscomplexobj(a))
    portions = shares(y, a, axis, b, keepdims, return_sign)
    change = None
    if dots[0] is not None:
        change = portions * dots[0] if b is None else portions * b * dots[0]
    if len(dots) > 2 and dots[2] is not None:
        change = portions * dots[2] if change is None else change + portions * dots[2]
    size_dot = np.sum(change, axis=axis, keepdims=keepdims)
    return (size_dot, None) if return_sign else size_dot
