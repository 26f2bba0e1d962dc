"""Types of elementwise calls: shapes broadcast symbolically, NumPy says the dtype."""

from __future__ import annotations

import itertools
import operator
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.shapes import lengths
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, of_shape, static, type_rule
from s2sgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Length,
    Scalar,
    Type,
    Unknown,
    maybe_one,
    type_of,
)

UFUNC_OF_OPERATOR: dict[Any, np.ufunc] = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.floordiv: np.floor_divide,
    operator.mod: np.remainder,
    operator.pow: np.power,
    operator.neg: np.negative,
    operator.pos: np.positive,
    operator.abs: np.absolute,
    abs: np.absolute,
    pow: np.power,
    divmod: np.divmod,
    operator.invert: np.invert,
    operator.and_: np.bitwise_and,
    operator.or_: np.bitwise_or,
    operator.xor: np.bitwise_xor,
    operator.lshift: np.left_shift,
    operator.rshift: np.right_shift,
    operator.lt: np.less,
    operator.le: np.less_equal,
    operator.gt: np.greater,
    operator.ge: np.greater_equal,
    operator.eq: np.equal,
    operator.ne: np.not_equal,
}


def elementwise(fn: Any, ufunc: np.ufunc, operands: list[Tree]) -> Types:
    """The result of a ufunc, or of the operator that stands for it."""
    types = [x.type if isinstance(x, (Value, Const)) else array_of(x) for x in operands]
    if fn is not ufunc and any(isinstance(t, Scalar) and t.mixed for t in types):
        return _of_mixed_numbers(fn, ufunc, operands, types)
    return _elementwise(fn, ufunc, operands, types)


def _elementwise(fn: Any, ufunc: np.ufunc, operands: list[Tree], types: list[Type]) -> Types:
    if all(isinstance(t, Scalar) and t.weak for t in types) and fn is not ufunc:
        return _python_scalar(fn, operands, types)
    if not all(t.is_numeric for t in types):
        return UNKNOWN
    if any(isinstance(t, Unknown) for t in types):
        return _unknown_elementwise(types)
    dtypes = result_dtypes(ufunc, types)
    shape = broadcast(*(t.shape for t in types if isinstance(t, Array)))
    if len(dtypes) == 1:
        return of_shape(dtypes[0], shape)
    return tuple(of_shape(d, shape) for d in dtypes)


def _unknown_elementwise(types: list[Type]) -> Type:
    """An unknown shape survives when it is the only shape there is."""
    shapes = {t.shape for t in types if isinstance(t, Unknown)}
    if len(shapes) > 1:
        shapes.discard(())  # a number takes the shape of what it is combined with
    others = [t for t in types if isinstance(t, Array) and t.ndim]
    return Unknown(shapes.pop()) if len(shapes) == 1 and not others else UNKNOWN


def _of_mixed_numbers(fn: Any, ufunc: np.ufunc, operands: list[Tree], types: list[Type]) -> Types:
    """An operator on numbers that are Python's on one path and NumPy's on another: so is the result."""
    result = _elementwise(fn, ufunc, operands, types)
    if not isinstance(result, Scalar) or not all(isinstance(t, Scalar) for t in types):
        return result
    key = fn, *(t.classes for t in types)  # type: ignore[attr-defined]
    if key not in _MIXED:
        found = {type(fn(*map(_example, classes))) for classes in itertools.product(*key[1:])}
        _MIXED[key] = tuple(sorted(found, key=str)) if len(found) > 1 else ()
    return replace(result, mixed=_MIXED[key])


_MIXED: dict[Any, tuple[type, ...]] = {}


def _example(cls: type) -> Any:
    return cls(WEAK_WITNESS[np.dtype(cls).kind])


# -- Python's numbers ----------------------------------------------------------------------------------

WEAK_WITNESS: dict[str, Any] = {"b": True, "i": 2, "u": 2, "f": 0.5, "c": 0.5 + 0.5j}

_PYTHON: dict[Any, Types] = {}


def _python_scalar(fn: Any, operands: list[Tree], types: list[Type]) -> Types:
    kinds = "".join(t.dtype.kind for t in types)  # type: ignore[attr-defined]
    key = (fn, kinds)
    if key not in _PYTHON:
        _PYTHON[key] = _try_python(fn, kinds)
    result = _PYTHON[key]
    if kinds in ("ii", "i") and isinstance(result, Scalar) and result.dtype.kind == "i":
        return replace(result, length=_integer(fn, operands))
    return result


def _try_python(fn: Any, kinds: str) -> Types:
    try:
        result = fn(*(WEAK_WITNESS[kind] for kind in kinds))
    except TypeError:
        return UNKNOWN
    return tuple(map(type_of, result)) if isinstance(result, tuple) else type_of(result)


def _integer(fn: Any, operands: list[Tree]) -> Length | None:
    """The length that a sum, difference or product of integers equals."""
    known = [x.value if isinstance(x, Const) else x.type.length for x in operands]
    if any(n is None for n in known):
        return None
    if fn is operator.add:
        return lengths.add(*known)
    if fn is operator.sub:
        return lengths.subtract(*known)
    if fn is operator.mul:
        return lengths.product(*known)
    if fn is operator.neg:
        return lengths.scale(known[0], -1)
    if fn in (operator.floordiv, operator.mod):
        return Dim((fn.__name__, *known))
    return None


# -- dtypes and shapes -----------------------------------------------------------------------------------

