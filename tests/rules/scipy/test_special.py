"""``scipy.special``: every function with a rule, in both modes, twice; and where formulas change over.

python -m tests.rules.scipy.test_special         the number of calls and the worst error of each family
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from s2sgrad import grad, jvp, value_and_grad
from s2sgrad.errors import MissingRule
from s2sgrad.rules.table import RULES, rule_of
from tests.rules.scipy.differences import errors, function_of
from tests.rules.scipy.special_calls import CALLS

sp = pytest.importorskip("scipy.special")

CASES = [(family, call) for family, calls in CALLS.items() for call in calls]
# Computed by SciPy from tables of few digits, so that differences cannot tell more.
ROUGH = {"sp.itairy": 1e-5, "sp.it2": 1e-6, "sp.it": 1e-6}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def points_of(family: str, call: str):
    points = CALLS[family][call]
    return tuple("xyzw"[: len(points)]), tuple(np.array(p) for p in points)


def tolerance(call: str) -> float:
    return next((size for name, size in ROUGH.items() if name in call), 1e-7)


@pytest.mark.parametrize("family, call", CASES, ids=[call for _, call in CASES])
def test_derivatives(family, call):
    names, args = points_of(family, call)
    reverse, forward, pairing, same = errors(function_of(call, names, {"np": np, "sp": sp}), args)
    assert same
    assert max(reverse, forward) < tolerance(call)
    assert pairing < 1e-13


@pytest.mark.parametrize("family, call", CASES, ids=[call for _, call in CASES])
def test_second_derivatives(family, call):
    names, args = points_of(family, call)
    gradient = grad(function_of(f"np.sum(({call}) ** 2)", names, {"np": np, "sp": sp}))
    reverse, forward, pairing, _ = errors(gradient, args)
    assert max(reverse, forward) < 10.0 * tolerance(call)
    assert pairing < 1e-11


def test_all_rules_are_tried():
    """Each function with a rule is called in the table; aliases are one function."""
    assert rule_of(sp.erf) is not None
    text = " ".join(call for _, call in CASES)
    for name in sp.__all__:
        fn = getattr(sp, name)
        if callable(fn) and fn in RULES and not RULES[fn].nondiff:
            names = [other for other in sp.__all__ if getattr(sp, other) is fn]
            assert any(f"sp.{other}(" in text for other in names), name


# -- scalars, keywords, dtypes ---------------------------------------------------------------------


def test_of_numbers():
    def f(x, a):
        return sp.gammaln(x) * sp.jv(1.5, a) + sp.logsumexp(np.array([x, a]))

    value, gradient = value_and_grad(f)(2.3, 0.7)
    assert value == f(2.3, 0.7)
    assert np.isclose(gradient, sp.psi(2.3) * sp.jv(1.5, 0.7) + sp.expit(2.3 - 0.7), rtol=1e-13)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_dtypes_stay(dtype):
    def f(x):
        return np.sum(sp.erf(x) * sp.log_ndtr(x) + sp.expit(x) * sp.rgamma(x) + sp.entr(x) + sp.softmax(x))

    x = np.array([0.3, 1.2, 2.0], dtype)
    value, gradient = value_and_grad(f)(x)
    assert value.dtype == gradient.dtype == dtype
    assert np.allclose(gradient, value_and_grad(f)(x.astype("f8"))[1], rtol=1e-4)


HOLOMORPHIC = """gamma loggamma rgamma erf erfc erfcx erfi dawsn wofz expm1 log1p wrightomega expi exp1 log_ndtr
    ndtr spence lambertw""".split()


@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_complex_arguments(name):
    """Of a holomorphic function, the derivative along a complex direction is a product."""
    f = function_of(f"sp.{name}(z)", ("z",), {"sp": sp})
    z, d = np.array([0.3 + 0.4j, 1.2 - 0.7j]), np.array([1.0 - 0.5j, 0.2 + 1.0j])
    h = 1e-3
    expected = (8.0 * (f(z + h * d) - f(z - h * d)) - (f(z + 2 * h * d) - f(z - 2 * h * d))) / (12.0 * h)
    assert np.allclose(jvp(f, (z,), (d,))[1], expected, rtol=1e-9)


# -- where formulas change over --------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, x, expected",
    [
        (lambda x: sp.erfcx(x), 1e6, -1e-12 / np.sqrt(np.pi)),
        (lambda x: sp.dawsn(x), 1e6, -0.5e-12),
        (lambda x: sp.log_ndtr(x), -1e5, 1e5 + 1e-5),
        (lambda x: sp.log_ndtr(x), 60.0, 0.0),
        (lambda x: sp.expit(x), 50.0, np.exp(-50.0)),
        (lambda x: sp.rgamma(x), -2.0, 2.0),
        (lambda x: sp.xlogy(0.0, x), 0.0, 0.0),
        (lambda x: sp.entr(x), -1.0, 0.0),
        (lambda x: sp.rel_entr(0.0, x), 0.0, 0.0),
        (lambda x: sp.kl_div(0.0, x), 0.0, 1.0),
        (lambda x: sp.pseudo_huber(x, 2.0), 0.0, 2.0),
        (lambda x: sp.bdtr(5, 5, x), 0.3, 0.0),
        (lambda x: sp.diric(x, 4), 2.0 * np.pi, 0.0),
        (lambda x: sp.j1(x), 0.0, 0.5),
        (lambda x: sp.i1e(x), 0.0, 0.5),
    ],
)
def test_at_the_edges(f, x, expected):
    assert np.isclose(grad(f)(x), expected, rtol=1e-9, atol=1e-14 if expected == 0.0 else 0.0)


def test_second_derivative_of_log_ndtr_far_out():
    for x, expected in ((60.0, 0.0), (-40.0, -1.0 + 1.0 / 1600.0)):
        assert np.isclose(grad(grad(lambda x: sp.log_ndtr(x)))(x), expected, atol=3e-6)


@pytest.mark.parametrize(
    "f, x, y, expected",
    [
        (lambda x, y: sp.xlogy(x, y), 0.0, 2.0, 0.5),
        (lambda x, y: sp.xlog1py(x, y), 0.0, 1.0, 0.5),
        (lambda x, y: sp.powm1(x, y), 2.0, 0.0, 0.5),
        (lambda x, y: sp.rel_entr(x, y), 0.0, 2.0, -0.5),
    ],
)
def test_mixed_derivatives_where_one_argument_has_no_influence(f, x, y, expected):
    assert np.isclose(grad(grad(f, argnums=0), argnums=1)(x, y), expected)
    assert np.isclose(grad(grad(f, argnums=1), argnums=0)(x, y), expected)


def test_logsumexp_of_nothing():
    x = np.full(3, -np.inf)
    assert np.array_equal(grad(lambda x: sp.logsumexp(x))(x), np.zeros(3))


# -- what has no derivative ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, reason",
    [
        (lambda v: sp.jv(v, 1.0), "order"),
        (lambda a: sp.gammainc(a, 1.0), "shape"),
        (lambda a: sp.betainc(a, 1.0, 0.5), "shape"),
        (lambda a: sp.hyp2f1(a, 1.0, 2.0, 0.5), "parameters"),
        (lambda n: sp.eval_legendre(n, 0.5), "degree"),
        (lambda v: sp.pbdv(v, 0.5)[0], "order"),
        (lambda s: sp.zeta(s), "exponent"),
        (lambda v: sp.stdtr(v, 0.5), "parameter"),
    ],
)
def test_refusals_say_why(f, reason):
    with pytest.raises(MissingRule, match=reason):
        grad(f)(1.5)
    with pytest.raises(Exception, match=reason):
        jvp(f, (1.5,), (1.0,))


def main() -> None:
    """The number of calls and the worst errors of each family: reverse, forward, pairing."""
    for family, calls in CALLS.items():
        found = []
        for call in calls:
            names, args = points_of(family, call)
            found.append(errors(function_of(call, names, {"np": np, "sp": sp}), args)[:3])
        print(f"{family:16} {len(calls):4}", *(f"{max(column):9.1e}" for column in zip(*found, strict=True)))


if __name__ == "__main__":
    main()
