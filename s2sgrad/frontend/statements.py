"""Statements: a table from syntax to the function that lowers it.

A block is lowered statement by statement. ``return``, ``break`` and ``continue`` set a flag; where a flag is only
known at run time, the rest of the block goes under a test of it, and where one branch of an ``if`` always leaves, the
rest goes into the other branch, so that

    if x < 0:            if x < 0:
        return -x            result = -x
    y = x * x       →    else:
    return y                 y = x * x; result = y
"""

from __future__ import annotations

import functools
import importlib
from typing import Any, NoReturn

import gast

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.augmented import augmented
from s2sgrad.frontend.binding import bind
from s2sgrad.frontend.data_model import call_special
from s2sgrad.frontend.expressions import closure, condition
from s2sgrad.frontend.iteration import for_each
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.loop_shapes import shape_of
from s2sgrad.frontend.loops import run_loop
from s2sgrad.frontend.lowerer import BREAK, CONTINUE, EXPRESSIONS, RESULT, RETURN, STATEMENTS, THROWN, Frame, Lowerer
from s2sgrad.frontend.names import check_local, make_boxes
from s2sgrad.frontend.objects import delete_attribute
from s2sgrad.frontend.raising import PrimalRaises
from s2sgrad.frontend.things import ObjectRef, Thing
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Call, Const, Operand, Value, While, walk
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.types import OBJECT


def lower_block(lo: Lowerer, stmts: list[Any]) -> None:
    """Lower statements in order, up to where control leaves."""
    for k, stmt in enumerate(stmts):
        rest = stmts[k + 1 :]
        if isinstance(stmt, gast.If) and rest and _leaves(stmt):
            with lo.statement(stmt):
                if _if_with_rest(lo, stmt, rest):
                    return
        else:
            handler = STATEMENTS.get(type(stmt))
            with lo.statement(stmt):
                if handler is None:
                    lo.fail(f"`{_keyword(stmt)}` is not supported", "rewrite it with the supported statements", stmt)
                if lo.throwing is not None and lo.throwing.frame is lo.frame:
                    lo.throwing.run(lo, stmt, functools.partial(handler, lo, stmt))
                else:
                    handler(lo, stmt)
        flag = lo.exit_flag()
        if isinstance(flag, Const):
            return
        if flag is not None:
            branch(lo, flag, lambda: None, functools.partial(_go_on, lo, rest))
            return


def _go_on(lo: Lowerer, rest: list[Any]) -> None:
    """Lower what follows where control has not left."""
    if isinstance(lo.frame.env.get(THROWN), Value):
        lo.frame.env[THROWN] = Const(False)
    lower_block(lo, rest)


def run_function(lo: Lowerer, frame: Frame, node: Any) -> Thing:
    """Lower the body of a function whose arguments are bound in ``frame``; its result."""
    lo.stack.append(lo.frame)
    outer_node = lo.node
    lo.frame = frame
    if isinstance(node, gast.Lambda):
        with lo.statement(node.body):
            result = lo.expr(node.body)
    else:
        make_boxes(lo)
        lower_block(lo, node.body)
        result = function_result(lo)
    lo.frame = lo.stack.pop()
    lo.node = outer_node
    return result


def function_result(lo: Lowerer) -> Thing:
    """What the current frame returns."""
    env = lo.frame.env
    flag = env.get(RETURN)
    if flag is None or (isinstance(flag, Const) and not flag.value):
        return Const(None)
    result = env[RESULT]
    if isinstance(flag, Value) and isinstance(result, Const) and result.value is None:
        return result
    if isinstance(flag, Value) and not lo.rule and _may_fall_through(lo):
        return branch(lo, flag, lambda: result, lambda: Const(None))
    return result


def _may_fall_through(lo: Lowerer) -> bool:
    """Whether the function's end can be reached without `return` (a final `while True` cannot be passed)."""
    last = lo.frame.node.body[-1]
    endless = isinstance(last, gast.While) and isinstance(last.test, gast.Constant) and bool(last.test.value)
    return not endless and not isinstance(last, (gast.Return, gast.Raise))


def _keyword(stmt: Any) -> str:
    return {
        "AsyncFor": "async for",
        "AsyncWith": "async with",
        "ClassDef": "class",
        "AsyncFunctionDef": "async def",
    }.get(type(stmt).__name__, type(stmt).__name__.lower())


