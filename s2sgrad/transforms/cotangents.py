"""Cotangents as values: their zeros, their names, and making a contribution fit what it belongs to.

A cotangent of ``x`` has the shape of ``x``, and its dtype where ``x`` has one. A contribution that a rule
gives for an operand that was broadcast has the shape of the result: :func:`conform` sums it back, along axes
that are known while compiling wherever the types tell them.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Const, Operand, Value
from s2sgrad.ir.types import (
    FLOAT,
    UNKNOWN,
    Array,
    DictOf,
    Length,
    ListOf,
    Scalar,
    Type,
    Unknown,
    is_complex,
    is_differentiable,
    maybe_one,
)


def bar_name(x: Operand) -> str:
    """``x_bar`` for a value named x, ``t_bar`` for a temporary."""
    return f"{(isinstance(x, Value) and x.name) or 't'}_bar"


def dot_name(x: Operand) -> str:
    return f"{(isinstance(x, Value) and x.name) or 't'}_dot"


def derivative_type(t: Type) -> Type:
    """The type of a cotangent or tangent of a value of type ``t``.

    That of a Python float may be a NumPy float (a sum over an array gives one), so it is not weak.
    """
    return Scalar(t.dtype) if isinstance(t, Scalar) else t


def zero(builder: Builder, x: Operand, name: str | None = None) -> Operand:
    """A zero that can stand for the cotangent (or tangent) of ``x``."""
    if isinstance(x.type, Array) and not is_differentiable(x.type):
        shape = builder.call(np.shape, x)
        return builder.typed_call(np.zeros, Array(np.dtype(np.float64), x.type.shape), shape, name=name)
    if isinstance(x.type, ListOf) and not is_differentiable(x.type):
        floats = _of_floats(x.type)
        if floats is not None:  # a list of integers in which floats may be stored later
            return builder.typed_call(primitives.zeros_like, floats, x, name=name)
    if isinstance(x.type, DictOf):  # what is missing is zero
        return builder.typed_call(primitives.new_dict, x.type, name=name)
    if isinstance(x.type, Scalar) or not is_differentiable(x.type):
        return Const(0j if is_complex(x.type) else 0.0)
    if isinstance(x.type, Array):
        return builder.typed_call(np.zeros_like, x.type, x, name=name)
    return builder.typed_call(primitives.zeros_like, x.type, x, name=name)


def _of_floats(t: Type) -> Type | None:
    """The type of a number, or of lists of numbers, with floats in their place; None for anything else."""
    if not isinstance(t, ListOf):
        return FLOAT if isinstance(t, Scalar) else None
    item = _of_floats(t.item)
    return None if item is None else ListOf(item)


def add(builder: Builder, new: Operand, old: Operand | None, name: str | None = None) -> Operand:
    """The sum of a new contribution and what there was."""
    if old is None:
        return new
    result: Operand = builder.call(operator.add, old, new, name=name)
    return result


def scale(builder: Builder, x_bar: Operand, factor: Operand) -> Operand | None:
    """``x_bar * factor``; None (zero) and no operation for the constant factors 0 and 1."""
    if isinstance(factor, Const) and type(factor.value) in (int, float):
        if factor.value == 0:
            return None
        if factor.value == 1:
            return x_bar
        if factor.value == -1:
            negated: Operand = builder.call(operator.neg, x_bar)
            return negated
    product: Operand = builder.call(operator.mul, x_bar, factor)
    return product


# -- making a contribution fit -------------------------------------------------------------------


def conform(builder: Builder, x_bar: Operand, x: Value, *, broadcasts: bool, core: int = 0) -> Operand:
    """``x_bar`` with the shape and dtype of ``x``.

    ``broadcasts``: the operation broadcasts its operands, so an unknown shape has to be compared at run time; but not
    along their last ``core`` axes.
    """
    if isinstance(x.type, (Scalar, Array)):
        x_bar = _cast_complex(builder, x_bar, x.type)
    return cast(builder, unbroadcast(builder, x_bar, x, broadcasts=broadcasts, core=core), x.type)


def cast(builder: Builder, x_bar: Operand, t: Type) -> Operand:
    """``x_bar`` with the dtype of ``t``. A Python number adapts to any dtype by itself, a real one to complex ones."""
    if not isinstance(t, (Scalar, Array)):
        return x_bar
    x_bar = _cast_complex(builder, x_bar, t)
    have = x_bar.type
    if not isinstance(have, (Scalar, Array)) or have.dtype == t.dtype or have.dtype.kind not in "fc":
        return x_bar
    if isinstance(have, Array) and have.ndim:
        return builder.typed_call(np.astype, Array(t.dtype, have.shape), x_bar, Const(t.dtype))
    if isinstance(have, Scalar) and (have.weak or is_complex(t)):
        return x_bar
    return builder.typed_call(t.dtype.type, Scalar(t.dtype), x_bar)


def as_result(builder: Builder, x_bar: Operand, t: Type) -> Operand:
    """A derivative that is returned: complex where ``t`` is, also if it happens to be real."""
    x_bar = cast(builder, x_bar, t)
    if not isinstance(t, Scalar) or not is_complex(t) or not isinstance(x_bar.type, Scalar) or is_complex(x_bar.type):
        return x_bar
    if isinstance(x_bar, Const):
        return Const(complex(x_bar.value))
    return builder.typed_call(complex if t.weak else t.dtype.type, t, x_bar)


def _cast_complex(builder: Builder, x_bar: Operand, t: Scalar | Array) -> Operand:
    """The cotangent of a real number is real. (What is unknown may be complex.)"""
    if (is_complex(x_bar.type) or isinstance(x_bar.type, Unknown)) and not is_complex(t):
        real: Operand = builder.call(np.real, x_bar)
        return real
    return x_bar


def unbroadcast(builder: Builder, x_bar: Operand, x: Value, *, broadcasts: bool, core: int = 0) -> Operand:
    """Sum ``x_bar`` over the axes along which ``x`` was broadcast: exactly those, where the types tell.

    The last ``core`` axes are as long as those of ``x``, or of length 1.
    """
    have = x_bar.type
    if isinstance(x.type, Unknown) or isinstance(have, Unknown):
        return _unbroadcast_unknown(builder, x_bar, x, broadcasts)
    if not isinstance(x.type, (Scalar, Array)) or not isinstance(have, (Scalar, Array)):
        return x_bar
    shape = have.shape if isinstance(have, Array) else ()
    wanted = x.type.shape if isinstance(x.type, Array) else ()
    extra = len(shape) - len(wanted)
    if extra < 0:
        return _restore_rank(builder, x_bar, x, -extra)
    summed, repeated = [], False
    for k, n in enumerate(wanted):
        m = shape[k + extra]
        if m == n or m == 1 or not maybe_one(n) or len(wanted) - k <= core:
            repeated = repeated or (m == 1 and n != 1)
            continue
        if n != 1:
            return builder.typed_call(primitives.unbroadcast, Array(have.dtype, wanted), x_bar, x)
        summed.append(k)
    if extra:
        x_bar = _sum(builder, x_bar, tuple(range(extra)), keepdims=False)
    if summed:
        x_bar = _sum(builder, x_bar, tuple(summed), keepdims=True)
    if core >= len(wanted) and not repeated:
        _learn_shape(builder, x_bar, wanted)
    if repeated:  # one entry for all along that axis
        x_bar = builder.typed_call(np.broadcast_to, Array(have.dtype, wanted), x_bar, builder.call(np.shape, x))
    return x_bar


def _learn_shape(builder: Builder, x_bar: Operand, shape: tuple[Length, ...]) -> None:
    """Say in the type of ``x_bar`` that it has this shape, if it was made here: wherever it is, this has run, too."""
    t = x_bar.type
    made_here = any(x_bar in op.results for op in builder.block.ops[-_RULE:])
    if isinstance(x_bar, Value) and isinstance(t, Array) and made_here:
        x_bar.type = Array(t.dtype, shape)


#: A rule for a product makes no more operations than that.
_RULE = 8


def _sum(builder: Builder, x_bar: Operand, axes: tuple[int, ...], *, keepdims: bool) -> Operand:
    t = x_bar.type
    assert isinstance(t, Array)
    if keepdims:
        shape = tuple(1 if k in axes else n for k, n in enumerate(t.shape))
        options: dict[str, Any] = {"axis": axes[0] if len(axes) == 1 else axes, "keepdims": True}
    else:
        shape = t.shape[len(axes) :]
        options = {"axis": axes[0] if len(axes) == 1 else axes} if shape else {}
    result_type: Type = Array(t.dtype, shape) if shape else Scalar(t.dtype)
    return builder.typed_call(np.sum, result_type, x_bar, **options)


def _restore_rank(builder: Builder, x_bar: Operand, x: Value, missing: int) -> Operand:
    """``x`` has leading axes of length 1 that an assignment dropped, or ``x_bar`` is the same for all of ``x``."""
    assert isinstance(x.type, Array)
    have = x_bar.type
    shape = builder.call(np.shape, x)
    if isinstance(have, Array) and have.ndim and all(n == 1 for n in x.type.shape[:missing]):
        if any(n != m and maybe_one(n) for n, m in zip(x.type.shape[missing:], have.shape, strict=True)):
            filled = Array(have.dtype, (*x.type.shape[:missing], *have.shape))
            x_bar = builder.typed_call(operator.getitem, filled, x_bar, (None,) * missing)
            return unbroadcast(builder, x_bar, x, broadcasts=True)
        return builder.typed_call(np.reshape, Array(have.dtype, x.type.shape), x_bar, shape)
    dtype = have.dtype if isinstance(have, (Scalar, Array)) else x.type.dtype
    return builder.typed_call(np.broadcast_to, Array(dtype, x.type.shape), x_bar, shape)


def _unbroadcast_unknown(builder: Builder, x_bar: Operand, x: Value, broadcasts: bool) -> Operand:
    """Only running can tell, unless the shapes are known to be equal or the operation never broadcasts."""
    have = x_bar.type
    if isinstance(x.type, Scalar) and isinstance(have, Unknown):
        return builder.typed_call(np.sum, Scalar(x.type.dtype), x_bar) if broadcasts else x_bar
    both = isinstance(have, Unknown) and isinstance(x.type, Unknown)
    if not broadcasts or (both and have == x.type and have != UNKNOWN):
        return x_bar
    return builder.typed_call(primitives.unbroadcast, x.type, x_bar, x)
