"""Building IR: a cursor at the end of a block that appends typed operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from s2sgrad.ir.core import Block, Call, Const, Op, Stmt, Tree, Value
from s2sgrad.ir.infer import infer
from s2sgrad.ir.types import Dim, Scalar, Type


def lift(x: Any) -> Tree:
    """Python objects in a tree of operands become constants."""
    if isinstance(x, (Value, Const)):
        return x
    if type(x) in (tuple, list):
        return type(x)(lift(item) for item in x)
    if type(x) is dict:
        return {k: lift(item) for k, item in x.items()}
    if type(x) is slice:
        return slice(lift(x.start), lift(x.stop), lift(x.step))
    return Const(x)


def known_length(t: Type) -> Type:
    """An integer whose length is not known gets a symbol for it, so that two arrays of that length agree."""
    if isinstance(t, Scalar) and t.length is None and t.dtype.kind in "iu":
        return replace(t, length=Dim(object()))
    return t


class Builder:
    """Appends operations to ``block``, stamped with the current primal statement ``stmt``.

    ``adjoint``: the operations belong to the backward part.
    """

    def __init__(self, block: Block | None = None, *, adjoint: bool = False, stmt: Stmt | None = None) -> None:
        self.block = block if block is not None else Block()
        self.adjoint = adjoint
        self.stmt = stmt
        self.watch: Callable[[Op], None] | None = None  # called with each operation that is added

    def add(self, op: Op) -> Op:
        op.stmt = op.stmt or self.stmt
        op.adjoint = op.adjoint or self.adjoint
        self.block.ops.append(op)
        if self.watch is not None:
            self.watch(op)
        return op

    def call(self, fn: Any, *args: Any, name: str | None = None, effect: bool = False, **kwargs: Any) -> Any:
        """Append ``fn(*args, **kwargs)``; its type is inferred. Returns the result (a tuple for several)."""
        operands, options = lift(args), lift(kwargs)
        types = infer(fn, operands, options)
        results = [Value(known_length(t), name) for t in (types if isinstance(types, tuple) else (types,))]
        self.add(Call(fn, operands, options, results, effect=effect))
        return tuple(results) if isinstance(types, tuple) else results[0]

    def typed_call(
        self, fn: Any, type: Type, *args: Any, name: str | None = None, effect: bool = False, **kwargs: Any
    ) -> Value:
        """Append a call whose result type the caller knows."""
        result = Value(type, name)
        self.add(Call(fn, lift(args), lift(kwargs), [result], effect=effect))
        return result

    @contextmanager
    def inside(self, block: Block) -> Iterator[Block]:
        """Append to another block for a while."""
        outer, self.block = self.block, block
        try:
            yield block
        finally:
            self.block = outer
