"""``try``: decided while compiling where types tell, an operation of the IR where only running does.

    try:                            try:                            the handler of a scalar `x`, whose item cannot be
        x[0] = 0.0                      y = 1.0 / x                 assigned, is known to run: nothing of the `try`
    except TypeError:               except ZeroDivisionError:       is left. Whether a division raises shows at run
        x = 0.0                         y = 0.0                     time only.

``else`` runs where nothing was raised, behind a test of that. ``finally`` is lowered behind the statement, for whatever
way leads there, and once more in a handler of its own that raises again, where it does anything that can be seen then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from s2sgrad.errors import S2SGradError, UnsupportedSyntax
from s2sgrad.frontend.join import MISSING, Joiner, Path, branch
from s2sgrad.frontend.lowerer import FLAGS, STATEMENTS, Bottom, Lowerer
from s2sgrad.frontend.raising import Catching, Handling, PrimalRaises
from s2sgrad.frontend.statements import lower_block, reraise
from s2sgrad.frontend.things import Cell, Thing
from s2sgrad.frontend.thrown import Unclean, lower_by_flags
from s2sgrad.ir.core import Block, Call, Const, If, Op, Operand, Try, Value, walk
from s2sgrad.ir.primitives import UPDATES, raise_
from s2sgrad.ir.raising import Exceptions, block_may_raise, ops_may_raise
from s2sgrad.ir.types import OBJECT

RAISED = "%raised"


def lower_try(lo: Lowerer, stmt: Any) -> None:
    """``try: … except …: … else: … finally: …``."""
    if stmt.finalbody:
        _with_final(lo, stmt)
    else:
        _with_handlers(lo, stmt)


def guarded(
    lo: Lowerer,
    exceptions: Exceptions,
    body: Callable[[], None],
    handle: Callable[[type[BaseException] | None, Thing], None],
    live: frozenset[str] | None,
    seen: frozenset[str] | None,
    stmt: Any,
    name: str | None = None,
    by_flags: bool = False,
) -> None:
    """Run ``body()``, and ``handle(class, error)`` if it raises one of ``exceptions``.

    The class is None where only running tells. ``live``: the variables worth joining; ``seen``: those that the handler,
    or what follows it, reads; ``name``: of the exception. ``by_flags``: raise :class:`Unclean` where the handler
    would see what the body has changed, rather than refuse that."""
    before = Path(Block(), lo.frame.env, lo.heap, MISSING)
    lo.frame.env, lo.heap = dict(before.env), before.heap.copy()
    context = Catching(exceptions, *_changes(lo, before, seen))
    raised: PrimalRaises | None = None
    stack, outer_stmt, outer_node, frame = list(lo.stack), lo.builder.stmt, lo.node, lo.frame
    lo.catching.append(context)
    bottom: Bottom | None = None
    prefix = _Prefix(lo, context, before)
    try:
        with lo.inside(prefix.block) as block:
            try:
                body()
            except Bottom as error:
                bottom, block.diverges = error, True
    except PrimalRaises as error:
        raised = error
        lo.frame, lo.stack, lo.builder.stmt, lo.node = frame, stack, outer_stmt, outer_node
    finally:
        lo.catching.remove(context)
    if not block_may_raise(block, exceptions):  # it is known what happens
        if bottom is not None:
            raise bottom
        lo.builder.block.ops += block.ops
        lo.builder.block.diverges = block.diverges
        if raised is not None:
            if not context.catches(raised.cls):
                raise raised
            with _Handled(lo, Handling(raised.cls, raised.thing, False)):
                handle(raised.cls, raised.thing)
        return
    if raised is not None:
        if context.catches(raised.cls):
            context.unclean = context.unclean or context.changed()
        with lo.inside(block):
            lo.builder.add(Call(raise_, (lo.operand(raised.thing),), {}, [], effect=True))
            block.diverges = True
    lo.builder.block.ops += prefix.take()
    if context.unclean is not None:
        refusal = UnsupportedSyntax(
            f"{context.unclean} may have changed before something in this `try` raises, and is used after that",
            "assign it after what may raise, under another name, or use `else`",
            lo.location(stmt),
        )
        raise Unclean(refusal) if by_flags else refusal
    after = Path(block, lo.frame.env, lo.heap, MISSING)
    caught = _handler(lo, before, after, block, handle, seen, name)
    joined = If(Const(True), block, caught.block)
    if block.diverges and caught.block.diverges:
        lo.frame.env, lo.heap = before.env, before.heap
        lo.builder.block.diverges = True
    else:
        Joiner(lo, joined, before.heap, after, caught).run(before.env, live)
    lo.builder.add(Try(exceptions, block, caught.block, joined.results))


class _Prefix:
    """What a body does before anything in it may raise: it moves in front of the `try`; the handler sees its state."""

    def __init__(self, lo: Lowerer, context: Catching, before: Path) -> None:
        self.lo, self.context, self.before, self.block = lo, context, before, Block()
        self.frame = lo.frame
        self.original = (before.env, before.heap)
        self.count = -1  # how many operations it is; negative where the first that may raise is in a branch or a loop
        context.begin, context.check = self.begin, self.check

    def begin(self, op: Op) -> None:
        self.context.first = op
        if self.lo.builder.block is self.block:
            self.count = len(self.block.ops) - 1
            self.before.env, self.before.heap = dict(self.frame.env), self.lo.heap.copy()

    def check(self) -> None:
        """Operations have been taken back: if the first that may raise was one of them, there is none yet."""
        k = self.count
        if k >= 0 and (k >= len(self.block.ops) or self.block.ops[k] is not self.context.first):
            self.context.first, self.count = None, -1
            self.before.env, self.before.heap = self.original

    def take(self) -> list[Op]:
        """Remove these operations from the body."""
        count = max(self.count, 0)
        taken, self.block.ops = self.block.ops[:count], self.block.ops[count:]
        return taken


def _handler(
    lo: Lowerer,
    before: Path,
    after: Path,
    block: Block,
    handle: Callable[[type[BaseException] | None, Thing], None],
    seen: frozenset[str] | None,
    name: str | None,
) -> Path:
    """Lower a handler for the state before the `try`."""
    env = {  # what the body assigns and nothing reads after an exception is left out
        n: thing
        for n, thing in before.env.items()
        if seen is None or n in seen or n[0] == "%" or after.env.get(n) is thing
    }
    lo.frame.env, lo.heap = env, before.heap.copy()
    error = Value(OBJECT, name)
    if any(isinstance(op, Call) and _carries(lo, op) for op in walk(block)):
        lo.varied.add(error)
    with lo.inside(Block([error])) as handler, _Handled(lo, Handling(None, error, True)), lo.raising_here():
        handle(None, error)
    return Path(handler, lo.frame.env, lo.heap, MISSING)


def _carries(lo: Lowerer, op: Call) -> bool:
    """Whether an operation makes an exception that holds a differentiated value."""
    is_error = isinstance(op.fn, type) and issubclass(op.fn, BaseException)
    return is_error and lo.is_varied((op.args, op.kwargs))


class _Handled:
    """While this is entered, a handler is being lowered."""

    def __init__(self, lo: Lowerer, handling: Handling) -> None:
        self.lo, self.handling = lo, handling

    def __enter__(self) -> None:
        self.lo.handling.append(self.handling)

    def __exit__(self, *_: object) -> None:
        self.lo.handling.pop()


def _changes(
    lo: Lowerer, before: Path, seen: frozenset[str] | None
) -> tuple[Callable[[], str | None], Callable[[Cell], str | None]]:
    """What a handler can see that is no longer as it was before the `try`, and the name of a cell that it can see."""
    frame = lo.frame
    reachable: set[Cell] | None = None

    def sees(cell: Cell) -> str | None:
        nonlocal reachable
        if reachable is None:
            env, frame.env = frame.env, {n: t for n, t in before.env.items() if seen is None or n in seen}
            reachable = lo.reachable_cells()
            frame.env = env
        if cell not in reachable:
            return None
        return f"`{cell.owner}`" if cell.owner and cell.owner[0] != "%" else "an array or list"

    def changed() -> str | None:
        for n in before.env if seen is None else sorted(seen):
            if frame.env.get(n, MISSING) is not before.env.get(n, MISSING) and n[0] != "%":
                return f"`{n}`"
        written = (c for c, content in before.heap.items() if lo.heap.get(c) is not content)
        return next(filter(None, map(sees, written)), None)

    return changed, sees


# -- handlers and else ---------------------------------------------------------------------------------


def _with_handlers(lo: Lowerer, stmt: Any) -> None:
    handlers = [(_classes(lo, h), h) for h in stmt.handlers]
    exceptions = tuple(dict.fromkeys(cls for classes, _ in handlers for cls in classes))
    liveness = lo.frame.source.liveness if lo.frame.source is not None else None
    live = liveness.after.get(stmt) if liveness is not None else None
    seen = liveness.handlers.get(stmt) if liveness is not None else None
    names = {h.name.id for _, h in handlers if h.name is not None}
    outer = lo.frame.env.pop(RAISED, None)

    done = False  # whether `else` stands in the body

    def body() -> None:
        nonlocal done
        lower_block(lo, stmt.body)
        lo.frame.env[RAISED] = Const(False)
        done = bool(stmt.orelse) and lo.exit_flag() is None and _else_in_body(lo, stmt, exceptions)

    def handle(cls: type[BaseException] | None, error: Thing) -> None:
        _dispatch(lo, handlers, cls, error)
        lo.frame.env[RAISED] = Const(True)

    name = next(iter(names)) if len(names) == 1 else None
    restore = lo.snapshot()
    try:
        guarded(lo, exceptions, body, handle, live, seen, stmt, name, by_flags=True)
    except Unclean as unclean:
        restore()
        _by_flags(lo, stmt, handlers, exceptions, live, seen, unclean.error)
        if outer is not None:
            lo.frame.env[RAISED] = outer
        return
    raised = lo.frame.env.pop(RAISED, Const(False))
    if outer is not None:
        lo.frame.env[RAISED] = outer
    if not stmt.orelse or done or lo.builder.block.diverges:
        return
    flag = lo.exit_flag()
    if isinstance(flag, Const):
        return
    skip: Operand = raised if flag is None else lo.short_circuit(raised, flag) if isinstance(raised, Value) else flag
    if isinstance(raised, Const) and raised.value:
        return
    if isinstance(skip, Const):
        lower_block(lo, stmt.orelse)
        return
    branch(lo, skip, lambda: None, lambda: lower_block(lo, stmt.orelse), live)


def _by_flags(
    lo: Lowerer,
    stmt: Any,
    handlers: list[tuple[Exceptions, Any]],
    exceptions: Exceptions,
    live: frozenset[str] | None,
    seen: frozenset[str] | None,
    refusal: S2SGradError,
) -> None:
    """The same where a handler sees what the body had changed by then."""

    def guard(body: Callable[[], None], handle: Callable[[Any, Thing], None], inner: Any) -> None:
        guarded(lo, exceptions, body, handle, None, seen, inner)

    thrown, error = lower_by_flags(lo, exceptions, lambda: lower_block(lo, stmt.body), guard, refusal)
    if lo.builder.block.diverges:
        return

    def handle() -> None:
        with _Handled(lo, Handling(None, error, False)):
            _dispatch(lo, handlers, None, error)

    def go_on() -> None:
        left = lo.exit_flag()
        if left is None:
            lower_block(lo, stmt.orelse)
        elif isinstance(left, Value):
            branch(lo, left, lambda: None, lambda: lower_block(lo, stmt.orelse), live)

    if isinstance(thrown, Const):
        (handle if thrown.value else go_on)()
    else:
        branch(lo, thrown, handle, go_on, live)


def _else_in_body(lo: Lowerer, stmt: Any, exceptions: Exceptions) -> bool:
    """Lower `else` as the end of the body, if nothing in it raises what is caught: it sees what the body defines."""
    if any(isinstance(n, gast.Try) for s in stmt.orelse for n in gast.walk(s)):
        return False  # lowering it on trial might take long
    context, restore, block = lo.catching[-1], lo.snapshot(), lo.builder.block
    unclean, start = context.unclean, len(block.ops)
    try:
        lower_block(lo, stmt.orelse)
        if not ops_may_raise(block.ops[start:], exceptions):
            return True
    except PrimalRaises:
        pass
    restore()
    context.unclean = unclean
    return False


def _dispatch(
    lo: Lowerer, handlers: list[tuple[Exceptions, Any]], cls: type[BaseException] | None, error: Thing
) -> None:
    """Run the first handler whose classes match."""
    (classes, handler), *rest = handlers
    if cls is not None and not issubclass(cls, classes):
        _dispatch(lo, rest, cls, error)
        return
    if cls is not None or not rest:
        _run_handler(lo, handler, error)
        return
    spec = Const(classes[0]) if len(classes) == 1 else tuple(map(Const, classes))
    matches = lo.value(isinstance, error, spec)
    branch(lo, matches, lambda: _run_handler(lo, handler, error), lambda: _dispatch(lo, rest, cls, error))


def _run_handler(lo: Lowerer, handler: Any, error: Thing) -> None:
    if handler.name is not None:
        lo.frame.env[handler.name.id] = error
    lower_block(lo, handler.body)
    if handler.name is not None:
        lo.frame.env.pop(handler.name.id, None)


def _classes(lo: Lowerer, handler: Any) -> Exceptions:
    """The exception classes that a handler names."""
    if handler.type is None:
        return (BaseException,)
    thing = lo.expr(handler.type)
    found: list[Any] = []
    pending = [thing.value if isinstance(thing, Const) else thing]
    while pending:
        item = pending.pop(0)
        item = item.value if isinstance(item, Const) else item
        if isinstance(item, tuple):
            pending[:0] = item
        elif isinstance(item, type) and issubclass(item, BaseException):
            found.append(item)
        else:
            lo.fail("which exceptions this catches is not known while compiling", "name the classes", handler.type)
    return tuple(found)


# -- finally -------------------------------------------------------------------------------------------


def _with_final(lo: Lowerer, stmt: Any) -> None:
    """What precedes `finally`, and then that, whichever way leads there."""
    liveness = lo.frame.source.liveness if lo.frame.source is not None else None
    seen = liveness.final.get(stmt) if liveness is not None else None

    def body() -> None:
        if stmt.handlers:
            _with_handlers(lo, stmt)
        else:
            lower_block(lo, stmt.body)

    def handle(cls: type[BaseException] | None, error: Thing) -> None:
        lower_block(lo, stmt.finalbody)
        if lo.exit_flag() is None:
            reraise(lo, stmt)

    refusal: S2SGradError | None = None
    restore = lo.snapshot()
    try:
        if lo.catching or does_something(stmt.finalbody):
            guarded(lo, (BaseException,), body, handle, None, seen, stmt, by_flags=True)
        else:
            body()
    except Unclean as unclean:
        if lo.catching or any(isinstance(n, _LEAVING) for s in stmt.finalbody for n in gast.walk(s)):
            raise unclean.error from None
        refusal = unclean.error  # unless it turns out that nobody outside sees what `finally` does
        restore()
        body()
    if lo.builder.block.diverges:
        return
    flags = {f: lo.frame.env.pop(f) for f in FLAGS if f in lo.frame.env}
    start = len(lo.builder.block.ops)
    lower_block(lo, stmt.finalbody)
    if refusal is not None and _is_seen_outside(lo.builder.block.ops[start:]):
        raise refusal
    left = lo.exit_flag()
    if left is None:
        lo.frame.env |= flags
    elif isinstance(left, Value):
        lo.fail("`finally` may or may not leave here", "leave after the `try`", stmt)


def does_something(stmts: list[Any]) -> bool:
    """Whether statements may have effects that can be seen after an exception has left the function: any call."""
    return any(isinstance(n, (gast.Call, *_LEAVING)) for s in stmts for n in gast.walk(s))


_LEAVING = (gast.Return, gast.Break, gast.Continue, gast.With)


def _is_seen_outside(ops: list[Op]) -> bool:
    """Whether operations have effects, or write into what may be an argument's memory."""
    calls = (op for op in walk(Block([], ops)) if isinstance(op, Call))
    return any(op.effect or op.fn in UPDATES for op in calls)


STATEMENTS |= {gast.Try: lower_try}
