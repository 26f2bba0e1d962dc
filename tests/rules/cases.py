"""Calls of many functions in many forms: of a vector ``x``, a positive vector ``p`` and a matrix ``A``."""

from __future__ import annotations

import cmath
import functools
import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.rules.polynomial_series import BASES as SERIES

X = np.array([0.31, 0.71, -0.52])
P = np.array([0.31, 0.71, 0.52])
A = np.array([[0.35, -0.72, 0.57], [1.2, 0.42, -0.91]])

NAMES = ("val", "val2d", "grid2d", "der", "int", "vander2d", "vander3d")
BASES = [{name: getattr(module, prefix + name) for name in NAMES} for prefix, module in SERIES.items()]

Case = Callable[[Any, Any, Any], Any]

OPERATORS: list[Case] = [
    lambda x, p, A: operator.attrgetter("T")(A) @ x[:2],
    lambda x, p, A: operator.itemgetter(1)(A) * operator.itemgetter(0, 1)(A)[0],
    lambda x, p, A: operator.methodcaller("sum", axis=0)(A),
    lambda x, p, A: operator.iadd(x * 1.0, p) * operator.isub(x * 1.0, x * p),
    lambda x, p, A: operator.imul(x * 1.0, p) + operator.itruediv(x * 1.0, p) + operator.ipow(x * 1.0, 2),
    lambda x, p, A: operator.abs(x) + operator.call(np.sin, p),
    lambda x, p, A: operator.concat((x[0],), (x[1],))[1] * x,
    lambda x, p, A: max(x, key=lambda t: -t) + min(p[0], p[1], key=lambda t: t * t) + max([], default=x[0]),
    lambda x, p, A: divmod(x, 0.4)[1] + divmod(x[0], 0.4)[1],
    lambda x, p, A: (
        functools.reduce(operator.mul, [x[0], x[1], x[2]]) + functools.reduce(lambda a, b: a * b + 1, p, 1.0)
    ),
]

ITERATORS: list[Case] = [
    lambda x, p, A: list(itertools.accumulate([x[0], x[1], x[2]], operator.mul))[2],
    lambda x, p, A: sum(a * b for a, b in itertools.product([x[0], x[1]], [p[0], p[1]])),
    lambda x, p, A: sum(t * t for t in itertools.chain(x, p)),
    lambda x, p, A: sum(t * t for t in itertools.chain.from_iterable([x, p])),
    lambda x, p, A: sum(t * t for t in itertools.islice(x, 2)),
    lambda x, p, A: sum(a * b for a, b in itertools.combinations([x[0], x[1], x[2]], 2)),
    lambda x, p, A: sum(a * b for a, b in itertools.pairwise(x)),
    lambda x, p, A: sum(a * b for a, b in itertools.pairwise([x[0], x[1], x[2]])),
    lambda x, p, A: sum(a * b for a, b in itertools.zip_longest([x[0], x[1]], [x[2]], fillvalue=2.0)),
    lambda x, p, A: sum(a * b for a, b in zip(x, itertools.count(1), strict=False)),
    lambda x, p, A: sum(itertools.starmap(operator.mul, [(x[0], x[1]), (x[1], x[2])])),
]

MATH: list[Case] = [
    lambda x, p, A: math.hypot(x[0], x[1], x[2]) + math.dist((x[0], x[1]), (x[1], 2.0)),
    lambda x, p, A: math.prod([x[0], x[1], x[2]]) + math.prod(x, start=p[0]),
    lambda x, p, A: math.fsum([x[0], x[1] * x[1]]) + math.fsum(x),
    lambda x, p, A: math.gamma(p[0]) + math.lgamma(p[1] + 1) + math.gamma(x[2]),
    lambda x, p, A: math.erf(x[0]) * math.erfc(x[1]),
    lambda x, p, A: math.modf(x[0] * 3)[0] + math.frexp(x[0])[0],
    lambda x, p, A: (cmath.exp(complex(x[0], x[1])) * cmath.sqrt(complex(x[2], 1.0))).real,
    lambda x, p, A: cmath.phase(complex(x[0], x[1])) + cmath.polar(complex(x[1], x[2]))[1] * cmath.polar(x[0] + 1j)[0],
    lambda x, p, A: (cmath.rect(p[0], x[1]) * cmath.log(x[1] + 1j, 2.0)).real,
    lambda x, p, A: (cmath.sin(1j * x[0]) + cmath.tanh(x[0] + 1j) * cmath.acos(x[0] * 1j) + cmath.cosh(x[1])).imag,
    lambda x, p, A: (cmath.acosh(complex(x[2], x[0])) * cmath.asinh(x[1] + 1j) + cmath.atan(x[0] + 1j)).imag,
    lambda x, p, A: (
        (cmath.tan(x[0] + 1j) * cmath.asin(x[1] * 1j) + cmath.atanh(x[2] + 1j) + cmath.log10(x[0] + 1j)).imag
    ),
    lambda x, p, A: (cmath.cos(x[0] + 1j) * cmath.sinh(x[1] + 1j)).real,
]

