"""Functions whose authors say how they are differentiated: what both modes do with a call of one.

    y = f x                       y, saved… = (f's forward part, inlined)         x_bar = (its backward part, inlined)
                                  y, y_dot = (f's tangent, inlined)

An author gives a backward part or a tangent (:class:`~s2sgrad.ir.core.CustomRule`). The other is its transpose, for
both are linear (:mod:`~s2sgrad.transforms.custom_reverse`, :mod:`~s2sgrad.transforms.custom_tangent`). A rule that is
not linear (it clips the cotangent, say) has no such other, and is refused in that mode.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.errors import CustomRuleError, MissingRule
from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner, Env, fresh, substitute
from s2sgrad.ir.core import Block, Call, Function, If, Op, Operand, Stmt, Value, blocks_of
from s2sgrad.ir.primitives import raise_, same, stop_gradient
from s2sgrad.ir.types import OBJECT, Array, Scalar, Type, is_complex
from s2sgrad.optimize.inplace import functions_called


class _Into(Cloner):
    """Copies a function's body so that some of its values become given ones."""

    def __init__(self, env: Env, into: dict[Value, Value]) -> None:
        super().__init__(env)
        self.into = into

    def define(self, values: list[Value]) -> list[Value]:
        new = [self.into.get(v) or fresh(v) for v in values]
        self.env.update(zip(values, new, strict=True))
        return new


def inlined(function: Function, args: Sequence[Operand], results: Sequence[Value]) -> tuple[list[Op], list[Operand]]:
    """The operations of a function, which define ``results`` as its first results; and what its other results are."""
    defined = {v for op in function.body.ops for v in op.results}
    into: dict[Value, Value] = {}
    for x, y in zip(function.results, results, strict=False):
        if isinstance(x, Value) and x in defined:
            into.setdefault(x, y)
    cloner = _Into(dict(zip(function.params, args, strict=True)), into)
    ops = [cloner.op(op) for op in function.body.ops]
    for x, y in zip(function.results, results, strict=False):
        if not isinstance(x, Value) or into.get(x) is not y:
            ops.append(Call(same, (cloner.operand(x),), {}, [y]))
    return ops, [cloner.operand(x) for x in function.results[len(results) :]]


def append(builder: Builder, function: Function, args: Sequence[Operand], stmt: Stmt | None) -> list[Operand]:
    """Append the operations of a function; they belong to the statement that calls it."""

    def mark(op: Op) -> None:
        op.stmt, op.adjoint = stmt or op.stmt, op.adjoint or builder.adjoint

    cloner = Cloner(dict(zip(function.params, args, strict=True)), mark)
    builder.block.ops += [cloner.op(op) for op in function.body.ops]
    return [cloner.operand(x) for x in function.results]


def drop_same(*blocks: Block, also: object = same) -> None:
    """Use what :func:`~s2sgrad.ir.primitives.same` (or ``also``) was given in place of what it returned."""
    env: Env = {}

    def visit(block: Block) -> None:
        kept: list[Op] = []
        for op in block.ops:
            if isinstance(op, Call) and (op.fn is same or op.fn is also):
                (x,) = op.args
                env[op.result] = env.get(x, x) if isinstance(x, Value) else x
                continue
            kept.append(op)
            for inner in blocks_of(op):
                visit(inner)
        block.ops = kept

    for block in blocks:
        visit(block)
    if env:
        for block in blocks:
            substitute(block, env)


def without_rules(function: Function) -> Function:
    """A function of which no derivative will be asked: what had a rule of its own is inlined (in place)."""

    def visit(block: Block) -> None:
        kept: list[Op] = []
        pending = block.ops[::-1]
        while pending:
            op = pending.pop()
            if isinstance(op, Call) and isinstance(op.fn, Function) and op.fn.rule is not None:
                pending += reversed(inlined(op.fn, op.args, op.results)[0])
                continue
            kept.append(op)
            for inner in blocks_of(op):
                visit(inner)
        block.ops = kept

    for called in functions_called(function):
        if called.rule is None:
            visit(called.body)
            drop_same(called.body, also=stop_gradient)
    return function


def require_fit(builder: Builder, bar: Operand, x: Operand, what: str, name: str) -> None:
    """Refuse a derivative that has not the shape of what it belongs to, or is complex where that is real."""
    remedy = "let the rule return a derivative of the argument's shape; None where there is none"
    if what.startswith("the tangent"):
        remedy = "let the rule return a tangent of the result's shape; None where there is none"
    have, want = _shape(bar.type), _shape(x.type)
    if is_complex(bar.type) and isinstance(x.type, (Scalar, Array)) and not is_complex(x.type):
        raise CustomRuleError(f"{what} for `{name}` is complex, where the value is real", remedy, builder.stmt)
    if have is None and not bar.type.is_numeric:
        if type(bar.type) is not type(x.type):
            raise CustomRuleError(f"{what} for `{name}` is of type {bar.type}, not {x.type}", remedy, builder.stmt)
        return
    if have is not None and have == want:
        return
    if have is not None and want is not None and (len(have) != len(want) or _differ(have, want)):
        shapes = f"{_written(have)}, where the value has {_written(want)}"
        raise CustomRuleError(f"{what} for `{name}` has the shape {shapes}", remedy, builder.stmt)
    if not x.type.is_numeric:
        return
    unlike = builder.call(operator.ne, builder.call(np.shape, bar), builder.call(np.shape, x))
    fail = Block(diverges=True)
    with builder.inside(fail):
        message = f"{what} for `{name}` has another shape than the value"
        error = builder.typed_call(CustomRuleError, OBJECT, message, remedy)
        builder.add(Call(raise_, (error,), effect=True))
    builder.add(If(unlike, fail, Block()))


def _shape(t: Type) -> tuple[Any, ...] | None:
    """The lengths of an array or number; None if they are not known."""
    if isinstance(t, Array):
        return t.shape
    return () if isinstance(t, Scalar) else None


def _differ(have: tuple[Any, ...], want: tuple[Any, ...]) -> bool:
    """Whether two shapes of the same rank are certainly different."""
    one_or_many = ((m, n) if isinstance(m, int) else (n, m) for m, n in zip(have, want, strict=True))
    return any(isinstance(m, int) and (m != n if isinstance(n, int) else m == 1 and n.plural) for m, n in one_or_many)


def _written(shape: tuple[Any, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def refuse_unlisted(g: Function, call: Call, active: Sequence[Operand]) -> None:
    """Refuse a derivative in what the function reads of the code around it: the rule knows its arguments only."""
    if active:
        names = ", ".join(sorted({f"`{x.name}`" for x in active if isinstance(x, Value) and x.name})) or "a variable"
        raise MissingRule(
            f"the custom rule of `{g.name}` gives no derivative in {names}, which `{g.name}` takes as an argument that "
            "is not differentiated, or reads of the code around it",
            "pass it as an argument of its own, or use stop_gradient if it is meant to be constant",
            call.stmt,
        )


def unfinished(g: Function, stmt: Stmt | None) -> CustomRuleError:
    return CustomRuleError(
        f"the custom rule of `{g.name}` takes the derivative of `{g.name}` itself",
        "take the derivative of a plain function in it",
        stmt,
    )


def not_linear(g: Function, part: str, what: str, mode: str, stmt: Stmt | None) -> MissingRule:
    return MissingRule(
        f"`{g.name}` has no derivative rule for {mode} mode: the {part} of its custom rule is not seen to be linear in "
        f"the {what}, so that its transpose is not the other mode's rule",
        f"give it a rule for this mode, too: .{'defjvp' if mode == 'forward' else 'defvjp'}(…)",
        stmt,
    )
