"""Insert the copies that make printing every update in place right.

The IR's values are immutable; the emitter prints ``u2 = setitem(u1, i, v)`` as ``u[i] = v``. After this pass, for
each update, nothing that may share memory with its first operand is read later, except the update's own
result; and that memory is not the caller's. Copies are few, small, and outside loops where they can be:

    before                                       after
      for i in range(n) carry u.1 = u:             u.0 = copy(u)                  (u is the caller's)
        t = getitem(u.1, slice(1, -1))             for i in range(n) carry u.1 = u.0:
        saved.2 = push(saved.1, t)                   t = getitem(u.1, slice(1, -1))
        u.2 = setitem(u.1, 0, x)                     t2 = copy(t)                  (saved, then overwritten)
        yield u.2, saved.2                           saved.2 = push(saved.1, t2)
                                                     u.2 = setitem(u.1, 0, x)
                                                     yield u.2, saved.2

It also turns sums of adjoints into updates where the old sum is owned and dead: ``W_bar = add(W_bar, t)`` becomes
``W_bar = setitem(W_bar, ..., add(W_bar, t))``, which prints as ``W_bar += t`` and allocates nothing; and drops
copies of adjoints that nothing else reads.
"""

from __future__ import annotations

import copy as copy_module
import operator

import numpy as np

from s2sgrad.ir.clone import Env, substitute
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    Op,
    Operand,
    Value,
    While,
    blocks_of,
    leaves,
    map_tree,
    operands_of,
    walk,
)
from s2sgrad.ir.primitives import getindex, push, setitem
from s2sgrad.ir.types import Array, DictOf, ListOf, Object
from s2sgrad.optimize.aliases import Aliases, Conflict
from s2sgrad.optimize.branches import join_branches
from s2sgrad.optimize.cancel import drop_cancelled
from s2sgrad.optimize.reuse import reuse
from s2sgrad.optimize.sharing import is_fresh, is_view, same_tree
from s2sgrad.optimize.tidy import tidy
from s2sgrad.optimize.unpacking import unpack_tuples
from s2sgrad.optimize.versions import ask_newest
from s2sgrad.optimize.written_through import is_inner_update, is_update, written_through
from s2sgrad.stages import stage

_REARRANGING = (np.transpose, np.swapaxes, np.moveaxis, np.permute_dims, np.matrix_transpose, np.flip)


@stage("inplace")
def inplace(function: Function, *, buffers: bool = False) -> Function:
    """Make every update of ``function`` safe to print in place (changes the function, and returns it).

    ``buffers``: let elementwise results take over the memory of operands that are dead (:mod:`.reuse`).
    """
    for called in functions_called(function):
        _inplace(called, buffers)
    return function


def functions_called(function: Function) -> list[Function]:
    """A function and those that it calls, directly or not, that are IR."""
    found: dict[Function, None] = {function: None}
    pending = [function]
    while pending:
        for op in walk(pending.pop().body):
            for callee in _mentioned(op) if isinstance(op, Call) else ():
                if callee not in found:
                    found[callee] = None
                    pending.append(callee)
    return list(found)


def _mentioned(op: Call) -> list[Function]:
    found = [x.value for x in operands_of(op) if isinstance(x, Const) and isinstance(x.value, Function)]
    return [op.fn, *found] if isinstance(op.fn, Function) else found


def _inplace(function: Function, buffers: bool) -> None:
    drop_cancelled(function)
    join_branches(function)
    tidy(function)
    ask_newest(function)
    _share_views(function)
    _separate(function)
    if reuse(function, buffers=buffers):
        _separate(function)
    unpack_tuples(function)


def _share_views(function: Function) -> None:
    """Write through the view that the author has named, not through another of the same part.

    row = getitem(A, i)                             row = A[i]
    t1 = getitem(A, i)                      ──▶     row += x
    t2 = setitem(t1, ..., add(row, x))
    A.2 = setitem(A, i, t2)
    """
    written = {update.args[0] for update, _ in written_through(function).container}
    if not written:
        return
    env: Env = {}

    def visit(block: Block) -> None:
        views: dict[Operand, list[Call]] = {}
        kept: list[Op] = []
        for op in block.ops:
            for inner in blocks_of(op):
                visit(inner)
            if isinstance(op, Call) and (op.fn is operator.getitem or op.fn is getindex):
                known = views.setdefault(op.args[0], [])
                same = next((view for view in known[:4] if same_tree(view.args[1], op.args[1])), None)
                if same is not None and op.result in written:
                    env[op.result] = same.result
                    continue
                known.append(op)
            kept.append(op)
        block.ops = kept

    visit(function.body)
    if env:
        substitute(function.body, env)


