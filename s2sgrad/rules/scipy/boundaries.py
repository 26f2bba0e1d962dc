"""What filters of ``scipy.ndimage`` read beyond the boundary, and where its cotangent goes."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.table import static


@static
def boundary(mode):
    """One of five names for what is read beyond the boundary."""
    same = {"grid-mirror": "reflect", "grid-constant": "constant", "grid-wrap": "wrap"}
    mode = same.get(mode, mode)
    if mode not in ("reflect", "constant", "nearest", "mirror", "wrap"):
        raise NotImplementedError(f"scipy.ndimage with mode={mode!r} has no derivative rule")
    return mode


def origin_of(places, n, mode):
    """The place of ``n`` whose value is read at each of ``places``, which may lie beyond the boundary."""
    if mode == "reflect":
        k = places % (2 * n)
        return np.minimum(k, 2 * n - 1 - k)
    if mode == "mirror":
        k = places % np.maximum(2 * n - 2, 1)
        return np.minimum(k, 2 * n - 2 - k) % n
    if mode == "wrap":
        return places % n
    return np.clip(places, 0, n - 1)


def extended(x, before, after, mode, cval, axis):
    """``x`` with what is read ``before`` and ``after`` it along an axis."""
    x = np.moveaxis(x, axis, -1)
    n = np.shape(x)[-1]
    places = np.arange(-before, n + after)
    y = x[..., origin_of(places, n, mode)]
    if mode == "constant":
        y = np.where((places >= 0) & (places < n), y, cval)
    return np.moveaxis(y, -1, axis)


def folded(y_bar, n, before, after, mode, axis):
    """The transpose: cotangents beyond the boundary are added where the values were read."""
    y_bar = np.moveaxis(y_bar, axis, -1)
    x_bar = y_bar[..., before : before + n]
    if mode != "constant":
        first = origin_of(np.arange(-before, 0), n, mode)
        last = origin_of(np.arange(n, n + after), n, mode)
        x_bar = additem(x_bar, (..., first), y_bar[..., :before])
        x_bar = additem(x_bar, (..., last), y_bar[..., before + n :])
    return np.moveaxis(x_bar, -1, axis)
