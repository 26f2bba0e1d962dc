"""Batched directions agree with one direction at a time, rule by rule; and the primal runs once."""

from __future__ import annotations

import re

import numpy as np
import pytest

from s2sgrad import grad, hessian, jacfwd, jacrev, jvp, vjp
from tests.fuzz.generate import program
from tests.fuzz.oracles import arguments, load

M = np.linspace(-1.0, 1.0, 9).reshape(3, 3) + 2.0 * np.eye(3)
T = np.linspace(-1.0, 1.0, 18).reshape(2, 3, 3)


def by_element(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = np.sin(x[i]) * x[(i + 1) % 3]
    return y


def carried(x):
    h = np.ones(3)
    while np.sum(h) < 10.0:
        h = h + np.exp(x) * h
    return h


def branching(x):
    if x[0] > 0.0:
        y = x * x
    else:
        y = np.sum(x) * np.ones(3)
    return y


def stored_twice(x):
    y = np.zeros((3, 2))
    y[np.array([0, 2, 0])] = np.outer(x, x)[:, :2]
    return y


def listed(x):
    items = []
    for i in range(3):
        items.append(np.sin(x[i]) * x)
    return np.array(items)


def raised(x):
    with np.errstate(all="ignore"):
        return np.log(x) * x


FUNCTIONS = {
    "elementwise": lambda x: np.sin(x) * x[0] + np.where(x > 0.2, x, 2.0 * x),
    "a number with an array": lambda x: np.sum(x) * x + x[1] * M,
    "sums": lambda x: np.sum(np.outer(x, x) * M, axis=1) + np.mean(x) + np.sum(M * x, axis=(0,), keepdims=True)[0],
    "the sum of everything": lambda x: np.sum(np.outer(x, np.sin(x))),
    "cumulative": lambda x: np.cumsum(np.outer(x, x), axis=1) + np.cumsum(x)[::-1],
    "matrix times vector": lambda x: M @ x,
    "vector times matrix": lambda x: x @ M,
    "matrix times matrix": lambda x: M @ np.outer(x, x) + np.outer(x, x) @ M,
    "stacks of matrices": lambda x: T @ x + (T @ np.outer(x, x)).sum(axis=2) + np.outer(x, x)[:2] @ M,
    "inner products": lambda x: (x @ M[0], M[0] @ np.sin(x), np.dot(x, x)),
    "einsum": lambda x: np.einsum("ij,j,k->ik", M, x, np.cos(x)),
    "solve": lambda x: np.linalg.solve(M, np.sin(x)) + np.linalg.solve(M, np.outer(x, x))[0],
    "inverse": lambda x: np.linalg.inv(M + np.outer(x, x)),
    "shapes": lambda x: np.reshape(np.outer(x, x), (9,))[:6].reshape(2, 3).T,
    "axes": lambda x: np.transpose(T * x, (2, 0, 1)) + np.swapaxes(T * x, 0, 2)[:, :2].swapaxes(1, 1)[:, :, :1].sum(),
    "new axes": lambda x: x[:, None] * M + np.expand_dims(x, 0) + np.expand_dims(np.sin(x), (1, -1))[:, 0],
    "squeeze": lambda x: np.squeeze(x[None, :, None] * np.ones((1, 3, 1))),
    "pieces": lambda x: np.concatenate([x, np.sin(x), M[0]]) * np.stack([x, x], axis=1).ravel()[1],
    "flip": lambda x: np.flip(np.outer(x, x), 1) + x[::-1],
    "a slice": lambda x: x[1:] * x[:-1],
    "an index array": lambda x: x[np.array([2, 0, 0])] * np.take(x, np.array([1, 1, 2])),
    "a mask": lambda x: np.sum(x[x > 0.2] ** 2) * x,
    "separated index arrays": lambda x: (T * x)[np.array([0, 1]), :, np.array([1, 2])],
    "an array of numbers": lambda x: np.array([x[0] * x[1], 2.0, np.sin(x[2])]),
    "full": lambda x: np.full((2, 3), x[1]) * x,
    "triangle": lambda x: np.tril(np.outer(x, x)) + np.triu(np.outer(x, x), 1),
    "numbers": lambda x: float(x[0]) * x[1],
    "nested numbers": lambda x: np.array([[x[0], x[1] * x[2]], [1.0, np.sin(x[0])], [x[2], x[2]]]),
    "nested arrays": lambda x: np.array([[x, np.sin(x)], [M[0], x * x[0]]]),
    "copies": lambda x: np.outer(x, x).copy() * np.outer(x, x).copy(order="K"),
    "diagonals": lambda x: np.diagonal(T[:, :, :2] * x[:2], 0, 2, 0) + np.trace(np.outer(x, x), 1),
    "last axes": lambda x: np.linalg.trace(T * x) * np.linalg.diagonal(T * x, offset=1)[:, 0],
    "padding": lambda x: np.pad(x, (1, 2)) * np.sum(np.pad(np.outer(x, x), ((0, 1), (2, 0)), constant_values=1.0)),
    "padding on all sides": lambda x: np.pad(np.outer(x, x), 1, "edge") + np.pad(np.outer(x, x), (1,), "wrap"),
    "cross products": lambda x: np.cross(x, M) + np.cross(M[1], x) + np.cross(np.sin(x), x),
    "tensordot": lambda x: (
        np.tensordot(T * x, M, 1),
        np.tensordot(T, np.outer(x, x), ((2,), (1,))),
        np.tensordot(T * x, T, ((0, 1), (0, 2))),
        np.tensordot(M, x, 1),
    ),
    "tensordot with everything free": lambda x: np.tensordot(M, np.sin(x), 0),
    "stored twice": stored_twice,
    "lengths that may be one": lambda x: x[: int(x[1] > 0.0)] * x + x[: int(x[1] > 0.0), None] * M,
    "no rule: products of all": lambda x: np.prod(x) * np.linalg.det(M + np.outer(x, x)) * x,
    "by element": by_element,
    "carried": carried,
    "branching": branching,
    "listed": listed,
    "in a context": raised,
}


@pytest.mark.parametrize("jacobian", [jacfwd, jacrev])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_directions_together_and_apart(name, jacobian):
    f = FUNCTIONS[name]
    x = np.array([0.3, 0.7, 0.1])
    J = jacobian(f)(x)
    for k, unit in enumerate(np.eye(3)):
        _, column = jvp(f, (x,), (unit,))
        for entry, expected in zip(J, column, strict=True) if isinstance(J, tuple) else [(J, column)]:
            np.testing.assert_allclose(entry[..., k], expected, rtol=1e-12, atol=1e-13)


def test_second_derivatives():
    f = lambda x: np.sum(by_element(x) ** 2) + np.linalg.norm(carried(x))  # noqa: E731
    x = np.array([0.3, 0.7, 0.1])
    H = hessian(f)(x)
    np.testing.assert_allclose(H, H.T, rtol=1e-12)
    np.testing.assert_allclose(H, jacrev(jacrev(f))(x), rtol=1e-10)
    np.testing.assert_allclose(H[:, 1], jvp(grad(f), (x,), (np.array([0.0, 1.0, 0.0]),))[1], rtol=1e-12)


def test_several_arguments():
    def f(a, B, x):
        return a * (B @ x), np.sum(B) * a

    a, x = 2.0, np.array([0.3, 0.7, 0.1])
    for jacobian in (jacfwd, jacrev):
        (a1, B1, x1), (a2, B2, x2) = jacobian(f, argnums=(0, 1, 2))(a, M, x)
        np.testing.assert_allclose(a1, M @ x)
        np.testing.assert_allclose(B1, a * np.einsum("ij,k->ijk", np.eye(3), x))
        np.testing.assert_allclose(x1, a * M)
        np.testing.assert_allclose(a2, np.sum(M))
        np.testing.assert_allclose(B2, np.full((3, 3), a))
        np.testing.assert_allclose(x2, np.zeros(3))


def test_dtypes_and_empty_arrays():
    for jacobian in (jacfwd, jacrev):
        assert jacobian(lambda x: x * x)(np.ones(2, np.float32)).dtype == np.float32
        assert jacobian(np.sin)(np.zeros(0)).shape == (0, 0)
        assert jacobian(lambda x: 3.0)(np.ones(2)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("jacobian", [jacfwd, jacrev])
def test_the_primal_runs_once(jacobian):
    source = jacobian(lambda x: np.exp(M @ x)).source(np.ones(3))
    assert len(re.findall(r"^[^#]*np\.exp", source, re.MULTILINE)) == 1
    assert "for " not in source


def test_a_sum_of_arrays_starts_from_a_number():
    """The 0 that `sum` begins with is a number where the sum is an array."""

    def f(x, u, n):
        rows = []
        for i in range(n):
            rows.append(np.tanh(u * x * (i + 1)))
            if np.sum(u) > 100.0:
                break
        return 2.0 * sum(rows)

    u = np.array([0.1, 0.2, 0.3])
    by_x, by_u = jacfwd(f, (0, 1))(0.3, u, 2)
    _, dot = jvp(f, (0.3, u, 2), (1.0, np.zeros(3), None))
    np.testing.assert_allclose(by_x, dot)
    for k, row in enumerate(np.eye(3)):
        np.testing.assert_allclose(by_u[:, k], jvp(f, (0.3, u, 2), (0.0, row, None))[1])
    for rows, other in zip(jacrev(f, (0, 1))(0.3, u, 2), (by_x, by_u), strict=True):
        np.testing.assert_allclose(rows, other)


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(k, marks=pytest.mark.slow) for k in range(10, 200))])
def test_random_programs_second_order_in_all_ways(seed):
    """The gradient's Jacobian by columns, by rows and along a direction; and its pullback, against its pushforward."""
    f = load(program(seed))
    args = arguments(f, seed)
    floats = tuple(i for i, x in enumerate(args) if not isinstance(x, int))
    rng = np.random.default_rng(seed)
    g = grad(f, floats)
    with np.errstate(all="ignore"):
        try:
            g(*args)
        except Exception:
            return  # refused, or not a valid program: that is for the fuzzer to say
        dots = [_like(rng, x) if i in floats else None for i, x in enumerate(args)]
        out, out_dot = jvp(g, args, dots)
        for jacobian in (jacfwd, jacrev):
            for row, expected in zip(jacobian(g, floats)(*args), out_dot, strict=True):
                total = sum(np.tensordot(J, dots[i], np.ndim(dots[i])) for J, i in zip(row, floats, strict=True))
                np.testing.assert_allclose(total, expected, rtol=1e-6, atol=1e-8 * (1.0 + np.max(np.abs(expected))))
        bars = tuple(_like(rng, x) for x in out)
        _, pullback = vjp(g, *args)
        pulled = sum(np.sum(x_bar * dots[i]) for i, x_bar in enumerate(pullback(bars)) if i in floats)
        pushed = sum(np.sum(bar * dot) for bar, dot in zip(bars, out_dot, strict=True))
        np.testing.assert_allclose(pulled, pushed, rtol=1e-6, atol=1e-8 * (1.0 + abs(pushed)))


def _like(rng, x):
    return rng.uniform(-1.0, 1.0, x.shape) if np.ndim(x) else float(rng.uniform(-1.0, 1.0))
