"""Loops over items, as their author wrote them.

for i in range(len(x)):                 for a in x:                     (``i`` is used for nothing else)
    a = x[i]                   ──▶      for i, a in enumerate(x):       (or it is)
    …                                   for a, b in zip(x, y):          (up to the shorter of two)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from s2sgrad.emit.expressions import Expressions
from s2sgrad.ir.core import Call, Const, For, Operand, Value
from s2sgrad.optimize.tidy import is_load

Header = tuple[ast.expr, ast.expr, set[Call]]


def loop_items(op: For, e: Expressions, uses: Mapping[Value, int]) -> Header | None:
    """The target and the iterable of a loop that goes over items, and the loads that these stand for."""
    if op.reverse or not (_is(op.start, 0) and _is(op.step, 1)):
        return None
    arrays = _measured(op.stop, e)
    loads: dict[Operand, Call] = {}
    for x in op.body.ops:
        if not isinstance(x, Call) or not is_load(x, op.index) or x.args[0] in loads or x.result not in e.names:
            break
        loads[x.args[0]] = x
    if not arrays or any(x not in loads for x in arrays):
        return None
    taken = [loads[x] for x in arrays]
    targets: list[ast.expr] = [ast.Name(e.names[load.result], ast.Store()) for load in taken]
    iterables = [e.operand(x) for x in arrays]
    target, iterable = targets[0], iterables[0]
    if len(arrays) > 1:
        target, iterable = ast.Tuple(targets, ast.Store()), ast.Call(e.references.expression(zip), iterables, [])
    if uses.get(op.index, 0) > len(taken):
        if len(arrays) > 1:
            return None
        index = ast.Name(e.names[op.index], ast.Store())
        target = ast.Tuple([index, target], ast.Store())
        iterable = ast.Call(e.references.expression(enumerate), [iterable], [])
    return target, iterable, set(taken)


def _measured(stop: Operand, e: Expressions) -> list[Operand]:
    """The arrays whose (least) length a bound is, where it is written out."""
    made = e.folded.get(stop) if isinstance(stop, Value) else None
    if not isinstance(made, Call) or made.kwargs:
        return []
    if made.fn is len:
        return [made.args[0]] if made.args[0] in e.names else []
    if made.fn is min and len(made.args) > 1:
        found = [_measured(x, e) for x in made.args]
        return [x for part in found for x in part] if all(len(part) == 1 for part in found) else []
    return []


def _is(x: Operand, n: int) -> bool:
    return isinstance(x, Const) and x.value == n
