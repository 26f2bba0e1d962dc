"""Results that take over the memory of an operand which is dead by then, as one writes ``t *= x`` by hand.

    W_bar.2 = add W_bar.1, t        ──▶   W_bar.2 = setitem W_bar.1, ..., (add W_bar.1, t)    W_bar += t
    t1 = mul t, x                         t1 = setitem t, ..., (mul t, x)                     t *= x
    y = sub 1.0, t1                       y = setitem t1, ..., (sub 1.0, t1)                  y = np.subtract(1.0, t, t)

Here is said which calls might, and in which operand's memory; whether that operand is ours and dead is for
:class:`~s2sgrad.optimize.aliases.Aliases` to tell. An operand has the very shape and dtype of the result, and was made
as an array of its own, so that it can be written to.

Sums that continue a variable are written into it for every backend. The others are for NumPy's text, where every result
is an array that has to be allocated, and are left alone where the operand is part of an expression: NumPy itself writes
into the large temporaries of an expression, unless another operand is broadcast. Of the author's own statements, only
arithmetic that is exact to the last bit wherever it is written counts.
"""

from __future__ import annotations

import operator
from collections import Counter

import numpy as np

from s2sgrad.ir.clone import Env, substitute
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    Op,
    Operand,
    Value,
    While,
    blocks_of,
    operands_of,
    uses_in,
    walk,
)
from s2sgrad.ir.infer import UFUNC_OF_OPERATOR
from s2sgrad.ir.primitives import setitem
from s2sgrad.ir.types import Array, ListOf, Scalar
from s2sgrad.optimize.aliases import Aliases
from s2sgrad.optimize.lifetimes import Lifetimes
from s2sgrad.optimize.rewrite import same_shape
from s2sgrad.optimize.sharing import is_fresh
from s2sgrad.optimize.written_through import is_update

Targets = dict[Call, Value]

_SUMS = {operator.add: (0, 1), np.add: (0, 1), operator.sub: (0,), np.subtract: (0,)}
_ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.truediv, operator.neg)
_EXACT = frozenset({*_ARITHMETIC, np.add, np.subtract, np.multiply, np.divide, np.negative, np.maximum, np.minimum})


def reuse(function: Function, *, buffers: bool) -> bool:
    """Write results into dead operands, and drop copies of them. Whether there were any.

    ``buffers``: of elementwise calls of any kind.
    """
    targets = sums(function.body)
    if buffers:
        add_elementwise(function, targets)
    targets.update((op, op.args[0]) for op in walk(function.body) if isinstance(op, Call) and _is_spare_copy(op))
    found = Aliases(function, targets).accumulations if targets else {}
    if not found:
        return False
    env: Env = {}
    becomes: dict[Op, tuple[Op, ...]] = {}
    for op, old in found.items():
        (result,) = op.results
        if op.fn is np.copy:
            old = env.get(old, old)  # type: ignore[assignment]
            old.name = old.name or result.name
            env[result] = old
            becomes[op] = ()
        else:
            total = Value(result.type)
            op.results = [total]
            update = Call(setitem, (old, Const(Ellipsis), total), {}, [result], op.stmt, adjoint=op.adjoint)
            becomes[op] = (op, update)

    def rebuild(block: Block) -> None:
        block.ops = [new for op in block.ops for new in becomes.get(op, (op,))]
        for op in block.ops:
            for inner in blocks_of(op):
                rebuild(inner)

    rebuild(function.body)
    if env:
        substitute(function.body, env)
    return True


def _is_spare_copy(op: Call) -> bool:
    """A copy that no author asked for, of an array."""
    if op.fn is not np.copy or not op.adjoint or op.kwargs or len(op.args) != 1:
        return False
    return isinstance(op.args[0], Value) and isinstance(op.args[0].type, Array)


# -- sums --------------------------------------------------------------------------------------------


def sums(body: Block) -> Targets:
    """The sums of adjoint arrays that continue a variable: its next value in a loop, or by name."""
    found: Targets = {}
    age: dict[Operand, int] = {}  # of two old sums the older one goes on: the other may be an expression

    def visit(block: Block, next_of: dict[Value, Value]) -> None:
        for op in block.ops:
            if isinstance(op, Call):
                if op.adjoint and _is_sum(op):
                    old = [op.args[k] for k in _SUMS[op.fn] if _continues(op.args[k], op.result, next_of)]
                    if old:
                        found[op] = min(old, key=lambda x: age.get(x, -1))
                age.update((result, len(age)) for result in op.results)
            elif isinstance(op, (For, While)):
                pairs = zip(op.body.results, op.carried, strict=True)
                visit(op.body, {result: param for result, param in pairs if isinstance(result, Value)})
            else:
                for inner in blocks_of(op):
                    visit(inner, next_of)

    visit(body, {})
    return found


