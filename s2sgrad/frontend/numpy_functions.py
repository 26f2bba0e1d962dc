"""NumPy functions that write into their arguments, take functions or say something while compiling."""

from __future__ import annotations

import bisect
import math
import operator
import random
from typing import Any

import numpy as np

from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.construction import namespace
from s2sgrad.frontend.items import make_growing
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import store
from s2sgrad.frontend.subscripts import load_subscript
from s2sgrad.frontend.things import ArrayRef, ListRef, Thing
from s2sgrad.ir.core import Const, Value
from s2sgrad.ir.shapes.products import is_sparse
from s2sgrad.ir.types import Array, ListOf, Scalar, TupleOf, Unknown
from s2sgrad.rules.axes import rank_is_known
from s2sgrad.rules.products import is_constant_sparse

Args = list[Thing]
Kwargs = dict[str, Thing]


@handles(np.ndim)
def _ndim(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    t = lo.type_of(args[0])
    if isinstance(t, Array):
        return Const(t.ndim)
    if isinstance(t, Scalar):
        return Const(0)
    return primitive(lo, np.ndim, args, kwargs)


@handles(rank_is_known)
def _rank_is_known(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Const(isinstance(lo.type_of(args[0]), (Array, Scalar)))


@handles(is_constant_sparse)
def _is_constant_sparse(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Const(is_sparse(args[0]))


@handles(np.shape)
def _shape(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if isinstance(lo.type_of(args[0]), Scalar):
        return ()
    return primitive(lo, np.shape, args, kwargs)


@handles(np.size)
def _size(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    if isinstance(lo.type_of(args[0]), Scalar) and len(args) == 1 and not kwargs:
        return Const(1)
    return primitive(lo, np.size, args, kwargs)


@handles(np.isscalar)
def _isscalar(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    t = lo.type_of(args[0])
    if isinstance(t, Unknown):
        return lo.call(np.isscalar, lo.operand(args[0]))
    return Const(isinstance(t, Scalar))


@handles(np.iscomplexobj)
def _iscomplexobj(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    t = lo.type_of(args[0])
    if isinstance(t, (Array, Scalar)):
        return Const(t.dtype.kind == "c")
    return lo.call(np.iscomplexobj, lo.operand(args[0]))


@handles(np.isrealobj)
def _isrealobj(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    t = lo.type_of(args[0])
    if isinstance(t, (Array, Scalar)):
        return Const(t.dtype.kind != "c")
    return lo.call(np.isrealobj, lo.operand(args[0]))


@handles(np.clip)
def _clip(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """The two spellings of its bounds are one."""
    bounds = {"min": "a_min", "max": "a_max"}
    given = dict(zip(("a_min", "a_max"), args[1:3], strict=False))
    given |= {bounds.get(k, k): v for k, v in kwargs.items() if k in {*bounds, *bounds.values()}}
    rest = {k: v for k, v in kwargs.items() if k not in bounds and k not in given}
    none = Const(None)
    return primitive(lo, np.clip, [args[0], given.get("a_min", none), given.get("a_max", none), *args[3:]], rest)


def _conversion(fn: Any) -> Any:
    """``np.asarray`` and its like: what is an array already stays the same array."""

    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        thing = args[0]
        plain = len(args) == 1 and not kwargs
        if isinstance(thing, ArrayRef) and _keeps_dtype(lo, thing, args[1:], kwargs):
            t = lo.read(thing).type
            if isinstance(t, Array) and fn is not np.array:
                return thing
        if isinstance(thing, ListRef) and plain:
            content = lo.heap[thing.cell]
            if isinstance(content, Value) and not isinstance(content.type, ListOf):
                make_growing(lo, thing)
        return primitive(lo, fn, args, kwargs)

    return handler


def _keeps_dtype(lo: Lowerer, ref: ArrayRef, args: Args, kwargs: Kwargs) -> bool:
    if set(kwargs) - {"dtype"} or len(args) > 1:
        return False
    dtype = args[0] if args else kwargs.get("dtype", Const(None))
    if not isinstance(dtype, Const):
        return False
    t = lo.read(ref).type
    return dtype.value is None or (isinstance(t, Array) and np.dtype(dtype.value) == t.dtype)


for _fn in (np.array, np.asarray, np.asanyarray):
    handles(_fn)(_conversion(_fn))


def _number_type(cls: Any) -> Any:
    """``np.float64(x)``: a number of that type. Of an array: ``np.asarray(x, np.float64)[()]``, which may be ``x``."""

    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        if len(args) != 1 or kwargs or isinstance(args[0], Const):
            return primitive(lo, cls, args, kwargs)
        (thing,) = args
        t = lo.type_of(thing)
        if isinstance(t, Scalar):
            return thing if t.classes == (cls,) else lo.call(cls, lo.operand(thing))
        array = lo.invoke(Const(np.asarray), [thing], {"dtype": Const(cls)}, node)
        t = lo.type_of(array)
        return array if isinstance(t, Array) and t.ndim else load_subscript(lo, array, (), node)

    return handler


for _cls in sorted({np.dtype(code).type for code in "efdFDbhilqBHILQ"}, key=str):
    handles(_cls)(_number_type(_cls))


@handles(np.broadcast)
def _broadcast(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """``np.broadcast(a, b)``, of which only the shape is asked."""
    shapes = [lo.operand(primitive(lo, np.shape, [a], {})) for a in args]
    shape = lo.operand(lo.call(np.broadcast_shapes, *shapes))
    ndim = Const(len(shape.type.items)) if isinstance(shape.type, TupleOf) else lo.call(len, shape)
    return namespace(lo, {"shape": shape, "ndim": ndim, "nd": ndim, "size": lo.call(math.prod, shape)})


@handles(np.copyto)
def _copyto(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    target, source = args[:2]
    if not isinstance(target, ArrayRef):
        lo.fail("`np.copyto` needs an array to write into", "pass an array", node)
    where = kwargs.get("where", Const(True))
    if isinstance(where, Const) and where.value is True:
        store(lo, target, Const(Ellipsis), source)
        return Const(None)
    mask = lo.operand(where)
    store(lo, target, Const(Ellipsis), lo.call(np.where, mask, lo.operand(source), lo.operand(target)))
    return Const(None)


@handles(np.fill_diagonal)
def _fill_diagonal(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    target, value, *rest = args
    wrap = rest[0] if rest else kwargs.get("wrap", Const(False))
    if not isinstance(target, ArrayRef):
        lo.fail("`np.fill_diagonal` needs an array", "pass an array", node)
    if not isinstance(wrap, Const) or wrap.value:
        lo.fail("`np.fill_diagonal` with `wrap=True` is not supported", "assign: `a[rows, columns] = value`", node)
    lengths = _lengths(lo, target)
    rows = lo.operand(lo.call(np.arange, lo.value(min, *(lo.operand(n) for n in lengths))))
    store(lo, target, (rows,) * len(lengths), value)
    return Const(None)


def _lengths(lo: Lowerer, ref: ArrayRef) -> tuple[Thing, ...]:
    shape = primitive(lo, np.shape, [ref], {})
    items = known_items(lo, shape)
    assert items is not None
    return items


@handles(np.random.shuffle, random.shuffle, bisect.insort, operator.setitem)
def _shuffle(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    lo.fail("this function writes into its argument", "assign to items, or build a new array or list", node)
