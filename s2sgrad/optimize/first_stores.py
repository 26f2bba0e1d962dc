"""Nothing is added to zeros: what comes first to a place of a new buffer is stored there.

    a = zeros_like x                               a = empty_like x
    a.1 = additem a, :k, -v                        a.1 = setitem a, k:, w
    a.2 = additem a.1, k:, w              ──▶      a.2 = setitem a.1, :k, -v

Places that surely do not meet are all stored; where they cover the buffer, or all but its ends, it need not be zeros.
If what is first is a subtraction, the addition behind it comes first (additions commute), so that it stays
``a[:k] -= v`` where they meet.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, Function, Operand, Tree, Value, blocks_of, uses_in
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.purity import Ours, is_adjoint
from s2sgrad.optimize.sharing import is_basic_index, same_tree

_EMPTY = {np.zeros: np.empty, np.zeros_like: np.empty_like}
#: How many updates of one buffer are looked at.
_MOST = 16


def store_first(function: Function, ours: Ours = is_adjoint) -> Function:
    """Store what is added to zeros, in derivative code (what is ``ours``)."""
    uses: dict[Value, int] = {}
    for x in uses_in(function.body):
        if isinstance(x, Value):
            uses[x] = uses.get(x, 0) + 1
    _visit(function.body, {}, uses, ours)
    return function


def _visit(block: Block, made: dict[Operand, Call], uses: Mapping[Value, int], ours: Ours) -> None:
    zeros: list[Call] = []
    updating: dict[Operand, Call] = {}
    for op in block.ops:
        for inner in blocks_of(op):
            _visit(inner, made, uses, ours)
        if not isinstance(op, Call) or len(op.results) != 1:
            continue
        made[op.result] = op
        if not ours(op):
            continue
        if op.fn in _EMPTY and isinstance(op.result.type, Array):
            zeros.append(op)
        elif op.fn is additem and isinstance(op.args[0], Value) and uses[op.args[0]] == 1:
            updating[op.args[0]] = op
    for op in zeros:
        chain: list[Call] = []
        while len(chain) < _MOST and (update := updating.get(chain[-1].result if chain else op.result)) is not None:
            if not _may_store(update, op):
                break
            chain.append(update)
        if chain:
            _begin_with_sum(block, chain, made, uses)
            _store(block, op, chain, made)


def _may_store(update: Call, zeros: Call) -> bool:
    """Whether adding to zeros in this place is storing, up to the sign of a zero."""
    index, value = update.args[1:]
    have, wanted = value.type, zeros.result.type
    assert isinstance(wanted, Array)
    if not isinstance(have, (Array, Scalar)) or not np.can_cast(have.dtype, wanted.dtype, "same_kind"):
        return False
    return is_basic_index(index) and not (isinstance(index, Const) and index.value is Ellipsis)


def _begin_with_sum(block: Block, chain: list[Call], made: Mapping[Operand, Call], uses: Mapping[Value, int]) -> None:
    """Let an addition come first, if what is first is a subtraction and directly followed by one."""
    if len(chain) < 2 or not _is_negation(chain[0], made) or _is_negation(chain[1], made):
        return
    first, second = chain[:2]
    value = first.args[2]
    if uses.get(value, 0) != 1 or same_tree(first.args[1], second.args[1]):
        return
    block.ops.remove(first)
    block.ops.insert(block.ops.index(second) + 1, first)
    between = Value(first.result.type, first.result.name)
    base, last = first.args[0], second.result
    second.args, second.results = (base, *second.args[1:]), [between]
    first.args, first.results = (between, *first.args[1:]), [last]
    chain[:2] = [second, first]


def _is_negation(update: Call, made: Mapping[Operand, Call]) -> bool:
    value = made.get(update.args[2])
    return value is not None and value.fn in (operator.neg, np.negative)


def _store(block: Block, zeros: Call, chain: list[Call], made: Mapping[Operand, Call]) -> None:
    stored: list[Tree] = []
    met: list[Tree] = []
    for update in chain:
        place = update.args[1]
        if all(_apart(place, before, made) for before in met):
            update.fn = setitem
            stored.append(place)
        met.append(place)
    rest = [] if _cover(stored, made) else _ends_beside(stored[0]) if len(stored) == 1 else None
    if rest is None:
        return
    zeros.fn = _EMPTY[zeros.fn]
    first = chain[0]
    for place in rest:
        cleared = Value(zeros.result.type, zeros.result.name)
        clear = Call(setitem, (first.args[0], place, Const(0.0)), {}, [cleared], zeros.stmt, adjoint=zeros.adjoint)
        block.ops.insert(block.ops.index(first), clear)
        first.args = (cleared, *first.args[1:])


# -- places ------------------------------------------------------------------------------------------


def _apart(a: Tree, b: Tree, made: Mapping[Operand, Call]) -> bool:
    """Whether two basic subscripts surely select no entry in common: along one of the first axes they do not meet."""
    for x, y in zip(*(index if isinstance(index, tuple) else (index,) for index in (a, b)), strict=False):
        if _is_one_axis(x) and _is_one_axis(y):
            if _ends_before(x, y, made) or _ends_before(y, x, made):
                return True
        else:
            return False
    return False


def _is_one_axis(entry: Tree) -> bool:
    """Whether an entry of a subscript belongs to one axis of the array, and goes along it forwards."""
    if isinstance(entry, slice):
        return isinstance(entry.step, Const) and entry.step.value in (None, 1)
    return isinstance(entry, (Value, Const)) and isinstance(entry.type, Scalar) and entry.type.dtype.kind in "iu"


def _ends_before(x: Tree, y: Tree, made: Mapping[Operand, Call]) -> bool:
    start = y.start if isinstance(y, slice) else y
    if isinstance(x, slice):
        return _at_most(x.stop, start, made)
    a, b = _constant(x), _constant(start)
    return a is not None and b is not None and _below(a, b)


def _at_most(stop: Operand, start: Operand, made: Mapping[Operand, Call]) -> bool:
    """Whether ``x[:stop]`` and ``x[start:]`` do not meet, whatever the length."""
    if _is_none(stop) or _is_none(start):
        return False
    a, b = _constant(stop), _constant(start)
    if a is not None and b is not None:
        return a == b or _below(a, b)
    (c, n), (d, m) = _multiple(stop, made), _multiple(start, made)
    return n is m and (c == d or (0 < c < d and _is_length(n)))


def _below(a: int, b: int) -> bool:
    """Whether entry ``a`` surely comes before entry ``b``."""
    return a < b and (a < 0) == (b < 0)


def _multiple(x: Operand, made: Mapping[Operand, Call]) -> tuple[int, Operand]:
    """``c`` and ``n`` where ``x`` is ``c * n``."""
    op = made.get(x)
    if op is not None and op.fn is operator.mul:
        for c, n in (op.args, op.args[::-1]):
            if _constant(c) is not None:
                return _constant(c) or 0, n
    return 1, x


def _is_length(x: Operand) -> bool:
    """Whether an integer is known to be a length, or more than one: not negative."""
    n = x.type.length if isinstance(x.type, Scalar) else None
    return n is not None and (n if isinstance(n, int) else n.offset) >= 0


def _constant(x: Tree) -> int | None:
    return x.value if isinstance(x, Const) and type(x.value) is int else None


def _is_none(x: Tree) -> bool:
    return isinstance(x, Const) and x.value is None


def _cover(places: list[Tree], made: Mapping[Operand, Call]) -> bool:
    """Whether slices along one axis, all other axes whole, lead from its beginning to its end, each to the next."""
    entries = [index if isinstance(index, tuple) else (index,) for index in places]
    if not entries or len({len(entry) for entry in entries}) > 1:
        return False
    axes = [k for k in range(len(entries[0])) if not all(_is_colon(entry[k]) for entry in entries)]
    if len(axes) != 1:
        return False
    pieces = [entry[axes[0]] for entry in entries]
    if not all(isinstance(piece, slice) and _is_one_axis(piece) for piece in pieces):
        return False
    at: Operand | None = None
    while True:
        piece = next((p for p in pieces if _is_none(p.start) == (at is None) and _is_same(p.start, at, made)), None)
        if piece is None:
            return False
        pieces.remove(piece)
        at = piece.stop
        if _is_none(at):
            return True


def _ends_beside(place: Tree) -> list[Tree] | None:
    """What ``place`` leaves of an array, if it is a slice along the first axis and leaves a few entries at its ends."""
    entry, *others = place if isinstance(place, tuple) else (place,)
    if not isinstance(entry, slice) or not _is_one_axis(entry) or not all(map(_is_colon, others)):
        return None
    ends: list[Tree] = []
    if not _is_none(entry.start):
        if (_constant(entry.start) or -1) < 0:
            return None
        ends.append(slice(Const(None), entry.start, Const(None)))
    if not _is_none(entry.stop):
        if (_constant(entry.stop) or 0) >= 0:
            return None
        ends.append(slice(entry.stop, Const(None), Const(None)))
    return ends


def _is_same(start: Operand, at: Operand | None, made: Mapping[Operand, Call]) -> bool:
    return at is None or same_tree(start, at) or _multiple(start, made) == _multiple(at, made)


def _is_colon(entry: Tree) -> bool:
    return isinstance(entry, slice) and all(map(_is_none, (entry.start, entry.stop, entry.step)))
