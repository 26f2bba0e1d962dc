"""The walk that offers operations to rewrites, and what a rewrite may ask and do."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2sgrad.ir.build import known_length, lift
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Call, Const, For, If, Op, Operand, Stmt, Try, Value, While, uses_in
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import UPDATES
from s2sgrad.ir.types import Array, Scalar, Type, Unknown, maybe_one
from s2sgrad.optimize.purity import Ours
from s2sgrad.optimize.sharing import is_fresh

# A rewrite returns what replaces the operation's result, or None where it does not apply. Rewrites terminate because
# each makes its expression smaller, or moves it towards a normal form: constants to the left, negations and broadcasts
# outward.
Rewrite = Callable[["Rewriter", Call], "Operand | None"]


class Rewriter:
    """Offers each derivative operation, in program order, to the rewrites for its function.

    ``ours``: which operations are derivative code.
    ``returned``: the values whose memory is returned, and has to stay memory of its own.
    ``uses``: how often each value is read (a new one is read once, until it replaces another).
    """

    def __init__(self, rewrites: Mapping[Any, tuple[Rewrite, ...]], ours: Ours, returned: set[Value]) -> None:
        self.rewrites = rewrites
        self.ours = ours
        self.returned = returned
        self.cloner = Cloner()
        self.definitions: dict[Value, Call] = {}
        self.uses: dict[Value, int] = {}
        self.ops: list[Op] = []
        self.stmt: Stmt | None = None
        self.adjoint = True

    def run(self, block: Block) -> None:
        """Rewrite a block in place."""
        for x in uses_in(block):
            if isinstance(x, Value):
                self.uses[x] = self.uses.get(x, 0) + 1
        self.visit(block)

    # -- for rewrites

    def call(self, fn: Any, *args: Any, **kwargs: Any) -> Operand:
        """The result of a new derivative operation, or what a rewrite makes of it."""
        type = infer(fn, lift(args), lift(kwargs))
        assert isinstance(type, Type)
        return self.typed_call(fn, known_length(type), *args, **kwargs)

    @contextmanager
    def of_statement(self, op: Call) -> Iterator[None]:
        """New operations belong to the author's statement that ``op`` belongs to."""
        present, self.stmt = self.stmt, op.stmt
        yield
        self.stmt = present

    def typed_call(self, fn: Any, type: Type, *args: Any, **kwargs: Any) -> Operand:
        """The same, where the rewrite knows the type."""
        op = self.make(fn, type, args, kwargs)
        simpler = self.offer(op)
        return self.add(op) if simpler is None else simpler

    def new(self, fn: Any, type: Type, *args: Any) -> Value:
        """The same, but not simplified any more."""
        return self.add(self.make(fn, type, args, {}))

    def match(self, x: Any, *functions: Any) -> Call | None:
        """The derivative operation that defines ``x``, if it is a call of one of ``functions``."""
        op = self.definitions.get(x) if isinstance(x, Value) else None
        return op if op is not None and op.fn in functions else None

    def is_single(self, op: Call) -> bool:
        """Whether nothing but the operation at hand reads the result of ``op``, which is free to become another."""
        return self.uses.get(op.result, 1) == 1

    # -- calls

    def make(self, fn: Any, type: Type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return Call(fn, lift(args), lift(kwargs), [Value(type)], self.stmt, adjoint=self.adjoint)

    def add(self, op: Call) -> Value:
        self.ops.append(op)
        self.definitions[op.result] = op
        return op.result

    def offer(self, op: Call) -> Operand | None:
        """What the first rewrite that applies puts in the place of ``op``."""
        for rewrite in self.rewrites.get(op.fn, ()):
            new = rewrite(self, op)
            if new is not None and fits(new, op.result.type):
                return new
        return None

    def visit_call(self, op: Call) -> None:
        if self.cloner.env:
            op.args, op.kwargs = self.cloner.tree(op.args), self.cloner.tree(op.kwargs)
        if self.ours(op) and not op.effect and len(op.results) == 1:
            self.stmt, self.adjoint = op.stmt, op.adjoint
            new = self.offer(op)
            if new is not None and (op.result not in self.returned or self.is_own(op, new)):
                self.replace(op.result, new)
                return
            self.definitions[op.result] = op
        self.ops.append(op)

    def is_own(self, old: Call, new: Operand) -> bool:
        """Whether ``new`` may be returned instead of ``old.result``: memory of the same kind, not returned yet.

        The array that ``old`` has updated is in the same memory as the result.
        """
        if old.fn in UPDATES and new is old.args[0]:
            return True
        if not isinstance(new, Value) or new in self.returned or new not in self.definitions:
            return False
        op = self.definitions[new]
        source, base = self._arranged(new)
        if not (is_fresh(source) or (op.fn is old.fn and op.args[0] is old.args[0])):
            return False
        self.returned.update((new, base))
        return True

    def _arranged(self, x: Value) -> tuple[Call, Value]:
        """What makes the memory of ``x`` and the value that it makes: another array that is only read in order to be
        transposed or reshaped, or itself."""
        op = self.definitions[x]
        while op.fn in (np.reshape, np.transpose, np.swapaxes) and self.match(op.args[0], *_PRODUCTS):
            source = op.args[0]
            if self.uses.get(source, 1) != 1 or source in self.returned:
                break
            op, x = self.definitions[source], source
        return op, x

    def replace(self, old: Value, new: Operand) -> None:
        self.cloner.env[old] = new
        if isinstance(new, Value):
            self.uses[new] = self.uses.get(new, 1) - 1 + self.uses.get(old, 1)
        if isinstance(new, Value) and new.name is None and new in self.definitions:
            new.name = old.name

    # -- control flow

    def visit(self, block: Block) -> None:
        outer, self.ops = self.ops, []
        for op in block.ops:
            self.visit_op(op)
        block.ops, self.ops = self.ops, outer
        block.results = [self.cloner.operand(x) for x in block.results]
        if block.stop is not None:
            stop = self.cloner.operand(block.stop)
            block.stop = None if isinstance(stop, Const) and stop.value is False else stop

    def visit_op(self, op: Op) -> None:
        operand, tree = self.cloner.operand, self.cloner.tree
        if isinstance(op, Call):
            self.visit_call(op)
            return
        if isinstance(op, If):
            self.visit_if(op)
            return
        if isinstance(op, Try):
            self.visit(op.body)
            self.visit(op.handler)
            self.ops.append(op)
            return
        if isinstance(op, For):
            op.start, op.stop, op.step = operand(op.start), operand(op.stop), operand(op.step)
            op.checkpoints = op.checkpoints and op.checkpoints.map(operand)
        if isinstance(op, (For, While)):
            op.inits = [operand(x) for x in op.inits]
            self.drop_invariant_carries(op)
        if isinstance(op, While):
            self.visit(op.cond)
        elif not isinstance(op, For):
            op.context.args, op.context.kwargs = tree(op.context.args), tree(op.context.kwargs)
        self.visit(op.body)
        self.ops.append(op)

    def visit_if(self, op: If) -> None:
        """``if True: …`` is its branch; a result that is the same on both branches is that."""
        op.cond = self.cloner.operand(op.cond)
        if isinstance(op.cond, Const) and isinstance(op.cond.value, (bool, int, float)):
            taken = op.then if op.cond.value else op.orelse
            if not taken.diverges:
                for inner in taken.ops:
                    self.visit_op(inner)
                for old, new in zip(op.results, taken.results, strict=True):
                    self.cloner.env[old] = self.cloner.operand(new)
                return
        self.visit(op.then)
        self.visit(op.orelse)
        for old, x, y in zip(op.results, op.then.results, op.orelse.results, strict=True):
            if same(x, y) and fits(x, old.type):
                self.cloner.env[old] = x
        self.ops.append(op)

    def drop_invariant_carries(self, op: For | While) -> None:
        """What a loop carries unchanged is its initial value, inside and after (dead code removal drops the carry)."""
        for k, (init, param, result) in enumerate(zip(op.inits, op.carried, op.results, strict=True)):
            if op.body.results[k] is param and fits(init, param.type):
                self.cloner.env[param] = self.cloner.env[result] = init
                if isinstance(op, While):
                    self.cloner.env[op.cond.params[k]] = init


#: What is often computed with its axes in another arrangement.
_PRODUCTS = (operator.matmul, np.tensordot)


def fits(new: Operand, type: Type) -> bool:
    """Whether ``new`` may stand for a value of this type: it has the type, or is a Python number for a NumPy scalar."""
    if new.type == type:
        return True
    if isinstance(new.type, Array) and isinstance(type, Array):
        return new.type.dtype == type.dtype and same_shape(new.type, type)
    if isinstance(new.type, Scalar) and isinstance(type, Scalar):
        return new.type.weak and new.type.dtype == type.dtype
    return False


def same_shape(s: Type, t: Type) -> bool:
    """Whether an operand of type ``s`` has the shape of the result, of type ``t``, that it is broadcast to.

    Two lengths that have different symbols are equal if neither is 1: they could not be broadcast otherwise.
    """
    if isinstance(s, Scalar) and isinstance(t, Scalar):
        return True
    if isinstance(s, Array) and isinstance(t, Array):
        pairs = zip(s.shape, t.shape, strict=False)
        return s.ndim == t.ndim and all(m == n or not (maybe_one(m) or maybe_one(n)) for m, n in pairs)
    return isinstance(s, Unknown) and isinstance(t, Unknown) and s.shape is not None and s.shape == t.shape


def number(x: Any) -> Any:
    """The value of a constant that is a Python number, or None."""
    return x.value if isinstance(x, Const) and type(x.value) in (int, float, complex) else None


def same(x: Operand, y: Operand) -> bool:
    """Whether two operands are certainly the same thing."""
    if isinstance(x, Const) and isinstance(y, Const):
        return x.value is y.value or (type(x.value) is type(y.value) and repr(number(x)) == repr(number(y)) != "None")
    return x is y
