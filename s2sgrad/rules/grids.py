"""Evenly spaced numbers and grids: linear (or nearly so) in their ends and axes."""

from __future__ import annotations

import numpy as np

from s2sgrad.rules.axes import along, as_shaped, given, is_given
from s2sgrad.rules.table import jvp, linear, vjp


@linear(np.linspace, wrt=(0, 1))
def linspace(y_bar, start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """Entry k is ``(1 - w[k]) * start + w[k] * stop``."""
    if retstep:
        step_bar = 0.0 if y_bar[1] is None else y_bar[1] / (num - 1 if endpoint else num)
        if y_bar[0] is None:
            return -step_bar, step_bar
        start_bar, stop_bar = to_ends(y_bar[0], num, endpoint, axis)
        return start_bar - step_bar, stop_bar + step_bar
    return to_ends(y_bar, num, endpoint, axis)


def to_ends(y_bar, num, endpoint, axis):
    weights = spacing(num, endpoint, axis, np.ndim(y_bar))
    stop_bar = np.sum(weights * y_bar, axis)
    return np.sum(y_bar, axis) - stop_bar, stop_bar


def spacing(num, endpoint, axis, ndim):
    """How far each entry is on the way from start to stop, along an axis."""
    weights = np.linspace(0.0, 1.0, num) if endpoint else np.linspace(0.0, 1.0, num, endpoint=False)
    return weights if ndim == 1 else np.reshape(weights, along(axis, ndim))


@vjp(np.logspace, broadcasts=True)
def logspace_vjp(y_bar, y, start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """``base ** t`` for evenly spaced t."""
    start_bar, stop_bar = to_ends(y_bar * y * np.log(base), num, endpoint, axis)
    t = np.linspace(start, stop, num, endpoint=endpoint, axis=axis)
    return start_bar, stop_bar, None, None, np.sum(y_bar * y * t, axis) / base


@jvp(np.logspace)
def logspace_jvp(dots, y, start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    start_dot, stop_dot = given(dots, 0, start), given(dots, 1, stop)
    y_dot = y * np.log(base) * np.linspace(start_dot, stop_dot, num, endpoint=endpoint, axis=axis)
    if not is_given(dots, 4):
        return y_dot
    return y_dot + y * np.linspace(start, stop, num, endpoint=endpoint, axis=axis) * (dots[4] / base)


@vjp(np.geomspace, broadcasts=True)
def geomspace_vjp(y_bar, y, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Entry k is ``start ** (1 - w[k]) * stop ** w[k]``."""
    start_bar, stop_bar = to_ends(y_bar * y, num, endpoint, axis)
    return start_bar / start, stop_bar / stop


@jvp(np.geomspace)
def geomspace_jvp(dots, y, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    start_dot, stop_dot = given(dots, 0, start), given(dots, 1, stop)
    return y * np.linspace(start_dot / start, stop_dot / stop, num, endpoint=endpoint, axis=axis)


@vjp(np.arange)
def arange_vjp(y_bar, y, start, stop=None, step=1, *, dtype=None):
    """``start + k * step``: where it stops makes entries come and go, but changes none."""
    if stop is None:
        return None
    return np.sum(y_bar), None, np.sum(np.arange(len(y_bar)) * y_bar)


@jvp(np.arange)
def arange_jvp(dots, y, start, stop=None, step=1, *, dtype=None):
    if stop is None:
        return None
    moved = np.full_like(y, dots[0]) if is_given(dots, 0) else np.zeros_like(y)
    return moved + np.arange(len(y)) * dots[2] if is_given(dots, 2) else moved


@vjp(np.meshgrid)
def meshgrid_vjp(y_bars, ys, *xs, copy=True, sparse=False, indexing="xy"):
    return tuple(
        None if y_bars[k] is None else from_grid(y_bars[k], xs[k], grid_axis(k, indexing, len(xs)))
        for k in range(len(xs))
    )


def from_grid(y_bar, x, axis):
    """The sum over all axes of the grid but one."""
    others = tuple(k for k in range(np.ndim(y_bar)) if k != axis)
    return as_shaped(np.sum(y_bar, axis=others), x)


@jvp(np.meshgrid)
def meshgrid_jvp(dots, ys, *xs, copy=True, sparse=False, indexing="xy"):
    return [
        None
        if dots[k] is None
        else np.broadcast_to(
            np.reshape(dots[k], along(grid_axis(k, indexing, len(xs)), np.ndim(ys[k]))), np.shape(ys[k])
        )
        for k in range(len(xs))
    ]


def grid_axis(k, indexing, count):
    """The axis of the grid along which array ``k`` varies: Cartesian grids swap the first two."""
    return 1 - k if indexing == "xy" and k < 2 and count > 1 else k
