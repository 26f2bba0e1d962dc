"""Stacks of saved values, threaded through the loops and branches between the function's top level and a block.

saved = new_list
x', saved' = for i in range(n) carry x = a, s = saved:
  s' = push s, x
  …
  yield …, s'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from s2sgrad.ir.core import Block, Call, Const, For, If, Op, Tree, Value, While
from s2sgrad.ir.primitives import new_list, pop, push
from s2sgrad.ir.types import ListOf, TupleOf

Owner = Mapping[Block, tuple[Op, Block]]


def path_to(block: Block, owner: Owner) -> list[tuple[Op, Block]]:
    """The operations that enclose ``block``, outermost first, each with its block on the way."""
    path: list[tuple[Op, Block]] = []
    while block in owner:
        op, outer = owner[block]
        path.append((op, block))
        block = outer
    return path[::-1]


def thread(path: Sequence[tuple[Op, Block]], state: Value, update: Callable[[Value], Value]) -> Value:
    """Carry ``state`` down ``path``, apply ``update`` in the innermost block, and carry the result up again."""
    entered: list[Value] = []
    for op, block in path:
        entered.append(state)
        if isinstance(op, (For, While)):
            op.inits.append(state)
            if isinstance(op, While):
                op.cond.params.append(Value(state.type, state.name))
            state = Value(state.type, state.name)
            block.params.append(state)
    state = update(state)
    for (op, block), before in zip(reversed(path), reversed(entered), strict=True):
        block.results.append(state)
        if isinstance(op, If):
            other = op.orelse if block is op.then else op.then
            other.results.append(before)
        state = Value(state.type, state.name)
        op.results.append(state)
    return state


def export(path: Sequence[tuple[Op, Block]], value: Value, placeholder: Const) -> Value:
    """Make a value of a branch visible outside; it is ``placeholder`` where the other branch was taken."""
    for op, block in reversed(path):
        block.results.append(value)
        if isinstance(op, If):
            other = op.orelse if block is op.then else op.then
            other.results.append(placeholder)
        value = Value(value.type, value.name)
        op.results.append(value)
    return value


def save(values: Sequence[Value], block: Block, position: int, owner: Owner) -> tuple[Call, Value]:
    """Push ``values`` at a position of a block, each time that it runs.

    :returns: the call that makes the stack, for the caller to place, and the stack at the function's end.
    """
    item: Tree = tuple(values) if len(values) > 1 else values[0]
    item_type = TupleOf(tuple(v.type for v in values)) if len(values) > 1 else values[0].type
    name = "saved" if len(values) > 1 else f"{values[0].name or 't'}_saved"
    stack_type = ListOf(item_type)
    path = path_to(block, owner)
    stmt = path[0][0].stmt
    made = Call(new_list, (), {}, [Value(stack_type, name)], stmt)

    def push_here(stack: Value) -> Value:
        longer = Value(stack_type, name)
        block.ops.insert(position, Call(push, (stack, item), {}, [longer], stmt))
        return longer

    return made, thread(path, made.result, push_here)


def restore(stack: Value, block: Block, owner: Owner) -> Call:
    """Pop, each time that a block of the backward part runs; the call's second result is what was pushed."""
    assert isinstance(stack.type, ListOf)
    item_type = stack.type.item
    calls: list[Call] = []

    def pop_here(stack: Value) -> Value:
        shorter = Value(stack.type, stack.name)
        item = Value(item_type)
        calls.append(Call(pop, (stack,), {}, [shorter, item], None, adjoint=True))
        return shorter

    thread(path_to(block, owner), stack, pop_here)
    return calls[0]
