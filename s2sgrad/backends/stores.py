"""Updates of arrays as loops: of regions, and of entries that index arrays name."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.backends.entries import gathered_axes, rank_of
from s2sgrad.backends.nests import Nests
from s2sgrad.backends.syntax import assign, axis_length, item, loops
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array, Length, Scalar
from s2sgrad.optimize.sharing import is_basic_index, same_tree

_AUGMENTED: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add,
    np.add: ast.Add,
    operator.sub: ast.Sub,
    np.subtract: ast.Sub,
    operator.mul: ast.Mult,
    np.multiply: ast.Mult,
    operator.truediv: ast.Div,
    np.divide: ast.Div,
}


@dataclass(frozen=True, slots=True)
class Store:
    """Where a store goes: a region (``gathered`` False), or entries that index arrays name. ``rank``: of the value."""

    gathered: bool
    rank: int


def store(op: Call) -> Store | None:
    a, index, value = op.args
    t = a.type
    if not isinstance(t, Array) or not isinstance(value, (Value, Const)):
        return None
    if not isinstance(value.type, (Array, Scalar)):
        return None
    if isinstance(index, Const) and index.value is Ellipsis:
        return Store(False, t.ndim) if t.ndim else None
    if isinstance(index, Const) and isinstance(index.value, (tuple, slice)):
        index = _constant(index.value)
    if is_basic_index(index):
        entries = index if isinstance(index, tuple) else (index,)
        rank = t.ndim
        for entry in entries:
            if isinstance(entry, Const) and entry.value is None:
                rank += 1
            elif isinstance(entry, (Value, Const)) and not (
                isinstance(entry, Const) and isinstance(entry.value, (slice, type(Ellipsis)))
            ):
                rank -= 1
        if rank <= 0 or (op.fn is setitem and not rank_of(value)):
            return None
        return Store(False, rank)
    axes = gathered_axes(index, t.ndim)
    return None if axes is None else Store(True, axes.rank)


def _constant(index: Any) -> Tree:
    if isinstance(index, tuple):
        return tuple(_constant(item) for item in index)
    if isinstance(index, slice):
        return slice(Const(index.start), Const(index.stop), Const(index.step))
    return Const(index)


def stored(nests: Nests, op: Call) -> list[ast.stmt] | None:
    where = store(op)
    if where is None:
        return None
    a, index, value = op.args
    symbol: type[ast.operator] | None = None
    if op.fn is additem:
        symbol = ast.Add
        made = nests.e.folded.get(value) if isinstance(value, Value) else None
        if isinstance(made, Call) and made.fn is operator.neg:
            symbol, value = ast.Sub, made.args[0]
    else:
        symbol, value = _augmented_store(nests, a, index, value)
    before: list[ast.stmt] = []
    if where.gathered:
        return _scattered(nests, op, where, symbol, value)
    target: ast.expr = nests.e.operand(a)
    if not (isinstance(index, Const) and index.value is Ellipsis):
        assert isinstance(a.type, Array)
        name = nests.array("view", a, Array(a.type.dtype, (1,) * where.rank))
        before.append(assign(name, nests.e.subscript(a, index)))
        target = ast.Name(name, ast.Load())
    if not isinstance(target, ast.Name):
        return None
    rank = where.rank
    known = [axis_length(target.id, k) for k in range(rank)]
    shape = _region(a, index, rank)
    return before + _written(nests, a, target.id, rank, shape, known, None, symbol, value)


def _augmented_store(
    nests: Nests, a: Operand, index: Tree, value: Operand
) -> tuple[type[ast.operator] | None, Operand]:
    made = nests.e.folded.get(value) if isinstance(value, Value) else None
    if not isinstance(made, Call) or made.fn not in _AUGMENTED or len(made.args) != 2:
        return None, value
    whole = isinstance(index, Const) and index.value is Ellipsis
    commutes = _AUGMENTED[made.fn] in (ast.Add, ast.Mult)
    for k in (0, 1) if commutes else (0,):
        x = made.args[k]
        if whole and x is a:
            return _AUGMENTED[made.fn], made.args[1 - k]
        read = nests.e.folded.get(x) if isinstance(x, Value) else None
        taken = isinstance(read, Call) and read.fn is operator.getitem and read.args[0] is a
        if taken and isinstance(read, Call) and same_tree(read.args[1], index):
            return _AUGMENTED[made.fn], made.args[1 - k]
    return None, value


def _written(
    nests: Nests,
    a: Operand,
    target: str,
    rank: int,
    shape: Sequence[Length | None],
    known: Sequence[ast.expr | None],
    places: Callable[[list[ast.expr]], list[ast.expr]] | None,
    symbol: type[ast.operator] | None,
    value: Operand,
) -> list[ast.stmt]:
    before: list[ast.stmt] = []
    nest = nests.nest(shape, nests.leaves(value, rank), known)
    entry, leaves = nests.entry(nest, value)
    overlapping = any(nests.aliases.share([a], [leaf.value]) for leaf in leaves)
    if overlapping:  # compute all of it before the first entry is written
        dtype = value.type.dtype if isinstance(value.type, (Array, Scalar)) else np.dtype(float)
        copy = nests.array("copy", Const(None), Array(dtype, (1,) * rank))
        nest.before.append(assign(copy, nests.empty(nest.lengths, dtype, "empty")))
        fill: list[ast.stmt] = [ast.Assign([item(copy, nest.variables, ast.Store())], entry)]
        before = loops(nest.variables, nest.lengths, fill)
        entry = item(copy, nest.variables, ast.Load())
    spots = nest.variables if places is None else places(nest.variables)
    cell = item(target, spots, ast.Store())
    step: ast.stmt = ast.Assign([cell], entry) if symbol is None else ast.AugAssign(cell, symbol(), entry)
    return [*nest.before, *before, *loops(nest.variables, nest.lengths, [step])]


def _scattered(
    nests: Nests, op: Call, where: Store, symbol: type[ast.operator] | None, value: Operand
) -> list[ast.stmt] | None:
    a, index = op.args[0], op.args[1]
    target = nests.e.operand(a)
    assert isinstance(a.type, Array)
    axes = gathered_axes(index, a.type.ndim)
    if axes is None or not isinstance(target, ast.Name):
        return None
    arrays = [nests.e.operand(x) for x in axes.entries if isinstance(x, Value)]
    if not all(isinstance(x, ast.Name) for x in arrays):
        return None
    known: list[ast.expr | None] = []
    region: list[Length | None] = []
    first = next(x.type for x in axes.entries if isinstance(x, Value))
    assert isinstance(first, Array)
    for k in range(axes.rank):
        if k == axes.place:
            known.append(axis_length(arrays[0].id, 0))  # type: ignore[attr-defined]
            region.append(first.shape[0])
        else:
            own = k if k < axes.place else k + len(arrays) - 1
            known.append(axis_length(target.id, own))
            region.append(a.type.shape[own])
    name = target.id

    def places(variables: list[ast.expr]) -> list[ast.expr]:
        return [
            *variables[: axes.place],
            *(ast.Subscript(x, variables[axes.place], ast.Load()) for x in arrays),
            *variables[axes.place + 1 :],
        ]

    return _written(nests, a, name, axes.rank, region, known, places, symbol, value)


def _region(a: Operand, index: Tree, rank: int) -> list[Length | None]:
    """The lengths of what an index selects, as far as types tell."""
    assert isinstance(a.type, Array)
    if isinstance(index, Const) and index.value is Ellipsis:
        return list(a.type.shape)
    t = infer(operator.getitem, (a, index), {})
    return list(t.shape) if isinstance(t, Array) and t.ndim == rank else [None] * rank
