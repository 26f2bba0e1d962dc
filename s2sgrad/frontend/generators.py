"""Generator functions: run to a list where they are called, if nobody can tell the difference.

    def steps(x, n):                    for v in steps(x, 3):          yielded = []
        for i in range(n):                  s = s * v          →       for i in range(3): yielded.append(x * i)
            yield x * i                                                for v in yielded: s = s * v

Python runs a generator a piece at a time. The difference would show if it printed, never ended, read memory that is
written meanwhile, or were iterated over twice: all of these are refused.
"""

from __future__ import annotations

import functools
from typing import Any

import gast

from s2sgrad.frontend.iteration import append, for_each
from s2sgrad.frontend.loop_shapes import LoopShape
from s2sgrad.frontend.lowerer import EXPRESSIONS, Frame, Lowerer
from s2sgrad.frontend.statements import run_function
from s2sgrad.frontend.things import Cell, ListRef, Thing, Yielded
from s2sgrad.ir.core import Block, Call, Const, walk
from s2sgrad.ir.raising import ops_may_raise

YIELDED = "%yielded"


@functools.cache
def is_generator(node: Any) -> bool:
    """Whether a function's own statements contain ``yield``."""
    pending = list(node.body) if isinstance(node.body, list) else []
    while pending:
        n = pending.pop()
        if isinstance(n, (gast.Yield, gast.YieldFrom)):
            return True
        if not isinstance(n, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            pending.extend(gast.iter_child_nodes(n))
    return False


def call_generator(lo: Lowerer, frame: Frame, node: Any) -> Thing:
    """Run a generator function, whose arguments are bound in ``frame``, and collect what it yields."""
    _check_ends(lo, node)
    read = list(frame.env.values())
    outer = frame.outer
    while outer is not None:
        names = {n.id for n in gast.walk(node) if isinstance(n, gast.Name)}
        read += [thing for name, thing in outer.env.items() if name in names or name[0] == "%"]
        outer = outer.outer
    state = {cell: lo.heap[cell] for cell in lo.cells_of(read)}
    cell = Cell(YIELDED)
    lo.heap[cell] = ()
    frame.env[YIELDED] = ListRef(cell)
    start, block = len(lo.builder.block.ops), lo.builder.block
    run_function(lo, frame, node)
    made = Block([], block.ops[start:])
    if any(isinstance(op, Call) and op.effect for op in walk(made)):
        lo.fail(
            "this generator has effects (it prints, draws random numbers, raises), or calls what may have some",
            "collect what it yields in a list",
            node,
        )
    caught = tuple(e for context in lo.catching for e in context.exceptions)
    if caught and ops_may_raise(made.ops, caught):
        lo.fail(
            "when this generator raises what a `try` catches is not followed", "collect a list before the `try`", node
        )
    result = frame.env[YIELDED]
    result.cell.owner = None
    return Yielded(result, {c: x for c, x in state.items() if lo.heap[c] is x}, lo.loops)


def _check_ends(lo: Lowerer, node: Any) -> None:
    """Refuse a generator that goes on for ever: whoever iterates over it decides how often."""
    for n in gast.walk(node):
        if not isinstance(n, gast.While) or not isinstance(n.test, gast.Constant):
            continue
        if not any(isinstance(inner, (gast.Break, gast.Return)) for inner in gast.walk(n)):
            lo.fail("a generator that never ends is not supported", "write its loop where it is used", n)


def _yield(lo: Lowerer, node: Any) -> Thing:
    append(lo, lo.frame.env[YIELDED], Const(None) if node.value is None else lo.expr(node.value))
    return Const(None)


def _yield_from(lo: Lowerer, node: Any) -> Thing:
    shape = LoopShape(node, frozenset(), None, None, frozenset({YIELDED}))
    for_each(lo, lo.expr(node.value), shape, lambda item: append(lo, lo.frame.env[YIELDED], item), None)
    return Const(None)


EXPRESSIONS |= {gast.Yield: _yield, gast.YieldFrom: _yield_from}
