"""Which operations may raise which exceptions: what is not known may raise anything."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, For, If, Op, Tree, Value, While, With, operands_of, walk
from s2sgrad.ir.primitives import get, getindex, keys_of, make_list, new_dict, new_list, push, setitem
from s2sgrad.ir.types import Array, DictOf, ListOf, Scalar, TupleOf, Type

Exceptions = tuple[type[BaseException], ...]

_ANYTHING: Exceptions = (BaseException,)
_NUMPY: Exceptions = (ValueError, TypeError, IndexError, ArithmeticError)
_NEVER: frozenset[Any] = frozenset(
    {
        push,
        new_list,
        new_dict,
        get,
        keys_of,
        make_list,
        isinstance,
        tuple,
        operator.is_,
        operator.is_not,
        np.shape,
        np.ndim,
        np.size,
        type,
        id,
    }
)
_ARITHMETIC: frozenset[Any] = frozenset(
    {
        *(operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs, operator.not_, abs, bool),
        *(operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge),
        *(operator.and_, operator.or_, operator.xor, max, min, operator.truth),
    }
)
_DIVISIONS: frozenset[Any] = frozenset({operator.truediv, operator.floordiv, operator.mod, operator.pow, divmod, pow})
_VIEWS: frozenset[Any] = frozenset({np.transpose, np.copy, np.zeros_like, np.ones_like, np.empty_like})
_MATH = frozenset(fn for fn in vars(math).values() if callable(fn))


def may_raise(call: Call, exceptions: Exceptions) -> bool:
    """Whether a call may raise an exception of one of these classes."""
    return meets(possible(call), exceptions)


def meets(raised: Exceptions, caught: Exceptions) -> bool:
    """Whether ``except caught`` may catch something of ``raised``."""
    return any(issubclass(p, e) or p is BaseException for p in raised for e in caught)


def escaping(raised: Exceptions, caught: Exceptions) -> Exceptions:
    """What of ``raised`` passes ``except caught`` by."""
    if any(issubclass(Exception, e) for e in caught):
        return ()
    return tuple(p for p in raised if not issubclass(p, caught))


def op_may_raise(op: Op, exceptions: Exceptions) -> bool:
    """Whether an operation may raise one of these itself (not what stands in its blocks)."""
    if isinstance(op, Call):
        return may_raise(op, exceptions)
    if isinstance(op, With):
        return op.context.fn is not np.errstate
    if isinstance(op, For):
        return not isinstance(op.step, Const)
    if isinstance(op, If):
        return not isinstance(op.cond.type, Scalar) and isinstance(op.cond, Value)
    return isinstance(op, While) and not all(isinstance(x.type, Scalar) for x in op.cond.results)


def block_may_raise(block: Block, exceptions: Exceptions) -> bool:
    """Whether running a block may raise one of these."""
    return ops_may_raise(block.ops, exceptions)


def ops_may_raise(ops: Iterable[Op], exceptions: Exceptions) -> bool:
    """Whether running these operations may raise one of these."""
    return any(op_may_raise(op, exceptions) for op in walk(Block([], list(ops))))


def possible(call: Call) -> Exceptions:
    """The classes of what a call may raise."""
    fn = call.fn
    if fn is print or makes_exception(fn):
        return ()
    if call.effect or type(fn).__hash__ is None:
        return _ANYTHING
    types = [x.type for x in operands_of(call)]
    if fn in _NEVER or (fn is len and isinstance(types[0], (Array, ListOf, DictOf, TupleOf)) and _has_length(types[0])):
        return ()
    if fn is operator.getitem or fn is setitem or fn is getindex:
        return _of_access(call, fn)
    if fn in _ARITHMETIC and _is_python(types):
        return ()
    if fn in _DIVISIONS and _is_python(types):
        return (ZeroDivisionError, OverflowError)
    if fn in _ARITHMETIC or fn in _DIVISIONS or isinstance(fn, np.ufunc):
        if not all(isinstance(t, (Scalar, Array)) for t in types):
            return _ANYTHING
        found = (FloatingPointError,) if _broadcasts(types) else (FloatingPointError, ValueError)
        python = fn in _DIVISIONS and all(isinstance(t, Scalar) and not all(map(_is_numpy, t.classes)) for t in types)
        return (*found, ZeroDivisionError, OverflowError) if python else found
    if fn in _VIEWS and all(isinstance(t, (Scalar, Array)) for t in types):
        return ()
    if fn in _MATH:
        return (ValueError, OverflowError, ZeroDivisionError)
    if fn is float and _is_python(types):
        return (OverflowError,)
    if getattr(fn, "__module__", None) in ("numpy", "numpy.linalg") and not isinstance(fn, type):
        calls_back = any(isinstance(x, Const) and callable(x.value) for x in operands_of(call))
        return _ANYTHING if calls_back else _NUMPY if fn.__module__ == "numpy" else (*_NUMPY, np.linalg.LinAlgError)
    return _ANYTHING


def makes_exception(fn: Any) -> bool:
    """Whether this is an exception class: to make an exception raises none."""
    return isinstance(fn, type) and issubclass(fn, BaseException)


def _of_access(call: Call, fn: Any) -> Exceptions:
    """Subscripts of arrays, lists, dicts and tuples; slices never raise."""
    source = call.args[0].type
    if isinstance(source, DictOf):
        return (KeyError,) if fn is getindex else ()
    if not isinstance(source, (Array, ListOf, TupleOf)):
        return _ANYTHING
    if isinstance(source, TupleOf) and isinstance(call.args[1], Const):
        return ()
    found: Exceptions = () if _is_slice(call.args[1]) else (IndexError,)
    if fn is not setitem or not isinstance(source, Array):
        return found
    return (*found, ValueError, TypeError, FloatingPointError)


def _is_slice(index: Tree) -> bool:
    return isinstance(index, slice) or (isinstance(index, Const) and index.value is Ellipsis)


def _has_length(t: Type) -> bool:
    return not isinstance(t, Array) or t.ndim > 0


def _is_python(types: list[Type]) -> bool:
    """Python's own numbers: their arithmetic raises nothing that NumPy's settings decide."""
    return all(isinstance(t, Scalar) and (t.dtype.kind == "b" or not any(map(_is_numpy, t.classes))) for t in types)


def _is_numpy(cls: type) -> bool:
    return issubclass(cls, np.generic)


def _broadcasts(types: list[Type]) -> bool:
    """Whether these surely have shapes that go together."""
    shapes = {t.shape for t in types if isinstance(t, Array) and t.ndim}
    return len(shapes) <= 1 and all(n is not None for shape in shapes for n in shape)
