"""Types of Python's builtins, of the ``math`` module, and of what asks for a shape."""

from __future__ import annotations

import cmath
import math
import operator
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.primitives import polygamma
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.elementwise import elementwise
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, of_shape, type_rule
from s2sgrad.ir.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    OBJECT,
    UNKNOWN,
    Array,
    ListOf,
    Scalar,
    TupleOf,
    Type,
    Unknown,
    join,
    mixed_classes,
)

# -- conversions -----------------------------------------------------------------------------------------


@type_rule(float)
def float_(x: Tree = 0.0) -> Types:
    return FLOAT


@type_rule(complex)
def complex_(*_: Tree) -> Types:
    return COMPLEX


@type_rule(int, operator.index)
def int_(x: Tree = 0, *_: Tree) -> Types:
    if isinstance(x, (Value, Const)) and isinstance(x.type, Scalar) and x.type.dtype.kind in "iu":
        return replace(INT, length=x.value if isinstance(x, Const) else x.type.length)
    return INT


@type_rule(round)
def round_(x: Tree, digits: Tree = None) -> Types:
    t = x.type if isinstance(x, (Value, Const)) else cannot_tell()
    none = digits is None or (isinstance(digits, Const) and digits.value is None)
    if isinstance(t, Scalar) and t.dtype.kind in "fi":
        return (INT if t.dtype.kind == "f" else t) if none else t
    return t if isinstance(t, Array) and not none else cannot_tell()


# -- the largest, the smallest, the sum --------------------------------------------------------------------


@type_rule(max, min)
def largest(*xs: Tree) -> Types:
    if len(xs) == 1:
        return _largest_item(xs[0])
    types = [x.type if isinstance(x, (Value, Const)) else cannot_tell() for x in xs]
    if not all(isinstance(t, Scalar) for t in types):
        return UNKNOWN
    mixed = mixed_classes(*types)  # type: ignore[arg-type]
    if len({(t.dtype, t.weak) for t in types}) == 1:  # type: ignore[attr-defined]
        return replace(types[0], length=None, mixed=mixed)  # type: ignore[call-arg]
    result = types[0]
    for t in types[1:]:
        both = [Value(result), Value(t)]
        weak = result.weak and t.weak  # type: ignore[attr-defined]
        result = join(result, t) if weak else elementwise(np.maximum, np.maximum, both)  # type: ignore[assignment]
    return replace(result, mixed=mixed)  # type: ignore[call-arg]


def _largest_item(xs: Tree) -> Types:
    if isinstance(xs, (tuple, list)):
        return largest(*xs) if len(xs) > 1 else cannot_tell()
    t = xs.type
    if isinstance(t, ListOf) and isinstance(t.item, Scalar):
        return t.item
    if isinstance(t, TupleOf) and t.items and all(isinstance(item, Scalar) for item in t.items):
        return largest(*map(Value, t.items)) if len(t.items) > 1 else t.items[0]
    return Scalar(t.dtype) if isinstance(t, Array) and t.ndim == 1 else UNKNOWN


@type_rule(sum)
def sum_(xs: Tree, start: Tree = None) -> Types:
    first: Tree = Const(0) if start is None else start
    if isinstance(xs, (tuple, list)):
        items = list(xs)
    elif isinstance(xs.type, TupleOf):
        items = [Value(t) for t in xs.type.items]
    elif isinstance(xs.type, Array) and xs.type.ndim:
        items = [Value(of_shape(xs.type.dtype, xs.type.shape[1:]))]
    elif isinstance(xs.type, ListOf) and isinstance(xs.type.item, Scalar):
        item = Value(xs.type.item)
        total = elementwise(operator.add, np.add, [first, item])
        return join(first.type, total) if isinstance(total, Scalar) else UNKNOWN
    else:
        return UNKNOWN
    result: Any = first
    for item in items:
        t = elementwise(operator.add, np.add, [result, item])
        if not isinstance(t, Type):
            cannot_tell()
        result = Value(t)
    return result.type  # type: ignore[no-any-return]


# -- shapes ------------------------------------------------------------------------------------------------


@type_rule(len)
def len_(x: Tree) -> Types:
    if isinstance(x, (tuple, list)):
        return replace(INT, length=len(x))
    t = x.type
    if isinstance(t, Array) and t.ndim:
        return replace(INT, length=t.shape[0])
    return replace(INT, length=len(t.items)) if isinstance(t, TupleOf) else INT


@type_rule(np.shape)
def shape(x: Tree) -> Types:
    if isinstance(x, Value) and isinstance(x.type, Unknown):
        return OBJECT  # a tuple of integers, of any length
    return TupleOf(tuple(replace(INT, length=n) for n in array_of(x).shape))


@type_rule(np.ndim)
def ndim(x: Tree) -> Types:
    return INT


@type_rule(np.size)
def size(x: Tree, axis: Tree = None) -> Types:
    if isinstance(axis, Const) and isinstance(axis.value, int):
        return replace(INT, length=array_of(x).shape[axis.value])
    if not isinstance(x, (Value, Const)) or not isinstance(x.type, (Scalar, Array)):
        return INT
    return replace(INT, length=lengths.product(*array_of(x).shape, 1))


@type_rule(
    operator.not_,
    operator.is_,
    operator.is_not,
    operator.contains,
    operator.truth,
    bool,
    callable,
    isinstance,
    any,
    all,
    math.isclose,
    math.isfinite,
    math.isinf,
    math.isnan,
)
def boolean(*_: Tree, **__: Tree) -> Types:
    return BOOL


# -- math --------------------------------------------------------------------------------------------------

_INTEGER = ("ceil", "comb", "factorial", "floor", "gcd", "isqrt", "lcm", "perm", "trunc")
_SPECIAL = {"frexp", "modf", "prod", "isclose", "isfinite", "isinf", "isnan"}


@type_rule(*(getattr(math, name) for name in _INTEGER))
def math_integer(*_: Tree) -> Types:
    return INT


@type_rule(
    polygamma,
    *(
        function
        for name, function in sorted(vars(math).items())
        if callable(function) and not name.startswith("_") and name not in _INTEGER and name not in _SPECIAL
    ),
)
def math_float(*_: Tree) -> Types:
    return FLOAT


@type_rule(math.modf)
def math_modf(x: Tree) -> Types:
    return FLOAT, FLOAT


@type_rule(math.frexp)
def math_frexp(x: Tree) -> Types:
    return FLOAT, INT


# -- cmath -------------------------------------------------------------------------------------------------


@type_rule(
    *(
        function
        for name, function in sorted(vars(cmath).items())
        if callable(function) and not name.startswith("_") and name not in {*_SPECIAL, "phase", "polar"}
    )
)
def cmath_complex(*_: Tree) -> Types:
    return COMPLEX


@type_rule(cmath.phase)
def cmath_phase(z: Tree) -> Types:
    return FLOAT


@type_rule(cmath.polar)
def cmath_polar(z: Tree) -> Types:
    return FLOAT, FLOAT


@type_rule(cmath.isclose, cmath.isfinite, cmath.isinf, cmath.isnan)
def cmath_predicate(*_: Tree, **__: Tree) -> Types:
    return BOOL
