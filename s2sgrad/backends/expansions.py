"""Calls that Numba lacks, as calls of what becomes loops: several operations in the place of one.

    y = np.var(x, axis=0)           m = np.mean(x, axis=0, keepdims=True)
                             ──▶    d = x - m
                                    y = np.mean(d * d, axis=0)

Each is the definition of the function in NumPy's or SciPy's documentation, with the types that it has there.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.backends.entries import rank_of, static
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, Function, Op, Operand, Value, blocks_of
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import Array

Rule = Callable[[Builder, Call], Any]


def expand_calls(function: Function) -> None:
    """Write calls that Numba lacks with calls that it has. ``function`` is changed."""
    _expand(function.body)


def _expand(block: Block) -> None:
    ops: list[Op] = []
    for op in block.ops:
        for inner in blocks_of(op):
            _expand(inner)
        rule = _rule(op.fn) if isinstance(op, Call) and len(op.results) == 1 else None
        made = Builder(Block(), adjoint=op.adjoint, stmt=op.stmt)
        found = rule(made, op) if rule is not None and isinstance(op, Call) else None
        last = made.block.ops[-1] if made.block.ops else None
        if isinstance(found, Value) and isinstance(last, Call) and last.results == [found]:
            last.results = list(op.results) if isinstance(op, Call) else []
            ops += made.block.ops
        else:
            ops.append(op)
    block.ops = ops


def _rule(fn: Any) -> Rule | None:
    try:
        found = _RULES.get(fn)
    except TypeError:
        return None
    special = sys.modules.get("scipy.special")
    if found is None and special is not None:
        found = next((rule for name, rule in _SPECIAL.items() if fn is getattr(special, name)), None)
    return found


def _arguments(op: Call, *names: str) -> dict[str, Any] | None:
    """The values of a call's options behind its array; None unless these are all, and known while compiling."""
    given = dict(zip(names, op.args[1:], strict=False)) | op.kwargs
    if len(op.args) > len(names) + 1 or not given.keys() <= set(names) or not rank_of(op.args[0]):
        return None
    values = {name: static(x) for name, x in given.items()}
    return None if any(isinstance(v, Value) for v in values.values()) else values


def _is_axis(axis: Any) -> bool:
    return axis is None or isinstance(axis, int) or (isinstance(axis, tuple) and all(isinstance(k, int) for k in axis))


def _largest(b: Builder, x: Operand, axis: Any) -> Operand:
    """The largest entries along an axis, to be broadcast; zero where that is infinite."""
    top: Operand = b.call(np.max, x, axis=axis, keepdims=True)
    finite: Operand = b.call(np.where, b.call(np.isfinite, top), top, 0.0)
    return finite


def _logsumexp(b: Builder, op: Call) -> Any:
    given = _arguments(op, "axis", "b", "keepdims")
    if given is None or not _is_axis(axis := given.get("axis")) or given.get("b") is not None:
        return None
    x, keepdims = op.args[0], bool(given.get("keepdims", False))
    top = _largest(b, x, axis)
    total = b.call(np.sum, b.call(np.exp, b.call(operator.sub, x, top)), axis=axis, keepdims=keepdims)
    base = top if keepdims else b.call(np.sum, top, axis=axis)
    return b.call(operator.add, b.call(np.log, total), base)


def _softmax(b: Builder, op: Call) -> Any:
    given = _arguments(op, "axis")
    if given is None or not _is_axis(axis := given.get("axis")):
        return None
    x = op.args[0]
    e = b.call(np.exp, b.call(operator.sub, x, b.call(np.max, x, axis=axis, keepdims=True)))
    return b.call(operator.truediv, e, b.call(np.sum, e, axis=axis, keepdims=True))


def _log_softmax(b: Builder, op: Call) -> Any:
    given = _arguments(op, "axis")
    if given is None or not _is_axis(axis := given.get("axis")):
        return None
    t = b.call(operator.sub, op.args[0], _largest(b, op.args[0], axis))
    total = b.call(np.sum, b.call(np.exp, t), axis=axis, keepdims=True)
    return b.call(operator.sub, t, b.call(np.log, total))


