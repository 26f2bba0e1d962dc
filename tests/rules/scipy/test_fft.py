"""Fourier, cosine and sine transforms of SciPy's, in both modes."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from s2sgrad.testing import check_grads
from tests.rules.samples import signed, turned

fft = pytest.importorskip("scipy.fft")

WEIGHTS = np.arange(1.0, 6.0)


def spectrum(x):
    return np.sum(np.abs(fft.fft(x)) ** 2 * WEIGHTS) + np.sum(np.abs(fft.rfft(x, norm="ortho")) ** 3)


def plane(x):
    return np.sum(np.abs(fft.fft2(x)) ** 3) + np.sum(np.abs(fft.rfftn(x)) ** 2) + np.sum(fft.irfft(x[0]) ** 2)


def back(x):
    return np.sum(np.real(fft.ifft(x)) ** 3) + np.sum(fft.hfft(x) ** 2)


CASES = [(spectrum, signed(5)), (plane, signed(3, 4)), (back, turned(4))]


@pytest.mark.parametrize("f, x", CASES, ids=[f.__name__ for f, _ in CASES])
def test_fourier(f, x):
    check_grads(f, (x,), order=1)
    assert value_and_grad(f)(x)[0] == f(x)


REAL = ["dct", "idct", "dst", "idst"]


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_real_transforms(name, norm, kind):
    transform = getattr(fft, name)
    x, w = signed(4, 2), np.arange(1.0, 9.0).reshape(4, 2)
    matrix = np.stack([transform(e.reshape(4, 2), kind, axis=0, norm=norm).ravel() for e in np.eye(8)])
    found = grad(lambda x: np.sum(transform(x, type=kind, axis=0, norm=norm) * w))(x)
    np.testing.assert_allclose(found.ravel(), matrix @ w.ravel(), rtol=1e-12, atol=1e-13)


def images(x):
    return np.sum(fft.dctn(x, norm="ortho") ** 3) + np.sum(fft.idctn(x, axes=(0,)) ** 3) + np.sum(fft.dst(x) ** 2)


def test_of_images():
    check_grads(images, (signed(3, 4),))


def test_a_padded_real_transform_is_refused():
    with pytest.raises(S2SGradError, match="n="):
        grad(lambda x: np.sum(fft.dct(x, n=8)))(WEIGHTS)
