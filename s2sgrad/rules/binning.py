"""Histograms: differentiable in the weights and in the edges; what falls into which bin is piecewise constant."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import additem
from s2sgrad.rules.axes import is_given
from s2sgrad.rules.table import defines, jvp, linear, nondiff, static, vjp


@linear(np.bincount, wrt=(1,))
def bincount(y_bar, x, weights=None, minlength=0):
    return y_bar[x]


@vjp(np.histogram)
def histogram_vjp(y_bar, y, a, bins=10, range=None, density=None, weights=None):
    counts_bar, edges_bar = y_bar
    counts, edges = y
    if density and counts_bar is not None:
        widths = np.diff(edges)
        mass = np.sum(weighted_counts(a, edges, weights))
        through_widths = -counts_bar * counts / widths
        edges_bar = add_differences(edges_bar, through_widths, edges)
        counts_bar = counts_bar / (widths * mass) - np.sum(counts_bar * counts) / mass
    weights_bar = None if counts_bar is None or weights is None else entries_in_bins(counts_bar, a, edges)
    if edges_bar is None:
        return None, None, None, None, weights_bar
    if not isinstance(bins, (int, np.integer, str)):  # NumPy lays out the bins itself for these
        return None, edges_bar, None, None, weights_bar
    high = np.sum(np.linspace(0.0, 1.0, len(edges)) * edges_bar)
    low = np.sum(edges_bar) - high
    if range is not None:
        return None, None, (low, high), None, weights_bar
    a_bar = additem(np.zeros(np.size(a)), np.argmin(a), low)
    return np.reshape(additem(a_bar, np.argmax(a), high), np.shape(a)), None, None, None, weights_bar


@jvp(np.histogram)
def histogram_jvp(dots, y, a, bins=10, range=None, density=None, weights=None):
    counts, edges = y
    edges_dot = tangent_of_edges(dots, a, bins, range, edges)
    counts_dot = None
    if is_given(dots, 4):
        counts_dot = weighted_counts(a, edges, dots[4])
    if density:
        widths = np.diff(edges)
        mass = np.sum(weighted_counts(a, edges, weights))
        if counts_dot is not None:
            counts_dot = (counts_dot / widths - counts * np.sum(counts_dot)) / mass
        if edges_dot is not None:
            through_widths = -counts * np.diff(edges_dot) / widths
            counts_dot = through_widths if counts_dot is None else counts_dot + through_widths
    return counts_dot, edges_dot


def tangent_of_edges(dots, a, bins, range, edges):
    if not isinstance(bins, (int, np.integer, str)):  # NumPy lays out the bins itself for these
        return dots[1] if is_given(dots, 1) else None
    if range is not None:
        return np.linspace(dots[2][0], dots[2][1], len(edges)) if is_given(dots, 2) else None
    if dots[0] is None:
        return None
    low, high = np.ravel(dots[0])[np.argmin(a)], np.ravel(dots[0])[np.argmax(a)]
    return np.linspace(low, high, len(edges))


def weighted_counts(a, edges, weights):
    """``np.histogram`` without density."""
    return np.histogram(a, edges, None, None, weights)[0]


def entries_in_bins(counts_bar, a, edges):
    """For each entry the cotangent of its bin; zero for what lies outside. The last bin includes its end."""
    last = len(edges) - 2
    place = np.where(np.equal(a, edges[-1]), last, np.searchsorted(edges, a, side="right") - 1)
    inside = (place >= 0) & (place <= last)
    return np.where(inside, counts_bar[np.clip(place, 0, last)], 0.0)


def add_differences(edges_bar, widths_bar, edges):
    """The cotangent of edges, and of their differences."""
    zero = np.zeros(1)
    moved = np.concatenate((zero, widths_bar)) - np.concatenate((widths_bar, zero))
    return moved if edges_bar is None else edges_bar + moved


@vjp(np.histogram2d)
def histogram2d_vjp(y_bar, y, a, b, bins=10, range=None, density=None, weights=None):
    check_histogram2d(density, y_bar[1] is not None or y_bar[2] is not None)
    _, rows, columns = y
    places_a, inside_a = bins_of(a, rows)
    places_b, inside_b = bins_of(b, columns)
    weights_bar = np.where(inside_a & inside_b, y_bar[0][places_a, places_b], 0.0)
    return None, None, None, None, None, weights_bar


@jvp(np.histogram2d)
def histogram2d_jvp(dots, y, a, b, bins=10, range=None, density=None, weights=None):
    check_histogram2d(density, dots[0] is not None or dots[1] is not None)
    return np.histogram2d(a, b, (y[1], y[2]), None, None, dots[5])[0], None, None


@static
def check_histogram2d(density, edges):
    if density:
        raise NotImplementedError("np.histogram2d with density=True has no derivative rule")
    if edges:
        raise NotImplementedError("np.histogram2d has a derivative rule in its weights only, not in its edges")


def bins_of(a, edges):
    last = len(edges) - 2
    place = np.where(np.equal(a, edges[-1]), last, np.searchsorted(edges, a, side="right") - 1)
    return np.clip(place, 0, last), (place >= 0) & (place <= last)


@defines(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    return np.histogram(a, bins, range, weights=weights)[1]


nondiff(np.digitize)