def _leaves(stmt: Any) -> bool:
    """Whether one branch of an `if` always leaves the block by return, break or continue."""
    return _always_leaves(stmt.body) or _always_leaves(stmt.orelse)


def _always_leaves(stmts: list[Any]) -> bool:
    if not stmts:
        return False
    last = stmts[-1]
    if isinstance(last, (gast.Return, gast.Break, gast.Continue)):
        return True
    return isinstance(last, gast.If) and _always_leaves(last.body) and _always_leaves(last.orelse)


def _if_with_rest(lo: Lowerer, stmt: Any, rest: list[Any]) -> bool:
    """Lower an `if` one of whose branches leaves, with the rest of the block in the other.

    True when the rest is done with; False when the condition was known and lowering goes on as usual."""
    cond = condition(lo, stmt.test)
    if isinstance(cond, Const):
        lower_block(lo, stmt.body if cond.value else stmt.orelse)
        return False

    def run(body: list[Any]) -> None:
        lower_block(lo, body)
        flag = lo.exit_flag()
        if flag is None:
            lower_block(lo, rest)
        elif isinstance(flag, Value):
            branch(lo, flag, lambda: None, lambda: lower_block(lo, rest))

    branch(lo, cond, lambda: run(stmt.body), lambda: run(stmt.orelse))
    return True


def _if(lo: Lowerer, stmt: Any) -> None:
    cond = condition(lo, stmt.test)
    if isinstance(cond, Const):
        lower_block(lo, stmt.body if cond.value else stmt.orelse)
        return
    assert lo.frame.source is not None
    live = lo.frame.source.liveness.after.get(stmt)
    branch(lo, cond, lambda: lower_block(lo, stmt.body), lambda: lower_block(lo, stmt.orelse), live)


def _expression(lo: Lowerer, stmt: Any) -> None:
    if isinstance(stmt.value, gast.Call):
        EXPRESSIONS[gast.Call](lo, stmt.value)  # whatever its result is: nobody reads it
    elif not isinstance(stmt.value, gast.Constant):
        lo.expr(stmt.value)


def _assign(lo: Lowerer, stmt: Any) -> None:
    thing = lo.expr(stmt.value)
    for target in stmt.targets:
        bind(lo, target, thing)


def _annotated(lo: Lowerer, stmt: Any) -> None:
    if stmt.value is not None:
        bind(lo, stmt.target, lo.expr(stmt.value))


def _for(lo: Lowerer, stmt: Any) -> None:
    saved = {flag: lo.frame.env.get(flag) for flag in (BREAK, CONTINUE)}
    name = stmt.target.id if isinstance(stmt.target, gast.Name) else None

    def body(item: Thing) -> None:
        bind(lo, stmt.target, item)
        lower_block(lo, stmt.body)

    iterable = lo.expr(stmt.iter)
    for_each(lo, iterable, shape_of(lo, stmt), body, name)
    _after_loop(lo, stmt, saved)


def _after_loop(lo: Lowerer, stmt: Any, saved: dict[str, Any]) -> None:
    """Run the loop's `else` where it was not left by `break`; the flags of the loop end with it."""
    broke = lo.frame.env.pop(BREAK, None)
    lo.frame.env.pop(CONTINUE, None)
    lo.frame.env.update({flag: thing for flag, thing in saved.items() if thing is not None})
    if not stmt.orelse:
        return
    flags = (broke, lo.frame.env.get(RETURN), lo.frame.env.get(THROWN))
    left = [f for f in flags if f is not None and not (isinstance(f, Const) and not f.value)]
    if any(isinstance(f, Const) for f in left):
        return
    if not left:
        lower_block(lo, stmt.orelse)
        return
    flag: Operand = functools.reduce(lo.short_circuit, left)
    live = lo.frame.source.liveness.after.get(stmt) if lo.frame.source is not None else None
    branch(lo, flag, lambda: None, lambda: lower_block(lo, stmt.orelse), live)


