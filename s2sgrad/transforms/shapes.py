"""The shape of a changing array, asked of something that is at hand.

Backward code often needs an array for its shape only (``np.zeros_like(x)``, ``np.shape(x)``).

- If ``x`` is one of the versions of an array that a loop updates, saving it would mean copying it at each iteration.
  An update leaves shape and dtype as they were, and so does a loop that carries an array of one type: any version will
  do, and the one before the loop is still there.
- Otherwise the forward part asks for the shape, so that a tuple is saved and not the array.

    t = np.shape(u.1)      u.1 carried, = u before the loop        ──▶        t = np.shape(u)
"""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Call, Operand, Value, blocks_of
from s2sgrad.ir.primitives import additem, setitem, unbroadcast
from s2sgrad.ir.types import Array
from s2sgrad.transforms.structure import Structure

# Which argument matters by its shape and dtype only.
_SHAPE_ONLY = {np.shape: 0, np.ndim: 0, np.size: 0, np.zeros_like: 0, np.ones_like: 0, len: 0, unbroadcast: 1}
_QUERIES = (np.shape, np.ndim, np.size, len)


def settle_shapes(backward: Block, structure: Structure) -> None:
    """Let calls of ``backward`` that ask for a shape only ask the outermost value that has it, or the forward part."""
    origin = _Origins(structure)
    asked: dict[tuple[object, Value], Value] = {}
    answers: dict[Value, Operand] = {}
    pending = [backward]
    while pending:
        block = pending.pop()
        kept = []
        for op in block.ops:
            pending += blocks_of(op)
            if isinstance(op, Call) and op.fn in _SHAPE_ONLY and len(op.args) > _SHAPE_ONLY[op.fn]:
                k = _SHAPE_ONLY[op.fn]
                x = origin(op.args[k])
                op.args = (*op.args[:k], x, *op.args[k + 1 :])
                if op.fn in _QUERIES and isinstance(x, Value) and structure.is_nested(x):
                    if (op.fn, x) not in asked:
                        asked[op.fn, x] = _ask(op, x, structure)
                    answers[op.result] = asked[op.fn, x]
                    continue
            kept.append(op)
        block.ops = kept
    if answers:
        substitute(backward, answers)


def _ask(query: Call, x: Value, structure: Structure) -> Value:
    """Ask for the shape of ``x`` in the forward part, where ``x`` is defined."""
    home, definition = structure.home[x], structure.definition.get(x)
    answer = Value(query.result.type, query.result.name)
    call = Call(query.fn, (x,), {}, [answer], query.stmt)
    home.ops.insert(0 if definition is None else home.ops.index(definition) + 1, call)
    structure.home[answer] = home
    structure.definition[answer] = call
    structure.position[answer] = structure.position[x] + 0.5
    return answer


class _Origins:
    """The value of the same shape and dtype that is defined furthest outside."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.inits: dict[Value, Operand] = {}
        for loop in structure.loops:
            self.inits.update(zip(loop.carried, loop.inits, strict=True))
            self.inits.update(zip(loop.results, loop.inits, strict=True))

    def __call__(self, x: Operand) -> Operand:
        while isinstance(x, Value) and self.structure.is_nested(x):
            before = self.inits.get(x)
            if before is None:
                op = self.structure.definition.get(x)
                updates = isinstance(op, Call) and op.fn in (setitem, additem)
                before = op.args[0] if updates else None  # type: ignore[union-attr]
            if not isinstance(before, Value) or not isinstance(x.type, Array) or before.type != x.type:
                return x
            x = before
        return x
