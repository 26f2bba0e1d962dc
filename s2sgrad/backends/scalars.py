"""Functions of numbers that Numba compiles, in the place of NumPy's and SciPy's on arrays."""

from __future__ import annotations

import importlib
import math
import sys
from functools import cache
from typing import Any

import numpy as np

_SAME: dict[Any, Any] = {
    np.abs: abs,
    np.absolute: abs,
    **{
        fn: fn
        for fn in (
            np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.square, np.reciprocal,
            np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.arctan2, np.sinh, np.cosh, np.tanh, np.arcsinh,
            np.arccosh, np.arctanh, np.hypot, np.maximum, np.minimum, np.fmax, np.fmin, np.sign, np.floor, np.ceil,
            np.trunc, np.rint, np.isnan, np.isinf, np.isfinite, np.logaddexp, np.logaddexp2, np.copysign, np.conj,
            np.conjugate, np.deg2rad, np.rad2deg, np.degrees, np.radians, np.logical_and, np.logical_or, np.logical_not,
            np.logical_xor, np.floor_divide, np.remainder, np.fmod,
        )
    },
}  # fmt: skip


def heaviside(x: float, at_zero: float) -> float:
    """``np.heaviside``."""
    return 0.0 if x < 0.0 else 1.0 if x > 0.0 else at_zero if x == 0.0 else x


def ndtr(x: float) -> float:
    """``scipy.special.ndtr``: the distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def expit(x: float) -> float:
    """``scipy.special.expit``: the logistic function."""
    return 1.0 / (1.0 + math.exp(-x))


def logit(x: float) -> float:
    """``scipy.special.logit``."""
    return math.log(x / (1.0 - x))


def xlogy(x: float, y: float) -> float:
    """``scipy.special.xlogy``."""
    return 0.0 if x == 0.0 and not math.isnan(y) else x * math.log(y)


def has(fn: Any) -> bool:
    """Whether there is a function of numbers for it."""
    return fn in _SAME or fn is np.heaviside or _special(fn) is not None


def of(fn: Any) -> Any:
    """The function of numbers for a function of arrays."""
    return _SAME.get(fn) or (heaviside if fn is np.heaviside else _special(fn))


_SPECIAL = {
    "ndtr": ndtr,
    "expit": expit,
    "logit": logit,
    "xlogy": xlogy,
    "erf": math.erf,
    "erfc": math.erfc,
    "gammaln": math.lgamma,
    "gamma": math.gamma,
}


def _special(fn: Any) -> Any:
    """SciPy's functions are told by their names: SciPy need not be there."""
    if not isinstance(fn, np.ufunc) or fn in _NUMPYS:
        return None
    return _SPECIAL.get(fn.__name__) or _exported(fn)


@cache
def _exported(fn: np.ufunc) -> Any:
    """What SciPy itself calls."""
    scipy = sys.modules.get("scipy.special")
    if getattr(scipy, fn.__name__, None) is not fn or fn.nout != 1:
        return None
    return importlib.import_module("s2sgrad.backends.special").of_numbers(fn.__name__, fn.nin)


_NUMPYS = frozenset(value for value in vars(np).values() if isinstance(value, np.ufunc))
