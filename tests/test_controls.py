"""Where derivatives pass, and what is done to adjoints on their way."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, hessian, hvp, jacfwd, jacrev, jvp, no_grad, on_backward, stop_gradient, value_and_grad, vjp
from s2sgrad.errors import AliasError, CustomRuleError, MissingRule, MutationError, UnsupportedSyntax

X = np.array([0.1, 5.0])
SEEN: list = []
KEPT: list = [1.0]
LAST: dict = {"adjoint": None}


def look(x_bar):
    SEEN.append(x_bar)


def remember(x_bar):
    LAST["adjoint"] = x_bar


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


# -- stop_gradient ---------------------------------------------------------------------------------------


def test_a_stopped_value_is_a_constant_in_every_mode():
    def f(x):
        return np.sum(stop_gradient(x) * x**2)

    assert np.array_equal(grad(f)(X), 2.0 * X * X)
    assert np.array_equal(hessian(f)(X), np.diag(2.0 * X))
    assert np.array_equal(jacfwd(lambda x: stop_gradient(x) * x)(X), np.diag(X))
    assert np.array_equal(vjp(lambda x: stop_gradient(x) * x, X)[1](X)[0], X * X)
    assert jvp(f, (X,), (X,))[1] == pytest.approx(2.0 * np.sum(X**3))
    assert grad(lambda x: grad(lambda y: stop_gradient(y) * y)(x))(3.0) == 0.0
    assert stop_gradient(X) is X


def test_nothing_is_left_of_it_in_the_source():
    assert grad(lambda x: x * stop_gradient(x + 1.0)).source(2.0) == "def grad_function(x):\n    return x + 1.0\n"


def test_structures_are_stopped():
    def f(x):
        parts = stop_gradient({"a": x, "b": [x * 2.0, 3]})
        return np.sum(parts["a"] * x) + np.sum(parts["b"][0] * x) * parts["b"][1]

    assert np.allclose(grad(f)(X), 7.0 * X)


def test_in_loops():
    def f(x):
        total = 0.0
        while total < 10.0:
            total = total + x * stop_gradient(x + total)
        return total

    total, expected = 0.0, 0.0
    while total < 10.0:
        expected, total = expected + (1.3 + total), total + 1.3 * (1.3 + total)
    assert value_and_grad(f)(1.3) == (f(1.3), pytest.approx(expected))


def test_memory_of_what_is_stopped_is_followed():
    def writes(x):
        y = x * 2.0
        z = stop_gradient(y)
        z[0] = 1.0
        return np.sum(y * z)

    def writes_alone(x):
        y = stop_gradient(x * 2.0)
        y[0] = x[1]
        return np.sum(y * x)

    with pytest.raises(AliasError):
        grad(writes)(X)
    assert np.allclose(grad(writes_alone)(X), [X[1], 2.0 * X[1] + X[0]])


# -- no_grad ---------------------------------------------------------------------------------------------


def text_and_back(x):
    return float(np.format_float_positional(x)) + 1.0


def test_a_call_without_derivative_may_be_any_python():
    g = grad(lambda x: x * no_grad(text_and_back)(x))
    assert g(2.0) == 3.0
    assert "return text_and_back(x)" in g.source()


def test_a_closure_reads_constants():
    def f(x):
        def inner(y):
            return y * x

        return no_grad(inner)(x) * x

    assert grad(f)(3.0) == 9.0


def test_as_a_decorator():
    @no_grad
    def square(x):
        return x * x

    assert square(2.0) == 4.0
    assert grad(lambda x: square(x) * x)(3.0) == 9.0


def test_no_derivative_is_lost_in_memory():
    def f(x):
        kept = np.zeros(2)

        def inner(y):
            kept[0] = x

        no_grad(inner)(x)
        return np.sum(kept) * x

    def g(x):
        state = {"k": 1.0}

        def inner(y):
            state["k"] = y if constant else x

        no_grad(inner)(x)
        return state["k"] * x

    for function in (f, g):
        constant = False
        with pytest.raises(MutationError, match="no_grad"):
            grad(function)(3.0)
    constant = True
    assert grad(g)(3.0) == 3.0


# -- on_backward -----------------------------------------------------------------------------------------


def clipped(x):
    return np.sum(on_backward(x * 2.0, lambda x_bar: np.clip(x_bar, -1.0, 1.0)) ** 2)


def test_an_adjoint_is_replaced_where_it_arises():
    g = grad(clipped)
    assert np.array_equal(g(X), [0.8, 2.0])
    assert g.source() == "def grad_clipped(x):\n    return 2.0 * np.clip(2.0 * (x * 2.0), -1.0, 1.0)\n"
    assert on_backward(X, look) is X


def test_the_primal_and_forward_mode_do_not_see_it():
    assert value_and_grad(clipped)(X)[0] == clipped(X)
    assert jvp(clipped, (X,), (X,))[1] == pytest.approx(8.0 * X @ X)


def test_higher_derivatives_are_those_of_what_it_does():
    assert np.array_equal(hessian(clipped)(X), [[8.0, 0.0], [0.0, 0.0]])
    assert np.array_equal(jacrev(grad(clipped))(X), [[8.0, 0.0], [0.0, 0.0]])


def repeated(x):
    for _ in range(3):
        x = on_backward(x * 2.0, look)
    return np.sum(x**2)


def test_it_is_called_once_each_time_in_the_opposite_order():
    x_bar = grad(repeated)(X)
    assert [list(seen) for seen in SEEN] == [list(16.0 * X), list(32.0 * X), list(64.0 * X)]
    assert np.array_equal(x_bar, 128.0 * X)


def test_printing_is_never_dropped(capsys):
    def f(x):
        y = on_backward(3.0 * x, print)
        return y * 2.0

    assert grad(f)(1.0) == 6.0
    assert capsys.readouterr().out == "2.0\n"
    assert grad(grad(lambda x: f(x) ** 2))(1.0) == 72.0
    assert np.array_equal(jacrev(lambda x: on_backward(x * 3.0, print))(X), 3.0 * np.eye(2))


def test_what_is_seen_stays_as_it_was():
    """The function gets a copy: the adjoint itself is updated later on."""

    def f(x):
        y = on_backward(x, look)
        return np.sum(y**2) + x[0]

    grad(f)(X)
    assert np.array_equal(SEEN[0], 2.0 * X)
    LAST["adjoint"] = None
    grad(lambda x: np.sum(on_backward(x, remember) ** 2) + x[0])(X)
    assert np.array_equal(LAST["adjoint"], 2.0 * X)


def test_adjoints_are_collected_in_the_order_of_the_backward_part():
    """What the list holds already is nothing that code depends on: it is compiled once."""

    def f(x):
        for i in range(3):
            x = on_backward(x * 2.0, lambda x_bar: SEEN.append((i, x_bar)))
        return np.sum(on_backward(x, SEEN.append) ** 2) / 2.0

    g = grad(f)
    for _ in range(2):
        SEEN.clear()
        SEEN.append("begin")
        assert np.array_equal(g(X), 64.0 * X)
        assert [each[0] for each in SEEN[2:]] == [2, 1, 0]
        assert all(np.array_equal(each, 8.0 * X) for each in (SEEN[1], SEEN[2][1]))
        assert np.array_equal(SEEN[4][1], 32.0 * X)
    assert len(list(g.dispatcher)) == 1
    SEEN.clear()
    assert np.array_equal(hvp(f, (X,), (np.ones(2),)), np.full(2, 64.0)) and len(SEEN) == 4


def test_what_a_derivative_collects_is_not_read_by_the_function():
    with pytest.raises(MutationError, match="KEPT"):
        grad(lambda x: on_backward(x, KEPT.append) * KEPT[0])(2.0)
    with pytest.raises(UnsupportedSyntax, match="KEPT"):
        grad(lambda x: KEPT[0] * on_backward(x, lambda x_bar: KEPT.append(x_bar)))(2.0)

    def aliased(x):
        keep = KEPT.append
        keep(1.0)
        return x * x

    with pytest.raises(MutationError, match="KEPT"):
        grad(aliased)(2.0)
    assert KEPT == [1.0]


def only_nan(x_bar):
    if np.isnan(x_bar).any():
        return np.zeros_like(x_bar)


def test_none_leaves_the_adjoint_as_it_is():
    g = grad(lambda x: np.sum(on_backward(x, only_nan) ** 2))
    assert np.array_equal(g(X), 2.0 * X)
    assert np.array_equal(g(np.array([np.nan, 1.0])), [0.0, 0.0])


def change_in_place(parts):
    parts["a"][0] = 7.0


def change_in_place_unseen(parts):
    SEEN.append(len(parts))
    parts["a"][0] = 7.0


@pytest.mark.parametrize("change", [change_in_place, change_in_place_unseen])
def test_adjoints_of_structures(change):
    def f(x):
        parts = on_backward({"a": x, "b": (x[0],)}, change)
        return np.sum(parts["a"] ** 2) + parts["b"][0]

    assert np.array_equal(grad(f)(X), [8.0, 10.0])


def stranger(x_bar):
    LAST["adjoint"] = x_bar
    return np.ones(3)


def test_adjoints_of_another_shape_are_refused():
    with pytest.raises(CustomRuleError, match=r"has the shape \(3,\)"):
        grad(lambda x: on_backward(x, lambda x_bar: np.ones(3)))(2.0)
    with pytest.raises(CustomRuleError, match=r"of shape \(3,\)"):
        grad(lambda x: on_backward(x, stranger))(2.0)


def test_what_cannot_be_inlined_has_to_stand_outside():
    with pytest.raises(UnsupportedSyntax, match="cannot be inlined"):
        grad(lambda x: on_backward(x, lambda x_bar: remember(KEPT.pop())))(2.0)
    with pytest.raises(MissingRule, match="adjoint_from"):
        grad(grad(lambda x: on_backward(x, remember) ** 2))(2.0)


def test_what_has_no_adjoint_is_left_alone():
    g = grad(lambda x, y: x * on_backward(y, look))
    assert g(2.0, 3.0) == 3.0 and not SEEN
    assert g.source() == "def grad_function(x, y):\n    return y\n"


def test_what_it_raises_comes_through():
    def fails(x_bar):
        raise FloatingPointError("nan")

    with pytest.raises(FloatingPointError, match="nan"):
        grad(lambda x: on_backward(x, fails))(2.0)
