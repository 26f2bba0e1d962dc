"""The meaning of the IR: a slow, obvious interpreter that everything else is tested against.

Values are immutable: what a call returns shares memory with nothing, so no update can be seen through
another name. The interpreter never changes its arguments. It recurses once per nesting level.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

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
    Tree,
    Try,
    Value,
    While,
    map_tree,
)
from s2sgrad.ir.structures import closed, flatten, map_leaves


class Watch(Protocol):
    """What looks on while a function runs: ``loops`` holds the present index of each loop around (None: of a while)."""

    loops: list[int | None]

    def called(self, op: Call, args: tuple[Any, ...], kwargs: dict[str, Any], returned: Any) -> None:
        """An operation has been carried out on these arguments."""


class Env(dict[Value, Any]):
    """The values of the variables."""

    watch: Watch | None = None


def interpret(function: Function, *args: Any, watch: Watch | None = None) -> Any:
    """Run ``function`` on ``args`` (one per parameter); returns the structure that ``function.out`` describes."""
    if len(args) != len(function.params):
        raise TypeError(f"{function.name} takes {len(function.params)} arguments, not {len(args)}")
    env = Env({value: capture.load() for value, capture in function.captures.items()})
    env.watch = watch
    env.update(zip(function.params, map(_copy, args), strict=True))
    _run(function.body.ops, env)
    return arrange(function.out, [_read(r, env) for r in function.body.results])


def results_of(function: Function) -> Function:
    """``function`` returning the leaves of what it returns, side by side, as a call of it defines its results."""
    leaves = tuple(k for _, k in flatten(function.out))
    out = leaves[0] if len(leaves) == 1 else leaves
    return Function(function.name, function.params, function.body, out, function.captures)


def arrange(out: Tree, results: list[Any]) -> Any:
    """The tree ``out`` with each index replaced by that result."""
    return closed(map_leaves(lambda k: results[k], out))


def _run(ops: list[Op], env: Env) -> None:
    for op in ops:
        if isinstance(op, Call):
            _define(op.results, _call(op, env), env)
        elif isinstance(op, If):
            _define_all(op.results, _block(op.then if _read(op.cond, env) else op.orelse, env), env)
        elif isinstance(op, For):
            _define_all(op.results, _for(op, env), env)
        elif isinstance(op, While):
            _define_all(op.results, _while(op, env), env)
        elif isinstance(op, Try):
            _define_all(op.results, _try(op, env), env)
        else:
            results: list[Any] = [UNDEFINED.value] * len(op.results)  # for a context that swallows an exception
            with _call(op.context, env) as bound:
                _define_all(op.body.params, [bound] if op.body.params else [], env)
                results = _block(op.body, env)
            _define_all(op.results, results, env)


def _block(block: Block, env: Env) -> list[Any]:
    _run(block.ops, env)
    return [_read(r, env) for r in block.results]


def _for(op: For, env: Env) -> list[Any]:
    indices = range(_read(op.start, env), _read(op.stop, env), _read(op.step, env))
    carried = [_read(x, env) for x in op.inits]
    for i in reversed(indices) if op.reverse else indices:
        _define_all(op.body.params, [i, *carried], env)
        with _inside_loop(i, env):
            carried = _block(op.body, env)
        if op.body.stop is not None and _read(op.body.stop, env):
            break
    return carried


def _try(op: Try, env: Env) -> list[Any]:
    try:
        return _block(op.body, env)
    except op.exceptions as error:
        _define_all(op.handler.params, [error], env)
        return _block(op.handler, env)


def _while(op: While, env: Env) -> list[Any]:
    carried = [_read(x, env) for x in op.inits]
    while True:
        _define_all(op.cond.params, carried, env)
        (go_on,) = _block(op.cond, env)
        if not go_on:
            return carried
        _define_all(op.body.params, carried, env)
        with _inside_loop(None, env):
            carried = _block(op.body, env)
        if op.body.stop is not None and _read(op.body.stop, env):
            return carried


@contextmanager
def _inside_loop(index: int | None, env: Env) -> Iterator[None]:
    if env.watch is None:
        yield
        return
    env.watch.loops.append(index)
    try:
        yield
    finally:
        env.watch.loops.pop()


def _call(op: Call, env: Env) -> Any:
    args = map_tree(lambda x: _read(x, env), op.args)
    kwargs = map_tree(lambda x: _read(x, env), op.kwargs)
    if isinstance(op.fn, Function):
        returned = interpret(results_of(op.fn), *args, watch=env.watch, **kwargs)
    else:
        returned = _separate(op.fn(*args, **kwargs), args)
    if env.watch is not None:
        env.watch.called(op, args, kwargs, returned)
    return returned


def _define(values: list[Value], returned: Any, env: Env) -> None:
    """One result is what the call returned; several are its items."""
    if len(values) == 1:
        env[values[0]] = returned
    elif values:
        _define_all(values, list(returned), env)


def _define_all(values: list[Value], items: list[Any], env: Env) -> None:
    env.update(zip(values, items, strict=True))


def _read(operand: Operand, env: Env) -> Any:
    return operand.value if isinstance(operand, Const) else env[operand]


def _copy(x: Any) -> Any:
    """A deep copy of the arrays in ``x``; memory order is kept, for sums depend on it to the last bit."""
    if isinstance(x, np.ndarray):
        return x.copy(order="K")
    if type(x) in (tuple, list):
        return type(x)(_copy(item) for item in x)
    if type(x) is dict:
        return {k: _copy(item) for k, item in x.items()}
    return x


def _separate(returned: Any, args: tuple[Any, ...]) -> Any:
    """What a call returned, as memory of its own: a copy if it is a view, or one of the arguments."""
    if type(returned) is tuple:
        return tuple(_separate(item, args) for item in returned)
    shared = isinstance(returned, np.ndarray) and (returned.base is not None or any(returned is x for x in args))
    return _copy(returned) if shared else returned