def _while(lo: Lowerer, stmt: Any) -> None:
    saved = {flag: lo.frame.env.get(flag) for flag in (BREAK, CONTINUE)}
    conds: list[Block] = []

    def run() -> Operand | None:
        conds.clear()
        cond = _condition_block(lo, stmt.test)
        if cond is not None:
            conds.append(cond)
            lower_block(lo, stmt.body)
        else:  # evaluating the condition changes variables: test it inside of the body
            flag = condition(lo, stmt.test)
            if isinstance(flag, Const):
                if flag.value:
                    lower_block(lo, stmt.body)
                else:
                    lo.frame.env[BREAK] = Const(True)
            else:
                branch(lo, flag, lambda: lower_block(lo, stmt.body), lambda: _set(lo, BREAK))
        lo.frame.env.pop(CONTINUE, None)
        return lo.exit_flag()

    def make(inits: list[Operand], block: Block, carried: list[Value]) -> While:
        if not conds:
            params = Cloner().define(carried)
            return While(inits, Block(params, [], [Const(True)]), block)
        cloner = Cloner()
        conds[0].params = carried
        return While(inits, cloner.block(conds[0]), block)

    test = stmt.test
    if isinstance(test, gast.Constant) and not test.value:
        return
    run_loop(lo, shape_of(lo, stmt), make, [], run)
    _after_loop(lo, stmt, saved)


def _condition_block(lo: Lowerer, test: Any) -> Block | None:
    """The condition as a block of its own; None if evaluating it changes variables or memory."""
    if isinstance(test, gast.Constant):
        return Block([], [], [Const(True)])
    if any(isinstance(n, gast.NamedExpr) for n in gast.walk(test)):
        return None
    env, heap = lo.frame.env, lo.heap
    lo.frame.env, lo.heap = dict(env), heap.copy()
    with lo.inside(Block()) as block:
        block.results = [condition(lo, test)]
    changed = any(lo.heap[c] is not heap[c] for c in heap) or any(lo.frame.env[n] is not env[n] for n in env)
    changed = changed or any(isinstance(op, Call) and op.effect for op in walk(block))
    lo.frame.env, lo.heap = env, heap
    return None if changed else block


def _set(lo: Lowerer, flag: str) -> None:
    lo.frame.env[flag] = Const(True)


def _return(lo: Lowerer, stmt: Any) -> None:
    lo.frame.env[RESULT] = Const(None) if stmt.value is None else lo.expr(stmt.value)
    _set(lo, RETURN)


def _function(lo: Lowerer, stmt: Any) -> None:
    decorators = [lo.expr(d) for d in stmt.decorator_list]
    thing: Thing = closure(lo, stmt, stmt.name)
    for decorator in reversed(decorators):
        thing = lo.invoke(decorator, [thing], {}, stmt)
    bind(lo, gast.copy_location(gast.Name(stmt.name, gast.Store(), None, None), stmt), thing)


def _raise(lo: Lowerer, stmt: Any) -> None:
    if lo.rule:
        _refuse_in_rule(lo, stmt)
    if stmt.exc is None:
        reraise(lo, stmt)
        return
    error = lo.expr(stmt.exc)
    cls = class_of(lo, stmt.exc, error)
    if isinstance(error, Const) and cls is error.value:
        error = lo.invoke(error, [], {}, stmt)
    if cls is not None and lo.is_caught(cls):
        raise PrimalRaises(cls, error)
    cause = () if stmt.cause is None else (lo.operand(lo.expr(stmt.cause)),)
    lo.builder.add(Call(raise_, (lo.operand(error), *cause), {}, [], effect=True))
    lo.builder.block.diverges = True


def class_of(lo: Lowerer, node: Any, error: Thing) -> type[BaseException] | None:
    """The class of an exception that is raised, where the syntax tells it: a class, or a call of one."""
    found = error
    if isinstance(node, gast.Call) and isinstance(node.func, (gast.Name, gast.Attribute)):
        found = lo.expr(node.func)
    for handling in lo.handling:
        if handling.thing is error:
            return handling.cls
    value = found.value if isinstance(found, Const) else None
    return value if isinstance(value, type) and issubclass(value, BaseException) else None


def reraise(lo: Lowerer, stmt: Any) -> None:
    """``raise`` without an exception: what is being handled, again."""
    if not lo.handling:
        lo.fail("`raise` without an exception stands in no handler", "name the exception", stmt)
    handling = lo.handling[-1]
    if handling.cls is not None and lo.is_caught(handling.cls):
        raise PrimalRaises(handling.cls, handling.thing)
    error = () if handling.dynamic else (lo.operand(handling.thing),)
    lo.builder.add(Call(raise_, error, {}, [], effect=True))
    lo.builder.block.diverges = True


