"""Inlining derivative rules: the same lowering as for user code, on the operands of a transform."""

from __future__ import annotations

from typing import Any

from s2sgrad.errors import UnsupportedCall, UnsupportedSyntax
from s2sgrad.frontend.calls import HANDLERS, Handler
from s2sgrad.frontend.entering import enter
from s2sgrad.frontend.lowerer import Lowerer, NeedsStatic
from s2sgrad.frontend.structured import object_of
from s2sgrad.frontend.templates import Inlining
from s2sgrad.frontend.things import Cell, DictRef, ListRef, SliceThing, Thing
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.structures import NO_DERIVATIVE, Fields
from s2sgrad.ir.unset import is_unset
from s2sgrad.rules import STATIC_FUNCTIONS
from s2sgrad.rules.elementwise import is_finite
from s2sgrad.rules.pairs import literal_or_ours
from s2sgrad.stages import stage

RuleFunction = Any


def run_static(fn: Any) -> Handler:
    """How calls of a static function of the rules are lowered: it is run, now."""

    def handler(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
        values = [static_value(lo, a, node) for a in args]
        options = {k: static_value(lo, v, node) for k, v in kwargs.items()}
        try:
            return static_thing(fn(*values, **options))
        except NotImplementedError as error:
            lo.fail(str(error), "write it with functions that have a rule", node, UnsupportedCall)

    return handler


def literal_is_finite(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """What a number is that only running knows is not asked."""
    (x,) = args
    return Const(isinstance(x, Const) and is_finite(x.value))


HANDLERS[is_finite] = literal_is_finite


def literal_order(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """An order of contraction that only running knows is not asked: ours will do."""
    (optimize,) = args
    try:
        return static_thing(static_value(lo, optimize, node))
    except (NeedsStatic, UnsupportedSyntax):
        return Const(True)


HANDLERS[literal_or_ours] = literal_order


def static_value(lo: Lowerer, thing: Thing, node: Any) -> Any:
    """The Python object that a thing is known to be."""
    if isinstance(thing, Const):
        return thing.value
    if isinstance(thing, tuple):
        return tuple(static_value(lo, t, node) for t in thing)
    if isinstance(thing, ListRef) and isinstance(lo.heap[thing.cell], tuple):
        return [static_value(lo, t, node) for t in lo.heap[thing.cell]]
    lo.needs_static(thing, "an axis or option must be known while compiling", "write it as a literal", node)


def static_thing(value: Any) -> Thing:
    """A Python object as a thing."""
    if isinstance(value, (tuple, list)):
        return tuple(map(static_thing, value))
    if isinstance(value, slice):
        return SliceThing(Const(value.start), Const(value.stop), Const(value.step))
    return Const(value)


@stage("rules")
def inline_rule(builder: Builder, rule: RuleFunction, args: tuple[Tree | None, ...], kwargs: dict[str, Tree]) -> Tree:
    """Append the operations of a rule's body to ``builder`` and return what it returns, as a tree of operands.

    A static ``None`` (an argument without a derivative) comes back as ``Const(None)``.
    """
    inlining = Inlining(rule, args, kwargs)
    template = inlining.template
    if template is not None:
        return template.copy(builder, list(inlining.values))
    block = builder.block
    start, diverges = len(block.ops), block.diverges
    result = _lowered(builder, rule, args, kwargs)
    if block.diverges == diverges:
        inlining.keep(block.ops[start:], result)
    return result


def _lowered(builder: Builder, rule: RuleFunction, args: tuple[Tree | None, ...], kwargs: dict[str, Tree]) -> Tree:
    for function in STATIC_FUNCTIONS - HANDLERS.keys():  # a rule may have been registered at any time
        HANDLERS[function] = run_static(function)
    lo = Lowerer(builder, rule=True)
    things = [thing_of(lo, a) for a in args]
    options = {k: thing_of(lo, v) for k, v in kwargs.items()}
    try:
        return lo.operand(enter(lo, rule, things, options, None))
    except NeedsStatic as error:
        raise error.error from None


def thing_of(lo: Lowerer, tree: Tree | None) -> Thing:
    """A tree of operands as a thing."""
    if tree is None or tree is NO_DERIVATIVE:
        return Const(None)
    if isinstance(tree, Value):
        return lo.wrap(tree)
    if isinstance(tree, Const):
        if is_unset(tree):
            return Const(None)
        if type(tree.value) is tuple:
            return tuple(map(Const, tree.value))
        return tree
    if isinstance(tree, tuple):
        return tuple(thing_of(lo, t) for t in tree)
    if isinstance(tree, slice):
        return SliceThing(*(thing_of(lo, t) for t in (tree.start, tree.stop, tree.step)))
    if isinstance(tree, Fields):
        return object_of(lo, Cell(), tree.cls, {key.name: thing_of(lo, t) for key, t in tree.parts.items()})
    cell = Cell()
    if isinstance(tree, list):
        lo.heap[cell] = tuple(thing_of(lo, t) for t in tree)
        return ListRef(cell)
    lo.heap[cell] = {k: thing_of(lo, t) for k, t in tree.items()}
    return DictRef(cell)
