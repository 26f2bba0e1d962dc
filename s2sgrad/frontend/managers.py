"""``with``: what the context manager does, around what the block does.

with np.errstate(…):            a context that plain Python makes: an operation of the IR around a block
with suppress(KeyError):        a `try`
with Timer() as t:              an instance of a class written in Python: its methods are entered
with scaled(x) as y:            a generator made a context manager: what precedes its `yield`, the block, the rest
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import gast

from s2sgrad.errors import S2SGradError
from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.binding import bind
from s2sgrad.frontend.contexts import opaque_with, sets_variables
from s2sgrad.frontend.entering import frame_of
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.lowerer import FLAGS, STATEMENTS, Frame, Lowerer, NeedsStatic
from s2sgrad.frontend.operations import truth
from s2sgrad.frontend.source import find_source
from s2sgrad.frontend.statements import lower_block, reraise
from s2sgrad.frontend.things import ObjectRef, Thing
from s2sgrad.frontend.tries import does_something, guarded
from s2sgrad.ir.core import Block, Const, Value
from s2sgrad.ir.types import OBJECT

CONTEXT = "%context"
_HELPER = contextlib.contextmanager(iter).__code__


def lower_with(lo: Lowerer, stmt: Any) -> None:
    """``with a as x, b as y: …``."""
    _items(lo, stmt, stmt.items)


def _items(lo: Lowerer, stmt: Any, items: list[Any]) -> None:
    if not items:
        lower_block(lo, stmt.body)
        return
    first, *rest = items

    def body(value: Thing | None) -> None:
        if first.optional_vars is not None:
            bind(lo, first.optional_vars, Const(None) if value is None else value)
        _items(lo, stmt, rest)

    expression = first.context_expr
    callee = lo.expr(expression.func) if isinstance(expression, gast.Call) else None
    fn: Any = callee.value if isinstance(callee, Const) else None
    if fn is contextlib.nullcontext:
        args, kwargs = _arguments(lo, expression)
        body(next(iter((*args, *kwargs.values())), None))
    elif fn is contextlib.suppress:
        _suppressed(lo, _arguments(lo, expression)[0], body, stmt)
    elif isinstance(callee, Const) and (not _is_python(fn) or sets_variables(fn)):
        opaque_with(lo, callee, first, body)
    elif isinstance(fn, FunctionType) and fn.__code__ is _HELPER:
        _generated(lo, fn, *_arguments(lo, expression), body, stmt)
    else:
        manager = lo.expr(expression)
        if not isinstance(manager, ObjectRef):
            what = f"{describe(manager)} is not supported as a context manager"
            lo.fail(what, "call what makes it: `with make(…):`", expression)
        _object(lo, manager, body, stmt)


def _is_python(fn: Any) -> bool:
    """Whether what this makes is entered: a class or function of the user's, not of NumPy's or the library's."""
    module = (getattr(fn, "__module__", None) or "").partition(".")[0]
    return isinstance(fn, (type, FunctionType)) and module != "numpy" and module not in sys.stdlib_module_names


def _arguments(lo: Lowerer, call: Any) -> tuple[list[Thing], dict[str, Thing]]:
    return [lo.expr(a) for a in call.args], {k.arg: lo.expr(k.value) for k in call.keywords}


def _suppressed(lo: Lowerer, classes: list[Thing], body: Callable[[Thing | None], None], stmt: Any) -> None:
    found = [c.value for c in classes if isinstance(c, Const) and isinstance(c.value, type)]
    if len(found) != len(classes):
        lo.fail("which exceptions this suppresses is not known while compiling", "name the classes", stmt)
    live = None if lo.frame.source is None else lo.frame.source.liveness.after.get(stmt)
    guarded(lo, tuple(found), lambda: body(None), lambda cls, error: None, live, live, stmt)


def _leaving(lo: Lowerer, leave: Callable[[], None], stmt: Any) -> None:
    """Run what follows a block, also where it has been left by `return`, `break` or `continue`."""
    if lo.builder.block.diverges:
        return
    flags = {f: lo.frame.env.pop(f) for f in FLAGS if f in lo.frame.env}
    leave()
    lo.frame.env |= flags


# -- instances of classes ------------------------------------------------------------------------------


def _object(lo: Lowerer, manager: ObjectRef, body: Callable[[Thing | None], None], stmt: Any) -> None:
    """Call ``__enter__``, and ``__exit__`` whichever way the block is left."""
    key = f"{CONTEXT}{sum(n.startswith(CONTEXT) for n in lo.frame.env)}"
    lo.frame.env[key] = manager
    value = lo.invoke(attribute(lo, manager, "__enter__", stmt), [], {}, stmt)
    exit_ = attribute(lo, manager, "__exit__", stmt)

    def handle(cls: type[BaseException] | None, error: Thing) -> None:
        kind = Const(cls) if cls is not None else lo.builder.typed_call(type, OBJECT, error)
        trace = lo.builder.typed_call(getattr, OBJECT, lo.operand(error), "__traceback__")
        swallowed = truth(lo, lo.invoke(exit_, [kind, error, trace], {}, stmt))
        if not isinstance(swallowed, Const):
            branch(lo, swallowed, lambda: None, lambda: reraise(lo, stmt))
        elif not swallowed.value:
            reraise(lo, stmt)

    node = _method_body(manager, "__exit__")
    does = does_something(node) or _returns_something(node)
    if does and not lo.catching and _does_nothing(lo, manager, exit_, stmt):
        before, restore = lo.heap[manager.cell], lo.snapshot()
        body(value)
        if lo.heap[manager.cell] is before:
            lo.frame.env.pop(key, None)
            return
        restore()  # the block has changed the manager, and what it does as it is left
    if lo.catching or does:
        live = None if lo.frame.source is None else lo.frame.source.liveness.after.get(stmt)
        seen = frozenset({key}) | ((live or frozenset()) if _returns_something(node) else frozenset())
        guarded(lo, (BaseException,), lambda: body(value), handle, live, seen, stmt)
    else:
        body(value)
    nothing = [Const(None)] * 3
    _leaving(lo, lambda: _ignore(lo.invoke(exit_, list(nothing), {}, stmt)), stmt)
    lo.frame.env.pop(key, None)


