"""Each mistake in a call says which argument, what is wrong with it, and what to do."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, jacrev, jvp, value_and_grad, vjp
from s2sgrad.errors import S2SGradError


def f(x: Any) -> Any:
    return np.sum(x * x)


def product(x: Any, y: Any, /, n: Any = 2, *, scale: Any = 1.0) -> Any:
    return np.sum(x * y) * n * scale


def many(x: Any, *rest: Any, **options: Any) -> Any:
    return x * sum(rest) * options.get("scale", 1.0)


def identity(x: Any) -> Any:
    return x


def no_return(x: Any) -> Any:
    x * x


async def coroutine(x: Any) -> Any:
    return x


async def stream(x: Any) -> Any:
    yield x


def generator(x: Any) -> Any:
    yield x


namespace: dict[str, Any] = {}
exec("def made(x): return x * x", namespace)

X = np.ones(2)
_NO_DERIVATIVE = "it has no derivative"
_ONE_NUMBER = "grad needs a function that returns one number, but"

SNAPSHOTS: list[tuple[str, Callable[[], Any], str, str | None]] = [
    # -- arguments that have no derivative
    (
        "S2S301",
        lambda: grad(f)(3),
        f"argument `x` of `f` is an int: {_NO_DERIVATIVE}",
        "pass x as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(True),
        f"argument `x` of `f` is a bool: {_NO_DERIVATIVE}",
        "pass x as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)("a"),
        f"argument `x` of `f` is a str: {_NO_DERIVATIVE}",
        "pass x as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(None),
        f"argument `x` of `f` is None: {_NO_DERIVATIVE}",
        "pass x as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(Decimal(1)),
        f"argument `x` of `f` is a Decimal: {_NO_DERIVATIVE}",
        "pass x as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)([1.0, 2]),
        f"argument `x[1]` of `f` is an int: {_NO_DERIVATIVE}",
        "pass x[1] as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.arange(3)),
        f"argument `x` of `f` is an array of int64: {_NO_DERIVATIVE}",
        "pass x.astype(float), or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(X > 0),
        f"argument `x` of `f` is an array of bool: {_NO_DERIVATIVE}",
        "pass x.astype(float), or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.array([1.0, None])),
        f"argument `x` of `f` is an array of object: {_NO_DERIVATIVE}",
        "pass x.astype(float), if it holds numbers, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.array(["2020"], "M8[D]")),
        f"argument `x` of `f` is an array of datetime64[D]: {_NO_DERIVATIVE}",
        "pass x.astype(float), if it holds numbers, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.zeros(2, [("a", "f8")])),
        f"argument `x` of `f` is a structured array ([('a', '<f8')]): {_NO_DERIVATIVE}",
        "pass its fields as arguments of their own, such as x['a']",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.ma.array([1.0])),
        "argument `x` is a `MaskedArray`, a kind of array with rules of its own",
        "pass x.filled(…)",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.matrix([[1.0]])),
        "argument `x` is a `matrix`, a kind of array with rules of its own",
        "pass np.asarray(x)",
    ),
    (
        "S2S301",
        lambda: grad(f)(np.rec.array([(1.0,)], [("a", "f8")])),
        "argument `x` is a `recarray`, a kind of array with rules of its own",
        "pass np.asarray(x)",
    ),
    (
        "S2S301",
        lambda: grad(product, 1)(X, datetime.date(2020, 1, 1)),
        f"argument `y` of `product` is a date: {_NO_DERIVATIVE}",
        "pass y as float, or leave it out of argnums",
    ),
    (
        "S2S301",
        lambda: grad(3),
        "the function to differentiate is of type `int`, which cannot be called",
        "pass a function: grad(f), not grad(f(x))",
    ),
    # -- counts and names
    ("S2S302", lambda: grad(f)(), "grad_f() missing a required argument: 'x'", "its parameters are (x)"),
    (
        "S2S302",
        lambda: grad(f)(1.0, 2.0),
        "grad_f() takes 1 positional argument, but 2 were given",
        "its parameters are (x)",
    ),
    ("S2S302", lambda: grad(f)(1.0, x=1.0), "grad_f() multiple values for argument 'x'", "its parameters are (x)"),
    ("S2S302", lambda: grad(f)(z=1.0), "grad_f() got an unexpected keyword argument 'z'", "its parameters are (x)"),
    (
        "S2S302",
        lambda: grad(product)(X, X, scle=1.0),
        "grad_product() got an unexpected keyword argument 'scle'",
        "did you mean `scale`? its parameters are (x, y, /, n, *, scale)",
    ),
    (
        "S2S302",
        lambda: grad(product)(x=X, y=X),
        "grad_product() 'x' parameter is positional only, but was passed as a keyword",
        "its parameters are (x, y, /, n, *, scale)",
    ),
    (
        "S2S302",
        lambda: grad(product)(X, X, 2, 1.0),
        "grad_product() takes 3 positional arguments, but 4 were given",
        "its parameters are (x, y, /, n, *, scale)",
    ),
    # -- argnums
    ("S2S303", lambda: grad(product, 3), "argnums=3, but `product` has 3 positional arguments", "count from 0 to 2"),
    ("S2S303", lambda: grad(product, -4), "argnums=-4, but `product` has 3 positional arguments", "count from 0 to 2"),
    ("S2S303", lambda: grad(product, (0, -3)), "argnums=(0, -3) names an argument twice", "name each argument once"),
    (
        "S2S303",
        lambda: grad(f, "x"),
        "argnums='x' is no position of an argument, and no sequence of them",
        "arguments are counted from 0: argnums=1, argnums=(0, 1)",
    ),
    (
        "S2S303",
        lambda: grad(f, 0.0),
        "argnums=0.0 is no position of an argument, and no sequence of them",
        "arguments are counted from 0: argnums=1, argnums=(0, 1)",
    ),
    (
        "S2S303",
        lambda: grad(f, True),
        "argnums=True is no position of an argument, and no sequence of them",
        "arguments are counted from 0: argnums=1, argnums=(0, 1)",
    ),
    (
        "S2S303",
        lambda: grad(product, (0, "y")),
        "argnums=(0, 'y') holds 'y', which is no position",
        "arguments are counted from 0: argnums=1, argnums=(0, 1)",
    ),
    (
        "S2S303",
        lambda: grad(many, 3)(1.0, 2.0),
        "argnums names an argument of `many` that this call does not give by position: *rest has 1 item in this call",
        "pass it by position, or name another in argnums",
    ),
    # -- results
    (
        "S2S304",
        lambda: grad(identity)(X),
        f"{_ONE_NUMBER} `identity` returns an array of float64 with 1 axis",
        "use jacrev or vjp, or return a sum",
    ),
    (
        "S2S304",
        lambda: grad(lambda x: (x, x))(1.0),
        f"{_ONE_NUMBER} `function` returns a tuple of 2",
        "use jacrev or vjp; if only the first item is to be differentiated, pass has_aux=True",
    ),
    (
        "S2S304",
        lambda: grad(no_return)(1.0),
        f"{_ONE_NUMBER} `no_return` returns None",
        "does it lack a `return`? Return a float",
    ),
    ("S2S304", lambda: grad(lambda x: "text")(1.0), f"{_ONE_NUMBER} `function` returns a str", "return a float"),
    (
        "S2S204",
        lambda: grad(lambda x: 3)(1.0),
        "the gradient of `function` is not defined: it returns an int",
        "return a float",
    ),
    (
        "S2S204",
        lambda: grad(lambda x: x * 1j)(1.0),
        "the gradient of `function` is not defined: it returns a complex number",
        "return a real number, such as np.real(…), or use vjp",
    ),
    (
        "S2S204",
        lambda: jacrev(no_return)(1.0),
        "the Jacobian of `no_return` is not defined: it returns None",
        "return floats and arrays of floats",
    ),
    # -- tangents and cotangents
    (
        "S2S305",
        lambda: jvp(f, 1.0, 1.0),
        "the primals of jvp are of type `float`, but have to be a tuple or list",
        "write jvp(f, (x,), (x_dot,))",
    ),
    (
        "S2S305",
        lambda: jvp(f, (X,), ()),
        "jvp needs a tangent for each primal, but there are 1 primals and 0 tangents",
        "pass None for an argument that is kept fixed",
    ),
    (
        "S2S305",
        lambda: jvp(f, (X,), (np.ones(3),)),
        "tangent 0 has shape (3,), but what it belongs to has shape (2,)",
        "a tangent or cotangent has the shape of its value",
    ),
    (
        "S2S305",
        lambda: vjp(identity, X)[1](np.ones(3)),
        "the cotangent has shape (3,), but what it belongs to has shape (2,)",
        "a tangent or cotangent has the shape of its value",
    ),
    # -- functions
    (
        "S2S101",
        lambda: grad(namespace["made"])(1.0),
        "the source of `made` cannot be found (<string>)",
        "define it in a file, or in a session that keeps its sources (IPython and Jupyter do)",
    ),
    (
        "S2S101",
        lambda: grad(eval("lambda x: x * x"))(1.0),
        "the source of `<lambda>` cannot be found (<string>)",
        "define it in a file, or in a session that keeps its sources (IPython and Jupyter do)",
    ),
    ("S2S201", lambda: grad(generator)(1.0), "`generator` is a generator function", "return a list instead"),
    (
        "S2S201",
        lambda: grad(coroutine)(1.0),
        "`coroutine` is an async function",
        "write the computation as a plain `def`",
    ),
    ("S2S201", lambda: grad(stream)(1.0), "`stream` is an async function", "write the computation as a plain `def`"),
]


@pytest.mark.parametrize(("code", "call", "what", "remedy"), SNAPSHOTS, ids=[what for _, _, what, _ in SNAPSHOTS])
def test_message(code: str, call: Callable[[], Any], what: str, remedy: str | None) -> None:
    with pytest.raises(S2SGradError) as caught:
        call()
    assert str(caught.value) == f"error[{code}]: {what}\n  = help: {remedy}"


# -- unusual, but right ----------------------------------------------------------------------------------


def write(x: Any) -> Any:
    x[0] = 2.0
    return np.sum(x * x)


@pytest.mark.parametrize(
    "x",
    [
        np.array(3.0),
        np.ones(0),
        np.ones((0, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0)[::-2],
        np.arange(3.0).astype(">f8"),
        np.arange(3.0, dtype=np.float16),
        np.arange(3.0, dtype=np.longdouble),
        np.array([np.nan, np.inf, -np.inf, 5e-324, -0.0]),
    ],
    ids=lambda x: f"{x.dtype.str}{x.shape}{x.strides}",
)
def test_kinds_of_arrays(x: np.ndarray) -> None:
    x.flags.writeable = False
    value, gradient = value_and_grad(f)(x)
    assert np.array_equal(value, f(x), equal_nan=True)
    assert np.array_equal(gradient, 2.0 * x, equal_nan=True)
    assert np.shape(gradient) == x.shape and gradient.dtype == x.dtype


@pytest.mark.parametrize("n", [10**30, -(2**63), 2**64])
def test_huge_integers(n: int) -> None:
    assert value_and_grad(lambda x, n: x * (n + 1))(2.0, n) == (2.0 * (n + 1), float(n + 1))
    assert np.array_equal(grad(lambda x, n: np.sum(x * n))(X, n), float(n) * X)


def test_writing_into_a_read_only_argument_raises_as_the_primal_does() -> None:
    x = np.ones(3)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="assignment destination is read-only"):
        write(x)
    with pytest.raises(ValueError, match="assignment destination is read-only"):
        grad(write)(x)


def test_an_exception_leaves_the_arguments_as_they_were() -> None:
    def fails(x: Any) -> Any:
        x[0] = 5.0
        if np.sum(x) > 3.0:
            raise ValueError("too much")
        return np.sum(x)

    x = np.ones(3)
    with pytest.raises(ValueError, match="too much"):
        grad(fails)(x)
    assert np.array_equal(x, np.ones(3))


def test_several_lambdas_on_one_line() -> None:
    a, b = lambda x: x * x, lambda x: x * x * x
    assert (grad(a)(2.0), grad(b)(2.0)) == (4.0, 12.0)
