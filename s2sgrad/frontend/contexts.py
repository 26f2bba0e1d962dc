"""Context managers that are entered and left at run time, while the body is lowered as it stands.

What entering it changes has to be known here, too: a manager written in Python may set variables of its module that the
body reads (a mode, a scale, a precision). It is therefore tried out: made, entered and left, with no operation kept.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.errors import S2SGradError
from s2sgrad.frontend.effects import note_effects, written_by
from s2sgrad.frontend.join import MISSING, Joiner, Path, same_constant
from s2sgrad.frontend.lowerer import Lowerer, NeedsStatic
from s2sgrad.frontend.objects import method
from s2sgrad.frontend.things import ObjectRef, Thing
from s2sgrad.ir.core import Block, Call, Const, If, Value, With
from s2sgrad.ir.types import OBJECT

_CONTEXTS = (np.errstate, np.printoptions, warnings.catch_warnings, contextlib.suppress)


def opaque_with(lo: Lowerer, callee: Const, item: Any, body: Callable[[Thing | None], None]) -> None:
    """``with callee(…) as …: body``, where plain Python makes the manager, enters and leaves it."""
    call = item.context_expr
    outside = lo.outside
    changes = {} if callee.value in _CONTEXTS else _tried_out(lo, callee, call)
    args = tuple(lo.operand(lo.expr(a)) for a in call.args)
    kwargs = {k.arg: lo.operand(lo.expr(k.value)) for k in call.keywords}
    env, heap = lo.frame.env, lo.heap
    lo.frame.env, lo.heap = dict(env), heap.copy()
    lo.outside = {**outside, **changes}
    with lo.inside(Block()) as block, lo.raising_here():
        if item.optional_vars is not None:
            block.params.append(Value(OBJECT))
        body(block.params[0] if block.params else None)
    lo.outside = outside
    after = Path(block, lo.frame.env, lo.heap, MISSING)
    nowhere = Path(Block(diverges=True), dict(env), heap.copy(), MISSING)
    joined = If(Const(True), block, nowhere.block)
    Joiner(lo, joined, heap, after, nowhere).run(env, None)
    lo.frame.env |= {name: thing for name, thing in after.env.items() if env.get(name) is thing}
    lo.builder.add(With(Call(callee.value, args, kwargs, stmt=lo.builder.stmt), block, joined.results))
    lo.builder.block.diverges = block.diverges


def sets_variables(callee: object) -> bool:
    """Whether a context manager may set variables of a module, as far as its code tells."""
    return any(namespace is not None for namespace, _ in written_by(callee))


def _is_same(a: Thing, b: Thing) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and same_constant(a, b))


def _tried_out(lo: Lowerer, callee: Const, call: Any) -> dict[Any, Thing]:
    """What a context manager sets variables of modules to, as long as it is open, if it puts all of them back.

    Otherwise these variables cannot be read any more.
    """
    restore, before, following = lo.snapshot(), lo.outside, lo.sets_globals
    inside: dict[Any, Thing] | None = None
    lo.outside, lo.sets_globals = dict(before), True
    try:
        manager = lo.expr(call)
        if isinstance(manager, ObjectRef):
            lo.invoke(method(lo, manager, "__enter__"), [], {}, call)
            entered = dict(lo.outside)
            nothing = Const(None)
            lo.invoke(method(lo, manager, "__exit__"), [nothing, nothing, nothing], {}, call)
            original = {k: before[k] if k in before else lo.captured.get(k) for k in lo.outside}
            known = all(isinstance(thing, Const) for thing in entered.values())
            if known and all(_is_same(lo.outside[k], original[k]) for k in original):
                inside = entered
    except (S2SGradError, NeedsStatic):
        pass
    guards = lo.guards
    restore()
    lo.sets_globals = following
    lo.guards = guards
    if inside is None:
        note_effects(lo, callee.value)
        return {}
    return inside