def _does_nothing(lo: Lowerer, manager: ObjectRef, exit_: Thing, stmt: Any) -> bool:
    """Whether ``__exit__`` does nothing in the manager's present state, whatever it is given."""
    restore, heap = lo.snapshot(), lo.heap.copy()
    try:
        with lo.inside(Block()) as block:
            swallowed = lo.invoke(exit_, [Value(OBJECT) for _ in range(3)], {}, stmt)
        unchanged = all(lo.heap[cell] is content for cell, content in heap.items())
        return unchanged and not block.ops and isinstance(swallowed, Const) and not swallowed.value
    except (S2SGradError, NeedsStatic):
        return False
    finally:
        restore()


def _ignore(_: Thing) -> None:
    """What ``__exit__`` returns does not matter where nothing was raised."""


def _method_body(manager: ObjectRef, name: str) -> list[Any]:
    method = getattr(manager.cls, name, None)
    return list(find_source(method).node.body) if isinstance(method, FunctionType) else []


def _returns_something(node: list[Any]) -> bool:
    """Whether ``__exit__`` may swallow an exception."""
    found = (n for s in node for n in gast.walk(s) if isinstance(n, gast.Return) and n.value is not None)
    return any(not (isinstance(n.value, gast.Constant) and not n.value.value) for n in found)


# -- generators ----------------------------------------------------------------------------------------


def _generated(
    lo: Lowerer,
    fn: Any,
    args: list[Thing],
    kwargs: dict[str, Thing],
    body: Callable[[Thing | None], None],
    stmt: Any,
) -> None:
    """``@contextmanager``: the block stands where the generator yields."""
    generator = inspect.unwrap(fn)
    frame = frame_of(lo, generator, args, kwargs, stmt)
    before, yielding, after, final = _parts(lo, frame.node, stmt)
    values: list[Thing] = []

    def until_yield() -> None:
        lower_block(lo, before)
        value = yielding.value
        values.append(Const(None) if value.value is None else lo.expr(value.value))
        if isinstance(yielding, gast.Assign):
            for target in yielding.targets:
                bind(lo, target, Const(None))

    _in_frame(lo, frame, until_yield)

    def block() -> None:
        lo.stack.append(frame)
        body(values[0])
        lo.stack.remove(frame)

    def finish() -> None:
        _in_frame(lo, frame, lambda: lower_block(lo, final))

    def handle(cls: type[BaseException] | None, error: Thing) -> None:
        finish()
        reraise(lo, stmt)

    if final and (lo.catching or does_something(final)):
        guarded(lo, (BaseException,), block, handle, None, frozenset(), stmt)
    else:
        block()
    _leaving(lo, lambda: _in_frame(lo, frame, lambda: lower_block(lo, [*after[0], *final, *after[1]])), stmt)


def _in_frame(lo: Lowerer, frame: Frame, run: Callable[[], None]) -> None:
    """Lower a part of another function."""
    lo.stack.append(lo.frame)
    lo.frame = frame
    run()
    if lo.exit_flag() is not None and not lo.builder.block.diverges:
        lo.fail("a context manager's generator returns early", "let it run to its end", frame.node)
    lo.frame = lo.stack.pop()


def _parts(lo: Lowerer, node: Any, stmt: Any) -> tuple[list[Any], Any, tuple[list[Any], list[Any]], list[Any]]:
    """What stands before the ``yield`` of a generator, the statement of the yield, what follows it inside of a
    ``try … finally`` and behind that, and the ``finally`` part."""
    body, inside, final = list(node.body), [], []
    k = _yielding(body)
    if k is not None and isinstance(body[k], gast.Try) and not body[k].handlers and not body[k].orelse:
        final = body[k].finalbody
        inside = body[k].body
        j = _yielding(inside)
        if j is not None and _is_yield(inside[j]) and _yielding(final) is None:
            return [*body[:k], *inside[:j]], inside[j], (inside[j + 1 :], body[k + 1 :]), final
    if k is None or not _is_yield(body[k]):
        lo.fail(
            "this context manager yields inside of a branch, a loop or a handler",
            "let it yield once, at top level or in one `try … finally`",
            stmt,
        )
    return body[:k], body[k], (body[k + 1 :], []), []


def _is_yield(stmt: Any) -> bool:
    return isinstance(stmt, (gast.Expr, gast.Assign)) and isinstance(stmt.value, gast.Yield)


def _yielding(stmts: list[Any]) -> int | None:
    """The only statement that yields."""
    found = [k for k, s in enumerate(stmts) if any(isinstance(n, (gast.Yield, gast.YieldFrom)) for n in gast.walk(s))]
    return found[0] if len(found) == 1 else None


STATEMENTS |= {gast.With: lower_with}
