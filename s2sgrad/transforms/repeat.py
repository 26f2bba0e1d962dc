"""Code that runs again: copies of loop bodies and functions of the primal without what must not happen twice.

    x' = for i in range(n) carry x = a:         func advance(first, last, x, r):
      effect print x                              for i in range(first, last) carry x = x:
      x2 = mul r, x                     ──▶         x2 = mul r, x
      yield x2                                      yield x2
                                                  return x'

What is printed is not printed again, and what was checked is not checked again; a call with an effect whose result is
needed (a random draw) is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from s2sgrad.errors import UnsupportedCall
from s2sgrad.ir.clone import Cloner, Env, clone_function, fresh, substitute
from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Op,
    Operand,
    Try,
    Value,
    With,
    blocks_of,
    walk,
)
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.raising import makes_exception
from s2sgrad.ir.schedule import at_least_one
from s2sgrad.ir.types import INT
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.inplace import functions_called
from s2sgrad.transforms.activity import hides_derivative
from s2sgrad.transforms.parts import free_values


def repeated(function: Function, results: Sequence[int], what: str) -> Function:
    """A copy of a function that has run without raising, to be run again for some of its results.

    ``what``: is checkpointed, for the message that refuses to repeat an effect.
    """
    function = clone_function(function)
    body = function.body
    body.results = [body.results[k] for k in results]
    function.out = tuple(range(len(results))) if len(results) != 1 else 0
    as_it_went(body)
    effects = [op for op in walk(body) if isinstance(op, Call) and op.effect and not _raises(op)]
    for op in effects:
        op.effect = False
    dce(function)
    left = set(walk(body))
    for op in effects:
        if op in left and isinstance(op.fn, Function):
            op.fn = repeated(op.fn, range(len(op.results)), what)
    contexts = [op.context for op in left if isinstance(op, With) and op.context.effect]
    inside = [op for callee in functions_called(function)[1:] for op in walk(callee.body)]
    calls = [op for op in inside if isinstance(op, Call) and op.effect]
    for op in (*(op for op in effects if op in left), *contexts, *calls):
        if not (isinstance(op.fn, Function) or op.fn is at_least_one or _raises(op)):
            raise UnsupportedCall(
                f"{what} is checkpointed, so this runs again in reverse, but its result may be another then",
                "draw random numbers, or read what changes, before, and pass them in",
                op.stmt,
            )
    return function


def _raises(op: Call) -> bool:
    return op.fn is raise_ or makes_exception(op.fn)


def as_it_went(body: Block) -> None:
    """Take out of a block the branches that would have raised."""
    env: Env = {}

    def visit(block: Block) -> None:
        ops: list[Op] = []
        for op in block.ops:
            if isinstance(op, If) and op.then.diverges != op.orelse.diverges:
                taken = op.orelse if op.then.diverges else op.then
                visit(taken)
                ops += taken.ops
                env.update(zip(op.results, taken.results, strict=True))
                continue
            if not isinstance(op, Try):  # what is raised in it is caught
                for inner in blocks_of(op):
                    visit(inner)
            ops.append(op)
        block.ops = ops

    visit(body)
    if env:
        substitute(body, {value: _followed(env, value) for value in env})


def _followed(env: Env, value: Value) -> Operand:
    found: Operand = value
    while isinstance(found, Value) and found in env:
        found = env[found]
    return found


@dataclass(frozen=True, slots=True)
class Advance:
    """A loop over a part of its range: ``function(first, last, *params, *free)`` is the state before step ``last``.

    ``positions``: which of the loop's carried values are its state; ``params``: the parameters for them;
    ``free``: what it reads from outside.
    """

    function: Function
    positions: list[int]
    params: list[Value]
    free: list[Value]


def state_of(loop: For, read: Sequence[Value]) -> Advance | None:
    """The part of what a loop carries that its steps depend on, where ``read`` is needed of each; None if that is
    nothing.

    Raises :class:`UnsupportedCall` if it cannot be kept in a snapshot.
    """
    needed = [k for k, p in enumerate(loop.carried) if p in set(read)]
    if not needed:
        return None
    first, last = Value(INT, "first"), Value(INT, "last")
    cloner = Cloner()
    params = [fresh(p) for p in loop.carried]
    body = cloner.block(loop.body)
    body.stop = None
    results = [Value(p.type, p.name) for p in loop.carried]
    part = For(first, last, Const(1), list(params), body, results, stmt=loop.stmt)
    whole = Function("advance", [first, last, *params], Block([], [part], list(results)))
    function = repeated(whole, needed, "this loop")
    (again,) = (op for op in function.body.ops if isinstance(op, For))
    inits = again.inits
    positions = [k for k, p in enumerate(function.params[2:]) if p in inits]
    state = [function.params[2 + k] for k in positions]
    for k in positions:
        _check_snapshot(loop, k)
    function.body.results = [again.results[inits.index(p)] for p in state]
    function.out = tuple(range(len(state))) if len(state) != 1 else 0
    function.params = [*function.params[:2], *state]
    free = free_values(function.body, function.params)
    inner = [fresh(x) for x in free]
    substitute(function.body, dict(zip(free, inner, strict=True)))
    function.params += inner
    return Advance(function, positions, [fresh(p) for p in state], free)


def _check_snapshot(loop: For, k: int) -> None:
    """Refuse a state that cannot be kept."""
    param = loop.carried[k]
    name = f"`{param.name}`" if param.name else "a value"
    if hides_derivative(param.type):
        raise UnsupportedCall(
            f"this loop is checkpointed, but {name}, which it changes, is neither a number nor an array",
            "let the loop change numbers, arrays, tuples and lists of them only",
            loop.stmt,
        )
    if loop.inits[k] is UNDEFINED:
        raise UnsupportedCall(
            f"this loop is checkpointed, but {name}, which its iterations read, is not assigned before it",
            "assign it before the loop",
            loop.stmt,
        )
