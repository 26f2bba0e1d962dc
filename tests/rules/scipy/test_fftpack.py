"""The older names of SciPy's transforms are entered by what they do."""

import numpy as np
import pytest
import scipy.fftpack

from tests.frontend.checking import check

X = np.array([0.3, -0.7, 1.1, 0.4, 2.0])


@pytest.mark.parametrize("name", ["fft", "ifft", "fftn", "ifftn"])
def test_complex_transforms(name):
    transform = getattr(scipy.fftpack, name)
    check(lambda x: np.sum(np.abs(transform(x)) ** 2 * np.arange(5.0)), X)


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
@pytest.mark.parametrize("norm", [None, "ortho"])
def test_real_transforms(name, norm):
    transform = getattr(scipy.fftpack, name)
    check(lambda x: np.sum(transform(x, type=3, norm=norm) ** 2 * np.arange(5.0)), X)