def _separate(function: Function) -> None:
    if not any(isinstance(op, Call) and is_update(op) for op in walk(function.body)):
        return
    attempts: dict[tuple[Call, Value | None], int] = {}
    while True:
        aliases = Aliases(function)
        if not aliases.conflicts:
            return
        copies = _Copies(aliases)
        for conflict in aliases.conflicts.values():
            key = (conflict.update, conflict.reader)
            attempt = attempts.get(key, 0)
            attempts[key] = attempt + 1
            copies.resolve(conflict, attempt)
        copies.insert(function)


def copy_of(value: Operand, name: str | None = None) -> Call:
    """The call that copies a value of any type."""
    if isinstance(value.type, (ListOf, DictOf)):
        fn: object = list if isinstance(value.type, ListOf) else dict
    elif isinstance(value.type, Object):
        fn = copy_module.copy
    else:
        fn = np.copy
    return Call(fn, (value,), {}, [Value(value.type, name)])


class _Copies:
    """The copies to insert in one round: chosen per conflict, then inserted in one walk."""

    def __init__(self, aliases: Aliases) -> None:
        self.aliases = aliases
        self.before: dict[Op, list[Call]] = {}
        self.after: dict[Op, list[Call]] = {}
        self.env: Env = {}
        self.defining: dict[Value, Call] | None = None
        self.pushes: list[Call] = []
        self.done: set[object] = set()
        self.dropped: set[Op] = set()
        self.replaced: Env = {}

    def resolve(self, conflict: Conflict, attempt: int) -> None:
        """Remove a conflict: the cheapest way at the first attempt, a way that surely works at last."""
        entries = self._entries(conflict)
        if attempt == 0 and conflict.reader is not None and not entries and self._copy_reader(conflict):
            return
        rearranged = self._rearranged(conflict.update.args[0])
        if attempt < len(entries):
            self._copy_entry(*entries[attempt], conflict.update)
        elif attempt < len(entries) + len(rearranged):
            self._copy_base(rearranged[attempt - len(entries)], conflict.update)
        else:
            self._copy_target(conflict.update)

    def _rearranged(self, target: Operand) -> list[Call]:
        """The transposition that a target is, if it is one: its base is copied, so that memory stays as it was arranged
        and sums run in the same order."""
        made = self._definitions().get(target) if isinstance(target, Value) else None
        while made is not None and made.fn in _REARRANGING:
            inner = self._definitions().get(made.args[0])
            if inner is None or inner.fn not in _REARRANGING:
                return [made]
            made = inner
        return []

    def _copy_base(self, view: Call, update: Call) -> None:
        if view in self.done:
            return
        self.done.add(view)
        base = view.args[0]
        call = copy_of(base, getattr(base, "name", None))
        call.stmt, call.adjoint = view.stmt, update.adjoint
        view.args = (call.result, *view.args[1:])
        self.before.setdefault(view, []).append(call)

    def _entries(self, conflict: Conflict) -> list[tuple[For | While, int]]:
        """The loops, outermost first, by whose initial value the conflicting memory gets to the update."""
        found: list[tuple[For | While, int]] = []
        value = self._origin(conflict.update.args[0])
        while isinstance(value, Value) and value in self.aliases.home:
            loop = self.aliases.home[value]
            index = loop.carried.index(value)
            init = loop.inits[index]
            held = self.aliases.holds_of(init) if is_inner_update(conflict.update) else frozenset()
            if (self.aliases.own_of(init) | held).isdisjoint(conflict.tokens):
                break
            found.insert(0, (loop, index))
            value = self._origin(init)
        return found

    def _origin(self, value: Operand) -> Operand:
        """What a value is an updated version of."""
        defining = self._definitions()
        while isinstance(value, Value) and value in defining and is_update(defining[value]):
            made = defining[value]
            if value is not made.results[0]:
                break
            value = made.args[0]
        return value

    def _definitions(self) -> dict[Value, Call]:
        if self.defining is None:
            calls = [op for op in self.aliases.lifetimes.at if isinstance(op, Call)]
            self.pushes = [op for op in calls if op.fn is push]
            self.defining = {result: op for op in calls for result in op.results}
        return self.defining

    def _copy_entry(self, loop: For | While, index: int, update: Call) -> None:
        if (loop, index) in self.done:
            return
        self.done.add((loop, index))
        call = copy_of(loop.inits[index], loop.carried[index].name or getattr(loop.inits[index], "name", None))
        if is_inner_update(update):
            call.fn = copy_module.deepcopy
        call.stmt, call.adjoint = loop.stmt, loop.adjoint
        loop.inits[index] = call.result
        self.before.setdefault(loop, []).append(call)

    def _copy_target(self, update: Call) -> None:
        target: Operand = update.args[0]
        if self._replaces_all(update):
            stored = update.args[2]
            stored.name = stored.name or update.results[0].name
            self.replaced[update.results[0]] = stored
            self.dropped.add(update)
            return
        call = copy_of(target, update.results[0].name or getattr(target, "name", None))
        if is_inner_update(update):
            call.fn = copy_module.deepcopy
        call.stmt, call.adjoint = update.stmt, update.adjoint
        update.args = (call.result, *update.args[1:])
        self.before.setdefault(update, []).append(call)

    def _replaces_all(self, update: Call) -> bool:
        """Whether nothing is left of the old array: ``x *= 2`` is as good as ``x = x * 2``."""
        if update.fn is not setitem:
            return False
        target, index, stored = update.args
        if not (isinstance(index, Const) and index.value is Ellipsis and isinstance(stored, Value)):
            return False
        made = self._definitions().get(stored)
        return isinstance(stored.type, Array) and stored.type == target.type and made is not None and is_fresh(made)

    def _copy_reader(self, conflict: Conflict) -> bool:
        """Copy what is read later instead of what is written: a saved value, or a view."""
        reader = conflict.reader
        assert reader is not None
        pushes = self._pushes(conflict)
        if not isinstance(reader.type, Array) and pushes:
            for op in pushes:
                self._copy_pushed(op, conflict)
            return True
        made = self._definitions().get(reader)
        if made is None or not is_view(made) or self._is_made_from(conflict.update.args[0], reader):
            return False
        if reader not in self.env:
            call = copy_of(reader, reader.name)
            call.stmt, call.adjoint = made.stmt, made.adjoint
            reader.name = None
            self.env[reader] = call.result
            self.after.setdefault(made, []).append(call)
        return True

    def _is_made_from(self, target: Operand, reader: Value) -> bool:
        """Whether an update's target is a later version or a view of a value."""
        defining, defined = self._definitions(), self.aliases.lifetimes.defined
        start = defined[reader][0]
        while isinstance(target, Value) and target is not reader:
            made = defining.get(target)
            if made is None or not (is_update(made) or is_view(made)) or not made.args or defined[target][0] < start:
                return False
            target = made.args[0]
        return target is reader

    def _pushes(self, conflict: Conflict) -> list[Call]:
        self._definitions()
        return [op for op in self.pushes if self._shared(op, conflict)]

    def _shared(self, op: Call, conflict: Conflict) -> list[Value]:
        own_of = self.aliases.own_of
        values = [v for v in leaves(op.args[1]) if isinstance(v, Value)]
        return [v for v in values if not own_of(v).isdisjoint(conflict.tokens)]

    def _copy_pushed(self, op: Call, conflict: Conflict) -> None:
        for value in self._shared(op, conflict):
            if (op, value) in self.done:
                continue
            self.done.add((op, value))
            call = copy_of(value)
            call.stmt, call.adjoint = op.stmt, op.adjoint
            self.before.setdefault(op, []).append(call)
            swap = {value: call.result}
            op.args = (op.args[0], map_tree(lambda x, swap=swap: swap.get(x, x), op.args[1]))  # type: ignore[misc]

    def insert(self, function: Function) -> None:
        if self.env:
            substitute(function.body, self.env)
        self._insert(function.body)
        if self.replaced:
            substitute(function.body, self.replaced)

    def _insert(self, block: Block) -> None:
        if any(op in self.before or op in self.after or op in self.dropped for op in block.ops):
            kept = [op for op in block.ops if op not in self.dropped]
            block.ops = [new for op in kept for new in (*self.before.get(op, ()), op, *self.after.get(op, ()))]
        for op in block.ops:
            for inner in blocks_of(op):
                self._insert(inner)
