"""Inlining derivative rules: the same lowering as for user code, on the operands of a transform."""

from __future__ import annotations

from typing import Any

from s2sgrad.frontend.calls import enter
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Cell, DictRef, ListRef, SliceThing, Thing
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Const, Tree, Value

RuleFunction = Any


def inline_rule(builder: Builder, rule: RuleFunction, args: tuple[Tree | None, ...], kwargs: dict[str, Tree]) -> Tree:
    """Append the operations of a rule's body to ``builder`` and return what it returns, as a tree of operands.

    A static ``None`` (an argument without a derivative) comes back as ``Const(None)``.
    """
    lo = Lowerer(builder, rule=True)
    things = [thing_of(lo, a) for a in args]
    options = {k: thing_of(lo, v) for k, v in kwargs.items()}
    result = enter(lo, rule, things, options, None)
    return lo.operand(result)


def thing_of(lo: Lowerer, tree: Tree | None) -> Thing:
    """A tree of operands as a thing."""
    if tree is None:
        return Const(None)
    if isinstance(tree, Value):
        return lo.wrap(tree)
    if isinstance(tree, Const):
        if type(tree.value) is tuple:
            return tuple(map(Const, tree.value))
        return tree
    if isinstance(tree, tuple):
        return tuple(thing_of(lo, t) for t in tree)
    if isinstance(tree, slice):
        return SliceThing(*(thing_of(lo, t) for t in (tree.start, tree.stop, tree.step)))
    cell = Cell()
    if isinstance(tree, list):
        lo.heap[cell] = tuple(thing_of(lo, t) for t in tree)
        return ListRef(cell)
    lo.heap[cell] = {k: thing_of(lo, t) for k, t in tree.items()}
    return DictRef(cell)

