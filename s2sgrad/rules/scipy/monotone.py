"""Monotone cubic interpolation, as ``scipy.interpolate.PchipInterpolator`` does it.

Formulas: F. Fritsch and J. Butland, *A method for constructing local monotone piecewise cubic interpolants* (1984);
at the ends C. Moler, *Numerical Computing with Matlab* (2004), section 3.6.
"""

from __future__ import annotations

import numpy as np


def end_slope(g, h, m, n):
    """Of the parabola through the first three values, limited to keep the shape; ``m`` and ``n``: the first slopes."""
    slope = ((2.0 * g + h) * m - g * n) / (g + h)
    slope = np.where((np.sign(m) != np.sign(n)) & (np.abs(slope) > 3.0 * np.abs(m)), 3.0 * m, slope)
    return np.where(np.sign(slope) != np.sign(m), 0.0, slope)


def pchip_slopes(x, y):
    h = np.diff(x)
    m = np.diff(y) / h
    if np.shape(x)[0] == 2:
        return np.concatenate([m, m])
    g, h_next, left, right = h[:-1], h[1:], m[:-1], m[1:]
    flat = left * right <= 0.0
    safe_left, safe_right = np.where(flat, 1.0, left), np.where(flat, 1.0, right)
    v, w = 2.0 * h_next + g, h_next + 2.0 * g
    inner = np.where(flat, 0.0, (v + w) / (v / safe_left + w / safe_right))
    first = end_slope(h[:1], h[1:2], m[:1], m[1:2])
    last = end_slope(h[-1:], h[-2:-1], m[-1:], m[-2:-1])
    return np.concatenate([first, inner, last])


def by_pchip(knots, values, x):
    slopes = pchip_slopes(knots, values)
    k = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, np.shape(knots)[0] - 2)
    h = knots[k + 1] - knots[k]
    s = (x - knots[k]) / h
    left = values[k] * (1.0 + 2.0 * s) + slopes[k] * h * s
    right = values[k + 1] * (3.0 - 2.0 * s) - slopes[k + 1] * h * (1.0 - s)
    return left * (1.0 - s) ** 2 + right * s**2
