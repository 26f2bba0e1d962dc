"""Lowering a whole function for the types of its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad.frontend.calls import is_primitive
from s2sgrad.frontend.layout import checks
from s2sgrad.frontend.lowerer import Lowerer, NeedsStatic, Origins
from s2sgrad.frontend.outside import Adopts, adopt
from s2sgrad.frontend.source import Source
from s2sgrad.frontend.structured import object_of, tree_of
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, Thing
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import (
    OUTSIDE,
    Block,
    Call,
    Const,
    Function,
    Guard,
    If,
    ShapeOf,
    StaticPlace,
    Tree,
    Value,
    ValueAt,
    leaves,
    map_tree,
    walk,
)
from s2sgrad.ir.structures import Attribute, Fields, closed, tree_at
from s2sgrad.ir.types import Array, Dim, Scalar, Type, Unknown
from s2sgrad.stages import stage
from s2sgrad.wrappers import elementwise_function, same_function

Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Lowered:
    """A function in IR, and how it belongs to the Python function it comes from.

    ``paths``: where each parameter of ``function`` stands in the arguments: the position, then keys into containers.
    ``guards``: what has to hold of globals and the like for the code to be right.
    ``static``: the arguments whose values, or lengths, the code depends on.
    ``sources``: the functions whose source went in.
    ``mutated``: positions of the arguments that the primal writes into, each with whether it writes into an array
    (or else replaces what a list, dict or object holds); :data:`~s2sgrad.ir.core.OUTSIDE` stands for objects outside.
    ``labels``: where pandas objects stood in the result of the primal.
    """

    function: Function
    paths: tuple[Path, ...]
    guards: tuple[Guard, ...] = ()
    static: tuple[StaticPlace, ...] = ()
    sources: tuple[Source, ...] = field(default=(), repr=False)
    mutated: tuple[tuple[int, bool], ...] = ()
    labels: Any = None


@stage("frontend")
def lower(fn: Any, args: Sequence[Any], types: Sequence[Any], wrt: Sequence[Path]) -> Lowered:
    """Lower ``fn`` for arguments of these types.

    :param args: one argument for each parameter of ``fn``; those of ``*args`` are one tuple, of ``**kwargs`` one dict.
    :param types: the same, with IR types in place of numbers and arrays.
    :param wrt: the paths of the leaves to be differentiated in.
    """
    static: set[StaticPlace] = set()
    fixed: set[Any] = set()
    adopted: dict[int, tuple[Any, set[str]]] = {}
    differentiated = {path[0] for path in wrt}
    static |= _left_out(fn, args) - differentiated
    while True:
        lowering = _Lowering(
            [
                _with_lengths(t, a) if ShapeOf(i) in static else t
                for i, (t, a) in enumerate(zip(types, args, strict=True))
            ],
            frozenset(wrt),
            args,
            static,
        )
        lowering.lo.fixed_captures = frozenset(fixed)
        for owner, names in adopted.values():
            adopt(lowering.lo, owner, names)
        try:
            return lowering.run(fn)
        except NeedsStatic as error:
            positions, places = error.origins
            if (positions <= static and places <= fixed) or positions & differentiated:
                raise error.error from None
            static |= positions
            fixed |= places
        except Adopts as found:
            adopted.setdefault(id(found.owner), (found.owner, set()))[1].add(found.name)


class _Lowering:
    """One attempt at lowering a function.

    ``args`` are the arguments, opened. ``paths`` says where each parameter comes from, ``positions`` to which argument
    each piece of memory belongs, and ``lengths`` each symbol for a length.
    """

    def __init__(
        self, types: Sequence[Any], wrt: frozenset[Path], args: Sequence[Any], static: set[StaticPlace]
    ) -> None:
        self.types, self.wrt = types, wrt
        self.args, self.static = args, static
        self.lo = Lowerer(Builder(Block()))
        self.lo.origins = self.origins
        self.paths: dict[Value, Path] = {}
        self.positions: dict[Cell, int] = {}
        self.lengths: dict[Hashable, int] = {}

    def run(self, fn: Any) -> Lowered:
        lo, args, static = self.lo, self.args, self.static
        positional: list[Thing] = []
        keywords: dict[str, Thing] = {}
        parameters = _parameters(fn, len(args))
        left_out = _left_out(fn, args) & static
        last = max((i for i in range(len(args)) if i not in left_out), default=-1)
        for i, (parameter, t) in enumerate(zip(parameters, self.types, strict=True)):
            if i in left_out and (i > last or parameter.kind is parameter.KEYWORD_ONLY):
                continue
            thing: Thing = Const(closed(args[i])) if i in static else self.argument(t, (i,), parameter.name)
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(thing)
            elif parameter.kind is parameter.VAR_KEYWORD:
                keywords.update(lo.heap[thing.cell])
            elif parameter.kind is parameter.KEYWORD_ONLY:
                keywords[parameter.name] = thing
            else:
                positional.append(thing)
        before = dict(lo.heap)
        if inspect.isgeneratorfunction(fn):
            lo.fail(f"`{fn.__qualname__}` is a generator function", "return a list instead")
        result = lo.invoke(Const(fn), positional, keywords, None)
        lo.builder.block.ops[:0] = checks(lo)
        operands: list[Any] = []
        out = _out_tree(tree_of(lo, result), operands)
        lo.builder.block.results = operands
        written = {cell for cell, content in before.items() if cell in self.positions and lo.heap[cell] is not content}
        mutated = {(self.positions[cell], _is_array(before[cell])) for cell in written}
        if lo.adopted and any(cell.cls is not None for cell in self.positions):
            mutated.add(OUTSIDE)
        name = getattr(fn, "__name__", "function")
        function = Function(
            name if name.isidentifier() else "function", list(self.paths), lo.builder.block, out, lo.captures
        )
        guards = tuple(lo.guards.values())
        return Lowered(
            function,
            tuple(self.paths.values()),
            guards,
            tuple(sorted(static, key=repr)),
            tuple(lo.sources),
            tuple(sorted(mutated)),
            lo.labels,
        )

    def origins(self, value: Value) -> Origins:
        """What would have to be static for ``value`` to be: of arguments, and places of captured variables.

        Empty where that is not enough: the value comes out of a loop, or depends on a differentiated one.
        """
        lo = self.lo
        made: dict[Value, tuple[Tree, ...]] = {}
        for block in lo.open_blocks:
            for op in walk(block):
                if isinstance(op, Call) and not op.effect:
                    made.update(dict.fromkeys(op.results, (op.args, op.kwargs)))
                elif isinstance(op, If):
                    sides = zip(op.results, op.then.results, op.orelse.results, strict=False)
                    made.update({result: (op.cond, x, y) for result, x, y in sides})
        positions: set[StaticPlace] = set()
        places: set[Any] = set()
        seen: set[Value] = set()
        pending = [value]
        while pending:
            x = pending.pop()
            if x in seen:
                continue
            seen.add(x)
            made_of = self.symbols(x.type.length) if isinstance(x.type, Scalar) else set()
            if made_of:
                positions |= made_of
                continue
            if x in lo.varied:
                return set(), set()
            if x in self.paths:
                path = self.paths[x]
                positions.add(ValueAt(path) if any(type(key) is Attribute for key in path) else path[0])
            elif x in lo.captures:
                places.add(lo.captures[x].place)
            elif x in made:
                pending += [v for v in leaves(made[x]) if isinstance(v, Value)]
            else:
                return set(), set()
        return positions, places

    def symbols(self, length: Any) -> set[StaticPlace]:
        """The arguments whose lengths a length is made of, as far as it says so itself."""
        if isinstance(length, tuple):
            return {place for part in length for place in self.symbols(part)}
        if not isinstance(length, Dim):
            return set()
        known = self.lengths.get(length.base)
        return self.symbols(length.base) if known is None else {ShapeOf(known)}

    def argument(self, t: Any, path: Path, name: str) -> Thing:
        """An argument as a thing, with a parameter for each of its numbers and arrays."""
        lo = self.lo
        if isinstance(t, Type):
            if ValueAt(path) in self.static:
                return Const(tree_at(self.args, path))
            if isinstance(t, Scalar) and t.dtype.kind in "iu":
                t = Scalar(t.dtype, t.weak, Dim(("value", path)))
            elif isinstance(t, Unknown) and t.shape is None:
                t = Unknown(object())
            if isinstance(t, Array):
                self.lengths |= {n.base: path[0] for n in t.shape if isinstance(n, Dim)}
            value = Value(t, name)
            self.paths[value] = path
            if path in self.wrt:
                lo.varied.add(value)
            thing = lo.wrap(value, name)
            if isinstance(thing, (ArrayRef, ListRef)):
                self.positions[thing.cell] = path[0]
                thing.cell.layout = frozenset((value,))
            return thing
        if type(t) is tuple:
            return tuple(self.argument(item, (*path, k), _item_name(name, k)) for k, item in enumerate(t))
        if type(t) not in (list, dict, Fields):
            return Const(t)
        cell = Cell(name)
        cell.given = True
        self.positions[cell] = path[0]
        if isinstance(t, Fields):
            parts = {
                key.name: self.argument(item, (*path, key), _item_name(name, key.name)) for key, item in t.parts.items()
            }
            return object_of(lo, cell, t.cls, parts)
        if isinstance(t, list):
            lo.heap[cell] = tuple(self.argument(item, (*path, k), _item_name(name, k)) for k, item in enumerate(t))
            return ListRef(cell)
        lo.heap[cell] = {k: self.argument(item, (*path, k), _item_name(name, k)) for k, item in t.items()}
        return DictRef(cell)


def _is_array(content: Any) -> bool:
    return isinstance(content, Value) and isinstance(content.type, (Array, Unknown))


def _left_out(fn: Any, args: Sequence[Any]) -> set[StaticPlace]:
    """The arguments of a function that is called by its name which are its defaults: they are left out of the call, as
    a rule need not know all of them."""
    if not is_primitive(fn):
        return set()
    return {i for i, (p, a) in enumerate(zip(_parameters(fn, len(args)), args, strict=True)) if a is p.default}


def _with_lengths(t: Any, arg: Any) -> Any:
    """The type of an argument, with the lengths that its arrays have."""
    if isinstance(t, Array):
        return Array(t.dtype, np.shape(arg))
    if isinstance(t, dict):
        return {k: _with_lengths(item, arg[k]) for k, item in t.items()}
    if isinstance(t, Fields):
        return Fields(t.cls, {k: _with_lengths(item, arg[k]) for k, item in t.parts.items()})
    if type(t) in (tuple, list):
        return type(t)(_with_lengths(item, a) for item, a in zip(t, arg, strict=True))
    return t


def _item_name(name: str, key: Any) -> str:
    """A name for an item of a container: its own key if that is one."""
    if isinstance(key, str) and key.isidentifier():
        return key
    return f"{name}_{key}" if f"{name}_{key}".isidentifier() else name


def _parameters(fn: Any, count: int) -> Sequence[inspect.Parameter]:
    try:
        inner = same_function(fn) or elementwise_function(fn) or fn
        found = list(inspect.signature(inner, follow_wrapped=False).parameters.values())
    except ValueError:
        found = []
    if len(found) != count or isinstance(fn, np.ufunc):
        found = [inspect.Parameter(f"x{k}", inspect.Parameter.POSITIONAL_ONLY) for k in range(count)]
        if count == 1 and not isinstance(fn, np.ufunc):
            found = [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]
    return found


def _out_tree(tree: Tree, operands: list[Any]) -> Tree:
    """The structure of a result: operands are collected, and replaced by their positions."""

    def number(x: Any) -> int:
        operands.append(x)
        return len(operands) - 1

    return map_tree(number, tree)
