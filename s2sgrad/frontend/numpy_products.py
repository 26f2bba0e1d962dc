"""NumPy products that are written in several forms, as the one form that rules and types know."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.calls import Handler, handles
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import may_share
from s2sgrad.frontend.things import ArrayRef, Thing
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import Array

Args = list[Thing]
Kwargs = dict[str, Thing]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _einsum(fn: Any) -> Handler:
    """``np.einsum(x, [0, 1], y, [1, 2], [0, 2])`` is ``np.einsum("ab,bc->ac", x, y)``."""

    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        if args and not (isinstance(args[0], Const) and isinstance(args[0].value, str)):
            count = len(args) // 2
            inputs = ",".join(_term(lo, args[2 * k + 1], node) for k in range(count))
            output = "->" + _term(lo, args[-1], node) if len(args) % 2 else ""
            args = [Const(inputs + output), *args[: 2 * count : 2]]
        result = primitive(lo, fn, args, kwargs)
        if len(args) == 2 and isinstance(result, ArrayRef) and isinstance(args[1], ArrayRef):  # it may be a view
            may_share(result.cell, args[1].cell)
        return result

    return handler


for _fn in (np.einsum, np.einsum_path):
    handles(_fn)(_einsum(_fn))


def _term(lo: Lowerer, labels: Thing, node: Any) -> str:
    """The subscripts that a list of labels stands for."""
    term = ""
    for label in known_items(lo, labels) or ():
        if not isinstance(label, Const):
            lo.needs_static(label, "a label of `np.einsum` must be known while compiling", "write the labels out", node)
        term += "..." if label.value is Ellipsis else _LETTERS[label.value]
    return term


@handles(np.cross)
def _cross(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """In three dimensions: ``np.linalg.cross``, which makes sure of it. In two, where that is known: written out.

    What ``np.cross`` returns has another rank in two dimensions than in three.
    """
    names = ("a", "b", "axisa", "axisb", "axisc", "axis")
    given = {
        "axisa": Const(-1),
        "axisb": Const(-1),
        "axisc": Const(-1),
        **dict(zip(names, args, strict=False)),
        **kwargs,
    }
    axis = given.get("axis", Const(None))
    if not (isinstance(axis, Const) and axis.value is None):
        given |= {"axisa": axis, "axisb": axis, "axisc": axis}
    x, y = (_with_axis_last(lo, given[name], given[f"axis{name}"], node) for name in ("a", "b"))
    if _length(lo, x) == _length(lo, y) == 2:
        return lo.invoke(Const(cross_in_the_plane), [x, y], {}, node)
    product = primitive(lo, np.linalg.cross, [x, y], {})
    return _moved(lo, product, Const(-1), given["axisc"])


def cross_in_the_plane(x: Any, y: Any) -> Any:
    """The third component of the product of vectors in the plane."""
    return x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]


def _with_axis_last(lo: Lowerer, x: Thing, axis: Thing, node: Any) -> Thing:
    if known_items(lo, x) is not None and lo.type_of(x) is None:
        x = lo.call(np.asarray, lo.operand(x))
    if not isinstance(axis, Const):
        lo.needs_static(axis, "an axis of `np.cross` must be known while compiling", "write it as a literal", node)
    return _moved(lo, x, axis, Const(-1))


def _moved(lo: Lowerer, x: Thing, source: Const, destination: Thing) -> Thing:
    assert isinstance(destination, Const)
    if source.value == destination.value:
        return x
    return primitive(lo, np.moveaxis, [x, source, destination], {})


def _length(lo: Lowerer, x: Thing) -> Any:
    t = lo.type_of(x)
    return t.shape[-1] if isinstance(t, Array) and t.ndim else None
