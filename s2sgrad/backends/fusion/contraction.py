"""What arrays need not hold: an array that one iteration fills and reads keeps only what that iteration needs.

    t = np.empty((n, m))                  t = np.empty(m)
    for i in range(n):                    for i in range(n):
        for j in range(m):                    for j in range(m):
            t[i, j] = a[i, j] * b[j]  ──▶         t[j] = a[i, j] * b[j]
        for j in range(m):                    for j in range(m):
            c[i] += t[i, j]                       c[i] += t[j]

Where all of its axes go, it is a number.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from s2sgrad.backends.fusion.effects import is_entry_loop
from s2sgrad.backends.syntax import assign, copied, loops

_KINDS = {"f": "float", "c": "complex", "i": "int", "b": "bool"}
_ZEROS = {"f": 0.0, "c": 0j, "i": 0, "b": False}


@dataclass(slots=True)
class _Array:
    """An array that is made in one place. ``shape``: its lengths there."""

    name: str
    shape: list[ast.expr]
    dtype: np.dtype
    made: ast.Call

    @property
    def zeros(self) -> bool:
        return isinstance(self.made.func, ast.Attribute) and self.made.func.attr == "zeros"


class Contraction:
    """Contracts the arrays of one function.

    ``dtype``: of the entries of the array that a variable holds; None where nobody knows.
    """

    def __init__(self, dtype: Callable[[str], np.dtype | None], variable: Callable[[str], str]) -> None:
        self.dtype = dtype
        self.variable = variable
        self.uses: Counter[str] = Counter()

    def function(self, body: list[ast.stmt]) -> list[ast.stmt]:
        self.uses = _uses(body)
        return self.block(body)

    def block(self, block: list[ast.stmt]) -> list[ast.stmt]:
        for statement in block:
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(statement, name, None)
                if inner and not is_entry_loop(statement):
                    setattr(statement, name, self.block(inner))
        inside = [_uses([statement]) if isinstance(statement, ast.For) else None for statement in block]
        made: list[ast.stmt] = []
        for at, statement in enumerate(block):
            array = self._made(statement)
            if array is not None and not self._contracted(array, block[at + 1 :], inside[at + 1 :]):
                array = None
            if array is None:
                made.append(statement)
            elif array.shape:
                made.append(assign(array.name, _empty(array)))
        return made

    def _made(self, statement: ast.stmt) -> _Array | None:
        """The array that a statement makes, of zeros or of anything."""
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Attribute(value=ast.Name(), attr="empty" | "zeros"), args=[shape, *_]) as made,
            ):
                dtype = self.dtype(name)
                if dtype is not None and self.uses[name] > 1:
                    lengths = list(shape.elts) if isinstance(shape, ast.Tuple) else [shape]
                    return _Array(name, lengths, dtype, made)
        return None

    def _contracted(self, array: _Array, later: list[ast.stmt], inside: list[Counter[str] | None]) -> bool:
        """Whether an array has lost axes, because one of the loops ``later`` is all that uses it."""
        rest = self.uses[array.name] - 1
        holder = next((s for s, uses in zip(later, inside, strict=True) if uses is not None and uses[array.name]), None)
        if holder is None or _uses([holder])[array.name] != rest:
            return False
        inmost: ast.For | None = None
        while holder is not None and is_entry_loop(holder) and array.shape and _leads(holder, array.name):
            assert isinstance(holder, ast.For)
            inmost = holder
            array.shape.pop(0)
            _Shortened(array.name, self._cast(array) if not array.shape else None).visit(holder)
            holders = [s for s in holder.body if _uses([s])[array.name]]
            holder = holders[0] if len(holders) == 1 else None
        if inmost is not None and array.zeros:
            inmost.body[:0] = self._cleared(array)
        return inmost is not None

    def _cast(self, array: _Array) -> Callable[[ast.expr], ast.expr]:
        """Makes a number of the array's type, as storing it did."""

        def cast(value: ast.expr) -> ast.expr:
            if is_of(value, array.dtype, self.dtype):
                return value
            return ast.Call(ast.Name(_KINDS[array.dtype.kind], ast.Load()), [value], [])

        return cast

    def _cleared(self, array: _Array) -> list[ast.stmt]:
        """Sets what is left of an array to zero."""
        zero = ast.Constant(_ZEROS[array.dtype.kind])
        if not array.shape:
            return [assign(array.name, zero)]
        variables: list[ast.expr] = [ast.Name(self.variable("uvwxyz"[k]), ast.Load()) for k in range(len(array.shape))]
        where = variables[0] if len(variables) == 1 else ast.Tuple(variables, ast.Load())
        cell = ast.Subscript(ast.Name(array.name, ast.Load()), where, ast.Store())
        return loops(variables, array.shape, [ast.Assign([cell], zero)])


def _empty(array: _Array) -> ast.expr:
    """The call that makes what is left of an array."""
    made = copied(array.made)
    assert isinstance(made.func, ast.Attribute)
    made.func.attr = "empty"
    made.args[0] = array.shape[0] if len(array.shape) == 1 else ast.Tuple(array.shape, ast.Load())
    return made


def _uses(block: list[ast.stmt]) -> Counter[str]:
    return Counter(n.id for statement in block for n in ast.walk(statement) if isinstance(n, ast.Name))


def _leads(loop: ast.stmt, name: str) -> bool:
    """Whether all that a loop does with an array is at its own variable in the first axis."""
    assert isinstance(loop, ast.For) and isinstance(loop.target, ast.Name)
    found = 0
    for statement in loop.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
                first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
                if not (isinstance(first, ast.Name) and first.id == loop.target.id):
                    return False
                found += 1
    return found == _uses([loop])[name]


class _Shortened(ast.NodeTransformer):
    """Takes the first index of an array away. ``cast``: of what is stored, if it was the last."""

    def __init__(self, name: str, cast: Callable[[ast.expr], ast.expr] | None) -> None:
        self.name = name
        self.cast = cast

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if not (isinstance(node.value, ast.Name) and node.value.id == self.name):
            return node
        if self.cast is not None:
            return ast.Name(self.name, node.ctx)
        assert isinstance(node.slice, ast.Tuple)
        rest = node.slice.elts[1:]
        return ast.Subscript(node.value, rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load()), node.ctx)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        target = node.targets[0]
        if self.cast is not None and isinstance(target, ast.Name) and target.id == self.name:
            node.value = self.cast(node.value)
        return node


def is_of(x: ast.expr, dtype: np.dtype, known: Callable[[str], np.dtype | None]) -> bool:
    """Whether compiled code surely gives an expression this type."""
    match x:
        case ast.Constant(value=value):
            return {bool: "b", int: "i", float: "f", complex: "c"}.get(type(value)) == dtype.kind
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            return known(name) is not None and known(name) == dtype
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return dtype.kind == "b"
        case ast.UnaryOp(operand=a):
            return dtype.kind != "b" and is_of(a, dtype, known)
        case ast.BinOp(left=a, right=b, op=op):
            if dtype.kind not in "fc" or (isinstance(op, ast.Pow) and dtype.kind == "c"):
                return False
            return is_of(a, dtype, known) or is_of(b, dtype, known)
        case ast.IfExp(body=a, orelse=b):
            return is_of(a, dtype, known) and is_of(b, dtype, known)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "math")), args=[a, *_]):
            return dtype.kind == "f" and is_of(a, dtype, known)
        case ast.Call(func=ast.Name(id="float")):
            return dtype.kind == "f"
        case _:
            return False
