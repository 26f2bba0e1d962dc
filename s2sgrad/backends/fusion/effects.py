"""What a statement reads and writes: variables, and entries of arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from s2sgrad.backends import replacements, scalars

Kind = Literal["read", "write", "add"]

#: The rank of what is no array.
NUMBER = -1

#: Functions of Python and methods that read what they are given, and nothing else.
_PURE = frozenset(
    ("abs", "bool", "complex", "float", "int", "len", "max", "min", "range", "slice", "round", "ValueError")
)
#: So do ours.
_OURS = frozenset(("zeros_like", "surviving", "unbroadcast")) | frozenset(
    name for module in (scalars, replacements) for name, value in vars(module).items() if callable(value)
)
_METHODS = frozenset(("copy", "sum", "astype", "reshape", "ravel"))


@dataclass(frozen=True, slots=True)
class Access:
    """Entries of the array that a variable names; ``index`` is None for any of them.

    "add": to what is there, so that the order of several does not matter but for rounding.
    """

    name: str
    index: tuple[ast.expr, ...] | None
    kind: Kind


@dataclass(slots=True)
class Effects:
    """``barrier``: nothing may be moved across. ``inner``: the variables of loops inside."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    accesses: list[Access] = field(default_factory=list)
    inner: set[str] = field(default_factory=set)
    raises: bool = False
    barrier: bool = False

    def add(self, other: Effects) -> None:
        self.reads |= other.reads
        self.writes |= other.writes
        self.accesses += other.accesses
        self.inner |= other.inner
        self.raises |= other.raises
        self.barrier |= other.barrier


def effects_of(statement: ast.stmt, rank: Callable[[str], int | None]) -> Effects:
    """What a statement does. ``rank``: how many axes the array of a variable has; None if nobody knows."""
    found = Effects()
    _Reader(found, rank).statement(statement)
    return found


class _Reader:
    def __init__(self, found: Effects, rank: Callable[[str], int | None]) -> None:
        self.found = found
        self.rank = rank

    def statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[target], value=value):
                self.expression(value, viewed=isinstance(target, ast.Name))
                self.target(target, "write")
            case ast.AugAssign(target=target, op=op, value=value):
                self.expression(value)
                adds = isinstance(op, (ast.Add, ast.Sub)) and isinstance(target, ast.Subscript)
                if not adds:
                    self.expression(target)
                self.target(target, "add" if adds else "write")
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                for inner in (*body, *orelse):
                    self.statement(inner)
            case ast.For(target=ast.Name(id=name), iter=items, body=body, orelse=[]) if is_entry_loop(statement):
                self.expression(items)
                self.found.inner.add(name)
                for inner in body:
                    self.statement(inner)
            case ast.Raise(exc=error):
                self.found.raises = True
                if error is not None:
                    self.expression(error)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item])):
                self.expression(item, viewed=True)
                self.found.reads.add(name)
                self.found.writes.add(name)
            case ast.Expr(value=ast.Constant()):
                pass
            case _ if type(statement).__name__ == "Comment":
                pass
            case _:
                self.barrier(statement)

    def barrier(self, statement: ast.AST) -> None:
        self.found.barrier = True
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                (self.found.reads if isinstance(node.ctx, ast.Load) else self.found.writes).add(node.id)

    def target(self, target: ast.expr, kind: Kind) -> None:
        match target:
            case ast.Name(id=name):
                self.found.writes.add(name)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                self.found.reads.add(name)
                self.found.accesses.append(Access(name, self.entries(name, index), kind))
                self.indices(index)
            case ast.Tuple(elts=items):
                for item in items:
                    self.target(item, kind)
            case _:
                self.barrier(target)

    def indices(self, index: ast.expr) -> None:
        for item in _items(index):
            bounds = [item.lower, item.upper, item.step] if isinstance(item, ast.Slice) else [item]
            for bound in bounds:
                if bound is not None:
                    self.expression(bound)

    def entries(self, name: str, index: ast.expr) -> tuple[ast.expr, ...] | None:
        """The indices of one entry; None where more than one may be meant."""
        items = _items(index)
        single = all(not isinstance(item, ast.Slice) and not _is_none(item) for item in items)
        return tuple(items) if single and self.rank(name) == len(items) else None

    def expression(self, x: ast.expr, viewed: bool = False) -> None:
        """``viewed``: only what the array is, is taken, and not its entries."""
        match x:
            case ast.Constant():
                pass
            case ast.Name(id=name):
                self.found.reads.add(name)
                if not viewed and self.rank(name) != NUMBER:
                    self.found.accesses.append(Access(name, None, "read"))
            case ast.Attribute(value=ast.Name(id=name), attr="shape" | "size" | "ndim" | "dtype"):
                self.found.reads.add(name)
            case ast.Attribute(value=ast.Name(id=name), attr="T") if viewed:
                self.found.reads.add(name)
            case ast.Attribute(value=ast.Name(id="np" | "math")):
                pass
            case ast.Attribute(value=value):
                self.expression(value)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                self.found.reads.add(name)
                self.indices(index)
                rank = self.rank(name)
                if not (viewed and rank is not None and takes_view(index, rank)):
                    self.found.accesses.append(Access(name, self.entries(name, index), "read"))
            case ast.Subscript(value=value, slice=index):
                self.expression(value)
                self.indices(index)
            case ast.BinOp(left=a, right=b):
                self.expression(a)
                self.expression(b)
            case ast.UnaryOp(operand=a):
                self.expression(a)
            case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self.expression(part, viewed and isinstance(x, ast.Tuple))
            case ast.Compare(left=a, comparators=parts):
                for part in (a, *parts):
                    self.expression(part)
            case ast.IfExp(test=test, body=a, orelse=b):
                for part in (test, a, b):
                    self.expression(part)
            case ast.Call(func=func, args=args, keywords=keywords):
                self.call(func, args, viewed)
                for part in (*args, *(keyword.value for keyword in keywords)):
                    self.expression(part, _reads_shape_only(func, viewed))
            case _:
                self.barrier(x)

    def call(self, func: ast.expr, args: list[ast.expr], viewed: bool) -> None:
        match func:
            case ast.Name(id=name) if name in _PURE or name in _OURS:
                pass
            case ast.Attribute(value=ast.Name(id="np" | "math")):
                pass
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="np"), attr="linalg")):
                pass
            case ast.Attribute(value=value, attr=method) if method in _METHODS:
                self.expression(value)
            case ast.Attribute(value=ast.Name(id=name), attr="pop"):
                self.found.reads.add(name)
                self.found.writes.add(name)
            case _:
                self.barrier(func)


def is_entry_loop(statement: ast.stmt) -> bool:
    """Whether a loop is one over entries that the backend has made."""
    return getattr(statement, "over_entries", False)


def takes_view(index: ast.expr, rank: int) -> bool:
    """Whether a subscript of basic indices takes a part of an array that is an array itself."""
    items = _items(index)
    numbers = sum(not isinstance(item, ast.Slice) and not _is_none(item) for item in items)
    return numbers < rank


def _items(index: ast.expr) -> list[ast.expr]:
    return list(index.elts) if isinstance(index, ast.Tuple) else [index]


def _is_none(x: ast.expr) -> bool:
    return isinstance(x, ast.Constant) and x.value is None


def _reads_shape_only(func: ast.expr, viewed: bool) -> bool:
    """Whether a call takes no entries of its arguments. A view takes some where it is read."""
    names = ("zeros_like", "empty_like", "ones_like", *(("transpose",) if viewed else ()))
    return isinstance(func, ast.Attribute) and func.attr in names
