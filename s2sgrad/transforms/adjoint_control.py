"""Branches, loops and ``with`` in reverse.

y = if c: then else: orelse          x_bar = if c: then in reverse else: orelse in reverse
x' = for i in range(n) carry x = a   a_bar = for i in reversed(range(n)) carry x_bar = x'_bar
                                     (and the cotangents of what the body reads from outside)
x' = while …                         the same, over the recorded number of iterations
y = try: body except E: handler      x_bar = if raised: handler in reverse else: body in reverse
"""

from __future__ import annotations

import operator
from typing import TypeAlias

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, For, If, Operand, Try, Value, While, With, walk
from s2sgrad.ir.types import BOOL, INT, Array, DictOf, Dim, Scalar, Type, join
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.cotangents import bar_name, derivative_type, zero
from s2sgrad.transforms.scopes import BranchScope, Cotangent, LoopScope, Scope, as_operand
from s2sgrad.transforms.structure import Structure, is_const

Bars: TypeAlias = "list[Cotangent | None]"


# -- branches ------------------------------------------------------------------------------------


def reverse_if(r: Reverse, op: If, bars: Bars, scope: Scope) -> None:
    """The same condition again. A branch that raises was not taken if the backward part runs."""
    if isinstance(op.cond, Const):
        _reverse_inline(r, op.then if op.cond.value else op.orelse, bars, scope)
        return
    _reverse_either(r, op, op.cond, (op.then, op.orelse), bars, scope)


def reverse_try(r: Reverse, op: Try, bars: Bars, scope: Scope) -> None:
    """What ran, in reverse: the forward part records whether the body raised."""
    raised: Operand = Const(op.body.diverges)
    if not (op.body.diverges or op.handler.diverges):
        raised = _recorded(op) or _record(r, op)
        bars = [*bars, None][: len(op.results)]
    _reverse_either(r, op, raised, (op.handler, op.body), bars, scope)


def _recorded(op: Try) -> Value | None:
    """A result of a `try` that tells whether its body raised, if it has one."""
    for result, without, with_error in zip(op.results, op.body.results, op.handler.results, strict=True):
        flags = [x.value for x in (without, with_error) if isinstance(x, Const)]
        if flags == [False, True] and type(flags[0]) is type(flags[1]) is bool:
            return result
    return None


def _record(r: Reverse, op: Try) -> Value:
    raised = Value(BOOL, "raised")
    op.body.results.append(Const(False))
    op.handler.results.append(Const(True))
    op.results.append(raised)
    r.structure.note(raised, op)
    return raised


def _reverse_either(
    r: Reverse, op: If | Try, cond: Operand, branches: tuple[Block, Block], bars: Bars, scope: Scope
) -> None:
    """One of two blocks was run: the first if ``cond`` is true."""
    if branches[0].diverges or branches[1].diverges:
        for block in branches:
            if not block.diverges:
                _reverse_inline(r, block, bars, scope)
        return
    blocks = (Block(), Block())
    scopes = [BranchScope(r.structure, branch, scope) for branch in branches]
    for branch, block, inner in zip(branches, blocks, scopes, strict=True):
        with r.builder.inside(block):
            _seed(r, branch, bars, inner)
            r.block(branch, inner)
    changed = dict.fromkeys([*scopes[0].outer(), *scopes[1].outer()])
    r.builder.stmt = op.stmt
    for x in changed:
        before = scope.current(x)
        for block, inner in zip(blocks, scopes, strict=True):
            with r.builder.inside(block):
                block.results.append(as_operand(r.builder, inner.bars.get(x, before), x))
    results = [
        Value(join(a.type, b.type), bar_name(x)) for x, a, b in zip(changed, *(b.results for b in blocks), strict=True)
    ]
    r.builder.add(If(cond, *blocks, results))
    for x, result in zip(changed, results, strict=True):
        r.put(scope, x, result)


def reverse_with(r: Reverse, op: With, bars: Bars, scope: Scope) -> None:
    """The same context again, unless entering it is an effect, or lets the derivative raise where the value did not."""
    if op.context.effect or raises_floating_point(op.context):
        _reverse_inline(r, op.body, bars, scope)
        return
    block, inner = Block([Value(p.type, p.name) for p in op.body.params]), BranchScope(r.structure, op.body, scope)
    with r.builder.inside(block):
        _seed(r, op.body, bars, inner)
        r.block(op.body, inner)
        changed = inner.outer()
        block.results = [as_operand(r.builder, bar, x) for x, bar in changed.items()]
    results = [Value(b.type, bar_name(x)) for x, b in zip(changed, block.results, strict=True)]
    context = Call(op.context.fn, op.context.args, op.context.kwargs, stmt=op.stmt, adjoint=True)
    r.builder.stmt = op.stmt
    r.builder.add(With(context, block, results))
    for x, result in zip(changed, results, strict=True):
        r.put(scope, x, result)


def without_raising(block: Block) -> None:
    """Take ``np.errstate(…="raise")`` off a block whose values are known to raise nothing."""
    for op in walk(block):
        if isinstance(op, With) and raises_floating_point(op.context):
            op.context.kwargs = {
                k: Const("ignore") if isinstance(x, Const) and x.value == "raise" else x
                for k, x in op.context.kwargs.items()
            }