ELEMENTWISE: list[Case] = [
    lambda x, p, A: np.divmod(A, 0.37)[1] * np.modf(3 * x)[0] + np.frexp(x)[0],
    lambda x, p, A: np.clip(A, min=-0.5, max=0.5) + A.clip(-0.6, 0.6) + np.clip(A, x, None),
    lambda x, p, A: np.select([x > 0.5, x > 0], [x * x, np.sin(x)], default=1.0),
    lambda x, p, A: np.select([A > 0.5, A > 0], [x, A * A], p),
    lambda x, p, A: np.choose([0, 1, 0], [x, p * x]) + np.choose(np.array([0, 3, 4]), (x, p), mode="wrap"),
    lambda x, p, A: np.piecewise(x, [x < 0, x >= 0], [lambda t: t * t, lambda t: np.sin(t)]),
    lambda x, p, A: np.piecewise(x, [x < 0], [lambda t: t * t, 3.0]),
    lambda x, p, A: np.real_if_close(x) * np.angle(x),
    lambda x, p, A: np.interp(x, np.array([-1.0, 0.0, 1.0]), np.array([1.0, 3.0, 2.0])),
    lambda x, p, A: np.interp(np.array([-2.0, 0.3, 5.0]), np.array([-1.0, 0.0, 1.0]), x),
    lambda x, p, A: np.interp(np.array([-2.0, 0.3, 0.7]), np.cumsum(p), x, left=0.0),
    lambda x, p, A: np.convolve(x, A[0]) * np.convolve(A[1], x),
    lambda x, p, A: np.convolve(x, A[0], mode="same") * np.convolve(x, A[0][:2], "same"),
    lambda x, p, A: np.convolve(x[:2], A[0], "valid") * np.convolve(x, A[0][:2], "valid"),
    lambda x, p, A: np.correlate(x, A[0], mode="full"),
    lambda x, p, A: np.correlate(x, A[0]) + np.correlate(x, A[0][:2], "valid"),
    lambda x, p, A: np.correlate(x, A[0][:2], "same"),
    lambda x, p, A: np.polyval(x, A) + np.polyval([1.0, 2.0], x) + np.polyval(np.polyder(x), p),
    lambda x, p, A: np.unwrap(np.cumsum(x * 7)),
    lambda x, p, A: np.float_power(p, x) + np.power(p, A),
    lambda x, p, A: np.logaddexp(x, A) + np.logaddexp2(p, A) + np.hypot(x, A) + np.arctan2(x, A),
    lambda x, p, A: np.maximum(A, x) + np.minimum(A, 0.9 * x) + np.fmax(A, p) + np.fmin(x, 0.8 * A),
    lambda x, p, A: np.heaviside(x, 0.5) * np.fabs(x) * np.sign(p) + np.copysign(x, A),
    lambda x, p, A: np.heaviside(x * 0.0, p) * np.heaviside(0.0, x[0]),
    lambda x, p, A: np.i0(x) * np.i0(A) + np.i0(3.0 * p) + np.kaiser(3, p[0]),
    lambda x, p, A: (
        np.nan_to_num(np.where(x > 0, x, np.nan), nan=p[0]) + np.nan_to_num(x / [1.0, 0.0, 1.0], posinf=p[1])
    ),
]

