"""The gradients of the design document as IR, built by hand."""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Const, For, Function, Stmt, Value
from s2sgrad.ir.primitives import additem, new_list, pop, push, setitem
from s2sgrad.ir.types import FLOAT, INT, Array, Dim, ListOf

F8 = np.dtype(np.float64)


def stmt(text: str) -> Stmt:
    return Stmt(text, "model.py", 1)


def grad_cubic() -> Function:
    x = Value(FLOAT, "x")
    b = Builder(adjoint=True, stmt=stmt("return x ** 3 + 5 * x"))
    x_bar = b.call(operator.add, b.call(operator.mul, 3.0, b.call(operator.pow, x, 2)), 5.0, name="x_bar")
    b.block.results = [x_bar]
    return Function("grad_cubic", [x], b.block)


def grad_logistic() -> Function:
    r, x, n = Value(FLOAT, "r"), Value(FLOAT, "x"), Value(INT, "n")
    stack = ListOf(FLOAT)
    primal = stmt("x = r * x * (1.0 - x)")
    b = Builder(stmt=primal)
    saved = b.typed_call(new_list, stack, name="x_saved")
    i, saved1, x1 = Value(INT, "i"), Value(stack, "x_saved"), Value(FLOAT, "x")
    body = Block([i, x1, saved1])
    with b.inside(body):
        saved2 = b.typed_call(push, stack, saved1, x1, name="x_saved")
        t = b.call(operator.mul, r, x1)
        x2 = b.call(operator.mul, t, b.call(operator.sub, 1.0, x1), name="x")
        body.results = [x2, saved2]
    saved3 = Value(stack, "x_saved")
    b.add(For(Const(0), n, Const(1), [x, saved], body, [Value(FLOAT, "x"), saved3]))
    b.adjoint = True
    i, r_bar, x_bar, s = Value(INT, "i"), Value(FLOAT, "r_bar"), Value(FLOAT, "x_bar"), Value(stack, "x_saved")
    body = Block([i, r_bar, x_bar, s])
    with b.inside(body):
        s2 = b.typed_call(pop, stack, s, name="x_saved")
        xx = Value(FLOAT, "x")
        body.ops[-1].results.append(xx)
        t1 = b.call(operator.mul, b.call(operator.mul, x_bar, b.call(operator.sub, 1.0, xx)), xx)
        r2 = b.call(operator.add, r_bar, t1, name="r_bar")
        u = b.call(operator.mul, b.call(operator.mul, x_bar, b.call(operator.sub, 1.0, xx)), r)
        v = b.call(operator.mul, x_bar, b.call(operator.mul, r, xx))
        x3 = b.call(operator.sub, u, v, name="x_bar")
        body.results = [r2, x3, s2]
    results = [Value(FLOAT, "r_bar"), Value(FLOAT, "x_bar"), Value(stack, "x_saved")]
    b.add(For(Const(0), n, Const(1), [Const(0.0), Const(1.0), saved3], body, results, reverse=True))
    b.block.results = results[:2]
    return Function("grad_logistic", [r, x, n], b.block, out=(0, 1))


def grad_heat() -> Function:
    n = Dim("n", plural=True)
    array, inner = Array(F8, (n,)), Array(F8, (n + -2,))
    u, alpha, steps = Value(array, "u"), Value(FLOAT, "alpha"), Value(INT, "steps")
    primal = stmt("u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])")

    def at(x, *bounds, name=None):
        return b.typed_call(operator.getitem, inner, x, slice(*bounds), name=name)

    b = Builder(stmt=stmt("u = u.copy()"))
    u1 = b.typed_call(np.copy, array, u, name="u")
    b.stmt = primal
    t, u2 = Value(INT, "t"), Value(array, "u")
    body = Block([t, u2])
    with b.inside(body):
        old = at(u2, 1, -1, None)
        difference = b.typed_call(
            operator.sub, inner, at(u2, 2, None, None), b.typed_call(operator.mul, inner, 2.0, at(u2, 1, -1, None))
        )
        lap = b.typed_call(operator.add, inner, difference, at(u2, None, -2, None))
        new = b.typed_call(operator.add, inner, old, b.typed_call(operator.mul, inner, alpha, lap))
        body.results = [b.typed_call(setitem, array, u2, slice(1, -1, None), new, name="u")]
    u3 = Value(array, "u")
    b.add(For(Const(0), steps, Const(1), [u1], body, [u3]))
    b.adjoint = True
    b.stmt = stmt("return np.sum(u ** 2)")
    seed = b.typed_call(operator.mul, array, 2.0, u3, name="u_bar")
    b.stmt = primal
    t, bar = Value(INT, "t"), Value(array, "u_bar")
    body = Block([t, bar])
    with b.inside(body):
        t_bar = b.typed_call(operator.mul, inner, alpha, at(bar, 1, -1, None), name="t_bar")
        bar = b.typed_call(additem, array, bar, slice(2, None, None), t_bar, name="u_bar")
        minus = b.typed_call(operator.neg, inner, b.typed_call(operator.mul, inner, 2.0, t_bar))
        bar = b.typed_call(additem, array, bar, slice(1, -1, None), minus, name="u_bar")
        bar = b.typed_call(additem, array, bar, slice(None, -2, None), t_bar, name="u_bar")
        body.results = [bar]
    result = Value(array, "u_bar")
    b.add(For(Const(0), steps, Const(1), [seed], body, [result], reverse=True))
    b.block.results = [result]
    return Function("grad_heat", [u, alpha, steps], b.block)


def grad_layer() -> Function:
    m, k, n = (Dim(name, plural=True) for name in "mkn")
    W, bias = Value(Array(F8, (k, n)), "W"), Value(Array(F8, (n,)), "b")
    X, Y = Value(Array(F8, (m, k)), "X"), Value(Array(F8, (m, n)), "Y")
    out = Array(F8, (m, n))
    b = Builder(stmt=stmt("H = np.tanh(X @ W + b)"))
    call = b.typed_call
    H = call(np.tanh, out, call(operator.add, out, call(operator.matmul, out, X, W), bias), name="H")
    b.stmt = stmt("R = H - Y")
    R = call(operator.sub, out, H, Y, name="R")
    b.adjoint = True
    b.stmt = stmt("H = np.tanh(X @ W + b)")
    partial = call(operator.sub, out, 1.0, call(operator.mul, out, H, H))
    t_bar = call(operator.mul, out, R, partial, name="t_bar")
    W_bar = call(operator.matmul, W.type, call(np.transpose, Array(F8, (k, m)), X), t_bar, name="W_bar")
    b_bar = call(np.sum, bias.type, t_bar, axis=0, name="b_bar")
    b.block.results = [W_bar, b_bar]
    return Function("grad_layer", [W, bias, X, Y], b.block, out=(0, 1))
