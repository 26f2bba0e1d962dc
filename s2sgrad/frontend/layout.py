"""Whether an array is C-contiguous, so that its `reshape` and `ravel` are views and can be written through.

What NumPy has just allocated is; so is what is computed elementwise of such arrays. An argument may be: a function that
writes through a reshaped argument checks that when it is called.

A *layout* is the set of arguments that have to be contiguous for an array to be; None: it cannot be told.
"""

from __future__ import annotations

import operator
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.errors import AliasError
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ArrayRef, ListRef, Thing, ViewStep
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, If, Op, Value
from s2sgrad.ir.infer import UFUNC_OF_OPERATOR
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.types import BOOL, OBJECT, Array, Scalar

Layout: TypeAlias = "frozenset[Value] | None"

_ALLOCATED: frozenset[Any] = frozenset(
    (np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.arange, np.linspace, np.outer, np.tri)
)
# The result is laid out as the arguments are.
_AS_ARGUMENTS = frozenset({np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.copy, np.astype, np.where})
_FLATTENING = (np.reshape, np.ravel)


def layout_of(lo: Lowerer, thing: Thing) -> Layout:
    """The layout of an array; of a number that of an array without axes."""
    if not isinstance(thing, ArrayRef):
        t = lo.type_of(thing)
        return frozenset() if isinstance(t, Scalar) else None
    t = lo.read(thing).type
    if isinstance(t, Array) and t.ndim == 0:
        return frozenset()
    return thing.cell.layout if all(map(_keeps_layout, thing.path)) else None


def _keeps_layout(step: ViewStep) -> bool:
    """Whether a view of a contiguous array is one: in another shape, or one of its first axis."""
    if step.fn in _FLATTENING:
        return True
    return (
        step.fn is operator.getitem
        and isinstance(step.args[0], (Const, Value))
        and isinstance(step.args[0].type, Scalar)
    )


def note_layout(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing], result: Thing) -> Thing:
    """Record the layout of what a call has made; returns it."""
    if isinstance(result, ArrayRef) and not result.path and result.cell.layout is None:
        result.cell.layout = _layout_of_result(lo, fn, args, kwargs)
    return result


def _layout_of_result(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing]) -> Layout:
    if "order" in kwargs or "out" in kwargs:
        return None
    if fn in _ALLOCATED or (fn in (np.array, np.asarray) and args and isinstance(args[0], (ListRef, tuple))):
        return frozenset()
    if not (isinstance(fn, np.ufunc) or fn in UFUNC_OF_OPERATOR or fn in _AS_ARGUMENTS):
        return None
    arrays = [a for a in args if not isinstance(lo.type_of(a), Scalar) and not isinstance(a, Const)]
    layouts = [layout_of(lo, a) for a in (arrays[:1] if fn in (np.full_like, np.astype) else arrays)]
    return None if None in layouts else frozenset().union(*layouts)  # type: ignore[arg-type]


def is_view(lo: Lowerer, fn: Any, base: ArrayRef, options: dict[str, Any]) -> bool:
    """Whether reshaping an array gives a view, at least of arguments that are contiguous: that is then remembered."""
    if fn not in _FLATTENING or "order" in options or not isinstance(lo.read(base).type, Array):
        return False
    layout = layout_of(lo, base)
    if layout is None:
        return False
    if layout:
        lo.assumed_views.setdefault(base.cell, set()).update(layout)
    return True


def checks(lo: Lowerer) -> list[Op]:
    """The operations that check the arguments, to be put before all others."""
    builder = Builder()
    for x in sorted(lo.contiguous, key=lambda x: str(x.name)):
        flags = builder.typed_call(getattr, OBJECT, x, "flags")
        other = builder.typed_call(operator.not_, BOOL, builder.typed_call(getattr, BOOL, flags, "c_contiguous"))
        fail = Block(diverges=True)
        with builder.inside(fail):
            what = f"the function writes through a reshaped view of `{x.name}`, which is one of contiguous arrays only"
            error = builder.typed_call(AliasError, OBJECT, what, "pass np.ascontiguousarray(…)")
            builder.add(Call(raise_, (error,), effect=True))
        builder.add(If(other, fail, Block()))
    return builder.block.ops
