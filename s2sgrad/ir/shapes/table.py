"""The table of type rules, and how a rule reads its operands.

A rule is called like the function it describes, with operand trees for arguments, and returns the result's
type (a tuple of types for several results). It raises :class:`CannotTell` where only running can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.types import Array, Dim, Length, ListOf, Scalar, TupleOf, Type, type_of

Types = Type | tuple[Type, ...]
TypeRule = Callable[..., Types]
R = TypeVar("R", bound=TypeRule)

TYPE_RULES: dict[Any, TypeRule] = {}


class CannotTell(Exception):
    """The type depends on what is known at run time only."""


def cannot_tell() -> NoReturn:
    raise CannotTell


def type_rule(*functions: Any) -> Callable[[R], R]:
    """Register a type rule."""

    def register(rule: R) -> R:
        for function in functions:
            TYPE_RULES[function] = rule
        return rule

    return register


# -- static arguments --------------------------------------------------------------------------------


def static(tree: Tree) -> Any:
    """The Python value of an argument that must be known: an axis, a flag, a dtype."""
    if isinstance(tree, Const):
        return tree.value
    if isinstance(tree, (tuple, list)):
        return type(tree)(static(item) for item in tree)
    if isinstance(tree, Value):
        raise CannotTell
    return tree  # the default of a rule's parameter


def axes_of(axis: Tree, ndim: int) -> tuple[int, ...]:
    """A static axis argument as non-negative numbers: all axes for None."""
    axis = static(axis)
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if any(not -ndim <= k < ndim for k in axes):
        raise CannotTell
    return tuple(int(k) % ndim for k in axes)


def dtype_of(dtype: Tree, default: np.dtype) -> np.dtype:
    """A static ``dtype`` argument; None is the default."""
    value = static(dtype)
    if value is None:
        return default
    found: np.dtype = np.dtype(value)
    if found.kind not in "biufc":
        raise CannotTell
    return found


# -- lengths -------------------------------------------------------------------------------------------


def length_of(x: Tree) -> Length:
    """The length that an integer operand stands for."""
    if isinstance(x, Const):
        if not isinstance(x.value, (int, np.integer)):
            raise CannotTell
        return int(x.value)
    if isinstance(x, Value):
        if not isinstance(x.type, Scalar) or x.type.dtype.kind not in "iu":
            raise CannotTell
        return x.type.length if x.type.length is not None else Dim(object())
    if isinstance(x, int):
        return x
    raise CannotTell


def shape_operand(tree: Tree) -> tuple[Length, ...]:
    """The lengths that a ``shape`` argument names: an integer, a tuple of them, or a run-time tuple."""
    if isinstance(tree, (tuple, list)):
        return tuple(map(length_of, tree))
    if isinstance(tree, Const) and isinstance(tree.value, (tuple, list)):
        return tuple(int(n) for n in tree.value)
    if isinstance(tree, Value) and isinstance(tree.type, TupleOf):
        items = tree.type.items
        if not all(isinstance(item, Scalar) and item.dtype.kind in "iu" for item in items):
            raise CannotTell
        return tuple(item.length if item.length is not None else Dim(object()) for item in items)  # type: ignore[attr-defined]
    return (length_of(tree),)


# -- arrays --------------------------------------------------------------------------------------------


def array_of(tree: Tree) -> Array:
    """The type of ``np.asarray(tree)``."""
    t = tree.type if isinstance(tree, (Value, Const)) else None
    if isinstance(t, Array):
        return t
    if isinstance(t, Scalar):
        return Array(t.dtype, ())
    if isinstance(t, (ListOf, TupleOf)):
        return _array_of_type(t)
    if isinstance(tree, Const) and isinstance(tree.value, (list, tuple)):
        t = type_of(np.asarray(tree.value))
        return t if isinstance(t, Array) else cannot_tell()
    if isinstance(tree, (tuple, list)):
        return _stack([array_of(item) for item in tree])
    raise CannotTell


def _array_of_type(t: Type) -> Array:
    if isinstance(t, Scalar):
        return Array(t.dtype, ())
    if isinstance(t, ListOf):
        item = _array_of_type(t.item)
        return Array(item.dtype, (Dim(object()), *item.shape))
    if isinstance(t, TupleOf):
        return _stack([_array_of_type(item) for item in t.items])
    return t if isinstance(t, Array) else cannot_tell()


def _stack(items: list[Array]) -> Array:
    if not items:
        return Array(np.dtype(np.float64), (0,))
    if any(item.ndim != items[0].ndim for item in items):
        raise CannotTell
    dtype = np.result_type(*(item.dtype for item in items))
    lengths = zip(*(item.shape for item in items), strict=True)
    shape = tuple(ns[0] if all(n == ns[0] for n in ns) else Dim(object()) for ns in lengths)
    return Array(dtype, (len(items), *shape))


def of_shape(dtype: np.dtype, shape: tuple[Length, ...]) -> Type:
    """What NumPy's functions return: an array, or a NumPy scalar in place of an array of rank 0."""
    return Array(dtype, shape) if shape else Scalar(dtype)
