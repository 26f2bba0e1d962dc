import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.rules import fft
from s2sgrad.testing import check_grads
from tests.rules.checking import check, family
from tests.rules.samples import array, signed, turned

NORMS = [None, "ortho", "forward"]


@pytest.mark.parametrize("name", ["fft", "ifft", "irfft", "hfft"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 4, 5, 8, 9])
def test_along_one_axis(name, norm, n):
    fn = getattr(np.fft, name)
    check(fn, turned(5), n=n, norm=norm)
    check(fn, turned(5, 2), n=n, axis=0, norm=norm)
    check(fn, signed(2, 5), n=n, norm=norm)


@pytest.mark.parametrize("name", ["rfft", "ihfft"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 4, 5, 8, 9])
@pytest.mark.parametrize("length", [4, 5])
def test_of_real_numbers(name, norm, n, length):
    check(getattr(np.fft, name), signed(length), n=n, norm=norm)
    check(getattr(np.fft, name), signed(length, 2), n=n, axis=-2, norm=norm)


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    "s, axes", [(None, None), (None, (0, 2)), ((2, 6), (2, 1)), ((2, 5), (0, 1)), (None, (1,)), ((3, -1), (1, 0))]
)
def test_along_several_axes(name, norm, s, axes):
    make = signed if name == "rfftn" else turned
    check(getattr(np.fft, name), make(2, 3, 4), s=s, axes=axes, norm=norm)


@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2"])
@pytest.mark.parametrize("s", [None, (2, 6)])
def test_of_images(name, s):
    make = signed if name == "rfft2" else turned
    check(getattr(np.fft, name), make(3, 4), s=s)
    check(getattr(np.fft, name), make(3, 2, 4), s=s, axes=(0, 2), norm="ortho")


@pytest.mark.parametrize("fn", [np.fft.fftshift, np.fft.ifftshift])
@pytest.mark.parametrize("axes", [None, 0, (0, 1)])
def test_order(fn, axes):
    check(fn, array(3, 4), axes=axes)


def low_pass(x):
    spectrum = np.fft.rfft(x)
    spectrum = spectrum * np.exp(-np.fft.rfftfreq(len(x)))
    return np.sum(np.fft.irfft(spectrum, len(x)) ** 3)


def power(x):
    return np.sum(np.abs(np.fft.fft(x)) ** 4)


def convolved(x, y):
    n = len(x) + len(y) - 1
    return np.sum(np.fft.ifft(np.fft.fft(x, n) * np.fft.fft(y, n)).real ** 2)


def image(x):
    return np.sum(np.abs(np.fft.fftshift(np.fft.fft2(x))) ** 2 * x)


@pytest.mark.parametrize(
    "f, args",
    [(low_pass, (signed(6),)), (low_pass, (signed(5),)), (power, (signed(5),)), (convolved, (signed(4), signed(3)))],
)
def test_in_whole_functions(f, args):
    check_grads(f, args)
    assert value_and_grad(f)(*args)[0] == f(*args)


def test_of_complex_and_single_numbers():
    check_grads(power, (turned(4),))
    check_grads(image, (signed(3, 4),))
    assert grad(power)(signed(5).astype("f4")).dtype == np.float32


def test_every_rule_is_checked():
    one = "fft ifft rfft irfft hfft ihfft fftn ifftn rfftn irfftn fft2 ifft2 rfft2 irfft2 fftshift ifftshift"
    assert family(fft) == {getattr(np.fft, name) for name in one.split()}
