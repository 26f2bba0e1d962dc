"""What a rule is inlined as, kept for the next call of the same types.

A function of a thousand products lowers the rule of the product once:

    mul: (y, a, b: f8[n]) ──▶ (b, a)                                  the code of a rule for certain types
    y1 = mul a1, b1   ──▶   a1_bar = mul y1_bar, b1                   a copy of it, for each call

A rule may look at anything that is known of its arguments while compiling: the key says all of it, lengths and their
symbols included. Code is not kept where a key cannot (other objects than literals, symbols that stand for one value),
nor where a copy would not be as good as new: it calls IR functions, or makes a length that has no symbol of its own.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Call, Const, Function, Op, Tree, Value, blocks_of, operands_of, walk
from s2sgrad.ir.structures import NO_DERIVATIVE
from s2sgrad.ir.types import Array, DictOf, Dim, ListOf, Scalar, TupleOf, Type, Unknown
from s2sgrad.rules.table import rules_version

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Template:
    """``ops``, and the ``result`` that they lead to, for the values ``params``."""

    params: tuple[Value, ...]
    ops: tuple[Op, ...]
    result: Tree

    def copy(self, builder: Builder, values: list[Value]) -> Tree:
        """Append a copy for these values; its result."""

        def mark(op: Op) -> None:
            op.stmt, op.adjoint = builder.stmt, builder.adjoint

        cloner = Cloner(dict(zip(self.params, values, strict=True)), mark)
        builder.block.ops.extend([cloner.op(op) for op in self.ops])
        return cloner.tree(self.result)


_TEMPLATES: dict[Hashable, Template] = {}


class _Unlike(Exception):
    """This is like nothing else, so that there is no point in keeping what was made for it."""


class Inlining:
    """One call of a rule: its ``key`` (None: nothing can be kept), and the values among its arguments."""

    def __init__(self, rule: Any, args: tuple[Tree | None, ...], kwargs: dict[str, Tree]) -> None:
        self.values: dict[Value, int] = {}
        self.key: Hashable = None
        code = rule.__code__
        if code.co_filename.startswith(_OURS) and rule.__closure__ is None:
            try:
                options = [(name, self._tree(tree)) for name, tree in kwargs.items()]
                self.key = (code, rules_version(), *map(self._tree, args), None, *options)
            except _Unlike:
                pass

    @property
    def template(self) -> Template | None:
        return None if self.key is None else _TEMPLATES.get(self.key)

    def keep(self, ops: list[Op], result: Tree) -> None:
        """Keep what the rule was lowered to."""
        if self.key is None or not _can_be_copied(ops):
            return
        if len(_TEMPLATES) >= _MOST:
            _TEMPLATES.clear()
        params = tuple(Value(v.type, v.name) for v in self.values)
        cloner = Cloner(dict(zip(self.values, params, strict=True)))
        copies = tuple([cloner.op(op) for op in ops])
        _TEMPLATES[self.key] = Template(params, copies, cloner.tree(result))

    def _tree(self, tree: Tree | None) -> Hashable:
        if isinstance(tree, Value):
            number = self.values.setdefault(tree, len(self.values))
            return (number, exact(tree.type))
        if isinstance(tree, Const):
            return (Const, literal(tree.value), exact(tree.type), tree.name)
        if tree is None or tree is NO_DERIVATIVE:
            return None
        if isinstance(tree, (tuple, list)):
            return (type(tree), *map(self._tree, tree))
        if isinstance(tree, slice):
            return (slice, self._tree(tree.start), self._tree(tree.stop), self._tree(tree.step))
        raise _Unlike


def literal(value: Any) -> Hashable:
    """Equal for objects that nothing tells apart. Raises :class:`_Unlike` for one that is only like itself."""
    if isinstance(value, (float, complex)):  # -0.0 and 0.0 are not the same
        return (type(value), repr(value))
    if type(value) in _LITERALS or isinstance(value, np.dtype):
        return (type(value), value)
    if type(value) is tuple:
        return (tuple, *map(literal, value))
    raise _Unlike


_LITERALS = frozenset({bool, int, str, type, type(None), type(Ellipsis)})


def exact(t: Type) -> Hashable:
    """Equal for types of which the same is known, lengths and what is known of them included."""
    if isinstance(t, Scalar):
        return (t.dtype, t.weak, symbols(t.length), t.mixed)
    if isinstance(t, Array):
        return (t.dtype, *map(symbols, t.shape))
    if isinstance(t, TupleOf):
        return (TupleOf, *map(exact, t.items))
    if isinstance(t, ListOf):
        return (ListOf, exact(t.item))
    if isinstance(t, DictOf):
        return (DictOf, exact(t.key), exact(t.item))
    if isinstance(t, Unknown) and t.shape is not None:
        raise _Unlike
    return (type(t),)


def symbols(length: Any) -> Hashable:
    """A length, or what a symbol is made of. Raises :class:`_Unlike` for a symbol that stands for one value."""
    if length is None or isinstance(length, (int, str)):
        return length
    if isinstance(length, Dim):
        return (symbols(length.base), length.offset, length.plural)
    if isinstance(length, (tuple, frozenset)):
        return (type(length), type(length)(map(symbols, length)))
    raise _Unlike


def _can_be_copied(ops: list[Op]) -> bool:
    """Whether copies of operations would be as good as these themselves."""
    try:
        for op in walk(Block([], ops)):
            for value in (*op.results, *(p for block in blocks_of(op) for p in block.params)):
                exact(value.type)
            if isinstance(op, Call) and isinstance(op.fn, Function):
                return False
            if any(isinstance(x, Const) and isinstance(x.value, Function) for x in operands_of(op)):
                return False
    except _Unlike:
        return False
    return True
