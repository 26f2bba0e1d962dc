"""The invariants of the IR, checked after every pass while testing (and always with ``S2SGRAD_VERIFY=1``).

- each value is assigned once, and used only where it is visible: it is a parameter, a capture, or a result of an
  earlier operation of the same or an enclosing block;
- a block yields as many results as its operation defines, a loop carries as many values as it starts with;
- ``stop`` stands only in loop bodies; ``out`` names results that exist.
"""

from __future__ import annotations

from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Tree,
    Try,
    Value,
    While,
    blocks_of,
    operands_of,
)
from s2sgrad.ir.printer import describe
from s2sgrad.ir.structures import flatten


class InvalidIR(Exception):
    """A defect of s2sgrad: a transform or pass has produced IR that breaks an invariant. No user causes it."""


def verify(function: Function) -> None:
    """Check ``function``; raises :class:`InvalidIR`, which names the operation at fault."""
    checker = _Checker(f"function {function.name}")
    checker.define([*function.params, *function.captures], "parameter")
    if function.body.params:
        checker.fail("the body of a function has no parameters of its own")
    checker.block(function.body, loop=False)
    checker.out(function.out, len(function.body.results))


def verify_block(block: Block, name: str = "block") -> None:
    """Check a block whose free values are taken to be defined (outside of it)."""
    _Checker(name, free=True).block(block, loop=True)


class _Checker:
    def __init__(self, where: str, free: bool = False) -> None:
        self.where = where
        self.free = free
        self.visible: set[Value] = set()
        self.defined: set[Value] = set()

    def fail(self, problem: str) -> None:
        raise InvalidIR(f"{self.where}: {problem}")

    def define(self, values: list[Value], what: str) -> None:
        for v in values:
            if not isinstance(v, Value):
                self.fail(f"{what} {v!r} is not a value")
            if v in self.defined:
                self.fail(f"{what} {v!r} is assigned twice")
            self.defined.add(v)
            self.visible.add(v)

    def use(self, x: Operand, what: str) -> None:
        if isinstance(x, Const) or x in self.visible:
            return
        if not isinstance(x, Value):
            self.fail(f"{what} {x!r} is not an operand")
        if x in self.defined or not self.free:
            self.fail(f"{what} {x!r} is not visible here")

    def block(self, block: Block, *, loop: bool) -> None:
        scope = list(block.params)
        self.define(block.params, "block parameter")
        for op in block.ops:
            outer, self.where = self.where, f"{self.where} > {describe(op)}"
            self.op(op)
            self.define(op.results, "result")
            scope += op.results
            self.where = outer
        for x in block.results:
            self.use(x, "block result")
        if block.stop is not None:
            if not loop:
                self.fail("only the body of a loop may stop it")
            self.use(block.stop, "stop condition")
        self.visible.difference_update(scope)

    def op(self, op: Op) -> None:
        try:
            for x in operands_of(op):
                self.use(x, "operand")
        except TypeError as error:
            raise InvalidIR(f"{self.where}: {error}") from None
        self.arities(op)
        for block in blocks_of(op):
            self.block(block, loop=isinstance(op, (For, While)) and block is op.body)

    def arities(self, op: Op) -> None:
        """The numbers of values that must agree."""
        if isinstance(op, Call):
            return
        count = len(op.results)
        if isinstance(op, (For, While)):
            self.equal("initial values", len(op.inits), count)
            self.equal("carried values", len(op.carried), count)
        if isinstance(op, For) and not op.body.params:
            self.fail("the body of a for loop has the index as its first parameter")
        if isinstance(op, While):
            self.equal("parameters of the condition", len(op.cond.params), count)
            self.equal("results of the condition", len(op.cond.results), 1)
            self.equal("results of the body", len(op.body.results), count)
            return
        for block in blocks_of(op):
            self.equal("results of a block", len(block.results), count)
            if isinstance(op, If) and block.params:
                self.fail("a branch has no parameters")
        if isinstance(op, Try):
            self.equal("parameters of a handler", len(op.handler.params), 1)
            if op.body.params:
                self.fail("the body of try has no parameters")
        elif not isinstance(op, (If, For)):
            if op.context.results:
                self.fail("the context of a with statement has no results")
            if len(op.body.params) > 1:
                self.fail("a with statement binds one value at most")

    def equal(self, what: str, count: int, expected: int) -> None:
        if count != expected:
            self.fail(f"{count} {what} where there are {expected} results")

    def out(self, tree: Tree, count: int) -> None:
        for _, index in flatten(tree):
            if isinstance(index, bool) or not isinstance(index, int):
                self.fail(f"{index!r} in `out` is not an index")
            if not 0 <= index < count:
                self.fail(f"`out` names result {index} of {count}")
