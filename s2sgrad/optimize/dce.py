"""Dead code: operations, branches' results and loops' carries that nothing needs.

    s.2: pyf, n.2: pyi = for i in range(9) carry s = 0.0, n = 0:         s.2: pyf = for i in range(9) carry s = 0.0:
      t1: pyf = mul x, x                                                   s.1: pyf = add s, x
      s.1: pyf = add s, x                                        ──▶       yield s.1
      n.1: pyi = add n, 1                                                return s.2
      yield s.1, n.1
    return s.2

Liveness is one search from what the function returns and from its effects: a value makes live the operation that
defines it and whatever that reads (in the body of a ``try``, whatever decides whether the handler runs is live with
it); a result of a loop makes live that carry only, so a carry that feeds nothing but
itself is dead, like a stack that is pushed to and never popped. A loop without effects of which nothing is used goes.
"""

from __future__ import annotations

import contextlib

import numpy as np

from s2sgrad.ir.core import (
    Block,
    Call,
    For,
    Function,
    If,
    Op,
    Operand,
    Try,
    Value,
    While,
    blocks_of,
    leaves,
    operands_of,
    walk,
)
from s2sgrad.ir.raising import op_may_raise

# Contexts that may be dropped with a body that computes nothing of use.
_PURE_CONTEXTS = frozenset({np.errstate, contextlib.nullcontext})


def dce(function: Function) -> Function:
    """Drop what does not matter for the results of ``function`` and for its effects."""
    live = dce_block(function.body)
    function.captures = {v: capture for v, capture in function.captures.items() if v in live}
    return function


def dce_block(block: Block) -> set[Value]:
    """Drop what does not matter for the results of ``block`` and for its effects; returns the live values."""
    liveness = _Liveness()
    liveness.index(block, None)
    for op in liveness.roots:
        liveness.mark(op)
    for x in block.results if block.stop is None else (*block.results, block.stop):
        liveness.need(x)
    liveness.search()
    liveness.sweep(block)
    return liveness.values


class _Liveness:
    def __init__(self) -> None:
        self.values: set[Value] = set()
        self.ops: set[Op] = set()
        self.slots: set[tuple[Op, int]] = set()  # which results of an operation with blocks are live
        self.definition: dict[Value, tuple[Op, int]] = {}  # slot -1: the index of a loop, the value bound by a with
        self.owner: dict[Op, Op | None] = {}
        self.pending: list[Value] = []
        self.roots: list[Op] = []

    # -- where values come from, and the roots

    def index(self, block: Block, owner: Op | None) -> None:
        if block.diverges and owner is not None:
            self.roots.append(owner)
        for op in block.ops:
            self.owner[op] = owner
            self.definition.update((v, (op, k)) for k, v in enumerate(op.results))
            if isinstance(op, Call):
                if op.effect:
                    self.roots.append(op)
                continue
            if isinstance(op, While):
                self.definition.update((v, (op, k)) for k, v in enumerate(op.cond.params))
                self.definition.update((v, (op, k)) for k, v in enumerate(op.body.params))
            elif isinstance(op, Try):
                self.definition.update((v, (op, -1)) for v in op.handler.params)
            elif not isinstance(op, If):
                self.definition.update((v, (op, k - 1)) for k, v in enumerate(op.body.params))
                if not isinstance(op, For) and (op.context.effect or op.context.fn not in _PURE_CONTEXTS):
                    self.roots.append(op)
            for inner in blocks_of(op):
                self.index(inner, op)

    # -- the search

    def need(self, x: Operand) -> None:
        if isinstance(x, Value) and x not in self.values:
            self.values.add(x)
            self.pending.append(x)

    def search(self) -> None:
        while self.pending:
            definition = self.definition.get(self.pending.pop())
            if definition is not None:
                op, slot = definition
                self.mark(op)
                if not isinstance(op, Call) and slot >= 0 and (op, slot) not in self.slots:
                    self.slots.add((op, slot))
                    self.need_slot(op, slot)

    def mark(self, op: Op | None) -> None:
        """``op`` runs: so do its owners, and what decides whether and how often it does is needed."""
        while op is not None and op not in self.ops:
            self.ops.add(op)
            if isinstance(op, Call):
                for x in operands_of(op):
                    self.need(x)
            elif isinstance(op, If):
                self.need(op.cond)
            elif isinstance(op, Try):
                for inner in walk(op.body):
                    if op_may_raise(inner, op.exceptions):
                        self.mark(inner)
            elif isinstance(op, (For, While)):
                for x in op.settings if isinstance(op, For) else op.cond.results:
                    self.need(x)
                if op.body.stop is not None:
                    self.need(op.body.stop)
            else:
                for x in (*leaves(op.context.args), *leaves(op.context.kwargs)):
                    self.need(x)
            op = self.owner[op]

    def need_slot(self, op: Op, slot: int) -> None:
        """What the result ``slot`` of an operation with blocks is made from."""
        if isinstance(op, If):
            self.need(op.then.results[slot])
            self.need(op.orelse.results[slot])
            return
        if isinstance(op, Try):
            self.need(op.handler.results[slot])
        if isinstance(op, (For, While)):
            self.need(op.inits[slot])
        if not isinstance(op, Call):
            self.need(op.body.results[slot])

    # -- the sweep

    def sweep(self, block: Block) -> None:
        block.ops = [op for op in block.ops if op in self.ops]
        for op in block.ops:
            if not isinstance(op, Call):
                self.shrink(op)
                for inner in blocks_of(op):
                    self.sweep(inner)

    def shrink(self, op: If | For | While | Op) -> None:
        """Keep only the live results of an operation with blocks."""
        keep = [k for k in range(len(op.results)) if (op, k) in self.slots]
        if len(keep) == len(op.results):
            return
        op.results = [op.results[k] for k in keep]
        if isinstance(op, (For, While)):
            op.inits = [op.inits[k] for k in keep]
        if isinstance(op, For):
            op.body.params = [op.index, *(op.carried[k] for k in keep)]
        elif isinstance(op, While):
            op.cond.params = [op.cond.params[k] for k in keep]
            op.body.params = [op.body.params[k] for k in keep]
        for inner in (op.body,) if isinstance(op, While) else blocks_of(op):
            inner.results = [inner.results[k] for k in keep]
