"""Join branches on the same condition that follow each other.

The forward part of a branch and its backward part are two operations; where nothing stands between them that needs
the first, they are one:

    y = if c: then yield a else yield b                  x_bar = if c: then, then'
    x_bar = if c: then' (a) else else' (b)       ──▶                 else, else'
"""

from __future__ import annotations

from s2sgrad.ir.clone import substitute
from s2sgrad.ir.core import Block, Call, Function, If, Op, Operand, Value, blocks_of, operands_of, uses_in, walk
from s2sgrad.ir.primitives import UPDATES
from s2sgrad.optimize.dce import dce

_FAR = 16


def join_branches(function: Function) -> None:
    """Join what can be joined (changes the function)."""
    if _join(function.body):
        dce(function)


def _join(block: Block) -> bool:
    changed = False
    pending: dict[Operand, int] = {}
    ops: list[Op | None] = []
    for op in block.ops:
        if isinstance(op, If):
            k = pending.get(op.cond)
            if k is not None and op.adjoint:
                first = ops[k]
                assert isinstance(first, If)
                between = [x for x in ops[k + 1 :] if x is not None]
                if _may_join(first, between, op):
                    ops[k], op, changed = None, _joined(first, op), True
            if not (op.then.diverges or op.orelse.diverges):
                pending[op.cond] = len(ops)
        ops.append(op)
    if changed:
        block.ops = [op for op in ops if op is not None]
    for op in block.ops:
        for inner in blocks_of(op):
            changed |= _join(inner)
    return changed


def _may_join(first: If, between: list[Op], second: If) -> bool:
    """Whether ``first`` may as well run directly before ``second``."""
    if second.then.diverges or second.orelse.diverges or len(between) > _FAR:
        return False
    if not between:
        return True
    if _acts(first):
        return False
    results = set(first.results)
    for op in between:
        if _acts(op) or any(x in results for x in operands_of(op)):
            return False
        if any(x in results for inner in blocks_of(op) for x in uses_in(inner)):
            return False
    return True


def _acts(op: Op) -> bool:
    """Whether anything in an operation has an effect, or will be printed in place."""
    calls = [op, *(x for inner in blocks_of(op) for x in walk(inner))]
    return any(isinstance(x, Call) and (x.effect or any(x.fn is update for update in UPDATES)) for x in calls)


def _joined(first: If, second: If) -> If:
    blocks = []
    for a, b in ((first.then, second.then), (first.orelse, second.orelse)):
        env: dict[Value, Operand] = dict(zip(first.results, a.results, strict=True))
        substitute(b, env)
        blocks.append(Block([], [*a.ops, *b.ops], [*a.results, *b.results]))
    results = [*first.results, *second.results]
    return If(second.cond, blocks[0], blocks[1], results, first.stmt, first.adjoint or second.adjoint)
