"""Types of run-time lists and dicts, and of the primitives that are about cotangents."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.core import Tree
from s2sgrad.ir.shapes.table import Types, array_of, cannot_tell, type_rule
from s2sgrad.ir.types import FLOAT, NOTHING, OBJECT, UNKNOWN, Array, DictOf, ListOf, Scalar, TupleOf, Type, join


def _type(x: Tree) -> Type:
    if isinstance(x, tuple):
        return TupleOf(tuple(map(_type, x)))
    return array_of(x) if isinstance(x, list) else x.type


@type_rule(primitives.same, primitives.stop_gradient)
def same(x: Tree) -> Types:
    return _type(x)


@type_rule(primitives.new_list)
def new_list() -> Types:
    return ListOf(NOTHING)


@type_rule(primitives.make_list)
def make_list(*items: Tree) -> Types:
    result: Type = NOTHING
    for item in items:
        result = join(result, _type(item))
    return ListOf(result)


@type_rule(primitives.push)
def push(stack: Tree, value: Tree) -> Types:
    t = stack.type
    return ListOf(join(t.item, _type(value))) if isinstance(t, ListOf) else cannot_tell()


@type_rule(primitives.pop)
def pop(stack: Tree) -> Types:
    t = stack.type
    return (t, t.item) if isinstance(t, ListOf) else (UNKNOWN, UNKNOWN)


@type_rule(primitives.new_dict)
def new_dict() -> Types:
    return DictOf(NOTHING, NOTHING)


@type_rule(primitives.get)
def get(items: Tree, key: Tree, default: Tree) -> Types:
    """An item, or the default."""
    t = items.type
    return join(t.item, default.type) if isinstance(t, DictOf) else cannot_tell()


@type_rule(primitives.keys_of)
def keys_of(items: Tree) -> Types:
    t = items.type
    return ListOf(t.key if isinstance(t, DictOf) else OBJECT)


@type_rule(primitives.without_key)
def without_key(items: Tree, key: Tree) -> Types:
    t: Type = items.type
    return t


@type_rule(primitives.raise_)
def raise_(*errors: Tree) -> Types:
    return ()


@type_rule(primitives.unbroadcast)
def unbroadcast(x_bar: Tree, x: Tree) -> Types:
    """The shape of ``x``, the dtype of its cotangent."""
    t, bar = x.type, x_bar.type
    if isinstance(t, Scalar) and isinstance(bar, Scalar):
        return bar
    dtype = bar.dtype if isinstance(bar, (Scalar, Array)) else np.dtype(np.float64)
    if isinstance(t, Array) and t.ndim:
        return Array(dtype, t.shape)
    return Scalar(dtype) if isinstance(t, (Scalar, Array)) else t


@type_rule(primitives.added)
def added(x_bar: Tree, y_bar: Tree) -> Types:
    return _type(y_bar)


@type_rule(primitives.zeros_like)
def zeros_like(x: Tree) -> Types:
    return _zero(_type(x))


def _zero(t: Type) -> Type:
    if isinstance(t, Array):
        return Array(t.dtype if t.dtype.kind in "fc" else np.dtype(np.float64), t.shape)
    if isinstance(t, ListOf):
        return ListOf(_zero(t.item))
    if isinstance(t, TupleOf):
        return TupleOf(tuple(map(_zero, t.items)))
    return FLOAT if isinstance(t, Scalar) else t
