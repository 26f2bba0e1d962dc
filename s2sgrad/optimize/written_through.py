"""Arrays that are updated through a view or an item of them: `row = A[i]; row[0] = v`."""

from __future__ import annotations

import operator
from dataclasses import dataclass

from s2sgrad.ir.core import Block, Call, Function, Value, blocks_of
from s2sgrad.ir.primitives import additem, getindex, pop, push, setitem, without_key
from s2sgrad.ir.types import ListOf
from s2sgrad.optimize.sharing import is_basic_index, same_tree

_LOADS = (operator.getitem, getindex)


def is_update(op: Call) -> bool:
    """Whether a call is printed as a statement that writes into its first operand."""
    fn = op.fn
    return fn is setitem or fn is additem or fn is push or fn is pop or fn is without_key


def is_inner_update(op: Call) -> bool:
    """Whether an update writes into a list that stands in its first operand: ``a[i][j] = v``."""
    return op.fn in (setitem, additem) and isinstance(op.args[0].type, ListOf) and isinstance(op.args[1], tuple)


@dataclass(slots=True)
class WrittenThrough:
    """Updates of a container by a view that has been updated itself.

        inner = getitem(A, p)           row = A[p]
        inner2 = setitem(inner, i, v)   row[i] = v
        A2 = setitem(A, p, inner2)      (nothing: ``whole``)

    ``container[inner's update, A]`` is the update of ``A`` that may follow it; ``items[inner's update]`` where that is
    a list.
    """

    whole: dict[Call, None]
    container: dict[tuple[Call, Value], Call]
    items: dict[Call, Call]


def written_through(function: Function) -> WrittenThrough:
    """Find the updates ``setitem(A, p, y)`` where ``y`` is the view ``A[p]``, updated in place."""
    found = WrittenThrough({}, {}, {})
    if not function.body.ops:
        return found
    source: dict[Value, Call] = {}
    outer: dict[Call, Call] = {}

    def visit(block: Block) -> None:
        for op in block.ops:
            if not isinstance(op, Call):
                for inner in blocks_of(op):
                    visit(inner)
                continue
            if op.fn is setitem and isinstance(op.args[2], Value):
                chain = _chain(op, source)
                if chain is not None:
                    found.whole[op] = None
                    for update in chain:
                        outer[update] = op
            if op.results and (op.fn in _LOADS or (is_update(op) and op.fn is not pop and op.fn is not push)):
                source[op.results[0]] = op

    visit(function.body)
    for update in outer:
        whole: Call | None = outer[update]
        while whole is not None:
            found.container[update, whole.args[0]] = whole
            if isinstance(whole.args[0].type, ListOf):
                found.items[update] = whole
            whole = outer.get(whole)
    return found


def _chain(op: Call, source: dict[Value, Call]) -> list[Call] | None:
    """The updates that lead from the view ``A[p]`` to the value that ``op = setitem(A, p, value)`` stores."""
    a, index, value = op.args
    if not isinstance(a, Value) or not is_basic_index(index):
        return None
    chain = []
    made = source.get(value)
    while made is not None and made.fn not in _LOADS:
        chain.append(made)
        value = made.args[0]
        made = source.get(value) if isinstance(value, Value) else None
    if made is None or made.args[0] is not a or not chain or not same_tree(made.args[1], index):
        return None
    return chain