def raises_floating_point(context: Call) -> bool:
    """``np.errstate(divide="raise")``."""
    options = (x.value for x in context.kwargs.values() if isinstance(x, Const))
    return context.fn is np.errstate and "raise" in options


def _reverse_inline(r: Reverse, block: Block, bars: Bars, scope: Scope) -> None:
    """Reverse a block that was certainly run into the enclosing block."""
    inner = BranchScope(r.structure, block, scope)
    _seed(r, block, bars, inner)
    r.block(block, inner)
    for x, bar in inner.outer().items():
        r.put(scope, x, bar)


def _seed(r: Reverse, block: Block, bars: Bars, scope: Scope) -> None:
    for x, bar in zip(block.results, bars, strict=True):
        r.contribute(scope, x, bar, broadcasts=False)


# -- loops ---------------------------------------------------------------------------------------


def reverse_loop(r: Reverse, op: For | While, bars: Bars, scope: Scope) -> None:
    """Carry backwards the cotangents of what the loop carries, and accumulate those of what it reads."""
    start, stop, step, backwards = _reversed_range(r, op)
    r.builder.stmt = op.stmt
    carried = [k for k, bar in enumerate(bars) if bar is not None or r.is_active(op.carried[k])]
    inits = [as_operand(r.builder, bars[k], op.results[k]) for k in carried]
    index = Value(INT, op.index.name if isinstance(op, For) else None)
    params = [Value(bar_type(op, k), bar_name(op.carried[k])) for k in carried]
    body, inner = Block([index, *params]), LoopScope(r.structure, op.body, scope)
    with r.builder.inside(body):
        for k, param in zip(carried, params, strict=True):
            r.contribute(inner, op.body.results[k], param, broadcasts=False)
        r.block(op.body, inner)
        r.builder.stmt = op.stmt
        for k, param in zip(carried, params, strict=True):
            body.results.append(carried_on(r, inner.take(op.carried[k]), op, k, param))
        body.results += [as_operand(r.builder, inner.bars[x], x) for x in inner.accumulators]
    inits += [as_operand(r.builder, scope.current(x), x) for x in inner.accumulators]
    body.params += inner.accumulators.values()
    results = [Value(derivative_type(op.inits[k].type), p.name) for k, p in zip(carried, params, strict=True)]
    results += [Value(p.type, p.name) for p in inner.accumulators.values()]
    r.builder.add(For(start, stop, step, inits, body, results, reverse=backwards))
    for x, result in zip(inner.accumulators, results[len(carried) :], strict=True):
        r.put(scope, x, result)
    for k, result in zip(carried, results, strict=False):
        r.contribute(scope, op.inits[k], result, broadcasts=False)


def bar_type(op: For | While, k: int) -> Type:
    """The type of the cotangent that the backward loop carries: of what an iteration ends with when it starts, and of
    what it began with when it ends. Lengths that differ between the two have a name in neither."""
    begin, end = op.carried[k].type, op.body.results[k].type
    if isinstance(begin, Array) and isinstance(end, Array) and begin.ndim == end.ndim:
        pairs = zip(begin.shape, end.shape, strict=True)
        begin = Array(begin.dtype, tuple(n if n == m else Dim(object()) for n, m in pairs))
    return derivative_type(begin)


def carried_on(r: Reverse, bar: Cotangent | None, op: For | While, k: int, param: Value) -> Operand:
    """The cotangent with which the preceding iteration goes on. The shape of a zero is taken from the cotangent
    that came in where it is the same: the value itself would have to be saved."""
    if bar is None and has_zero_of_its_own(op, k):
        return zero(r.builder, param, param.name)
    return as_operand(r.builder, bar, op.carried[k])


def has_zero_of_its_own(op: For | While, k: int) -> bool:
    """Whether a zero cotangent of what is carried can be made without its value."""
    t = op.carried[k].type
    return isinstance(t, (Scalar, DictOf)) or (isinstance(t, Array) and t == op.body.results[k].type)


def _reversed_range(r: Reverse, op: For | While) -> tuple[Operand, Operand, Operand, bool]:
    """The range of the backward loop; a loop that can stop early is made to count its iterations."""
    if isinstance(op, For) and op.body.stop is None:
        return op.start, op.stop, op.step, not op.reverse
    steps = count_steps(r.structure, op)
    if isinstance(op, While) or op.reverse:
        return Const(0), steps, Const(1), True
    if is_const(op.start, 0) and is_const(op.step, 1):
        return op.start, steps, op.step, True
    distance = r.builder.call(operator.mul, steps, op.step)
    return op.start, r.builder.call(operator.add, op.start, distance), op.step, True


def count_steps(structure: Structure | None, op: For | While) -> Value:
    """Let a loop of the primal carry the number of its iterations. ``structure``: what is to know of it, if any."""
    before, after, result = (Value(INT, "steps") for _ in range(3))
    op.inits.append(Const(0))
    op.body.params.append(before)
    if isinstance(op, While):
        op.cond.params.append(Value(INT, "steps"))
    op.body.ops.insert(0, Call(operator.add, (before, Const(1)), {}, [after], op.stmt))
    op.body.results.append(after)
    op.results.append(result)
    if structure is not None:
        structure.home[before] = structure.home[after] = op.body
        structure.note(result, op)
    return result


def index_is_known(op: For | While) -> bool:
    """Whether the index of the backward loop is that of the loop."""
    return isinstance(op, For) and not (op.reverse and op.body.stop is not None)