def _variance(b: Builder, op: Call) -> Any:
    given = _arguments(op, "axis", "dtype", "out", "ddof", "keepdims")
    if given is None or given.get("axis") is None or not _is_axis(axis := given["axis"]):
        return None
    if given.get("ddof", 0) != 0 or {"dtype", "out"} & given.keys():
        return None
    x = op.args[0]
    d = b.call(operator.sub, x, b.call(np.mean, x, axis=axis, keepdims=True))
    options: dict[str, Any] = {"keepdims": True} if given.get("keepdims") else {}
    found = b.call(np.mean, b.call(operator.mul, d, d), axis=axis, **options)
    return found if op.fn is np.var else b.call(np.sqrt, found)


def _norm(b: Builder, op: Call) -> Any:
    given = _arguments(op, "ord", "axis", "keepdims")
    if given is None or given.get("ord") not in (None, 2) or not isinstance(given.get("axis"), int):
        return None
    x = op.args[0]
    options: dict[str, Any] = {"keepdims": True} if given.get("keepdims") else {}
    if x.type.dtype.kind != "f":
        return None
    return b.call(np.sqrt, b.call(np.sum, b.call(operator.mul, x, x), axis=given["axis"], **options))


def _roll(b: Builder, op: Call) -> Any:
    """What is behind the shift, then what is before it."""
    x, shift, *rest = op.args
    axis = static(rest[0]) if rest else static(op.kwargs.get("axis", Const(None)))
    if not isinstance(x.type, Array) or not isinstance(shift, (Value, Const)) or rank_of(shift):
        return None
    if isinstance(shift, Const) and not isinstance(shift.value, int):
        return None
    rank = rank_of(x)
    if not isinstance(axis, int):
        if axis is not None or rank != 1:
            return None
        axis = 0
    length = b.call(getindex, b.call(np.shape, x), axis % rank)
    place = b.call(operator.mod, b.call(operator.neg, shift), b.call(max, length, 1))
    before = (slice(None),) * (axis % rank)
    parts = [b.call(operator.getitem, x, (*before, part)) for part in (slice(place, None), slice(None, place))]
    return b.typed_call(np.concatenate, op.result.type, tuple(parts), axis=axis % rank)


def _diff(b: Builder, op: Call) -> Any:
    given = _arguments(op, "n", "axis", "prepend", "append")
    if given is None or given.get("n", 1) != 1 or not isinstance(axis := given.get("axis", -1), int):
        return None
    x, rank = op.args[0], rank_of(op.args[0])
    axis %= rank
    ends = [given.get(name) for name in ("prepend", "append")]
    if not all(end is None or isinstance(end, (int, float)) for end in ends) or x.type.dtype.kind not in "fc":
        return None
    if any(end is not None for end in ends):
        lengths = [b.call(getindex, b.call(np.shape, x), k) for k in range(rank)]
        one = tuple(Const(1) if k == axis else n for k, n in enumerate(lengths))
        edges = [() if end is None else (b.call(np.full, one, x.type.dtype.type(end)),) for end in ends]
        x = b.call(np.concatenate, (*edges[0], x, *edges[1]), axis=axis)
    before = (slice(None),) * axis
    upper, lower = (b.call(operator.getitem, x, (*before, s)) for s in (slice(1, None), slice(None, -1)))
    return b.call(operator.sub, upper, lower)


def _squeeze(b: Builder, op: Call) -> Any:
    """The axes that are kept are those of the result, in their order."""
    given = _arguments(op, "axis")
    t = op.args[0].type
    if given is None or not isinstance(t, Array):
        return None
    axis = given.get("axis")
    if axis is None:
        gone = {k for k, n in enumerate(t.shape) if n == 1}
    elif _is_axis(axis):
        gone = {k % t.ndim for k in (axis if isinstance(axis, tuple) else (axis,))}
    else:
        return None
    if not isinstance(op.result.type, Array) or t.ndim - len(gone) != rank_of(op.result) or not rank_of(op.result):
        return None
    index = tuple(Const(0) if k in gone else slice(None) for k in range(t.ndim))
    return b.call(operator.getitem, op.args[0], index)


_RULES: dict[Any, Rule] = {
    np.var: _variance,
    np.std: _variance,
    np.linalg.norm: _norm,
    np.roll: _roll,
    np.diff: _diff,
    np.squeeze: _squeeze,
}
_SPECIAL: dict[str, Rule] = {"logsumexp": _logsumexp, "softmax": _softmax, "log_softmax": _log_softmax}
