"""The shape of a changing array, asked of something that is at hand.

Backward code often needs an array for its shape only (``np.zeros_like(x)``, ``np.shape(x)``).

- If ``x`` is one of the versions of an array that a loop updates, saving it would mean copying it at each iteration.
  An update leaves shape and dtype as they were, and so does a loop that carries an array of one type: any version will
  do, and the one before the loop is still there.
- What an elementwise operation makes of a part of an array that is still there has the shape of that part, which is a
  view that is taken again.
- Otherwise the forward part asks for the shape, so that a tuple is saved and not the array.

    t = np.shape(u.1)      u.1 carried, = u before the loop        ──▶        t = np.shape(u)
    t = w * x[j:k]
    t_bar = unbroadcast y_bar, t                                   ──▶        t_bar = unbroadcast y_bar, x[j:k]
"""

from __future__ import annotations

import operator
from collections import Counter

import numpy as np

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Call, Const, Op, Operand, Tree, Value, blocks_of, leaves, operands_of, uses_in
from s2sgrad.ir.infer import UFUNC_OF_OPERATOR
from s2sgrad.ir.primitives import additem, setitem, unbroadcast
from s2sgrad.ir.types import INT, Array, TupleOf
from s2sgrad.optimize.sharing import is_basic_index
from s2sgrad.transforms.structure import Structure, is_hashable

# Which argument matters by its shape and dtype only.
_SHAPE_ONLY = {np.shape: 0, np.ndim: 0, np.size: 0, np.zeros_like: 0, np.ones_like: 0, len: 0, unbroadcast: 1}
QUERIES = (np.shape, np.ndim, np.size, len)


def read_by_value(block: Block) -> set[Operand]:
    """What the results of a block are made of, beside what they need the shape of only."""
    found: set[Operand] = set(block.results)
    for op in reversed(block.ops):
        inner = [x for part in blocks_of(op) for x in uses_in(part)]
        if not isinstance(op, Call):
            if any(v in found for v in op.results) or not op.results:
                found.update((*operands_of(op), *inner))
        elif op.effect or any(v in found for v in op.results):
            shape = _SHAPE_ONLY.get(op.fn) if is_hashable(op.fn) else None
            found.update((*leaves([a for k, a in enumerate(op.args) if k != shape]), *leaves(op.kwargs)))
    return found


def settle_shapes(backward: Block, structure: Structure) -> None:
    """Let calls of ``backward`` that ask for a shape only ask the outermost value that has it, or the forward part."""
    origin = Origins(structure)
    _zeros_of_shapes(backward, structure, origin)
    asked: dict[tuple[object, Value], Value] = {}
    answers: dict[Value, Operand] = {}
    shape_only = _only_compared(backward)
    pending = [backward]
    while pending:
        block = pending.pop()
        kept = []
        for op in block.ops:
            pending += blocks_of(op)
            if isinstance(op, Call) and op.fn in _SHAPE_ONLY and len(op.args) > _SHAPE_ONLY[op.fn]:
                k = _SHAPE_ONLY[op.fn]
                x = origin(op.args[k])
                if x in shape_only:
                    x = origin.part_of_that_shape(x)
                op.args = (*op.args[:k], x, *op.args[k + 1 :])
                if op.fn in QUERIES and isinstance(x, Value) and structure.is_nested(x):
                    if (op.fn, x) not in asked:
                        asked[op.fn, x] = _ask(op, x, structure)
                    answers[op.result] = asked[op.fn, x]
                    continue
            kept.append(op)
        block.ops = kept
    if answers:
        substitute(backward, answers)


def _only_compared(backward: Block) -> set[Operand]:
    """The arrays that nothing but ``unbroadcast`` reads, for their shape."""
    blocks = [backward]
    for block in blocks:
        blocks += [inner for op in block.ops for inner in blocks_of(op)]
    calls = [op for block in blocks for op in block.ops if isinstance(op, Call) and op.fn is unbroadcast]
    asked = Counter(op.args[1] for op in calls if isinstance(op.args[1], Value))
    used = Counter(x for x in uses_in(backward) if x in asked)
    return {x for x, n in asked.items() if used[x] == n}


def _zeros_of_shapes(backward: Block, structure: Structure, origin: Origins) -> None:
    """``np.zeros_like(x)`` where nothing else needs ``x``, and it would have to be saved: ``np.zeros(np.shape(x))``."""
    blocks = [backward]
    for block in blocks:
        for op in block.ops:
            blocks += blocks_of(op)
    shape_only = [op for block in blocks for op in block.ops if isinstance(op, Call) and op.fn is np.zeros_like]
    asked = Counter(op.args[0] for op in shape_only)
    used = Counter(x for x in uses_in(backward) if x in asked)
    wanted = {
        op
        for op in shape_only
        if used[op.args[0]] == asked[op.args[0]]
        and structure.is_nested(op.args[0])
        and structure.is_nested(origin(op.args[0]))
    }
    for block in blocks:
        if any(op in wanted for op in block.ops):
            block.ops = [new for op in block.ops for new in (_zeros(op) if op in wanted else (op,))]


def _zeros(op: Op) -> tuple[Op, Op]:
    assert isinstance(op, Call) and isinstance(op.result.type, Array)
    t = op.result.type
    shape = Value(TupleOf((INT,) * t.ndim))
    query = Call(np.shape, op.args, {}, [shape], op.stmt, adjoint=True)
    dtype = () if t.dtype == np.float64 else (Const(t.dtype),)
    return query, Call(np.zeros, (shape, *dtype), {}, op.results, op.stmt, adjoint=True)


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


class Origins:
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

    def part_of_that_shape(self, x: Operand) -> Operand:
        """The part of an array at hand that ``x`` has been computed from, entry by entry; otherwise ``x``."""
        part: Operand = x
        while isinstance(part, Value) and self.structure.is_nested(part):
            op = self.structure.definition.get(part)
            if not isinstance(op, Call):
                break
            if op.fn is operator.getitem and is_basic_index(op.args[1]) and not self.structure.is_nested(op.args[0]):
                return part
            if not is_hashable(op.fn) or not isinstance(UFUNC_OF_OPERATOR.get(op.fn, op.fn), np.ufunc):
                break
            part = next((a for a in op.args if _have_one_shape(a, x)), Const(None))
        return x


def _have_one_shape(a: Tree, b: Operand) -> bool:
    if not isinstance(a, Value):
        return False
    return isinstance(a.type, Array) and isinstance(b.type, Array) and a.type.shape == b.type.shape
