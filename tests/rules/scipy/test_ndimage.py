"""Filters of images, whatever they read beyond the boundary."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import signed

ndimage = pytest.importorskip("scipy.ndimage")

MODES = ["reflect", "constant", "nearest", "mirror", "wrap"]
IMAGE = signed(4, 3)
LINE = signed(5)


def windows(mode):
    def f(x, w):
        y = ndimage.correlate(x, w, mode=mode, cval=0.3, origin=(0, -1))
        return np.sum(y**2) + np.sum(ndimage.convolve(x, w, mode=mode, cval=0.3) ** 3)

    return f


def lines(mode):
    def f(x, w):
        y = ndimage.correlate1d(x, w, axis=0, mode=mode, cval=0.3, origin=1)
        return np.sum(y**2) + np.sum(ndimage.convolve1d(x, w, mode=mode, cval=0.3, origin=-1) ** 3)

    return f


def smooth(mode):
    def f(x):
        y = ndimage.gaussian_filter(x, (1.2, 0.7), mode=mode, cval=0.3)
        z = ndimage.gaussian_filter1d(x, 0.8, axis=0, order=1, mode=mode, truncate=3.0)
        return np.sum(y**3) + np.sum(z**2)

    return f


def uniform(mode):
    def f(x):
        y = ndimage.uniform_filter(x, 3, mode=mode, cval=0.3)
        return np.sum(y**3) + np.sum(ndimage.uniform_filter1d(x, 2, axis=0, mode=mode, origin=-1) ** 2)

    return f


def edges(mode):
    def f(x):
        y = ndimage.sobel(x, axis=0, mode=mode) ** 2 + ndimage.prewitt(x, mode=mode) ** 3
        return np.sum(y) + np.sum(ndimage.laplace(x, mode=mode) ** 2)

    return f


CASES = [
    *((windows, IMAGE, signed(2, 3, seed=5)), (windows, IMAGE, signed(3, 5, seed=5))),
    *((lines, IMAGE, signed(3, seed=5)), (lines, IMAGE, signed(4, seed=5))),
    *((smooth, IMAGE), (uniform, IMAGE), (edges, IMAGE)),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make, args", [(f, args) for f, *args in CASES], ids=[f.__name__ for f, *_ in CASES])
def test_derivatives(make, args, mode):
    f = make(mode)
    check_grads(f, args, order=1)
    assert value_and_grad(f)(*args)[0] == f(*args)


def wider_than_the_image(x):
    return np.sum(ndimage.gaussian_filter1d(x, 3.0, mode="mirror") ** 2 + ndimage.gaussian_filter1d(x, 3.0) ** 3)


def test_windows_that_reach_around_the_image():
    check_grads(wider_than_the_image, (LINE,), order=1)


@pytest.mark.slow
@pytest.mark.parametrize("make, args", [(f, args) for f, *args in CASES], ids=[f.__name__ for f, *_ in CASES])
def test_second_derivatives(make, args):
    check_grads(make("mirror"), args)


REFUSED = [
    (lambda s: np.sum(ndimage.gaussian_filter(IMAGE, s)), "width"),
    (lambda s: np.sum(ndimage.correlate(s * IMAGE, np.ones((2, 2)), axes=(0, 1))), "axes"),
    (lambda s: np.sum(ndimage.shift(s * IMAGE, 0.5, order=1)), "ndimage"),
    (lambda s: np.sum(ndimage.median_filter(s * IMAGE, 3)), "ndimage|nd_image"),
]


@pytest.mark.parametrize("f, what", REFUSED)
def test_refusals(f, what):
    with pytest.raises(S2SGradError, match=what):
        grad(f)(0.8)
