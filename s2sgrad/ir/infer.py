"""Result types of calls: ``infer(fn, args, kwargs) -> Type`` (a tuple of types for several results).

Elementwise functions broadcast their shapes symbolically and ask NumPy for the dtype. Functions whose
shapes follow other laws have a type rule, registered with :func:`type_rule`. Everything else is *run on a
witness*: tiny arrays of the right dtype whose lengths are distinct small numbers, one per symbol, so that
NumPy itself says dtype and rank, and equal lengths can be read back. What cannot be told is ``Unknown``.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, leaves, map_tree
from s2sgrad.ir.types import (
    BOOL,
    OBJECT,
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

Types = Type | tuple[Type, ...]
TypeRule = Callable[..., Types]

TYPE_RULES: dict[Any, TypeRule] = {}


def type_rule(*functions: Any) -> Callable[[TypeRule], TypeRule]:
    """Register a type rule. It is called like the function, with operands (Value, Const, trees) as arguments."""

    def register(rule: TypeRule) -> TypeRule:
        for function in functions:
            TYPE_RULES[function] = rule
        return rule

    return register


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


def infer(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Types:
    """The type of ``fn(*args, **kwargs)``; a tuple of types where the call has several results."""
    rule = TYPE_RULES.get(fn)
    if rule is not None:
        return rule(*args, **kwargs)
    operands = list(leaves(args)) + list(leaves(kwargs))
    if any(x.type == OBJECT and not isinstance(x, Const) for x in operands):
        return UNKNOWN
    ufunc = fn if isinstance(fn, np.ufunc) else UFUNC_OF_OPERATOR.get(fn)
    if ufunc is not None and ufunc.signature is None and not kwargs and len(args) == ufunc.nin:
        return elementwise(fn, ufunc, [x.type for x in operands])
    if any(isinstance(x.type, Unknown) for x in operands):
        return UNKNOWN
    return run_on_witness(fn, args, kwargs)


# -- elementwise -----------------------------------------------------------------------------------


def elementwise(fn: Any, ufunc: np.ufunc, types: list[Type]) -> Types:
    """The result of a ufunc, or of the operator that stands for it."""
    if any(not t.is_numeric for t in types):
        return UNKNOWN
    if any(isinstance(t, Unknown) for t in types):
        return _unknown_elementwise(types)
    if fn is not ufunc and all(isinstance(t, Scalar) and t.weak for t in types):
        return _python_scalar(fn, types)
    dtypes = _result_dtypes(ufunc, types)
    if dtypes is None:
        return UNKNOWN
    if any(isinstance(t, Array) and t.ndim for t in types):
        shape = broadcast(*(t.shape for t in types if isinstance(t, Array)))
        results: tuple[Type, ...] = tuple(Array(d, shape) for d in dtypes)
    else:
        results = tuple(Scalar(d) for d in dtypes)
    return results[0] if len(results) == 1 else results


def _unknown_elementwise(types: list[Type]) -> Type:
    """An unknown shape survives when it is the only shape there is."""
    shapes = {t.shape for t in types if isinstance(t, Unknown)}
    others = [t for t in types if isinstance(t, Array) and t.ndim]
    return Unknown(shapes.pop()) if len(shapes) == 1 and not others else UNKNOWN


_WEAK_WITNESS = {"b": True, "i": 2, "f": 0.5, "c": 0.5 + 0.5j}


def _python_scalar(fn: Any, types: list[Type]) -> Type:
    if fn is operator.pow and types[0].dtype.kind in "ib" and types[1].dtype.kind in "ib":  # type: ignore[attr-defined]
        return Scalar(np.dtype(np.int64), weak=True)
    return type_of(fn(*(_WEAK_WITNESS[t.dtype.kind] for t in types)))  # type: ignore[attr-defined]


_DTYPES: dict[Any, tuple[np.dtype, ...] | None] = {}


def _result_dtypes(ufunc: np.ufunc, types: list[Type]) -> tuple[np.dtype, ...] | None:
    key = (ufunc, *((t.dtype, isinstance(t, Scalar) and t.weak) for t in types))  # type: ignore[attr-defined]
    if key not in _DTYPES:
        weak = {"i": int, "f": float, "c": complex}
        operands = [
            weak.get(t.dtype.kind, t.dtype) if isinstance(t, Scalar) and t.weak else t.dtype  # type: ignore[attr-defined]
            for t in types
        ]
        try:
            resolved = ufunc.resolve_dtypes((*operands, *([None] * ufunc.nout)))
            _DTYPES[key] = tuple(resolved[ufunc.nin :])
        except TypeError:
            _DTYPES[key] = None
    return _DTYPES[key]


def broadcast(*shapes: tuple[Length, ...]) -> tuple[Length, ...]:
    """The broadcast shape. Where two lengths that may each be 1 differ, the result is a new symbol."""
    rank = max(map(len, shapes), default=0)
    result: list[Length] = []
    for k in range(-rank, 0):
        length: Length = 1
        for shape in shapes:
            if len(shape) >= -k:
                length = _broadcast_length(length, shape[k])
        result.append(length)
    return tuple(result)


def _broadcast_length(m: Length, n: Length) -> Length:
    if m == n:
        return m if not maybe_one(m) else n
    if m == 1:
        return n
    if n == 1 or not maybe_one(m):
        return m
    if not maybe_one(n):
        return n
    return Dim(("broadcast", *sorted((m, n), key=repr)))


# -- running on a witness ------------------------------------------------------------------------------


_SIZES = (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43)


def witness_of(t: Type, sizes: dict[Any, int]) -> Any:
    """A tiny run-time value of this type; ``sizes`` assigns a length to each symbol and is added to."""
    if isinstance(t, Scalar):
        value = _WEAK_WITNESS["i" if t.dtype.kind == "u" else t.dtype.kind]
        return value if t.weak else t.dtype.type(value)
    if isinstance(t, Array):
        shape = tuple(_size(n, sizes) for n in t.shape)
        witness = np.full(shape, 0.25 if t.dtype.kind in "fc" else 1, t.dtype)
        if t.ndim >= 2 and shape[-1] == shape[-2]:
            witness = witness + np.eye(shape[-1], dtype=t.dtype)
        return witness.astype(t.dtype)
    raise TypeError(t)


def _size(n: Length, sizes: dict[Any, int]) -> int:
    base, offset = (n.base, n.offset) if isinstance(n, Dim) else (("literal", n), 0)
    if isinstance(n, int) and n <= 4:
        return n
    if base not in sizes:
        sizes[base] = _SIZES[min(len(sizes), len(_SIZES) - 1)]
    return max(sizes[base] + offset, 2)


def run_on_witness(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Types:
    """What ``fn`` returns for tiny arguments of these types; ``Unknown`` where it does not run on them."""
    sizes: dict[Any, int] = {}

    def witness(x: Any) -> Any:
        return x.value if isinstance(x, Const) else witness_of(x.type, sizes)

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = fn(*map_tree(witness, args), **map_tree(witness, kwargs))
    except Exception:
        return UNKNOWN
    lengths: dict[int, Length] = {}
    for x in (*leaves(args), *leaves(kwargs)):
        if isinstance(x.type, Array) and not isinstance(x, Const):
            for n in x.type.shape:
                lengths.setdefault(_size(n, sizes), n)

    def read_back(r: Any) -> Type:
        t = type_of(r)
        if isinstance(t, Array):
            return Array(t.dtype, tuple(n if n == 1 else lengths.get(n, Dim(object())) for n in t.shape))  # type: ignore[arg-type]
        return t

    if isinstance(result, (tuple, list)):
        return tuple(read_back(r) for r in result)
    return read_back(result)


@type_rule(operator.not_, operator.is_, operator.is_not, operator.contains, isinstance, callable)
def _bool(*_: Tree) -> Type:
    return BOOL