REDUCTIONS: list[Case] = [
    lambda x, p, A: np.sum(A, axis=0, where=A > 0) + np.sum(A, where=A > 0, initial=2.0),
    lambda x, p, A: np.sum(A, axis=(0, 1), keepdims=True) + A.sum(1, keepdims=True),
    lambda x, p, A: np.prod(A, where=A > 0) + np.prod(A, initial=2.0, axis=1),
    lambda x, p, A: np.mean(A, axis=1, where=A > 0),
    lambda x, p, A: np.average(A, axis=1, weights=p, keepdims=True) + np.average(A, axis=(0, 1)),
    lambda x, p, A: np.average(x, weights=[1.0, 2.0, 3.0]) + np.average(A, weights=np.exp(A)),
    lambda x, p, A: np.var(A, axis=(0, 1), correction=1) + np.var(A, where=A > 0) + A.var(),
    lambda x, p, A: np.std(A, axis=1, ddof=1, keepdims=True) + A.std() + np.std(A, where=A < 1),
    lambda x, p, A: np.max(A, axis=0, initial=0.0, where=A > 0) + np.min(A, axis=0, initial=0.2),
    lambda x, p, A: np.sum(A, axis=0, initial=x[0], where=A > 0) + np.nansum(A, axis=0, initial=x[1]),
    lambda x, p, A: np.prod(A, axis=0, initial=x[0]) + np.prod(A, initial=x[1], where=A > 0),
    lambda x, p, A: (
        np.max(A, axis=0, initial=x[0]) + np.min(A, axis=0, initial=x[2], where=A > 0) + np.max(A, initial=9.0 * p[0])
    ),
    lambda x, p, A: (
        np.average(A, axis=1, weights=p, returned=True)[1] * np.average(A, axis=1, weights=p, returned=True)[0]
    ),
    lambda x, p, A: (
        np.cov(A) * np.cov(x, p) + np.cov(A, aweights=p) + np.cov(A, fweights=[1, 2, 1], aweights=p, ddof=0)
    ),
    lambda x, p, A: np.cov(A, rowvar=False) + np.corrcoef(A, x)[:3] + np.corrcoef(A, rowvar=False),
    lambda x, p, A: np.max(A, axis=(0, 1)) + np.ptp(A, axis=0) + A.min(axis=0),
    lambda x, p, A: np.nansum(A, axis=0) + np.nanprod(A, axis=0) + np.nanmean(A, axis=0),
    lambda x, p, A: np.nanvar(A, axis=1) + np.nanstd(A, axis=1, ddof=1) + np.nanmax(A, axis=1),
    lambda x, p, A: np.median(A, axis=1) + np.median(A),
    lambda x, p, A: np.median(A, axis=0) + np.median(A, axis=(0, 1), keepdims=True),
    lambda x, p, A: np.percentile(A, 30, axis=1) + np.percentile(A, [20, 50], axis=1),
    lambda x, p, A: np.quantile(A, np.array([0.1, 0.6]), axis=0) + np.quantile(A, 0.3),
    lambda x, p, A: np.quantile(A, 0.3, method="lower") + np.quantile(A, 0.3, method="higher"),
    lambda x, p, A: np.quantile(A, 0.35, method="nearest") + np.quantile(A, 0.3, method="midpoint"),
    lambda x, p, A: np.quantile(A, 0.3, method="median_unbiased", axis=1) + np.quantile(A, 0.3, method="weibull"),
    lambda x, p, A: np.nanmedian(np.where(A > 0, A, np.nan), axis=1) + np.nanmedian(A),
    lambda x, p, A: (
        np.nanquantile(np.where(A > 0, A, np.nan), 0.3, axis=1, keepdims=True) + np.nanquantile(A, np.array([0.2, 0.7]))
    ),
    lambda x, p, A: (
        np.nanpercentile(np.where(A > 0, A, np.nan), 30) + np.nanpercentile(A, 40, axis=(0, 1), method="hazen")
    ),
    lambda x, p, A: np.quantile(A, 0.4, method="hazen") + np.quantile(A, 0.9, method="normal_unbiased"),
]

