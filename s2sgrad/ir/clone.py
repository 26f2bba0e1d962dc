"""Copying IR with values replaced: the one place that knows how to rebuild every operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Op, Operand, Tree, Try, Value, While, With, map_tree

Env = dict[Value, Operand]


def fresh(value: Value) -> Value:
    return Value(value.type, value.name)


class Cloner:
    """Copies operations, mapping values through ``env`` (values that it lacks are kept: they are free)."""

    def __init__(self, env: Env | None = None, mark: Callable[[Op], None] | None = None) -> None:
        self.env: Env = {} if env is None else env
        self.mark = mark

    def operand(self, x: Operand) -> Operand:
        return x if isinstance(x, Const) else self.env.get(x, x)

    def tree(self, tree: Tree) -> Tree:
        return map_tree(self.operand, tree)

    def define(self, values: list[Value]) -> list[Value]:
        new = [fresh(v) for v in values]
        self.env.update(zip(values, new, strict=True))
        return new

    def block(self, block: Block) -> Block:
        params = self.define(block.params)
        ops = [self.op(op) for op in block.ops]
        stop = None if block.stop is None else self.operand(block.stop)
        return Block(params, ops, [self.operand(r) for r in block.results], stop, block.diverges)

    def op(self, op: Op) -> Op:
        new = self._op(op)
        if self.mark is not None:
            self.mark(new)
        return new

    def _op(self, op: Op) -> Op:
        if isinstance(op, Call):
            args, kwargs = self.tree(op.args), self.tree(op.kwargs)
            return Call(op.fn, args, kwargs, self.define(op.results), op.stmt, op.effect, op.adjoint)
        if isinstance(op, If):
            cond, then, orelse = self.operand(op.cond), self.block(op.then), self.block(op.orelse)
            return If(cond, then, orelse, self.define(op.results), op.stmt, op.adjoint)
        if isinstance(op, For):
            start, stop, step = self.operand(op.start), self.operand(op.stop), self.operand(op.step)
            inits, body = [self.operand(x) for x in op.inits], self.block(op.body)
            checkpoints = op.checkpoints and op.checkpoints.map(self.operand)
            results = self.define(op.results)
            return For(start, stop, step, inits, body, results, op.reverse, op.stmt, op.adjoint, checkpoints)
        if isinstance(op, While):
            inits = [self.operand(x) for x in op.inits]
            return While(inits, self.block(op.cond), self.block(op.body), self.define(op.results), op.stmt, op.adjoint)
        if isinstance(op, With):
            context = self._op(op.context)
            assert isinstance(context, Call)
            return With(context, self.block(op.body), self.define(op.results), op.stmt, op.adjoint)
        if isinstance(op, Try):
            body, handler = self.block(op.body), self.block(op.handler)
            return Try(op.exceptions, body, handler, self.define(op.results), op.stmt, op.adjoint)
        raise TypeError(op)


def clone_function(function: Function) -> Function:
    """A copy that shares no value with the original except its free values (captures included)."""
    cloner = Cloner()
    params = cloner.define(function.params)
    body = cloner.block(function.body)
    optional = frozenset(new for old, new in zip(function.params, params, strict=True) if old in function.optional)
    captures = dict(function.captures)
    return replace(function, params=params, body=body, captures=captures, optional=optional)


def substitute(block: Block, env: Env) -> None:
    """Replace values in a block by others, in place (definitions stay)."""
    cloner = Cloner(env)

    def visit(block: Block) -> None:
        for op in block.ops:
            if isinstance(op, Call):
                op.args, op.kwargs = cloner.tree(op.args), cloner.tree(op.kwargs)
            elif isinstance(op, If):
                op.cond = cloner.operand(op.cond)
                visit(op.then)
                visit(op.orelse)
            elif isinstance(op, For):
                op.start, op.stop, op.step = map(cloner.operand, (op.start, op.stop, op.step))
                op.inits = [cloner.operand(x) for x in op.inits]
                op.checkpoints = op.checkpoints and op.checkpoints.map(cloner.operand)
                visit(op.body)
            elif isinstance(op, While):
                op.inits = [cloner.operand(x) for x in op.inits]
                visit(op.cond)
                visit(op.body)
            elif isinstance(op, Try):
                visit(op.body)
                visit(op.handler)
            else:
                op.context.args, op.context.kwargs = cloner.tree(op.context.args), cloner.tree(op.context.kwargs)
                visit(op.body)
        block.results = [cloner.operand(r) for r in block.results]
        if block.stop is not None:
            block.stop = cloner.operand(block.stop)

    visit(block)
