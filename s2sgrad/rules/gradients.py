"""``np.gradient``: differences between neighbours, linear in what they are taken of.

Over even steps ``h`` the result is proportional to ``1 / h``. Points that need not lie evenly are constant here:
NumPy takes another formula for those that do, whose derivative in the points is not that of the function.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.axes import along
from s2sgrad.rules.scans import from_front, to_front
from s2sgrad.rules.table import jvp, static, vjp


@vjp(np.gradient)
def gradient_vjp(y_bar, y, f, *steps, axis=None, edge_order=1):
    axes = axes_of(axis, np.ndim(f))
    y_bars, ys = (y_bar, y) if isinstance(y, (tuple, list)) else ((y_bar,), (y,))
    f_bar, even = np.zeros_like(f), True
    step_bars = []
    for k in range(len(axes)):
        step = step_of(steps, k)
        if np.ndim(step) > 0:
            even = False
        elif y_bars[k] is None:
            step_bars.append(0.0)
        else:
            step_bars.append(-np.sum(y_bars[k] * ys[k]) / step)
        if y_bars[k] is not None:
            front = transposed(to_front(y_bars[k], axes[k]), step, np.ndim(f), edge_order)
            f_bar = f_bar + from_front(front, axes[k])
    if not even:  # a cotangent that is left out is refused where it is needed
        return (f_bar,)
    if len(steps) == 1 and len(axes) > 1:
        return f_bar, sum(step_bars)
    return f_bar, *step_bars[: len(steps)]


@jvp(np.gradient)
def gradient_jvp(dots, y, f, *steps, axis=None, edge_order=1):
    if not any_given(dots[1:]):
        return np.gradient(dots[0], *steps, axis=axis, edge_order=edge_order)
    axes = axes_of(axis, np.ndim(f))
    several = isinstance(y, (tuple, list))
    ys = y if several else (y,)
    changes = []
    for k in range(len(axes)):
        step, step_dot = step_of(steps, k), step_of(dots[1:], k)
        change = np.zeros_like(ys[k])
        if dots[0] is not None:
            change = np.gradient(dots[0], step, axis=axes[k], edge_order=edge_order)
        if step_dot is not None and np.ndim(step) == 0:
            change = change - ys[k] * (step_dot / step)
        changes.append(change)
    return tuple(changes) if several else changes[0]


@static
def axes_of(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    return tuple(k % ndim for k in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def any_given(dots):
    found = False
    for dot in dots:
        if dot is not None:
            found = True
    return found


def step_of(steps, k):
    """The step along the k-th of the axes."""
    if len(steps) == 0:
        return 1.0
    return steps[0] if len(steps) == 1 else steps[k]


def transposed(y_bar, step, ndim, edge_order):
    """The transpose along the first axis: inside and at both ends, what each difference is made of."""
    if np.ndim(step) == 0:
        left, middle, right = -0.5 / step, None, 0.5 / step
        first = last = before_last = second = step
    else:
        widths = np.diff(step)
        before, after = widths[:-1], widths[1:]
        total = before + after
        left, middle, right = (
            column(-after / (before * total), ndim),
            column((after - before) / (before * after), ndim),
            column(before / (after * total), ndim),
        )
        first, last = widths[0], widths[-1]
        second, before_last = (widths[1], widths[-2]) if edge_order == 2 else (first, last)
    inner = y_bar[1:-1]
    f_bar = additem(np.zeros_like(y_bar), slice(None, -2), left * inner)
    if middle is not None:
        f_bar = additem(f_bar, slice(1, -1), middle * inner)
    f_bar = additem(f_bar, slice(2, None), right * inner)
    low, high = y_bar[0], y_bar[-1]
    if edge_order == 1:
        f_bar = additem(additem(f_bar, 0, -low / first), 1, low / first)
        return additem(additem(f_bar, -2, -high / last), -1, high / last)
    f_bar = additem(f_bar, 0, -(2.0 * first + second) / (first * (first + second)) * low)
    f_bar = additem(f_bar, 1, (first + second) / (first * second) * low)
    f_bar = additem(f_bar, 2, -first / (second * (first + second)) * low)
    f_bar = additem(f_bar, -1, (2.0 * last + before_last) / (last * (last + before_last)) * high)
    f_bar = additem(f_bar, -2, -(last + before_last) / (last * before_last) * high)
    return additem(f_bar, -3, last / (before_last * (last + before_last)) * high)


def column(weights, ndim):
    """Weights along the first axis, in a shape that broadcasts."""
    return weights if ndim == 1 else np.reshape(weights, along(0, ndim))