def _refuse_in_rule(lo: Lowerer, stmt: Any) -> NoReturn:
    """A derivative rule that raises refuses the call that it is asked for."""
    message = stmt.exc.args[0] if isinstance(stmt.exc, gast.Call) and stmt.exc.args else None
    thing = None if message is None else lo.expr(message)
    what = thing.value if isinstance(thing, Const) else "this call has no derivative rule"
    lo.fail(str(what), "use another function, or other options of it", error=UnsupportedCall)


def _assert(lo: Lowerer, stmt: Any) -> None:
    cond = condition(lo, stmt.test)
    if isinstance(cond, Const) and cond.value:
        return

    def fail() -> None:
        arguments = [] if stmt.msg is None else [lo.operand(lo.expr(stmt.msg))]
        error = lo.builder.typed_call(AssertionError, OBJECT, *arguments)
        lo.builder.add(Call(raise_, (error,), {}, [], effect=True))
        lo.builder.block.diverges = True

    if isinstance(cond, Const):
        fail()
    else:
        branch(lo, cond, lambda: None, fail)


def _delete(lo: Lowerer, stmt: Any) -> None:
    for target in stmt.targets:
        if isinstance(target, gast.Name):
            lo.frame.env.pop(target.id, None)
        elif isinstance(target, gast.Subscript):
            _delete_item(lo, lo.expr(target.value), lo.expr(target.slice), stmt)
        else:
            delete_attribute(lo, lo.expr(target.value), target.attr, stmt)


def _delete_item(lo: Lowerer, container: Thing, index: Thing, stmt: Any) -> None:
    """``del container[index]``."""
    if not isinstance(container, ObjectRef):
        lo.invoke(attribute(lo, container, "pop", stmt), [index], {}, stmt)
    elif call_special(lo, container, "__delitem__", [index], stmt) is None:
        lo.fail("`del` needs a `__delitem__` of the object's class", "define it", stmt)


def _import(lo: Lowerer, stmt: Any) -> None:
    """A lazy import, done now: modules are static."""
    scope = lo.frame.scope
    package = scope.globals.get("__package__") if scope is not None else None
    for alias in stmt.names:
        try:
            name, found = _imported(stmt, alias, package)
        except ImportError as error:
            if lo.is_caught(type(error)):
                lo.fail(str(error), "install it", stmt, raises=error)
            raise
        check_local(lo, name, stmt)
        lo.frame.env[name] = Const(found)


def _imported(stmt: Any, alias: Any, package: str | None) -> tuple[str, object]:
    """What a part of an import statement binds to which name."""
    if isinstance(stmt, gast.Import):
        module = importlib.import_module(alias.name)
        top = alias.name.partition(".")[0]
        return (alias.asname, module) if alias.asname else (top, importlib.import_module(top))
    module = importlib.import_module("." * (stmt.level or 0) + (stmt.module or ""), package)
    if not hasattr(module, alias.name):
        try:
            return alias.asname or alias.name, importlib.import_module(f"{module.__name__}.{alias.name}")
        except ImportError:
            raise ImportError(f"cannot import name {alias.name!r} from {module.__name__!r}") from None
    return alias.asname or alias.name, getattr(module, alias.name)


STATEMENTS |= {
    gast.If: _if,
    gast.Expr: _expression,
    gast.Assign: _assign,
    gast.AnnAssign: _annotated,
    gast.AugAssign: augmented,
    gast.For: _for,
    gast.While: _while,
    gast.Return: _return,
    gast.Break: lambda lo, stmt: _set(lo, BREAK),
    gast.Continue: lambda lo, stmt: _set(lo, CONTINUE),
    gast.Pass: lambda lo, stmt: None,
    gast.FunctionDef: _function,
    gast.Raise: _raise,
    gast.Assert: _assert,
    gast.Delete: _delete,
    gast.Import: _import,
    gast.ImportFrom: _import,
    gast.Global: lambda lo, stmt: None,  # reading finds the variable; assigning is refused where it would happen
    gast.Nonlocal: lambda lo, stmt: None,
}
