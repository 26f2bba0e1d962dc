"""How ``fixed_point`` and ``root`` are lowered and differentiated.

    x = fixed_point(f, x0, p)          start = ravel x0
                                       x = reshape (iterated f' start (p, …))        f': f on vectors

The function becomes an IR function of a number or a vector and of all that it reads, as those that are given to SciPy's
solvers do (:mod:`s2sgrad.callbacks`); the rules are theirs (:mod:`s2sgrad.rules.implicit_functions`).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from s2sgrad.errors import StructureMismatch
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.flattening import Arguments, freeze, rebuild
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ArrayRef, Thing
from s2sgrad.implicit import LARGE, fixed_point, iterated, newton, raveled, root, unraveled
from s2sgrad.ir.core import Const, Operand
from s2sgrad.ir.shapes.table import Types, array_of, type_rule
from s2sgrad.ir.types import FLOAT, Array, Scalar
from s2sgrad.rules.functions import as_function
from s2sgrad.rules.implicit_functions import (
    cotangents_at_fixed_point,
    cotangents_at_large_fixed_point,
    cotangents_at_large_root,
    cotangents_at_root,
    tangent_at_fixed_point,
    tangent_at_large_fixed_point,
    tangent_at_large_root,
    tangent_at_root,
)
from s2sgrad.rules.table import calls_back, jvp, vjp

Things = list[Thing]
Keywords = dict[str, Thing]


def in_vectors(f: Any, x0: Any) -> Any:
    """The function on vectors, where its argument is a structure."""

    def of_vector(v: Any, *params: Any) -> Any:
        return raveled(like(f(unraveled(v, x0), *params), x0))

    return of_vector


@calls_back(fixed_point)
def _fixed_point(f: Any, x0: Any, *params: Any, tol: Any = None, maxiter: Any = 1000, derivative: Any = "auto") -> Any:
    start = raveled(x0)
    equation, args = as_function(in_vectors(f, x0), (start,), params)
    return unraveled(iterated(equation, start, args, tol, maxiter, derivative), x0)


@calls_back(root)
def _root(f: Any, x0: Any, *params: Any, tol: Any = None, maxiter: Any = 50, derivative: Any = "auto") -> Any:
    start = raveled(x0)
    equation, args = as_function(in_vectors(f, x0), (start,), params)
    return unraveled(newton(equation, start, args, tol, maxiter, derivative), x0)


# -- rules -----------------------------------------------------------------------------------------------


@type_rule(iterated, newton)
def _solution_type(f: Any, x0: Any, *_: Any) -> Types:
    start = array_of(x0)
    if not start.ndim:
        return FLOAT
    return Array(start.dtype if start.dtype.kind in "fc" else np.dtype(float), start.shape)


def is_large(x: Any, derivative: Any) -> Any:
    """Whether to do without the whole Jacobian. The compiler knows how it is lowered."""
    raise NotImplementedError


@handles(is_large)
def _is_large(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """Decided while compiling where the number of unknowns is known, or the author says it."""
    x, derivative = args
    if not isinstance(derivative, Const) or derivative.value not in ("auto", "dense", "iterative"):
        lo.fail("derivative= has to be known while compiling", 'say "auto", "dense" or "iterative"', node)
    t = lo.type_of(x)
    if isinstance(t, Scalar) or derivative.value == "dense":
        return Const(False)
    if derivative.value == "iterative":
        return Const(True)
    if isinstance(t, Array) and t.ndim == 1 and isinstance(t.shape[0], int):
        return Const(t.shape[0] > LARGE)
    return lo.call(operator.gt, lo.value(len, lo.operand(x)), LARGE)


@vjp(iterated)
def _iterated_vjp(x_bar: Any, x: Any, f: Any, x0: Any, args: Any, tol: Any, maxiter: Any, derivative: Any) -> Any:
    if is_large(x, derivative):
        return None, None, cotangents_at_large_fixed_point(f, x, x_bar, args)
    return None, None, cotangents_at_fixed_point(f, x, x_bar, args)


@jvp(iterated)
def _iterated_jvp(dots: Any, x: Any, f: Any, x0: Any, args: Any, tol: Any, maxiter: Any, derivative: Any) -> Any:
    if is_large(x, derivative):
        return tangent_at_large_fixed_point(f, x, args, dots[2])
    return tangent_at_fixed_point(f, x, args, dots[2])


@vjp(newton)
def _newton_vjp(x_bar: Any, x: Any, f: Any, x0: Any, args: Any, tol: Any, maxiter: Any, derivative: Any) -> Any:
    if is_large(x, derivative):
        return None, None, cotangents_at_large_root(f, x, x_bar, args)
    return None, None, cotangents_at_root(f, x, x_bar, args)


@jvp(newton)
def _newton_jvp(dots: Any, x: Any, f: Any, x0: Any, args: Any, tol: Any, maxiter: Any, derivative: Any) -> Any:
    if is_large(x, derivative):
        return tangent_at_large_root(f, x, args, dots[2])
    return tangent_at_root(f, x, args, dots[2])


# -- structures as vectors, while compiling ----------------------------------------------------------------


def like(found: Any, x0: Any) -> Any:
    """What the function returns, if it has the structure of ``x0``. The compiler knows how it is lowered."""
    raise NotImplementedError


@handles(like)
def _like(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    found, x0 = args
    specs = [freeze(Arguments(lo, "an equation").flatten(thing)) for thing in (found, x0)]
    if specs[0] != specs[1]:
        what = "the function of an equation returns another structure than the unknowns have"
        lo.fail(what, "return a value of the structure and the shapes of x0", node, StructureMismatch)
    return found


def _flat(lo: Lowerer, tree: Thing) -> tuple[Any, list[Operand]]:
    flat = Arguments(lo, "an equation")
    return flat.flatten(tree), flat.operands


def _is_number(x: Operand) -> bool:
    return isinstance(x.type, Scalar)


def _rank(x: Operand) -> int | None:
    return x.type.ndim if isinstance(x.type, Array) else None


@handles(raveled)
def _raveled(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    (tree,) = args
    spec, leaves = _flat(lo, tree)
    if spec == "leaf" and _is_number(leaves[0]):
        return Const(float(leaves[0].value)) if isinstance(leaves[0], Const) else lo.call(float, leaves[0])
    if len(leaves) == 1:
        return tree if isinstance(tree, ArrayRef) and _rank(leaves[0]) == 1 else lo.call(np.ravel, leaves[0])
    return lo.call(np.concatenate, tuple(lo.operand(lo.call(np.ravel, x)) for x in leaves))


@handles(unraveled)
def _unraveled(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    x, tree = args
    spec, leaves = _flat(lo, tree)
    if spec == "leaf" and _is_number(leaves[0]):
        return x
    return rebuild(lo, spec, _parts(lo, lo.operand(x), leaves))


def _parts(lo: Lowerer, x: Operand, leaves: list[Operand]) -> Iterator[Operand]:
    """The parts of a vector that belong to the leaves of a structure."""
    place: Operand = Const(0)
    part: Operand
    for k, leaf in enumerate(leaves):
        after = _after(lo, place, leaf)
        if _is_number(leaf):
            part = lo.value(operator.getitem, x, place)
        elif len(leaves) == 1:
            part = x
        else:
            stop = Const(None) if k == len(leaves) - 1 else after
            part = lo.value(operator.getitem, x, slice(place, stop, Const(None)))
        yield part if _is_number(leaf) or _rank(leaf) == 1 else lo.value(np.reshape, part, lo.value(np.shape, leaf))
        place = after


def _after(lo: Lowerer, place: Operand, leaf: Operand) -> Operand:
    size: Operand = Const(1) if _is_number(leaf) else lo.value(np.size, leaf)
    if isinstance(place, Const) and isinstance(size, Const):
        return Const(place.value + size.value)
    return size if isinstance(place, Const) and place.value == 0 else lo.value(operator.add, place, size)
