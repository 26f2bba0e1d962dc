"""Loop-invariant derivative code moves in front of its loop.

    x_bar.2 = for i in range(n) carry x_bar = 1.0:          t1 = mul r, r
      t1 = mul r, r                                         x_bar.2 = for i in range(n) carry x_bar = 1.0:
      x_bar.1 = mul x_bar, t1                        ──▶      x_bar.1 = mul x_bar, t1
      yield x_bar.1                                           yield x_bar.1

Only arithmetic that cannot raise moves, because a loop may run zero times; nothing moves out of a branch, because it
may never be taken; and the author's own statements stay where they were written.
"""

from __future__ import annotations

from s2sgrad.ir.core import Block, Call, Const, For, Function, Op, Value, While, blocks_of, operands_of
from s2sgrad.ir.undefined import maybe_undefined
from s2sgrad.optimize.purity import Ours, is_adjoint, is_total


def hoist(function: Function, ours: Ours = is_adjoint) -> Function:
    """Move loop-invariant derivative code (what is ``ours``) out of loops."""
    _hoist(function.body, ours, {*maybe_undefined(function.body), *function.optional})
    return function


def _hoist(block: Block, ours: Ours, undefined: set[Value]) -> None:
    ops: list[Op] = []
    for op in block.ops:
        for inner in blocks_of(op):
            _hoist(inner, ours, undefined)
        if isinstance(op, (For, While)):
            ops += _take_invariant(op.body, ours, undefined)
        ops.append(op)
    block.ops = ops


def _take_invariant(body: Block, ours: Ours, undefined: set[Value]) -> list[Op]:
    """Remove from ``body`` the operations that compute the same each time; returns them in order.

    ``undefined``: what may not be there where the loop runs zero times."""
    variant: set[Value] = {*undefined, *body.params}
    invariant: list[Op] = []
    rest: list[Op] = []
    for op in body.ops:
        if _may_move(op, ours) and not any(x in variant for x in operands_of(op) if isinstance(x, Value)):
            invariant.append(op)
        else:
            variant.update(op.results)
            rest.append(op)
    body.ops = rest
    return invariant


def _may_move(op: Op, ours: Ours) -> bool:
    if not isinstance(op, Call) or not ours(op) or op.effect or op.kwargs:
        return False
    if not all(isinstance(x, (Value, Const)) for x in op.args):
        return False
    return is_total(op.fn, [x.type for x in op.args])
