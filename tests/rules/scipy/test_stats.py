"""``scipy.stats``: each method of each distribution, with all its parameters active, in both modes and twice.

python -m tests.rules.scipy.test_stats         the number of calls and the worst error of each distribution
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from s2sgrad import grad, jvp, value_and_grad
from s2sgrad.errors import MissingRule, S2SGradError
from tests.rules.scipy.differences import errors, function_of

stats = pytest.importorskip("scipy.stats")

DENSITIES = ("pdf", "logpdf")
FUNCTIONS = ("cdf", "logcdf", "sf", "logsf")
# distribution: points, and points of its shape parameters; whether its distribution function has a derivative in them.
LINE = [0.3, -1.7, 2.5]
CONTINUOUS: dict[str, tuple[list[float], list[list[float]], bool]] = {
    "norm": (LINE, [], True),
    "cauchy": (LINE, [], True),
    "laplace": (LINE, [], True),
    "logistic": (LINE, [], True),
    "gumbel_r": (LINE, [], True),
    "gumbel_l": (LINE, [], True),
    "t": (LINE, [[3.0, 1.5, 8.0]], False),
    "expon": ([0.3, 1.7, 2.5], [], True),
    "halfnorm": ([0.3, 1.7, 2.5], [], True),
    "halfcauchy": ([0.3, 1.7, 2.5], [], True),
    "rayleigh": ([0.3, 1.7, 2.5], [], True),
    "gamma": ([0.3, 1.7, 2.5], [[2.0, 0.7, 1.0]], False),
    "chi2": ([0.3, 1.7, 2.5], [[3.0, 1.7, 2.0]], False),
    "invgamma": ([0.3, 1.7, 2.5], [[4.0, 0.7, 1.0]], False),
    "lognorm": ([0.3, 1.7, 2.5], [[0.5, 0.7, 1.0]], True),
    "weibull_min": ([0.3, 1.7, 2.5], [[2.0, 0.7, 1.0]], True),
    "pareto": ([1.3, 1.7, 2.5], [[2.0, 0.7, 1.0]], True),
    "uniform": ([0.3, 0.7, 0.5], [], True),
    "beta": ([0.3, 0.7, 0.5], [[2.0, 0.7, 1.0], [3.0, 1.5, 1.0]], False),
}
# distribution: counts, and the expression of its parameters in x, which is between 0 and 1.
DISCRETE = {
    "poisson": ([0, 2, 3], ["x"]),
    "binom": ([0, 2, 3], ["5", "x"]),
    "bernoulli": ([0, 1, 1], ["x"]),
    "nbinom": ([0, 2, 3], ["4", "x"]),
    "geom": ([1, 2, 3], ["x"]),
}
COV = "np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.1]])"
VECTORS = {
    "stats.multivariate_normal.logpdf(x, y, np.diag(z))": ([0.3, -0.4, 0.7], [0.1, 0.5, 0.2], [2.0, 1.5, 1.1]),
    "stats.multivariate_normal.pdf(x, y, np.diag(z))": ([0.3, -0.4, 0.7], [0.1, 0.5, 0.2], [2.0, 1.5, 1.1]),
    f"stats.multivariate_normal.logpdf(np.outer(y, x), y, {COV} * z)": (
        [0.3, -0.4, 0.7],
        [0.1, 0.5, 0.2],
        [2.0, 1.5, 1.1],
    ),
    f"stats.multivariate_normal(x, cov={COV} + np.outer(y, y)).logpdf(z)": (
        [0.3, 0.4, 0.7],
        [0.1, 0.5, 0.2],
        [1.0, 0.5, 0.1],
    ),
    "stats.dirichlet.logpdf(np.array([0.2, 0.5, 0.3]), x)": ([1.3, 0.4, 2.7],),
    "stats.dirichlet.pdf(np.array([0.2, 0.5, 0.3]), x)": ([1.3, 0.4, 2.7],),
    "stats.dirichlet(y).logpdf(x / np.sum(x))": ([1.3, 0.4, 2.7], [0.7, 2.0, 1.5]),
    "stats.dirichlet.logpdf(np.stack([x, 0.4 - x, 0.6 + 0.0 * x]), y)": ([0.2, 0.1, 0.3], [0.7, 2.0, 1.5]),
    "stats.multinomial.logpmf(np.array([1, 2, 0]), 3, x / np.sum(x))": ([1.3, 0.4, 2.7],),
    "stats.multinomial.pmf(np.array([[1, 2, 0], [0, 1, 2]]), 3, x / np.sum(x))": ([1.3, 0.4, 2.7],),
    "stats.multinomial(n=3, p=x / np.sum(x)).logpmf(np.array([1, 2, 0]))": ([1.3, 0.4, 2.7],),
}
SAMPLES = {
    "stats.gmean(x)": ([1.3, 0.4, 2.7],),
    "stats.gmean(np.outer(x, x) + y, axis=1)": ([1.3, 0.4, 2.7], [1.0, 2.0, 0.3]),
    "stats.gmean(np.outer(x, x) + y, axis=None)": ([1.3, 0.4, 2.7], [1.0, 2.0, 0.3]),
    "stats.hmean(x)": ([1.3, 0.4, 2.7],),
    "stats.hmean(np.outer(x, x) + y, axis=1)": ([1.3, 0.4, 2.7], [1.0, 2.0, 0.3]),
    "stats.sem(x)": ([1.3, 0.4, 2.7],),
    "stats.sem(np.outer(x, x) + y, axis=1, ddof=0)": ([1.3, 0.4, 2.7], [1.0, 2.0, 0.3]),
    "stats.zscore(x)": ([1.3, 0.4, 2.7],),
    "stats.zscore(np.outer(x, x) + y, axis=1, ddof=1)": ([1.3, 0.4, 2.7], [1.0, 2.0, 0.3]),
}


def calls_of_continuous(name: str) -> Iterator[tuple[str, tuple[list[float], ...]]]:
    """Calls of all methods, by position, by keyword and with given parameters; x, loc, scale and shapes are active."""
    points, shapes, in_shapes = CONTINUOUS[name]
    loc, scale = [0.1, 0.0, -0.2], [1.3, 1.0, 1.1]
    names = [f"a{k}" for k in range(len(shapes))]
    passed = "".join(f"{a}, " for a in names)
    every = (points, loc, scale, *shapes)
    few, values = (every, passed) if in_shapes else (every[:3], "".join(f"{a[0]}, " for a in shapes))
    for method in DENSITIES:
        yield f"stats.{name}.{method}(m + s * x, {passed}m, s)", every
    for method in FUNCTIONS:
        yield f"stats.{name}.{method}(m + s * x, {values}scale=s, loc=m)", few
    levels = ([0.1, 0.55, 0.9], *few[1:])
    for method in ("ppf", "isf"):
        yield f"stats.{name}({values}m, scale=s).{method}(x)", levels
    yield (
        f"stats.{name}.logpdf(x, {passed}loc=m)",
        ([p + 0.3 for p in points], *every[1:]) if name not in ("uniform", "beta") else every,
    )
    fixed = "".join(f"{a[0]}, " for a in shapes)
    moments = (
        ("median", "entropy")
        if name in ("cauchy", "halfcauchy", "pareto")
        else ("mean", "var", "std", "entropy", "median")
    )
    for method in moments:
        yield f"stats.{name}.{method}({fixed}m[0], s[0]) * x", (points, loc, scale)


def calls_of_discrete(name: str) -> Iterator[tuple[str, tuple[list[float], ...]]]:
    counts, parameters = DISCRETE[name]
    p = ", ".join(parameters)
    for method in ("pmf", "logpmf", *FUNCTIONS):
        if not (method == "logsf" and name == "bernoulli"):
            yield f"stats.{name}.{method}(np.array({counts}), {p})", ([0.3, 0.6, 0.8],)
    yield f"stats.{name}({p}, loc=1).logpmf(np.array({counts}) + 1)", ([0.3, 0.6, 0.8],)


CASES = [
    *(case for name in CONTINUOUS for case in calls_of_continuous(name)),
    *(case for name in DISCRETE for case in calls_of_discrete(name)),
    *VECTORS.items(),
    *SAMPLES.items(),
    ("stats.poisson.mean(x) + stats.poisson.std(x)", ([0.3, 0.6],)),
    ("stats.binom.mean(5, x) * stats.binom.var(n=4, p=x)", ([0.3, 0.6],)),
]


def names_of(call: str, count: int) -> tuple[str, ...]:
    """Calls made from the tables have location and scale for their second and third argument."""
    return tuple("xyz"[:count]) if call in VECTORS or call in SAMPLES else ("x", "m", "s", "a0", "a1")[:count]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def prepared(call: str, points: tuple[list[float], ...], pattern: str = "{}"):
    names = names_of(call, len(points))
    return function_of(pattern.format(call), names, {"np": np, "stats": stats}), tuple(np.array(p) for p in points)


@pytest.mark.parametrize("call, points", CASES, ids=[call for call, _ in CASES])
def test_derivatives(call, points):
    f, args = prepared(call, points)
    reverse, forward, pairing, same = errors(f, args)
    assert same
    assert max(reverse, forward) < 1e-7
    assert pairing < 1e-13


@pytest.mark.slow
@pytest.mark.parametrize("call, points", CASES, ids=[call for call, _ in CASES])
def test_second_derivatives(call, points):
    f, args = prepared(call, points, "np.sum(({}) ** 3)")
    reverse, forward, pairing, _ = errors(grad(f), args)
    assert max(reverse, forward) < 1e-6
    assert pairing < 1e-11


# -- outside the support ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, x",
    [
        (lambda x: stats.expon.logpdf(x), -1.0),
        (lambda x: stats.expon.pdf(x, 2.0, 0.5), 1.0),
        (lambda x: stats.gamma.logpdf(x, 2.0), -0.5),
        (lambda x: stats.gamma.logcdf(x, 2.0), -0.5),
        (lambda x: stats.beta.logpdf(x, 2.0, 3.0), 1.5),
        (lambda x: stats.beta.logsf(x, 2.0, 3.0), 1.5),
        (lambda x: stats.lognorm.logpdf(x, 0.5), 0.0),
        (lambda x: stats.uniform.logpdf(x), 2.0),
        (lambda x: stats.pareto.cdf(x, 2.0), 0.5),
        (lambda p: stats.poisson.logpmf(-1, p), 0.5),
        (lambda p: stats.binom.logpmf(6, 5, p), 0.5),
        (lambda p: stats.binom.pmf(1.5, 5, p), 0.5),
        (lambda p: stats.geom.cdf(0, p), 0.5),
    ],
)
def test_outside_the_support_nothing_changes(f, x):
    value, gradient = value_and_grad(f)(x)
    assert value == f(x)
    assert gradient == 0.0
    assert jvp(f, (x,), (1.0,))[1] == 0.0


def test_one_point_outside_leaves_the_others_alone():
    def f(x, s):
        return np.sum(np.where(x > 0.0, stats.expon.logpdf(x, scale=s), 0.0))

    x = np.array([-1.0, 0.5, 2.0])
    assert np.allclose(grad(f, argnums=1)(x, 2.0), (0.5 + 2.0) / 4.0 - 1.0)


def test_far_in_the_tails():
    assert np.isclose(grad(lambda x: stats.norm.logcdf(x))(-30.0), 30.0 + 1.0 / 30.0, rtol=1e-4)
    assert np.isclose(grad(lambda x: stats.norm.logsf(x))(-30.0), 0.0, atol=1e-100)


# -- forms of calls --------------------------------------------------------------------------------

FROZEN = stats.norm(1.0, 2.0)


def test_distributions_made_outside():
    gradient = grad(lambda x: FROZEN.logpdf(x))
    assert np.isclose(gradient(0.5), 0.125)
    made = stats.gamma(2.0, scale=3.0)
    assert np.isclose(grad(lambda x: made.logpdf(x))(0.5), 2.0 - 1.0 / 3.0)


def test_distributions_as_arguments_of_functions():
    def log_likelihood(distribution, x):
        return np.sum(distribution.logpdf(x))

    def f(x, df):
        return log_likelihood(stats.t(df), x) + log_likelihood(stats.norm, x)

    x = np.array([0.3, 1.2])
    value, gradient = value_and_grad(f)(x, 3.0)
    assert value == f(x, 3.0)
    assert np.allclose(gradient, -4.0 * x / (3.0 + x * x) - x)


def test_the_emitted_call_is_the_users():
    gradient = value_and_grad(lambda x, m: np.sum(stats.norm.logpdf(x, scale=2.0, loc=m)))
    gradient(np.array([0.3, 1.2]), 0.5)
    assert "scipy.stats.norm.logpdf(x, m, 2.0)" in gradient.source()


def test_a_support_is_asked_for_where_there_is_one():
    on_the_line, on_half_of_it = grad(lambda x: stats.norm.logpdf(x)), grad(lambda x: stats.expon.logpdf(x))
    on_the_line(0.5), on_half_of_it(0.5)
    assert "where" not in on_the_line.source()
    assert ">= 0.0" in on_half_of_it.source() and " is " not in on_half_of_it.source()


def test_random_numbers_are_drawn_as_often_as_asked():
    def f(x):
        first, second = stats.norm.rvs(size=2, random_state=1), stats.norm(0.0, 1.0).rvs(size=2, random_state=2)
        return np.sum((first + second) * x)

    x = np.array([1.0, 2.0])
    assert value_and_grad(f)(x)[0] == f(x)


def test_lists_of_points():
    assert np.isclose(grad(lambda m: np.sum(stats.norm.logpdf([0.0, 1.0], m)))(0.2), 0.6)


# -- what has no derivative ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, reason",
    [
        (lambda a: stats.gamma.cdf(1.0, a), "shape"),
        (lambda a: stats.t.ppf(0.3, a), "shape"),
        (lambda a: stats.gamma.mean(a), "moments"),
        (lambda k: stats.poisson.logpmf(k, 2.0), "count"),
        (lambda n: stats.nbinom.cdf(3, n, 0.3), "parameter"),
    ],
)
def test_refusals_say_why(f, reason):
    with pytest.raises(MissingRule, match=reason):
        grad(f)(2.0)
    with pytest.raises(MissingRule, match=reason):
        jvp(f, (2.0,), (1.0,))


def test_a_distribution_without_rules_is_named():
    with pytest.raises(MissingRule, match=r"scipy\.stats\.truncnorm\.logpdf"):
        grad(lambda x: stats.truncnorm.logpdf(x, -1.0, 1.0))(0.3)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: stats.gaussian_kde(x)(0.5)[0],
        lambda x: stats.linregress(np.arange(3.0), x).slope,
        lambda x: stats.truncnorm.logpdf(x[0], -1.0, 1.0),
        lambda x: stats.norm.expect(lambda t: t, loc=x[0]),
        lambda x: stats.multivariate_normal.logpdf(x),
        lambda x: stats.multivariate_normal.cdf(x, np.zeros(3), np.eye(3)),
        lambda x: stats.gmean(x, weights=x),
    ],
)
def test_refusals(f):
    with pytest.raises(S2SGradError):
        grad(f)(np.array([0.3, 0.1, 0.7]))


def main() -> None:
    """The number of calls and the worst errors of each distribution: reverse, forward, pairing."""
    families: dict[str, list[tuple[float, ...]]] = {}
    for call, points in CASES:
        family = call.split("(")[0].split(".")[1]
        families.setdefault(family, []).append(errors(*prepared(call, points))[:3])
    for family, found in families.items():
        print(f"{family:20} {len(found):4}", *(f"{max(column):9.1e}" for column in zip(*found, strict=True)))


if __name__ == "__main__":
    main()
