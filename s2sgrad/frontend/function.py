"""Lowering a whole function for the types of its arguments."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from s2sgrad.frontend.lowerer import Lowerer, NeedsStatic
from s2sgrad.frontend.names import captured_type
from s2sgrad.frontend.source import Source, find_source
from s2sgrad.frontend.things import Cell, DictRef, ListRef, Thing
from s2sgrad.ir.build import Builder, known_length
from s2sgrad.ir.core import Block, Const, Function, Tree, Value
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import FLOAT, OBJECT, ListOf, Type, is_differentiable


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: its name, and an example value or an IR type.

    ``static``: lower for this very value. ``wrt``: differentiate with respect to it.
    """

    name: str
    example: Any
    static: bool = False
    wrt: bool = False


@dataclass(slots=True)
class Lowered:
    """A function in IR, and what was learnt on the way.

    ``leaves``: for each argument, the tree of operands of its numeric leaves (same structure as the argument).
    ``guards``: ``(load, name, object)``: lower again if ``load()`` is no longer that object.
    ``static``: arguments whose value had to be known; the signature must include them.
    """

    function: Function
    leaves: dict[str, Tree]
    guards: list[tuple[Any, str, Any]]
    sources: list[Source]
    static: frozenset[str] = frozenset()
    mutated: frozenset[str] = field(default_factory=frozenset)


def lower_function(fn: Any, arguments: Sequence[Argument], kinds: dict[str, Any] | None = None) -> Lowered:
    """Lower ``fn`` called with these arguments (positional, by the names of its signature)."""
    static: set[str] = set()
    while True:
        params: dict[Value, str] = {}
        try:
            with deep_recursion():
                return _lower(fn, arguments, static, params, kinds or {})
        except NeedsStatic as error:
            name = params.get(error.value)
            if name is None or name in static:
                raise error.error from None
            static.add(name)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Deep nesting of the user's code is deep recursion here."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 50_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _lower(fn: Any, arguments: Sequence[Argument], static: set[str], params: dict[Value, str], kinds: dict[str, Any]) -> Lowered:
    builder = Builder(Block())
    lo = Lowerer(builder)
    if isinstance(fn, types.FunctionType):
        lo.frame.source = find_source(fn)
        lo.node = lo.frame.source.node
    trees: dict[str, Tree] = {}
    values: list[Value] = []
    positional: list[Thing] = []
    keywords: dict[str, Thing] = {}
    for argument in arguments:
        value = Value(known_length(_param_type(argument)), argument.name)
        values.append(value)
        params[value] = argument.name
        if argument.static or argument.name in static:
            thing: Thing = Const(argument.example)
        else:
            thing = _argument_thing(lo, value, argument.example, argument.name, argument.wrt)
        trees[argument.name] = _numeric_leaves(lo, thing)
        kind = kinds.get(argument.name)
        if kind == "keyword":
            keywords[argument.name] = thing
        else:
            positional.append(thing)
    lo.frame.source = None
    before = dict(lo.heap)
    result = lo.invoke(Const(fn), positional, keywords, None)
    out_operands: list[Any] = []
    out = _out_tree(lo.operand(result), out_operands)
    builder.block.results = out_operands
    name = getattr(fn, "__name__", "function")
    function = Function(name if name.isidentifier() else "function", values, builder.block, out, lo.captures)
    mutated = frozenset(c.owner for c in before if c.owner is not None and lo.heap[c] is not before[c])
    return Lowered(function, trees, list(lo.guards.values()), lo.sources, frozenset(static), mutated)


def _param_type(argument: Argument) -> Type:
    example = argument.example
    if isinstance(example, Type):
        return example
    if isinstance(example, list) and _is_long_number_list(example):
        return ListOf(FLOAT)
    t = captured_type(example, argument.name)
    return t if t.is_numeric else OBJECT


def _is_long_number_list(example: list[Any]) -> bool:
    return len(example) > 16 and all(type(v) is float for v in example)


def _argument_thing(lo: Lowerer, value: Value, example: Any, name: str, wrt: bool) -> Thing:
    """An argument as a thing: containers become structures whose leaves are loaded from the parameter."""
    if value.type != OBJECT:
        if wrt and is_differentiable(value.type):
            lo.varied.add(value)
        thing = lo.wrap(value, name)
        return thing
    if isinstance(example, (tuple, list)) and type(example) in (tuple, list):
        items = tuple(_item(lo, value, k, item, name, wrt) for k, item in enumerate(example))
        if isinstance(example, tuple):
            return items
        cell = Cell(name)
        lo.heap[cell] = items
        return ListRef(cell)
    if type(example) is dict:
        content = {k: _item(lo, value, k, item, name, wrt) for k, item in example.items()}
        cell = Cell(name)
        lo.heap[cell] = content
        return DictRef(cell)
    return Const(example)


def _item(lo: Lowerer, container: Value, key: Any, example: Any, name: str, wrt: bool) -> Thing:
    hint = f"{name}_{key}" if f"{name}_{key}".isidentifier() else name
    if isinstance(key, str) and key.isidentifier():
        hint = key
    t = captured_type(example, hint)
    item = lo.builder.typed_call(getindex, known_length(t) if t.is_numeric else OBJECT, container, key, name=hint)
    return _argument_thing(lo, item, example, hint, wrt)


def _numeric_leaves(lo: Lowerer, thing: Thing) -> Tree:
    return lo.operand(thing)


def _out_tree(tree: Tree, operands: list[Any]) -> Tree:
    """The structure of a result: operands are collected, and replaced by their positions."""
    if isinstance(tree, (Value, Const)):
        operands.append(tree)
        return len(operands) - 1
    if isinstance(tree, (tuple, list)):
        return type(tree)(_out_tree(t, operands) for t in tree)
    return {k: _out_tree(t, operands) for k, t in tree.items()}

