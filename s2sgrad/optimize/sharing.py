"""Which functions return memory of their own, and which may return (a view of) an argument."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Tree, Value, operands_of
from s2sgrad.ir.primitives import zeros_like
from s2sgrad.ir.types import Array, Object, Scalar
from s2sgrad.rules.memory import is_known_fresh

_VIEWS_NUMPY = (
    "reshape ravel transpose permute_dims matrix_transpose swapaxes moveaxis rollaxis squeeze expand_dims "
    "atleast_1d atleast_2d atleast_3d asarray ascontiguousarray asfortranarray asanyarray split array_split hsplit "
    "vsplit dsplit real flip fliplr flipud rot90 nan_to_num require unstack"
)

#: By identity: what is called need not be hashable.
_SHAPE_ONLY = frozenset(
    map(id, (np.zeros_like, zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, len))
)

VIEWS: frozenset[Any] = frozenset(getattr(np, name) for name in _VIEWS_NUMPY.split() if hasattr(np, name))


def is_fresh(call: Call) -> bool:
    """Whether the results of a call share no memory with anything that exists before it."""
    fn = call.fn
    if any(k in ("out", "copy") or k.startswith("overwrite") for k in call.kwargs) or not _hashable(fn):
        return False
    if is_known_fresh(fn):
        return not any(isinstance(result.type, Object) for result in call.results)
    if fn is np.einsum:  # of one factor: it may be a view
        return len(call.args) > 2
    return fn is operator.getitem and not may_view(call)


def is_view(call: Call) -> bool:
    """Whether the results of a call may share memory with its arguments, but with nothing else."""
    return call.fn is operator.getitem or (_hashable(call.fn) and call.fn in VIEWS)


def may_view(getitem: Call) -> bool:
    """Whether a subscript may give a view: unless an array is among the indices of an array."""
    a, index = getitem.args
    if not isinstance(a.type, Array):
        return True
    entries = index if isinstance(index, tuple) else (index,)
    return not any(_is_array_index(entry) for entry in entries)


def _is_array_index(entry: Tree) -> bool:
    if isinstance(entry, list):
        return True
    return isinstance(entry, (Value, Const)) and isinstance(entry.type, Array) and entry.type.ndim > 0


def reads_shape_only(call: Call) -> bool:
    """Whether a call looks at the shape and dtype of its arrays, not at what is in them."""
    if id(call.fn) not in _SHAPE_ONLY:
        return False
    return all(isinstance(x.type, (Array, Scalar)) or isinstance(x, Const) for x in operands_of(call))


def is_basic_index(index: Tree) -> bool:
    """Whether an index surely is basic, so that subscripting an array by it gives a view or a scalar."""
    entries = index if isinstance(index, tuple) else (index,)
    return all(_is_basic_entry(entry) for entry in entries)


def _is_basic_entry(entry: Tree) -> bool:
    if isinstance(entry, slice):
        return True
    if not isinstance(entry, (Value, Const)):
        return False
    if isinstance(entry, Const) and (entry.value is None or entry.value is Ellipsis or type(entry.value) is slice):
        return True
    return isinstance(entry.type, Scalar) and entry.type.dtype.kind in "iu"


def same_tree(a: Tree, b: Tree) -> bool:
    """Whether two trees consist of the same values and equal constants."""
    if isinstance(a, (Value, Const)) or isinstance(b, (Value, Const)):
        return same_operand(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, slice):
        return all(same_tree(getattr(a, k), getattr(b, k)) for k in ("start", "stop", "step"))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same_tree(a[k], b[k]) for k in a)
    return len(a) == len(b) and all(map(same_tree, a, b))


def same_operand(a: Operand, b: Operand) -> bool:
    if a is b:
        return True
    if not (isinstance(a, Const) and isinstance(b, Const)) or type(a.value) is not type(b.value):
        return False
    return isinstance(a.value, (int, str, type(None), type(Ellipsis), slice)) and bool(a.value == b.value)


def _hashable(fn: Any) -> bool:
    try:
        hash(fn)
    except TypeError:
        return False
    return True
