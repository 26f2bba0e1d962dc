"""Code that is nested more deeply than Python can read, in functions of its own.

Python allows a hundred levels of indentation. What comes out of hundreds of early returns that share what follows them
is one branch in the other; here the innermost of them become functions, called where they stood.

    if c:                                  def grad_f_inside(x, y):
        …                                      if d:
    else:                     ──▶                  …
        if d:                                  return x_bar, y_bar
            …
        …                                  if c:
                                               …
                                           else:
                                               x_bar, y_bar = grad_f_inside(x, y)
"""

from __future__ import annotations

from s2sgrad.ir.clone import fresh, substitute
from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, For, Function, If, Op, Operand, Value, While, blocks_of, walk
from s2sgrad.optimize.branches import join_branches
from s2sgrad.transforms.parts import free_values

#: How deep what Python reads may be nested, and how deep a function is that is made here.
DEEPEST, _DEEP = 90, 40


def nesting(block: Block) -> int:
    """How deep the blocks in a block are nested."""
    deepest, pending = 0, [(block, 0)]
    while pending:
        block, depth = pending.pop()
        deepest = max(deepest, depth)
        pending += [(inner, depth + 1) for op in block.ops for inner in blocks_of(op)]
    return deepest


def outline(function: Function) -> Function:
    """Move what is nested too deeply in ``function`` to functions of its own (changes it, and returns it)."""
    join_branches(function)  # or else two functions would share what one has computed
    _block(function.body, 0, f"{function.name}_inside")
    return function


def _block(block: Block, depth: int, name: str) -> None:
    for op in block.ops:
        for inner in blocks_of(op):
            _block(inner, (depth + 1) % _DEEP, name)
        if isinstance(op, If) and depth + 1 == _DEEP:
            for branch in (op.then, op.orelse):
                if not branch.diverges and any(blocks_of(x) for x in branch.ops):
                    _move(branch, name, op)


def _move(branch: Block, name: str, owner: Op) -> None:
    """Leave in ``branch`` the call of a function that does what it did. Constants need not come from there."""
    inside = Block([], branch.ops, list(dict.fromkeys(x for x in branch.results if isinstance(x, Value))))
    given = free_values(inside, ())
    params = [fresh(x) for x in given]
    substitute(inside, dict(zip(given, params, strict=True)))
    _return_none_for_nothing(inside)
    results = {x: fresh(x) for x in branch.results if isinstance(x, Value)}
    out = 0 if len(results) == 1 else tuple(range(len(results)))
    part = Function(name, params, inside, out)
    branch.ops = [Call(part, tuple(given), {}, list(results.values()), owner.stmt, adjoint=owner.adjoint)]
    branch.results = [results[x] if isinstance(x, Value) else x for x in branch.results]


def _return_none_for_nothing(block: Block) -> None:
    """What a path does not define can be returned only if it is something."""
    none = Const(None)

    def defined(operands: list[Operand]) -> list[Operand]:
        return [none if x is UNDEFINED else x for x in operands]

    for op in walk(block):
        if isinstance(op, (For, While)):
            op.inits = defined(op.inits)
        for inner in blocks_of(op):
            inner.results = defined(inner.results)
