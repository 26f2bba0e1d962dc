"""Stacks of saved values, threaded through the loops and branches between the function's top level and a block.

saved = new_list
x', saved' = for i in range(n) carry x = a, s = saved:
  s' = push s, x
  …
  yield …, s'
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, For, If, Op, Operand, Tree, Try, Value, While, blocks_of
from s2sgrad.ir.primitives import getindex, new_list, pop, push
from s2sgrad.ir.types import INT, ListOf, TupleOf
from s2sgrad.transforms.structure import is_const

Owner = Mapping[Block, tuple[Op, Block]]


def path_to(block: Block, owner: Owner) -> list[tuple[Op, Block]]:
    """The operations that enclose ``block``, outermost first, each with its block on the way."""
    path: list[tuple[Op, Block]] = []
    while block in owner:
        op, outer = owner[block]
        path.append((op, block))
        block = outer
    return path[::-1]


def thread(
    path: Sequence[tuple[Op, Block]], state: Operand, update: Callable[[Any], Value], like: Operand | None = None
) -> Any:
    """Carry ``state`` down ``path``, apply ``update`` in the innermost block, and carry the result up again.

    ``like``: what has the type and the name of what is carried, if ``state`` does not."""
    like = state if like is None else like
    entered: list[Operand] = []
    for op, block in path:
        entered.append(state)
        if isinstance(op, (For, While)):
            op.inits.append(state)
            if isinstance(op, While):
                op.cond.params.append(Value(like.type, like.name))
            state = Value(like.type, like.name)
            block.params.append(state)
    state = update(state)
    for (op, block), before in zip(reversed(path), reversed(entered), strict=True):
        block.results.append(state)
        if isinstance(op, (If, Try)):
            _other(op, block).results.append(before)
        state = Value(state.type, state.name)
        op.results.append(state)
    return state


def _other(op: If | Try, block: Block) -> Block:
    """The block that runs, or ends, where ``block`` does not."""
    first, second = blocks_of(op)
    return second if block is first else first


def export(path: Sequence[tuple[Op, Block]], value: Value, placeholder: Const) -> Value:
    """Make a value of a branch visible outside; it is ``placeholder`` where the other branch was taken."""
    for op, block in reversed(path):
        if isinstance(op, Try) and value in block.results:
            k = block.results.index(value)
            other = _other(op, block)
            if other.results[k] is UNDEFINED:
                other.results[k] = placeholder
            value = op.results[k]
            continue
        block.results.append(value)
        if isinstance(op, (If, Try)):
            other = _other(op, block)
            if (
                isinstance(op, Try) and isinstance(value.type, ListOf) and not other.diverges
            ):  # an empty one: its length may be asked for
                empty = Call(new_list, (), {}, [Value(value.type, value.name)], op.stmt)
                other.ops.append(empty)
                other.results.append(empty.result)
            else:
                other.results.append(placeholder)
        value = Value(value.type, value.name)
        op.results.append(value)
    return value


def keep_last(value: Value, path: Sequence[tuple[Op, Block]]) -> Value:
    """Make visible what a value of the block at the end of a path was the last time that the block ran."""
    last: Value = thread(path, UNDEFINED, lambda _: value, like=value)
    return last


def save(values: Sequence[Value], block: Block, position: int, path: Sequence[tuple[Op, Block]]) -> tuple[Call, Value]:
    """Push ``values`` at a position of a block, each time that it runs.

    ``path``: the operations through which the stack is threaded, down to ``block``.
    :returns: the call that makes the stack, for the caller to place, and the stack at the path's end.
    """
    item: Tree = tuple(values) if len(values) > 1 else values[0]
    item_type = TupleOf(tuple(v.type for v in values)) if len(values) > 1 else values[0].type
    name = "saved" if len(values) > 1 else f"{values[0].name or 't'}_saved"
    stack_type = ListOf(item_type)
    stmt = path[0][0].stmt
    made = Call(new_list, (), {}, [Value(stack_type, name)], stmt)

    def push_here(stack: Value) -> Value:
        longer = Value(stack_type, name)
        block.ops.insert(position, Call(push, (stack, item), {}, [longer], stmt))
        return longer

    return made, thread(path, made.result, push_here)


def restore(stack: Value, path: Sequence[tuple[Op, Block]]) -> tuple[list[Call], Value]:
    """Pop, each time that the block at the end of a path runs; the calls for that block, and what was pushed."""
    assert isinstance(stack.type, ListOf)
    item_type = stack.type.item
    calls: list[Call] = []

    def pop_here(stack: Value) -> Value:
        shorter = Value(stack.type, stack.name)
        item = Value(item_type)
        calls.append(Call(pop, (stack,), {}, [shorter, item], None, adjoint=True))
        return shorter

    thread(path, stack, pop_here)
    return calls, calls[0].results[1]


def read(stack: Value, path: Sequence[tuple[Op, Block]]) -> tuple[list[Call], Value]:
    """The same for code that runs in the order in which the items were pushed: they are read, and stay there."""
    assert isinstance(stack.type, ListOf)
    item = Value(stack.type.item)
    op = path[0][0] if len(path) == 1 else None
    if isinstance(op, For) and is_const(op.start, 0) and is_const(op.step, 1) and not op.reverse:
        return [Call(getindex, (stack, op.index), {}, [item])], item
    calls: list[Call] = []

    def read_here(position: Operand) -> Value:
        following = Value(INT, "position")
        calls.append(Call(getindex, (stack, position), {}, [item]))
        calls.append(Call(operator.add, (position, Const(1)), {}, [following]))
        return following

    thread(path, Const(0, INT, "position"), read_here)
    return calls, item