SCANS: list[Case] = [
    lambda x, p, A: np.cumsum(A) * np.nancumsum(A) + np.cumprod(A) + np.nancumprod(A),
    lambda x, p, A: np.cumulative_sum(A, axis=1) * A.cumsum(axis=0) + np.cumulative_prod(A, axis=1),
    lambda x, p, A: (
        np.cumulative_sum(A, axis=1, include_initial=True) + np.cumulative_prod(A, axis=1, include_initial=True)
    ),
    lambda x, p, A: np.diff(x, 2) + np.ediff1d(x)[:1],
    lambda x, p, A: np.ediff1d(A, to_begin=1.0, to_end=x[0]),
    lambda x, p, A: np.trapezoid(x) + np.trapezoid(A, dx=0.5) + np.trapezoid(A, x=np.cumsum(p)),
    lambda x, p, A: np.trapezoid(A, axis=0) + np.trapezoid(x, p) * np.sum(np.trapezoid(A, A * A)),
    lambda x, p, A: np.gradient(x) + np.gradient(x, np.array([0.0, 1.0, 3.0])) + np.gradient(x, 0.5, edge_order=2),
    lambda x, p, A: np.gradient(A) + np.gradient(A, p[0], p[1])[0] + np.gradient(A.T, axis=0, edge_order=2).T,
    lambda x, p, A: (
        np.gradient(x, np.array([0.0, 1.0, 3.0]), edge_order=2) * np.gradient(x, p[0]) + np.gradient(A, p[1], axis=1)
    ),
    lambda x, p, A: np.gradient(A, 2.0, np.array([0.0, 1.0, 3.0]))[1] + np.gradient(A, p[2])[0],
    lambda x, p, A: np.diff(A, axis=0, append=A * A) + np.diff(np.ones((2, 3)), axis=0, append=A),
    lambda x, p, A: np.histogram_bin_edges(x, 3) * p[0] + np.histogram_bin_edges(A, 3, (x[2], p[1])),
    lambda x, p, A: np.trace(A) + np.trace(A, offset=1),
    lambda x, p, A: np.add.reduce(A) + np.add.reduce(A, axis=1, keepdims=True, initial=2.0, where=A > 0),
    lambda x, p, A: np.logaddexp.reduce(A, axis=1) + np.hypot.reduce(A, axis=1) + np.divide.reduce(A, axis=1),
    lambda x, p, A: np.subtract.reduce(A, axis=0) + np.fmax.reduce(x) + np.power.reduce(np.exp(A), axis=0),
    lambda x, p, A: np.maximum.accumulate(x) + np.logaddexp.accumulate(x) + np.subtract.accumulate(x),
    lambda x, p, A: np.minimum.accumulate(A, axis=1) + np.multiply.accumulate(A, axis=1),
    lambda x, p, A: np.add.outer(x, A) + np.multiply.outer(x, A) + np.divide.outer(x, p @ p + A),
]

POLYNOMIALS: list[Case] = [
    lambda x, p, A: np.polymul(x, p) * np.polymul(p[:2], A[0][:2])[0] + np.polyint(A[0], 2, k=[x[0], p[0]]),
    lambda x, p, A: np.polydiv(A.ravel()[:5], p)[0] * np.polydiv(A.ravel()[:5], p)[1][0] + np.polyint(x, k=x[1])[0],
    *(
        function
        for basis in BASES
        for function in (
            lambda x, p, A, b=basis: b["val2d"](x, p, A) * b["grid2d"](x, p, A)[0] + b["val"](x, A[0]),
            lambda x, p, A, b=basis: b["der"](A, 1, 2.0, axis=1) * x[:2] + b["int"](A, 1, [], x.size)[:2, :2],
            lambda x, p, A, b=basis: b["vander2d"](x, p, [1, 2]) + b["vander3d"](x, p, A[0], [1, 0, 2]),
        )
    ),
]

FAMILIES = {
    "operators": OPERATORS,
    "iterators": ITERATORS,
    "math": MATH,
    "elementwise": ELEMENTWISE,
    "reductions": REDUCTIONS,
    "scans": SCANS,
    "polynomials": POLYNOMIALS,
}