def _is_sum(op: Call) -> bool:
    if not any(op.fn is fn for fn in _SUMS) or len(op.args) != 2 or op.kwargs:
        return False
    return isinstance(op.result.type, Array) and op.result.type.ndim > 0


def _continues(x: Operand, result: Value, next_of: dict[Value, Value]) -> bool:
    if not isinstance(x, Value) or x.type != result.type:
        return False
    return next_of.get(result) is x or (x.name is not None and x.name == result.name)


# -- elementwise calls -------------------------------------------------------------------------------


def add_elementwise(function: Function, targets: Targets) -> None:
    """Add the elementwise calls one of whose operands is read by nothing later, and is not part of their expression."""
    uses = Counter(x for x in uses_in(function.body) if isinstance(x, Value))
    made = {op.results[0]: op for op in walk(function.body) if isinstance(op, Call) and len(op.results) == 1}
    calls = [op for op in made.values() if _is_elementwise(op) and op not in targets]
    if not calls:
        return
    lifetimes = Lifetimes(function, contents=True)
    perhaps_integer = _perhaps_integer(function.body)
    found: Targets = {}
    for op in calls:
        dead = [
            x
            for x in dict.fromkeys(op.args)
            if isinstance(x, Value)
            and x in made
            and x not in perhaps_integer
            and _can_hold(made[x], op)
            and (made[x] in found or made[x] in targets or _has_variable(made[x], op, uses[x]))
            and not lifetimes.used_after(x, lifetimes.at[op], lifetimes.region[op])
        ]
        if dead:
            found[op] = min(dead, key=lambda x: (x.name != op.result.name, x.name is not None))
    users = {x: op for op in walk(function.body) for x in operands_of(op) if isinstance(x, Value) and uses[x] == 1}
    for op in reversed(list(found)):
        user = users.get(op.result)
        goes_on = isinstance(user, Call) and targets.get(user, found.get(user)) is op.result
        if user is None or goes_on or not _is_passing(op, user):
            continue
        if uses[found[op]] > 1 or not _broadcasts(op, found[op]):
            del found[op]  # it ends as a part of an expression: `np.sum(t * x)`
    targets.update(found)


def _perhaps_integer(body: Block) -> set[Operand]:
    """Arrays that types call float, made of numbers that may be int where the code runs: `np.full(3, max(2, x))`."""
    found: set[Operand] = set()
    for op in walk(body):
        if not isinstance(op, Call):
            continue
        of_numbers = not isinstance(UFUNC_OF_OPERATOR.get(op.fn, op.fn), np.ufunc) and any(
            map(_may_be_int, operands_of(op))
        )
        if of_numbers or any(x in found for x in operands_of(op)):
            found.update(v for v in op.results if isinstance(v.type, Array))
    return found


def _may_be_int(x: Operand) -> bool:
    t = x.type.item if isinstance(x.type, ListOf) else x.type
    return isinstance(t, Scalar) and bool(t.mixed) and not all(issubclass(c, (float, np.inexact)) for c in t.mixed)


def _is_passing(op: Call, user: Op) -> bool:
    """Whether nobody would miss a name for the result of ``op``, which only ``user`` reads."""
    x = op.result
    return x.name in (None, "t_bar") or (op.adjoint and any(x.name == result.name for result in user.results))


def _is_elementwise(op: Call) -> bool:
    t = op.result.type
    ufunc = UFUNC_OF_OPERATOR.get(op.fn, op.fn)
    if op.kwargs or op.effect or not isinstance(ufunc, np.ufunc) or ufunc.nout != 1 or ufunc.signature is not None:
        return False
    if not isinstance(t, Array) or not t.ndim or t.dtype.kind not in "fc" or len(op.args) != ufunc.nin:
        return False
    return op.fn in _EXACT or (op.adjoint and ufunc is not np.power)


def _can_hold(made: Call, op: Call) -> bool:
    """Whether the result of ``made`` is an array of its own with the shape and dtype of the result of ``op``."""
    have, wanted = made.result.type, op.result.type
    assert isinstance(wanted, Array)
    if not isinstance(have, Array) or have.dtype != wanted.dtype or not same_shape(have, wanted):
        return False
    return is_update(made) or is_fresh(made)


def _has_variable(made: Call, op: Call, uses: int) -> bool:
    """Whether the result of ``made``, an operand of ``op``, will be a variable, and may become another value."""
    x = made.result
    if not op.adjoint and x.name not in (None, op.result.name):
        return False
    if uses > 1 or _broadcasts(op, x):
        return True
    return op.adjoint and x.name not in (None, "t_bar", op.result.name) and made.stmt != op.stmt


def _broadcasts(op: Call, x: Value) -> bool:
    """Whether an operand beside ``x`` is an array of another shape: then NumPy does not reuse ``x`` by itself."""
    others = (y for y in op.args if y is not x and isinstance(y.type, Array) and y.type.ndim)
    return any(not same_shape(y.type, x.type) for y in others)
