"""Small rewrites that make derivative code what one would write by hand.

A.2 = setitem A.1, i, 0.0                  A.2 = setitem A.1, i, v
A.3 = additem A.2, i, v           ──▶

t = broadcast_to 1.0, (shape A)            t = ones_like A             (where it is going to be written)

x_bar' = mul x_bar, c                      y_bar' = add y_bar, x_bar
y_bar' = add y_bar, x_bar         ──▶      x_bar' = mul x_bar, c       (so that one variable is enough)
yield x_bar', y_bar'                       yield x_bar', y_bar'

for … carry stopped = False:               for … carry stopped = False:
  s = if c: yield True else yield False      s = if c: yield True else yield stopped
  yield s, stop if s                         yield s, stop if s
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Value,
    While,
    blocks_of,
    operands_of,
    walk,
)
from s2sgrad.ir.primitives import UPDATES, additem, getindex, setitem
from s2sgrad.ir.types import Array, Scalar
from s2sgrad.optimize.sharing import is_basic_index, same_tree

Uses = dict[Value, int]
_WRITING = frozenset(UPDATES)
_OR = (operator.or_,)
_LOADS = (operator.getitem, getindex)


def tidy(function: Function) -> None:
    """Apply the rewrites (changes the function)."""
    uses: Uses = {}
    written: set[Value] = set()
    for x in _reads(function.body, written):
        uses[x] = uses.get(x, 0) + 1
    _block(function.body, uses, written)


def _reads(block: Block, written: set[Value]) -> list[Value]:
    """All that is read in a block. ``written`` gets what is updated, copied, or carried by a loop."""
    found: list[Operand] = []
    for op in walk(block):
        found.extend(operands_of(op))
        if isinstance(op, Call):
            if op.args and isinstance(op.args[0], Value) and (op.fn is np.copy or op.fn in _WRITING):
                written.add(op.args[0])
        elif isinstance(op, (For, While)):
            written.update(x for x in op.inits if isinstance(x, Value))
        for inner in blocks_of(op):
            found.extend(inner.results)
            if inner.stop is not None:
                found.append(inner.stop)
    return [x for x in (*found, *block.results) if isinstance(x, Value)]


def _block(block: Block, uses: Uses, written: set[Value]) -> None:
    _overwrite(block, uses)
    for op in block.ops:
        if isinstance(op, Call):
            if op.fn is np.broadcast_to and op.adjoint and op.results[0] in written:
                _fill(op)
            continue
        if isinstance(op, (For, While)):
            _keep_flags(op, uses)
        if isinstance(op, For):
            _load_first(op)
        for inner in blocks_of(op):
            _block(inner, uses, written)
            if inner is not getattr(op, "cond", None):
                _sink(inner, uses)


def _overwrite(block: Block, uses: Uses) -> None:
    """Store what is added to a place that has just been zeroed."""
    zeroed: dict[Value, Call] = {}
    gone: set[Op] = set()
    for op in block.ops:
        if not isinstance(op, Call) or not op.adjoint:
            continue
        if op.fn is setitem and isinstance(op.args[2], Const) and op.args[2].value == 0.0:
            zeroed[op.result] = op
        elif op.fn is additem and op.args[0] in zeroed and uses.get(op.args[0]) == 1:
            zero = zeroed[op.args[0]]
            if is_basic_index(op.args[1]) and same_tree(zero.args[1], op.args[1]) and not _is_whole(op.args[1]):
                op.fn, op.args = setitem, (zero.args[0], *op.args[1:])
                gone.add(zero)
    if gone:
        block.ops = [op for op in block.ops if op not in gone]


def _is_whole(index: object) -> bool:
    return isinstance(index, Const) and index.value is Ellipsis


def _fill(op: Call) -> None:
    """Make an array of its own of a broadcast number."""
    value, shape = op.args
    t = op.result.type
    if isinstance(value, Const) and type(value.value) is float and isinstance(t, Array) and t.dtype == np.float64:
        one = value.value == 1.0
        op.fn, op.args = (np.ones, (shape,)) if one else (np.full, (shape, value))


def _sink(block: Block, uses: Uses) -> None:
    """Compute numbers that are only handed on after all that reads the old ones."""
    handed_on = {x for x in block.results if isinstance(x, Value) and uses.get(x) == 1}
    moved: list[Op] = []
    read: set[Operand] = set()
    for op in reversed(block.ops):
        operands = [*operands_of(op)]
        is_plain = isinstance(op, Call) and op.adjoint and not op.effect and len(op.results) == 1
        if (
            is_plain
            and op.results[0] in handed_on
            and all(isinstance(x.type, Scalar) for x in (*op.results, *operands))
            and any(x in read and x.name == op.results[0].name for x in operands if isinstance(x, Value))
        ):
            moved.insert(0, op)
        else:
            read.update(operands)
    if moved:
        late = set(moved)
        block.ops = [*(op for op in block.ops if op not in late), *moved]


def _load_first(op: For) -> None:
    """Load the items that a loop goes over at the top of its body: the loop may be written over the items then."""
    body = op.body
    if any(isinstance(x, Call) and x.effect for x in walk(body)):
        return  # what raises or prints before an item is loaded has to do so first
    inside = {*body.params, *(result for inner in body.ops for result in inner.results)}
    loads = [x for x in body.ops if is_load(x, op.index) and x.args[0] not in inside]  # type: ignore[union-attr]
    if loads and loads != body.ops[: len(loads)]:
        first = set(loads)
        body.ops = [*loads, *(x for x in body.ops if x not in first)]


def is_load(op: Op, index: Value) -> bool:
    """``x[i]`` of what the author has a name for."""
    if not isinstance(op, Call) or op.fn not in _LOADS or op.args[1] is not index:
        return False
    return isinstance(op.args[0], Value) and op.result.name is not None


def _keep_flags(op: For | While, uses: Uses) -> None:
    """A flag that stops a loop is still false inside the loop: what leaves it so need not assign it."""
    body = op.body
    for init, param, result, after in zip(op.inits, op.carried, body.results, op.results, strict=True):
        if not (isinstance(init, Const) and init.value is False and isinstance(result, Value) and after in uses):
            continue
        if result is body.stop or _is_in_stop(result, body):
            _keep_flag(result, param, body)


def _is_in_stop(flag: Value, body: Block) -> bool:
    made = next((op for op in reversed(body.ops) if body.stop in op.results), None)
    return isinstance(made, Call) and made.fn in _OR and any(x is flag for x in made.args)


def _keep_flag(flag: Value, param: Value, block: Block) -> None:
    made = next((op for op in reversed(block.ops) if flag in op.results), None)
    if not isinstance(made, If):
        return
    k = made.results.index(flag)
    for branch in (made.then, made.orelse):
        result = branch.results[k]
        if isinstance(result, Const) and result.value is False:
            branch.results[k] = param
        elif isinstance(result, Value):
            _keep_flag(result, param, branch)
