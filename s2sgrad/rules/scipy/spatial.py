"""``scipy.spatial.distance``: distances between the rows of matrices. At a distance of zero the derivative is zero."""

from __future__ import annotations

import numpy as np
from scipy.spatial import distance

from s2sgrad.ir.primitives import additem
from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import Array, Dim
from s2sgrad.rules.table import jvp, static, vjp


@static
def known(metric):
    if metric not in ("euclidean", "sqeuclidean", "cityblock", "minkowski"):
        raise NotImplementedError(f"the distance {metric!r} has no derivative rule")
    return metric


def slopes(difference, d, metric, p):
    """The derivatives of distances in the differences of coordinates, along the last axis. ``p``: of Minkowski."""
    if metric == "minkowski":
        away = np.expand_dims(np.where(d == 0.0, 1.0, d), -1)
        return np.sign(difference) * (np.abs(difference) / away) ** (p - 1)
    if metric == "sqeuclidean":
        return 2.0 * difference
    if metric == "cityblock":
        return np.sign(difference)
    return difference / np.expand_dims(np.where(d == 0.0, 1.0, d), -1)


def between_rows(a, b):
    return np.expand_dims(a, 1) - np.expand_dims(b, 0)


@vjp(distance.cdist)
def cdist_vjp(d_bar, d, a, b, metric="euclidean", p=2):
    parts = np.expand_dims(d_bar, -1) * slopes(between_rows(a, b), d, known(metric), p)
    return np.sum(parts, 1), -np.sum(parts, 0)


@jvp(distance.cdist)
def cdist_jvp(dots, d, a, b, metric="euclidean", p=2):
    a_dot = np.zeros_like(a) if dots[0] is None else dots[0]
    b_dot = np.zeros_like(b) if dots[1] is None else dots[1]
    return np.sum(slopes(between_rows(a, b), d, known(metric), p) * between_rows(a_dot, b_dot), -1)


@type_rule(distance.cdist)
def cdist_type(a, b, metric="euclidean", **_) -> Types:
    return Array(np.dtype(float), (array_of(a).shape[0], array_of(b).shape[0]))


@vjp(distance.pdist)
def pdist_vjp(d_bar, d, x, metric="euclidean", p=2):
    i, j = np.triu_indices(np.shape(x)[0], 1)
    parts = np.expand_dims(d_bar, -1) * slopes(x[i] - x[j], d, known(metric), p)
    return additem(additem(np.zeros_like(x), i, parts), j, -parts)


@jvp(distance.pdist)
def pdist_jvp(dots, d, x, metric="euclidean", p=2):
    i, j = np.triu_indices(np.shape(x)[0], 1)
    return np.sum(slopes(x[i] - x[j], d, known(metric), p) * (dots[0][i] - dots[0][j]), -1)


@type_rule(distance.pdist)
def pdist_type(x, metric="euclidean", **_) -> Types:
    array_of(x)
    return Array(np.dtype(float), (Dim(object()),))
