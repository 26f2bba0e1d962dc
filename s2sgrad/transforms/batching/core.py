"""The batching transform: many directions in one pass.

    x_dot: f8[x0]                                x_dot: f8[b, x0]
    t_dot = mul x_dot, c                         t_dot = mul x_dot, c
    y_dot = sum t_dot                 ──▶        y_dot = sum t_dot, axis=1
    y[i]: setitem y, i, y_dot                    setitem (y for each direction), (:, i), y_dot

What depends on the directions gets a new first axis, one entry per direction; everything else (the primal above all)
stays as it is, and runs once. Each function has a rule (the ``rules_…`` files) that says how it is called with a batch;
one without a rule is called in a loop over the batch. Code whose types do not tell the number of axes, and control
flow that depends on the directions, cannot be batched: :class:`CannotBatch`.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.ir.build import Builder
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
    Value,
    While,
    With,
    blocks_of,
    leaves,
    operands_of,
    uses_in,
    walk,
)
from s2sgrad.ir.primitives import getindex, new_list, zeros_like
from s2sgrad.ir.types import NOTHING, Array, Dim, Length, ListOf, Scalar, TupleOf, Type
from s2sgrad.transforms.batching.reach import varied_in
from s2sgrad.transforms.batching.singly import one_by_one
from s2sgrad.transforms.batching.tables import QUERIES, RULES, CannotBatch, as_option, rank_of
from s2sgrad.transforms.structure import is_hashable

_ALL = slice(None)
_ZEROS: frozenset[Any] = frozenset((np.zeros, np.zeros_like, zeros_like, new_list))


class Batch:
    """One batching: operations in, operations appended to ``builder`` out.

    ``size``: the number of directions, an integer operand.
    ``undefined``: the values that some path does not define (:mod:`s2sgrad.ir.undefined`): ask them nothing.
    ``kept``: the operations that do not depend on the directions, which stay as they are.
    ``made``: what each value that depends on the directions has become: with the batch along the first axis.
    """

    def __init__(self, builder: Builder, size: Operand, undefined: set[Value]) -> None:
        self.builder = builder
        self.size = size
        self.undefined = undefined
        self.made: dict[Value, Value] = {}
        self.kept: set[Op] = set()
        self.zeros: dict[Value, Call] = {}  # zeros and empty lists, with the calls that made them

    @property
    def length(self) -> Length:
        """The number of directions, as a length in types."""
        if isinstance(self.size, Const):
            return int(self.size.value)
        assert isinstance(self.size.type, Scalar)
        return self.size.type.length if self.size.type.length is not None else Dim(self.size)

    # -- for rules ---------------------------------------------------------------------------------

    def has(self, tree: Tree) -> bool:
        """Whether any of these operands depends on the directions."""
        return any(isinstance(x, Value) and x in self.made for x in leaves(tree))

    def of(self, x: Operand) -> Operand:
        """``x`` as it is now: with the batch axis if it depends on the directions."""
        return self.made.get(x, x) if isinstance(x, Value) else x

    def full(self, x: Operand) -> Operand:
        """``x`` with the batch axis, copied along it if it does not depend on the directions."""
        if isinstance(x, Value) and x in self.made:
            return self.made[x]
        if isinstance(x.type, ListOf):
            return self._empty_list(x, x.type)
        b = self.builder
        dtype = x.type.dtype if isinstance(x, Value) and isinstance(x.type, (Array, Scalar)) else np.dtype(np.float64)
        lengths = x.type.shape if isinstance(x.type, Array) else ()
        type_ = Array(dtype, (self.length, *lengths))
        if any(y in self.undefined for y in (x, self._model_of_zeros(x))):
            return b.typed_call(np.tensordot, type_, b.call(np.zeros, self.size), x, 0)
        shape = (self.size, *self.lengths(self._model_of_zeros(x) or x))
        if x in self.zeros or (isinstance(x, Const) and not lengths and x.value == 0):
            return b.typed_call(np.zeros, type_, shape, *as_option(dtype))
        spread = b.typed_call(np.broadcast_to, type_, x, shape)
        return b.typed_call(np.copy, type_, spread)

    def aligned(self, x: Operand, rank: int) -> Operand:
        """``x`` so that it broadcasts against batches of values with ``rank`` axes."""
        if not self.has(x):
            return x
        missing = rank - rank_of(x)
        now = self.of(x)
        if missing <= 0:
            return now
        index = (_ALL, *(None,) * missing) if rank_of(x) == 0 else (_ALL, *(None,) * missing, Ellipsis)
        aligned: Operand = self.builder.call(operator.getitem, now, index)
        return aligned

    def entering(self, x: Operand, target: Value) -> Operand:
        """``x`` with the batch axis, as ``target`` starts with it: a number where that has axes (the 0 of a sum of
        arrays) gets axes of length 1."""
        now = self.full(x)
        if not all(isinstance(t, (Array, Scalar)) for t in (x.type, target.type)):
            return now
        missing = rank_of(target) - rank_of(x)
        if missing <= 0:
            return now
        spread: Operand = self.builder.call(operator.getitem, now, (_ALL, *(None,) * missing, Ellipsis))
        return spread

    def lengths(self, x: Operand) -> list[Operand]:
        """The lengths of the axes of ``x``, the batch axis left out, as operands."""
        rank = rank_of(x)
        if rank == 0:
            return []
        first = int(self.has(x))
        shape = self.builder.call(np.shape, self.of(x))
        return [self.builder.call(getindex, shape, k + first) for k in range(rank)]

    def _model_of_zeros(self, x: Operand) -> Value | None:
        """What zeros were made like: asked for its lengths, so that they need not be made."""
        made = self.zeros.get(x) if isinstance(x, Value) else None
        like = made.args[0] if made is not None and made.fn in (np.zeros_like, zeros_like) else None
        return like if isinstance(like, Value) else None

    def _empty_list(self, x: Operand, t: ListOf) -> Operand:
        if t.item == NOTHING or x in self.zeros:
            return self.builder.typed_call(new_list, self.type(t))
        raise CannotBatch("a list that is not empty starts to depend on the directions")

    def type(self, t: Type) -> Type:
        """The type of a batch of values of type ``t``."""
        if isinstance(t, Scalar):
            return Array(t.dtype, (self.length,))
        if isinstance(t, Array):
            return Array(t.dtype, (self.length, *t.shape))
        if isinstance(t, ListOf):
            return t if t.item == NOTHING else ListOf(self.type(t.item))
        if isinstance(t, TupleOf):
            return TupleOf(tuple(map(self.type, t.items)))
        raise CannotBatch(f"a value of type {t}")

    # -- the walk ----------------------------------------------------------------------------------

    def block(self, ops: Sequence[Op]) -> None:
        """Append these operations, those that depend on the directions for all of them at once."""
        for op in ops:
            self.builder.stmt = op.stmt
            self.op(op)

    def op(self, op: Op) -> None:
        if isinstance(op, Call):
            if self.has((*operands_of(op),)):
                self._call(op)
            else:
                self._keep(op)
        elif not self._reads_batch(op):
            self._keep(op)
        elif isinstance(op, If):
            self._branches(op)
        elif isinstance(op, (For, While)):
            self._loop(op)
        elif isinstance(op, With):
            self._with(op)
        else:
            raise CannotBatch(type(op).__name__)

    def _keep(self, op: Op) -> None:
        self.builder.block.ops.append(op)
        self.kept.add(op)
        if isinstance(op, Call) and is_hashable(op.fn) and op.fn in _ZEROS and self._is_zero(op):
            self.zeros[op.result] = op
        for block in blocks_of(op):
            self.kept.update(walk(block))

    def _is_zero(self, op: Call) -> bool:
        """Whether this makes an array of zeros, or an empty list."""
        t = op.result.type
        return op.fn is new_list or isinstance(t, Array) or (isinstance(t, ListOf) and op.args[0] in self.zeros)

    def _reads_batch(self, op: Op) -> bool:
        read = [*operands_of(op), *(x for block in blocks_of(op) for x in uses_in(block))]
        return any(isinstance(x, Value) and x in self.made for x in read)

    def _call(self, op: Call) -> None:
        if op.effect or isinstance(op.fn, Function):
            raise CannotBatch("a call with effects, or of a recursive function")
        if not is_hashable(op.fn):
            raise CannotBatch("an object that is called")
        if op.fn in QUERIES:
            QUERIES[op.fn](self, op)
            return
        rule = RULES.get(op.fn)
        if rule is None and isinstance(op.fn, np.ufunc) and op.fn.signature is None:
            rule = RULES[np.add]
        made = None if rule is None else rule(self, op)
        if made is None:
            made = one_by_one(self, op)
        several = made if isinstance(made, tuple) else (made,)
        for old, new in zip(op.results, several, strict=True):
            self.define(old, new)

    def define(self, old: Value, new: Operand) -> None:
        """Record what a value has become. Raises :class:`CannotBatch` if that is not a batch of such values."""
        if not isinstance(new, Value):
            raise CannotBatch("a constant in place of a batch")
        if isinstance(old.type, (Array, Scalar)):
            if not isinstance(new.type, Array) or new.type.ndim != rank_of(old) + 1:
                raise CannotBatch(f"{old!r} became {new!r}")
        elif not isinstance(old.type, (ListOf, TupleOf)):
            raise CannotBatch(f"{old!r} of unknown structure")
        if new.name is None:
            new.name = old.name
        self.made[old] = new

    # -- control flow --------------------------------------------------------------------------------

    def _branches(self, op: If) -> None:
        if self.has(op.cond):
            raise CannotBatch("a branch that depends on the directions")
        batched = varied_in([op], set(self.made))
        depends = [r in batched for r in op.results]
        blocks = [self._inner(branch, op.results, depends) for branch in (op.then, op.orelse)]
        results = [self._result(v) if d else v for v, d in zip(op.results, depends, strict=True)]
        then, orelse = blocks
        self.builder.add(If(op.cond, then, orelse, results, op.stmt, op.adjoint))

    def _with(self, op: With) -> None:
        batched = varied_in([op], set(self.made))
        depends = [r in batched for r in op.results]
        block = self._inner(op.body, op.results, depends)
        results = [self._result(v) if d else v for v, d in zip(op.results, depends, strict=True)]
        self.builder.add(With(op.context, block, results, op.stmt, op.adjoint))

    def _inner(self, block: Block, targets: list[Value], depends: list[bool]) -> Block:
        """A block that hands on its results to ``targets``, those that depend on the directions as batches."""
        new = Block(block.params, [], [], block.stop, block.diverges)
        with self.builder.inside(new):
            self.block(block.ops)
            if block.stop is not None and self.has(block.stop):
                raise CannotBatch("a loop whose end depends on the directions")
            handed_on = zip(block.results, targets, depends, strict=True)
            new.results = [self.entering(x, target) if d else x for x, target, d in handed_on]
        return new

    def _result(self, v: Value) -> Value:
        new = Value(self.type(v.type), v.name)
        self.made[v] = new
        return new

    def _loop(self, op: For | While) -> None:
        batched = varied_in([op], set(self.made))
        depends = [p in batched for p in op.carried]
        if isinstance(op, While) and any(x in batched for x in op.cond.results):
            raise CannotBatch("a loop whose end depends on the directions")
        start = zip(op.inits, op.carried, depends, strict=True)
        inits = [self.entering(x, param) if d else x for x, param, d in start]
        params = [self._result(p) if d else p for p, d in zip(op.carried, depends, strict=True)]
        body = self._inner(op.body, op.carried, depends)
        results = [self._result(v) if d else v for v, d in zip(op.results, depends, strict=True)]
        if isinstance(op, For):
            body.params = [op.index, *params]
            bounds = (op.start, op.stop, op.step)
            self.builder.add(For(*bounds, inits, body, results, op.reverse, op.stmt, op.adjoint, op.checkpoints))
            return
        body.params = params
        cond_params = [
            Value(new.type, p.name) if d else p for p, new, d in zip(op.cond.params, params, depends, strict=True)
        ]
        cond = Block(cond_params, op.cond.ops, op.cond.results)
        self.builder.add(While(inits, cond, body, results, op.stmt, op.adjoint))
