"""The public functions, from source to numbers."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import pickle
import subprocess
import sys
import threading
import types
from typing import Any

import numpy as np
import pytest

import s2sgrad
from s2sgrad import grad, hessian, jacfwd, jacrev, jvp, value_and_grad, vjp
from s2sgrad.derivative import compiler
from s2sgrad.emit import compile_module
from s2sgrad.errors import (
    AliasError,
    ArgnumsError,
    ArgumentCountError,
    ArgumentTypeError,
    NonScalarOutput,
    NotDifferentiable,
    StructureMismatch,
)
from s2sgrad.export import as_module
from s2sgrad.ir.types import UNKNOWN
from s2sgrad.testing import check_grads

SCALE = 2.0


def cubic(x):
    """A polynomial."""
    return x**3 + 5 * x


def product(x, y, n=2):
    return x * y**n


def nested(p, x):
    return np.sum((x @ p["W"] + p["b"][0]) ** 2) * p["c"]


def scaled(x):
    return SCALE * x * x


@grad
def decorated(x):
    """Halves."""
    return 0.5 * x * x


@grad(argnums=(0, 1))
def decorated_twice(x, y):
    return x * y


class Spring:
    def __init__(self, k):
        self.k = k

    def energy(self, x):
        return 0.5 * self.k * x * x

    @grad
    def force(self, x):
        return 0.5 * self.k * x * x

    def __call__(self, x):
        return self.k * x


# -- gradients -------------------------------------------------------------------------------------


def test_grad():
    assert grad(cubic)(2.0) == 17.0
    assert grad(grad(cubic))(2.0) == 12.0
    assert grad(grad(grad(cubic)))(2.0) == 6.0


def test_argnums():
    assert grad(product)(3.0, 2.0) == 4.0
    assert grad(product, argnums=1)(3.0, 2.0) == 12.0
    assert grad(product, argnums=(1, 0))(3.0, 2.0) == (12.0, 4.0)
    assert grad(product, argnums=[0])(3.0, 2.0) == (4.0,)
    assert grad(lambda x, y: x * y, argnums=-1)(3.0, 2.0) == 3.0


def test_keywords_and_defaults():
    g = grad(product, argnums=1)
    assert g(3.0, 2.0, 3) == g(3.0, 2.0, n=3) == g(3.0, n=3, y=2.0) == 36.0
    assert g(3.0, y=2.0) == 12.0


def test_star_arguments():
    def f(*xs, **ys):
        total = 0.0
        for x in xs:
            total += x * x
        return total * ys["scale"]

    assert grad(f)(1.0, 2.0, scale=3.0) == 6.0
    assert grad(f, argnums=(0, 2))(1.0, 2.0, 5.0, scale=3.0) == (6.0, 30.0)


def test_value_and_grad_agrees_with_the_primal_to_the_bit():
    x = np.linspace(-1.0, 1.0, 7)

    def f(x):
        return np.sum(np.tanh(x) * np.exp(x))

    value, x_bar = value_and_grad(f)(x)
    assert value == f(x)
    assert np.array_equal(x_bar, grad(f)(x))


def test_gradients_mirror_arguments():
    p = {"W": np.ones((2, 3)), "b": [np.zeros(3)], "c": 2.0}
    x = np.arange(8.0).reshape(4, 2)
    p_bar = grad(nested)(p, x)
    assert list(p_bar) == ["W", "b", "c"] and type(p_bar["b"]) is list
    assert p_bar["W"].shape == (2, 3) and p_bar["b"][0].shape == (3,)
    check_grads(nested, (p, x))
    both = grad(nested, argnums=(0, 1))(p, x)
    assert type(both) is tuple and both[1].shape == x.shape


def test_has_aux():
    def f(x):
        return x * x, {"twice": 2.0 * x}

    assert grad(f, has_aux=True)(3.0) == (6.0, {"twice": 6.0})
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, {"twice": 6.0}), 6.0)
    out, pullback, aux = vjp(f, 3.0, has_aux=True)
    assert (out, pullback(1.0), aux) == (9.0, (6.0,), {"twice": 6.0})


def test_the_callers_arrays_are_left_alone():
    def f(x):
        x[0] = 3.0
        x *= 2.0
        return np.sum(x * x)

    x = np.ones(3)
    kept = x.copy()
    grad(f)(x)
    value_and_grad(f)(x)
    jvp(f, (x,), (x,))
    vjp(f, x)[1](1.0)
    assert np.array_equal(x, kept)


# -- what can be differentiated ------------------------------------------------------------------------


def test_primitives():
    assert grad(np.sin)(0.5) == np.cos(0.5)
    assert grad(math.exp)(0.5) == math.exp(0.5)
    assert grad(np.multiply, argnums=1)(2.0, 3.0) == 2.0


def test_lambdas_on_one_line():
    f, g = grad(lambda x: x * x), grad(lambda x: x * x * x)
    assert (f(2.0), g(2.0)) == (4.0, 12.0)


def test_closures_are_read_anew():
    k = 2.0

    def f(x):
        return k * x

    g = grad(f)
    assert g(1.0) == 2.0
    k = 3.0
    assert g(1.0) == 3.0
    k = np.float64(4.0)
    assert g(1.0) == 4.0


def test_globals_are_read_anew(monkeypatch):
    g = grad(scaled)
    assert g(3.0) == 12.0
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert g(3.0) == 30.0


def test_a_function_that_is_replaced_is_compiled_again():
    inner = product

    def f(x):
        return inner(x, 1.0)

    g = grad(f)
    assert g(3.0) == 1.0
    inner = np.power
    assert g(3.0) == 1.0
    inner = np.arctan2
    assert g(3.0) == 0.1


def test_containers_outside_may_change():
    layers, options = [1.0, 2.0], {}
    names = ()

    def f(x):
        total = 0.0 * x
        for w in layers:
            total += w * x
        for _ in names:
            total += x
        if "twice" in options:
            total = 2.0 * total
        return total

    g = grad(f)
    assert g(1.0) == 3.0
    layers[0] = 5.0
    assert g(1.0) == 7.0
    layers.append(1.0)
    assert g(1.0) == 8.0
    names = ("a", "b")
    assert g(1.0) == 10.0
    options["twice"] = True
    assert g(1.0) == 20.0


def test_a_function_of_a_module_that_is_replaced(monkeypatch):
    module = types.ModuleType("helpers")
    module.helper = cubic

    def f(x):
        return module.helper(x)

    g = grad(f)
    assert g(2.0) == 17.0
    module.helper = scaled
    assert g(2.0) == 8.0


def test_defaults_of_helpers_are_guarded():
    def helper(x, k=2.0):
        return k * x

    g = grad(lambda x: helper(x))
    assert g(1.0) == 2.0
    helper.__defaults__ = (3.0,)
    assert g(1.0) == 3.0


def test_variables_of_one_name_are_told_apart():
    soft, hard = Spring(2.0), Spring(10.0)
    g = grad(lambda x: soft.energy(x) - hard.energy(2.0 * x))
    assert g(1.0) == 2.0 - 40.0
    soft.k = 3.0
    assert g(1.0) == 3.0 - 40.0


def test_arguments_that_share_memory():
    def f(x, y):
        x[0] = 3.0
        return np.sum(x * y)

    x = np.ones(3)
    assert np.array_equal(grad(f)(x, x.copy()), [0.0, 1.0, 1.0])
    for call in (grad(f), grad(f, argnums=(0, 1)), jacrev(f), lambda *args: jvp(f, args, (x, x))):
        with pytest.raises(AliasError, match="argument `x`, which the function writes into, may share .* `y`"):
            call(x, x)

    def g(p):
        p["a"][0] = 3.0
        return np.sum(p["a"] * p["b"])

    with pytest.raises(AliasError, match="argument `p`"):
        grad(g)({"a": x, "b": x})


def test_bound_methods():
    soft, hard = Spring(2.0), Spring(10.0)
    assert grad(soft.energy)(3.0) == 6.0
    assert grad(hard.energy)(3.0) == 30.0


def test_decorated_methods():
    soft, hard = Spring(2.0), Spring(10.0)
    assert soft.force(3.0) == 6.0
    assert hard.force(3.0) == 30.0
    assert soft.force(4.0) == 8.0


def test_callable_objects_and_partial():
    assert grad(Spring(4.0))(1.0) == 4.0
    assert grad(functools.partial(product, 3.0))(2.0) == 12.0
    assert grad(functools.partial(product, n=3))(2.0, 2.0) == 8.0


def test_functions_as_arguments():
    def apply(f, x):
        return f(x) * 2.0

    g = grad(apply, argnums=1)
    assert g(np.sin, 0.5) == 2.0 * np.cos(0.5)
    assert g(np.exp, 0.5) == 2.0 * np.exp(0.5)
    assert g(lambda x: x * x, 0.5) == 2.0


def test_string_options():
    def reduce(x, how):
        return np.sum(x * x) if how == "sum" else np.max(x)

    g = grad(reduce)
    x = np.array([1.0, 3.0, 2.0])
    assert np.array_equal(g(x, "sum"), 2.0 * x)
    assert np.array_equal(g(x, "max"), [0.0, 1.0, 0.0])
    assert np.array_equal(g(x, "sum"), 2.0 * x)


def test_types_of_arguments_choose_the_code():
    g = grad(lambda x: np.sum(x * x))
    assert g(3.0) == 6.0
    assert np.array_equal(g(np.ones((1, 3))), 2.0 * np.ones((1, 3)))
    assert g(np.float32(3.0)).dtype == np.float32
    assert g(np.ones(3, np.float32)).dtype == np.float32


# -- forward mode, pullbacks, Jacobians -----------------------------------------------------------------


def test_jvp():
    assert jvp(product, (3.0, 2.0), (1.0, 0.0)) == (12.0, 4.0)
    assert jvp(product, (3.0, 2.0), (None, 1.0)) == (12.0, 12.0)
    assert jvp(product, (3.0, 2.0, 3), (1.0, 1.0, None)) == (24.0, 8.0 + 36.0)
    out, out_dot = jvp(lambda p: {"y": p["x"] ** 2}, ({"x": 3.0},), ({"x": 1.0},))
    assert (out, out_dot) == ({"y": 9.0}, {"y": 6.0})


def test_vjp():
    x = np.array([1.0, 2.0])
    out, pullback = vjp(lambda x, n: (x**n, np.sum(x)), x, 2)
    assert np.array_equal(out[0], x * x) and out[1] == 3.0
    x_bar, n_bar = pullback((np.ones(2), 10.0))
    assert np.array_equal(x_bar, 2.0 * x + 10.0) and n_bar is None
    assert np.array_equal(pullback((np.zeros(2), 1.0))[0], np.ones(2))


def test_pullbacks_remember_the_point():
    x = np.array([1.0, 2.0])
    _, pullback = vjp(lambda x: np.sum(x * x), x)
    x[:] = 0.0
    assert np.array_equal(pullback(1.0)[0], [2.0, 4.0])


def test_pullbacks_can_be_called_again_whatever_becomes_of_the_arrays():
    def f(x, A):
        rows = []
        for i in range(3):
            x = np.tanh(A @ x)
            rows.append(x)
        A[0] = 2.0 * A[0]
        return {"rows": rows, "y": x, "A": A}

    x, A = np.array([1.0, 2.0]), np.array([[0.5, 0.1], [0.2, 0.4]])
    expected = vjp(f, x.copy(), A.copy())
    out_bar = {"rows": [np.ones(2), np.zeros(2), np.ones(2)], "y": np.ones(2), "A": np.ones((2, 2))}
    x_bar, A_bar = expected[1](out_bar)
    out, pullback = vjp(f, x, A)
    for array in (x, A, out["y"], out["A"], *out["rows"]):
        array[...] = np.nan
    for _ in range(2):
        again = pullback(out_bar)
        assert np.array_equal(again[0], x_bar) and np.array_equal(again[1], A_bar)
        again[0][...] = again[1][...] = np.nan
    assert np.array_equal(out_bar["rows"][0], np.ones(2))


def test_a_pullback_does_the_work_of_the_primal_once(capsys):
    def f(x):
        print("called")
        return x * x

    _, pullback = vjp(f, 3.0)
    assert (pullback(1.0), pullback(2.0)) == ((6.0,), (12.0,))
    assert capsys.readouterr().out == "called\n"


def test_pullbacks_read_variables_when_the_primal_does(monkeypatch):
    out, pullback = vjp(scaled, 3.0)
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert (out, pullback(1.0)) == (18.0, (12.0,))
    assert vjp(scaled, 3.0)[1](1.0) == (30.0,)


def test_pullbacks_of_recursive_functions_and_of_nothing():
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    assert vjp(power, 2.0, 5)[1](1.0) == (80.0, None)
    assert vjp(lambda n: n * 2, 3)[0] == 6
    assert vjp(lambda n, x: x, 3, 1.0)[1](2.0) == (None, 2.0)


@pytest.mark.parametrize("jacobian", [jacfwd, jacrev])
def test_jacobians(jacobian):
    A, b = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 4.0])
    A_bar, b_bar = jacobian(lambda A, b: A @ b, argnums=(0, 1))(A, b)
    assert np.array_equal(b_bar, A)
    assert np.array_equal(A_bar, np.einsum("ik,l->ikl", np.eye(2), b))
    assert np.array_equal(jacobian(lambda x: x * x)(b), np.diag(2.0 * b))
    assert jacobian(cubic)(2.0) == 17.0
    assert np.array_equal(jacobian(lambda s: s * b)(2.0), b)
    assert np.array_equal(jacobian(lambda x: {"sum": np.sum(x)})(b)["sum"], np.ones(3))


@pytest.mark.parametrize("outer", [jacfwd, jacrev])
@pytest.mark.parametrize("inner", [jacfwd, jacrev])
def test_jacobians_compose(outer, inner):
    x = np.array([1.0, 2.0, 3.0])
    H = outer(inner(lambda x: np.sum(x**3) * x[0]))(x)
    assert np.allclose(H, hessian(lambda x: np.sum(x**3) * x[0])(x))
    T = outer(inner(lambda x: x**3))(x)
    expected = np.zeros((3, 3, 3))
    expected[range(3), range(3), range(3)] = 6.0 * x
    assert np.allclose(T, expected)


def test_derivatives_of_derivatives():
    def f(x, y):
        return np.sum(np.sin(x) * y)

    x, y = np.linspace(0.0, 1.0, 3), np.linspace(1.0, 2.0, 3)
    out, out_dot = jvp(grad(f), (x, y), (np.ones(3), None))
    assert np.allclose(out, np.cos(x) * y) and np.allclose(out_dot, -np.sin(x) * y)
    assert np.allclose(grad(lambda x, y: np.sum(grad(f)(x, y)))(x, y), -np.sin(x) * y)
    _, pullback = vjp(grad(f), x, y)
    assert np.allclose(pullback(np.ones(3))[1], np.cos(x))


# -- what users see -----------------------------------------------------------------------------------


def test_source():
    g = grad(cubic)
    with pytest.raises(ArgumentCountError, match="has not been called yet"):
        g.source()
    assert g.source(1.0) == "def grad_cubic(x):\n    return 3.0 * x ** 2 + 5.0\n"
    g(np.float64(1.0))
    assert g.source().startswith("def grad_cubic(x):")


def test_errors_name_the_statement_of_the_primal():
    def f(x):
        y = 2.0 * x
        for _ in range(2):
            y += x * math.log(y)
        return y

    with pytest.raises(ValueError) as error:
        value_and_grad(f)(-1.0)
    assert any("test_api.py:" in note and "math.log(y)" in note for note in error.value.__notes__)


def test_looks_like_the_primal():
    g = grad(cubic)
    assert g.__wrapped__ is cubic
    assert g.__name__ == "grad_cubic" and g.__module__ == cubic.__module__
    assert g.__doc__ == "Gradient of `cubic` with respect to `x`.\n\nA polynomial."
    assert inspect.signature(grad(product)) == inspect.signature(product)
    assert repr(g) == "<gradient of cubic with respect to x, not compiled yet>"
    g(1.0)
    assert repr(g) == "<gradient of cubic with respect to x, compiled for 1 signature>"
    assert decorated.__doc__.endswith("Halves.") and decorated(3.0) == 3.0
    assert decorated_twice(2.0, 3.0) == (3.0, 2.0)


def test_pickles():
    for g in (grad(cubic), value_and_grad(product, argnums=(0, 1)), decorated):
        again = pickle.loads(pickle.dumps(g))
        args = (2.0, 3.0)[: len(inspect.signature(g).parameters)]
        assert again(*args) == g(*args)
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert copy.deepcopy(grad(cubic))(2.0) == 17.0


def test_threads():
    g = grad(product, argnums=(0, 1))
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(g(3.0, 2.0))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [(4.0, 12.0)] * 8
    assert "compiled for 1 signature" in repr(g)


def test_threads_that_compile_different_functions():
    limit = sys.getrecursionlimit()
    functions = [lambda x, k=k: sum(x**j for j in range(k)) for k in range(2, 10)]
    results: list[Any] = []
    threads = [threading.Thread(target=lambda f=f: results.append(grad(f)(1.0))) for f in functions]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(results) == [k * (k - 1) / 2 for k in range(2, 10)]
    assert sys.getrecursionlimit() == limit


def test_pickles_run_in_another_process(tmp_path):
    (tmp_path / "model.py").write_text("from s2sgrad import grad\n\n@grad\ndef f(x):\n    return x * x\n")
    code = "import pickle, sys, model; sys.stdout.buffer.write(pickle.dumps([model.f, model.grad(model.f)]))"
    data = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True).stdout
    code = "import pickle, sys; f, g = pickle.load(sys.stdin.buffer); print(f(3.0), g(3.0))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, input=data, capture_output=True, check=True)
    assert done.stdout == b"6.0 2.0\n"


def test_everything_public_is_documented():
    for name in s2sgrad.__all__:
        if name != "__version__":
            assert getattr(s2sgrad, name).__doc__


# -- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (3, "an int"),
        (True, "a bool"),
        ("3", "a str"),
        (None, "None"),
        (np.arange(3), "an array of int64"),
        (np.int64(3), "an int64"),
        ({"a": 1.0, "n": 3}, r"argument `x\['n'\]` of `<lambda>` is an int"),
    ],
)
def test_arguments_that_carry_no_derivative(argument, words):
    with pytest.raises(ArgumentTypeError, match=words):
        grad(lambda x: x)(argument)


def test_other_kinds_of_array():
    with pytest.raises(ArgumentTypeError, match="MaskedArray"):
        grad(np.sum)(np.ma.masked_array([1.0, 2.0], [True, False]))


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x * np.ones(3), "an array of float64 with 1 axis"),
        (lambda x: (x, x), "a tuple of 2"),
        (lambda x: {"loss": x}, "a dict of 1"),
    ],
)
def test_results_that_are_not_one_number(f, words):
    with pytest.raises(NonScalarOutput, match=words):
        grad(f)(1.0)


def test_results_that_carry_no_derivative():
    with pytest.raises(NotDifferentiable, match="it returns a bool"):
        grad(lambda x: x > 0.0)(1.0)
    with pytest.raises(NonScalarOutput, match="has to return a pair"):
        grad(cubic, has_aux=True)(1.0)


def test_counts():
    with pytest.raises(ArgumentCountError, match="missing a required argument: 'y'"):
        grad(product)(1.0)
    with pytest.raises(TypeError, match="takes 3 positional arguments, but 4 were given"):
        grad(product)(1.0, 2.0, 3, 4)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        grad(product)(1.0, 2.0, z=3)


def test_argnums_out_of_range():
    for argnums in (3, -4, (0, 5)):
        with pytest.raises(ArgnumsError, match="has 3 positional arguments"):
            grad(product, argnums=argnums)
    with pytest.raises(ArgnumsError, match="twice"):
        grad(product, argnums=(0, 0))


def test_not_a_function():
    with pytest.raises(ArgumentTypeError, match="of type `float`, which cannot be called"):
        grad(cubic(2.0))


def test_tangents_and_cotangents_that_do_not_fit():
    x = np.ones(3)
    with pytest.raises(StructureMismatch, match=r"tangent 0 has shape \(2,\)"):
        jvp(np.sin, (x,), (np.ones(2),))
    with pytest.raises(StructureMismatch, match="is an int, not a float"):
        jvp(np.sin, (1.0,), (1,))
    with pytest.raises(StructureMismatch, match="a tangent for each primal"):
        jvp(np.sin, (x,), ())
    _, pullback = vjp(np.sin, x)
    with pytest.raises(StructureMismatch, match=r"the cotangent has shape \(\)"):
        pullback(1.0)
    with pytest.raises(StructureMismatch, match="nested otherwise"):
        pullback((x, x))


def test_results_of_unknown_rank_are_checked_when_the_code_runs():
    g = grad(scaled)
    module = compiler().emit(g, compiler().lower(g, (None,), (UNKNOWN,)))
    run = compile_module(module)
    assert run(3.0) == 12.0
    assert run(np.float64(3.0)) == run(np.array(3.0)) == 12.0
    for x in (np.ones(3), np.ones(1)):
        with pytest.raises(NonScalarOutput, match="`scaled` returned an array"):
            run(x)
    space: dict[str, Any] = {}
    exec(as_module(module).replace("from tests.test_api import SCALE", "SCALE = 2.0"), space)
    assert space["grad_scaled"](3.0) == 12.0
    with pytest.raises(TypeError, match="returned an array"):
        space["grad_scaled"](np.ones(3))
    assert "s2sgrad" not in as_module(module)


def test_an_error_in_a_return_names_the_primal_statement():
    def f(x):
        return math.log(x) * x

    with pytest.raises(ValueError) as caught:
        grad(f)(-1.0)
    assert any("return math.log(x) * x" in note for note in caught.value.__notes__)


def test_jacobians_with_something_beside():
    def f(x):
        return x**2, {"sum": np.sum(x), "name": "squares"}

    x = np.array([1.0, 2.0])
    for jac in (jacfwd, jacrev):
        J, aux = jac(f, has_aux=True)(x)
        np.testing.assert_array_equal(J, [[2.0, 0.0], [0.0, 4.0]])
        assert aux == {"sum": 3.0, "name": "squares"}
    H, aux = hessian(lambda x: (np.sum(x**3), x[0]), has_aux=True)(x)
    np.testing.assert_array_equal(H, [[6.0, 0.0], [0.0, 12.0]])
    assert aux == 1.0


def test_jacobians_are_decorators():
    @jacrev(argnums=1)
    def f(x, y):
        return x * y

    @hessian
    def g(x):
        return x**3

    assert f(3.0, 2.0) == 3.0 and g(2.0) == 12.0
