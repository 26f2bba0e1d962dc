"""What is folded into the expressions of loops, and what is not."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence

import numpy as np

from s2sgrad.backends.entries import REARRANGING, is_entrywise, rank_of
from s2sgrad.backends.reductions import reduction
from s2sgrad.backends.stores import store
from s2sgrad.emit.folding import Folding
from s2sgrad.ir.core import Block, Call, Function, Op, Operand, Value, blocks_of, operands_of, walk
from s2sgrad.ir.primitives import additem, setitem
from s2sgrad.ir.types import Array, Scalar


def unfolded(function: Function, folding: Folding) -> None:
    """Fold arrays into what becomes a loop only, and nothing that has loops of its own."""
    users: dict[Value, Op | Block] = {}
    for op, operands in _uses(function.body):
        for x in operands:
            if isinstance(x, Value):
                users[x] = op
    for value, op in list(folding.values.items()):
        if not isinstance(op, Call) or not _has_arrays(op) or _is_number_of_array(op):
            continue
        user = users.get(value)
        if not (is_entrywise(op) and isinstance(user, Call) and _is_loop(user)):
            del folding.values[value]

    _repeated(function, folding)
    _open_ternaries(function, folding)


def _repeated(function: Function, folding: Folding) -> None:
    """Follow rearranged arrays (``x[:, None]``) to what they are views of, in each loop that reads them."""
    readers: dict[Value, list[Op | Block]] = {}
    for op, operands in _uses(function.body):
        for x in operands:
            if isinstance(x, Value):
                readers.setdefault(x, []).append(op)
    for op in walk(function.body):
        if isinstance(op, Call) and op.fn in REARRANGING and is_entrywise(op) and isinstance(op.args[0], Value):
            users = readers.get(op.result, [])
            if users and all(isinstance(user, Call) and _reads_entries(user, op.result) for user in users):
                folding.values[op.result] = op


def _reads_entries(op: Call, x: Value) -> bool:
    """Whether an operation is a loop that reads an array entry by entry."""
    if op.fn in (setitem, additem):
        return _is_loop(op) and op.args[2] is x and op.args[0] is not x
    return _is_loop(op) and any(arg is x for arg in op.args) and op.fn is not operator.getitem


def _open_ternaries(function: Function, folding: Folding) -> None:
    """Print what is no longer one expression as ``if`` statements."""
    changed = True
    while changed:
        changed = False
        for op in list(folding.ternaries):
            inner = [x for block in blocks_of(op) for x in block.ops]
            if not all(x in folding.ternaries or (x.results and x.results[0] in folding.values) for x in inner):
                folding.ternaries.discard(op)
                folding.values.pop(op.results[0], None)
                changed = True


def _uses(block: Block) -> Iterator[tuple[Op | Block, Sequence[Operand]]]:
    for op in block.ops:
        yield op, list(operands_of(op))
        for inner in blocks_of(op):
            yield from _uses(inner)
    yield block, [*block.results, *([block.stop] if block.stop is not None else [])]


def _has_arrays(op: Call) -> bool:
    """Whether it makes or reads arrays with axes."""
    return any(rank_of(x) for x in (*op.results, *operands_of(op)))


def _is_number_of_array(op: Call) -> bool:
    """Whether it reads one entry of an array, or a length."""
    return isinstance(op.result.type, Scalar) and op.fn in (operator.getitem, len, np.size, np.ndim)


def _is_loop(op: Call) -> bool:
    """Whether an operation is written as a loop over entries."""
    if op.fn in (setitem, additem):
        return isinstance(op.args[0].type, Array) and store(op) is not None
    return (is_entrywise(op) and rank_of(op.result) > 0) or reduction(op) is not None