_DTYPES: dict[Any, tuple[np.dtype, ...] | None] = {}
_WEAK_TYPES = {"i": int, "f": float, "c": complex}


def result_dtypes(ufunc: np.ufunc, types: list[Type]) -> tuple[np.dtype, ...]:
    """The dtypes of a ufunc's results, as NumPy promotes (NEP 50)."""
    key: tuple[Any, ...] = (ufunc, *((t.dtype, isinstance(t, Scalar) and t.weak) for t in types))  # type: ignore[attr-defined]
    if key not in _DTYPES:
        operands = [_WEAK_TYPES.get(dtype.kind, dtype) if weak else dtype for dtype, weak in key[1:]]
        if len(operands) == 1 and not isinstance(operands[0], np.dtype):
            operands = [np.dtype(operands[0])]
        try:
            _DTYPES[key] = tuple(ufunc.resolve_dtypes((*operands, *([None] * ufunc.nout)))[ufunc.nin :])
        except TypeError:
            _DTYPES[key] = None
    found = _DTYPES[key]
    if found is None or any(d.kind not in "biufc" for d in found):
        cannot_tell()
    return found


def broadcast(*shapes: tuple[Length, ...]) -> tuple[Length, ...]:
    """The broadcast shape. Where two lengths that may each be 1 differ, the result is a new symbol."""
    if not shapes:
        return ()
    result = shapes[0]
    for shape in shapes[1:]:
        if shape != result:
            result = _broadcast_two(result, shape)
    return result


def _broadcast_two(a: tuple[Length, ...], b: tuple[Length, ...]) -> tuple[Length, ...]:
    if len(a) < len(b):
        a, b = b, a
    extra = len(a) - len(b)
    return a[:extra] + tuple(map(_broadcast_length, a[extra:], b))


def _broadcast_length(m: Length, n: Length) -> Length:
    if m == n:
        return m if not maybe_one(m) else n
    if m == 1:
        return n
    if n == 1 or not maybe_one(m):
        return m
    if not maybe_one(n):
        return n
    return Dim(("broadcast", frozenset((m, n))))


# -- elementwise functions that are not ufuncs -------------------------------------------------------------


def _types(*trees: Tree) -> list[Type]:
    types = [x.type if isinstance(x, (Value, Const)) else array_of(x) for x in trees]
    return types if all(isinstance(t, (Scalar, Array)) for t in types) else cannot_tell()


@type_rule(np.where)
def where(condition: Tree, *branches: Tree) -> Types:
    if len(branches) != 2:
        cannot_tell()
    types = _types(condition, *branches)
    (dtype,) = result_dtypes(np.maximum, types[1:])
    return Array(dtype, broadcast(*(t.shape for t in types if isinstance(t, Array))))


@type_rule(np.clip)
def clip(x: Tree, a_min: Tree = None, a_max: Tree = None, *, min: Tree = None, max: Tree = None) -> Types:
    bounds = [b for b in (a_min, a_max, min, max) if b is not None and not (isinstance(b, Const) and b.value is None)]
    result: Tree = x
    for bound in bounds:
        both = elementwise(np.maximum, np.maximum, [result, bound])
        if isinstance(both, (tuple, Unknown)):
            cannot_tell()
        result = Value(both)
    t: Any = result.type if isinstance(result, (Value, Const)) else array_of(result)
    return of_shape(t.dtype, t.shape if isinstance(t, Array) else ()) if t.is_numeric else UNKNOWN


@type_rule(np.round, np.around)
def round_(x: Tree, decimals: Tree = 0) -> Types:
    (t,) = _types(x)
    if t.dtype.kind == "b":  # type: ignore[attr-defined]
        cannot_tell()
    return of_shape(t.dtype, t.shape if isinstance(t, Array) else ())  # type: ignore[attr-defined]


@type_rule(np.nan_to_num)
def nan_to_num(x: Tree, copy: Tree = True, nan: Tree = 0.0, posinf: Tree = None, neginf: Tree = None) -> Types:
    (t,) = _types(x)
    return of_shape(t.dtype, t.shape if isinstance(t, Array) else ())  # type: ignore[attr-defined]


@type_rule(np.real, np.imag)
def real(x: Tree) -> Types:
    (t,) = _types(x)
    dtype = t.dtype  # type: ignore[attr-defined]
    if dtype.kind == "c":
        dtype = np.dtype(f"f{dtype.itemsize // 2}")
    if isinstance(t, Array):
        return Array(dtype, t.shape)
    return Scalar(dtype, t.weak) if dtype != t.dtype else t  # type: ignore[attr-defined]


@type_rule(np.angle)
def angle(x: Tree, deg: Tree = False) -> Types:
    (t,) = _types(x)
    static(deg)
    dtype = t.dtype  # type: ignore[attr-defined]
    dtype = np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else result_dtypes(np.arctan2, [t, t])[0]
    return of_shape(dtype, t.shape if isinstance(t, Array) else ())


@type_rule(np.isclose)
def isclose(x: Tree, y: Tree, rtol: Tree = None, atol: Tree = None, equal_nan: Tree = False) -> Types:
    static(equal_nan)
    return elementwise(np.equal, np.equal, [x, y])


@type_rule(np.isscalar, np.iscomplexobj, np.isrealobj, np.allclose, np.array_equal)
def predicate(*_: Tree, **__: Tree) -> Types:
    return Scalar(np.dtype(np.bool_), weak=True)
