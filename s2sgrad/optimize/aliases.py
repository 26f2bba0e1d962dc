"""Which values may share memory once updates are printed in place, and where that would go wrong.

Memory is named by *tokens*. ``own[v]`` holds the tokens of the array or list that ``v`` may be, ``holds[v]`` those of
what a container may contain. Two values may share memory when their tokens meet:

    u.1 = copy(u)                       own {1}: fresh
    loop carry u.2 = u.1, saved.1 = []  own {3}, {4}: at a loop's head, a token per *group* of carried memory …
      t = getitem(u.2, slice)           own {3}: a view
      saved.2 = push(saved.1, t)        own {4}, holds {3}
      u.3 = setitem(u.2, i, v)          conflict: saved.2 holds {3} and is read later
      yield u.3, saved.2                … and groups whose memory meets at the loop's end are merged, until stable

What the function does not own (its parameters, captures, constants, results of unknown calls, read-only
broadcasts) has the token ``FOREIGN``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

from s2sgrad.ir.core import (
    UNDEFINED,
    Block,
    Call,
    Const,
    For,
    Function,
    If,
    Operand,
    Tree,
    Try,
    Value,
    While,
    leaves,
    operands_of,
)
from s2sgrad.ir.primitives import (
    added,
    additem,
    getindex,
    keys_of,
    make_list,
    new_dict,
    new_list,
    pop,
    push,
    without_key,
    zeros_like,
)
from s2sgrad.ir.types import Array, DictOf, ListOf, Object, Scalar, TupleOf, Unknown, has_memory
from s2sgrad.optimize.lifetimes import Lifetimes, Region
from s2sgrad.optimize.sharing import is_fresh, is_view
from s2sgrad.optimize.written_through import is_inner_update, is_update, written_through

Tokens = frozenset[int]
FOREIGN = 0
_NONE: Tokens = frozenset()


@dataclass(frozen=True, slots=True)
class Conflict:
    """An update that must not write: ``tokens`` of its target are foreign, or ``reader``'s, which is read later."""

    update: Call
    tokens: Tokens
    reader: Value | None


class Aliases:
    """The analysis. ``conflicts`` lists the updates that would be wrong in place, in program order.

    ``accumulate``: maps calls that make a new version of an array to that array; where it may be overwritten the
    analysis takes the call to be an update, and lists it in ``accumulations``.
    """

    def __init__(self, function: Function, accumulate: dict[Call, Value] | None = None) -> None:
        self.lifetimes = Lifetimes(function, contents=True)
        self.own: dict[Value, Tokens] = {}
        self.holds: dict[Value, Tokens] = {}
        self.conflicts: dict[Call, Conflict] = {}
        self.accumulations: dict[Call, Value] = {}
        self.through = written_through(function)
        #: (List, memory that may stand in it more than once): what derivative code computes once, and stores twice.
        self._repeated: set[tuple[int, int]] = set()
        self.home: dict[Value, For | While] = {}
        self._candidates = accumulate or {}
        self._members: dict[int, dict[Value, None]] = {}
        self._next = FOREIGN + 1
        self._condition_start: int | None = None
        for value in (*function.captures, *function.params):
            self._give(value, frozenset({FOREIGN}), frozenset({FOREIGN}))
        self._block(function.body)

    # -- questions ---------------------------------------------------------------------------

    def may_write(self, update: Call, operands: Iterable[Operand]) -> bool:
        """Whether an in-place update may change what one of the operands reads."""
        return self._reads(self.own_of(update.args[0]), operands)

    def share(self, some: Iterable[Operand], others: Iterable[Operand]) -> bool:
        """Whether what some operands are may be, or be in, what others are."""
        return self._reads(frozenset(token for x in some for token in self.own_of(x)), others)

    def _reads(self, written: Tokens, operands: Iterable[Operand]) -> bool:
        for operand in operands:
            if not written.isdisjoint(self.own_of(operand)) or not written.isdisjoint(self.holds_of(operand)):
                return True
        return False

    def own_of(self, operand: Operand) -> Tokens:
        if isinstance(operand, Const):
            return _NONE if _is_nothing(operand) else frozenset({FOREIGN})
        return self.own.get(operand, _NONE)

    def holds_of(self, operand: Operand) -> Tokens:
        if isinstance(operand, Const):
            return _NONE if _is_nothing(operand) else frozenset({FOREIGN})
        return self.holds.get(operand, _NONE)

    # -- tokens ------------------------------------------------------------------------------

    def _fresh(self) -> Tokens:
        self._next += 1
        return frozenset({self._next})

    def _give(self, value: Value, own: Tokens, holds: Tokens = _NONE) -> None:
        t = value.type
        if not has_memory(t):
            return
        if isinstance(t, Array):
            holds = _NONE
        elif isinstance(t, (Unknown, Object)):
            own = holds = own | holds
        elif isinstance(t, TupleOf):
            own, holds = _NONE, own | holds
        elif isinstance(t, (ListOf, DictOf)) and not has_memory(t.item):
            holds = _NONE
        self.own[value], self.holds[value] = own, holds
        for token in own | holds:
            self._members.setdefault(token, {})[value] = None

    def _all(self, operands: Iterable[Operand]) -> Tokens:
        tokens: set[int] = set()
        for operand in operands:
            tokens |= self.own_of(operand)
            tokens |= self.holds_of(operand)
        return frozenset(tokens)

    # -- operations --------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        for op in block.ops:
            if isinstance(op, Call):
                self._call(op)
            elif isinstance(op, If):
                self._block(op.then)
                self._block(op.orelse)
                for result, a, b in zip(op.results, op.then.results, op.orelse.results, strict=True):
                    self._give(result, self.own_of(a) | self.own_of(b), self.holds_of(a) | self.holds_of(b))
            elif isinstance(op, (For, While)):
                self._loop(op)
            elif isinstance(op, Try):
                self._block(op.body)
                for param in op.handler.params:
                    self._give(param, frozenset({FOREIGN}), frozenset({FOREIGN}))
                self._block(op.handler)
                for result, a, b in zip(op.results, op.body.results, op.handler.results, strict=True):
                    self._give(result, self.own_of(a) | self.own_of(b), self.holds_of(a) | self.holds_of(b))
            else:
                for param in op.body.params:
                    self._give(param, frozenset({FOREIGN}), frozenset({FOREIGN}))
                self._block(op.body)
                for result, a in zip(op.results, op.body.results, strict=True):
                    self._give(result, self.own_of(a), self.holds_of(a))

    def _call(self, op: Call) -> None:
        fn = op.fn
        if is_update(op):
            self._update(op)
        elif op in self._candidates:
            self._accumulation(op, self._candidates[op])
        elif fn is zeros_like or fn is added or fn is copy.deepcopy:
            self._give(op.result, self._fresh(), self._fresh())
        elif fn is list or fn is new_list or fn is make_list or fn is dict:
            self._give(op.result, self._fresh(), self._all(leaves(op.args)))
            for k, x in enumerate(op.args) if fn is make_list else ():
                self._note_repeated(self.own_of(op.result), self._all(leaves(x)) & self._all(leaves(op.args[:k])))
        elif fn is keys_of or fn is new_dict:
            self._give(op.result, self._fresh())
        elif fn is getindex:
            held = self.holds_of(op.args[0])
            self._give(op.result, held, held)
        elif all(not has_memory(result.type) for result in op.results):
            return
        elif is_fresh(op):
            for result in op.results:
                held = _NONE if isinstance(result.type, (Array, Unknown)) else self._all(operands_of(op))
                self._give(result, self._fresh(), held)
        else:
            tokens = self._all(operands_of(op)) | self._fresh()
            if not is_view(op):
                tokens |= {FOREIGN}
            for result in op.results:
                self._give(result, tokens, tokens)

    def _update(self, op: Call) -> None:
        target: Operand = op.args[0]
        own, holds = self.own_of(target), self.holds_of(target)
        values: Tree = op.args[1] if op.fn is push else () if op.fn is pop or op.fn is without_key else op.args[2]
        if op in self.through.whole:  # prints nothing: a view has written already
            self._give(op.results[0], own, holds)
            return
        conflict = self._conflict(op, target, own | holds if is_inner_update(op) else own)
        if conflict is not None:
            self.conflicts[op] = conflict
            own = self._fresh()
            holds = self._fresh() if is_inner_update(op) else holds
        else:
            self.conflicts.pop(op, None)
        if op.fn is pop:
            self._give(op.results[0], own, holds)
            self._give(op.results[1], holds, holds)
            return
        if not isinstance(target.type, Array):
            stored = self._fresh() if op.fn is additem else self._all(leaves(values))
            self._note_repeated(own, holds & stored)
            holds = holds | stored
        self._give(op.result, own, holds)

    def _conflict(self, op: Call, target: Operand, own: Tokens) -> Conflict | None:
        if FOREIGN in own:
            return Conflict(op, frozenset({FOREIGN}), None)
        if self._condition_start is not None and min(own, default=self._next) <= self._condition_start:
            return Conflict(op, own, target if isinstance(target, Value) else None)
        container = self.through.items.get(op)
        if container is not None and self._is_repeated(self.own_of(container.args[0]), own):
            return Conflict(op, own, None)
        reader = self._reader(op, own)
        return None if reader is None else Conflict(op, own & self._tokens(reader), reader)

    def _tokens(self, value: Value) -> Tokens:
        return self.own_of(value) | self.holds_of(value)

    def _reader(self, op: Call, own: Tokens) -> Value | None:
        """A value that shares the written memory and is read after the update."""
        position, region = self.lifetimes.at[op], self.lifetimes.region[op]
        for token in sorted(own):
            members = self._members.get(token, {})
            for value in list(members):
                if value in op.results or self.lifetimes.is_defined_after(value, position):
                    continue
                if self.lifetimes.dead_for_good(value, position):
                    del members[value]
                elif self._read_later(op, value, position, region):
                    return value
        return None

    def _note_repeated(self, lists: Tokens, memory: Tokens) -> None:
        self._repeated.update((a, b) for a in lists for b in memory)

    def _is_repeated(self, lists: Tokens, memory: Tokens) -> bool:
        """Whether some of this memory may stand in such a list more than once."""
        return bool(self._repeated) and any((a, b) in self._repeated for a in lists for b in memory)

    def _read_later(self, op: Call, value: Value, position: int, region: Region) -> bool:
        later = self.lifetimes.uses_after(value, position, region)
        first = next(later, None)
        if first is None:
            return False
        whole = self.through.container.get((op, value))
        return whole is None or self.lifetimes.at[whole] != first or next(later, None) is not None

    def _accumulation(self, op: Call, target: Value) -> None:
        own = self.own_of(target)
        if own and FOREIGN not in own and self._condition_start is None and self._reader(op, own) is None:
            self.accumulations[op] = target
            self._give(op.result, own)
        else:
            self.accumulations.pop(op, None)
            self._give(op.result, self._fresh())

    # -- loops -------------------------------------------------------------------------------

    def _loop(self, op: For | While) -> None:
        count = len(op.inits)
        outer = self._next
        slots = [tokens for init in op.inits for tokens in (self.own_of(init), self.holds_of(init))]
        alive: dict[int, bool] = {}
        external = [frozenset(t for t in slot if self._alive(t, op, alive)) for slot in slots]
        groups = _Groups(2 * count)
        groups.merge([slot - ext for slot, ext in zip(slots, external, strict=True)])
        heads = [self._fresh() for _ in slots]
        for param in op.carried:
            self.home[param] = op
        while True:
            state = [heads[groups.find(k)] | external[k] for k in range(2 * count)]
            for k in range(count):
                self._give(op.carried[k], state[2 * k], state[2 * k + 1])
                if self._is_repeated(slots[2 * k], slots[2 * k + 1]):
                    self._note_repeated(state[2 * k], state[2 * k + 1])
            if isinstance(op, While):
                self._condition(op, state)
            self._block(op.body)
            changed = False
            inner = []
            for k, result in enumerate(op.body.results):
                for j, tokens in ((2 * k, self.own_of(result)), (2 * k + 1, self.holds_of(result))):
                    outside = frozenset(t for t in tokens if t <= outer)
                    if not outside <= external[j]:
                        external[j] |= outside
                        changed = True
                    inner.append(tokens - outside)
            for k in range(count):
                own, holds = heads[groups.find(2 * k)], heads[groups.find(2 * k + 1)]
                if self._is_repeated(inner[2 * k], inner[2 * k + 1]) and not self._is_repeated(own, holds):
                    self._note_repeated(own, holds)
                    changed = True
            if not groups.merge(inner) and not changed:
                break
        for k, value in enumerate(op.results):
            self._give(value, state[2 * k], state[2 * k + 1])

    def _condition(self, op: While, state: list[Tokens]) -> None:
        for k, param in enumerate(op.cond.params):
            self._give(param, state[2 * k], state[2 * k + 1])
        before, self._condition_start = self._condition_start, self._next
        self._block(op.cond)
        self._condition_start = before

    def _alive(self, token: int, op: For | While, known: dict[int, bool]) -> bool:
        """Whether memory that enters a loop by a carried variable stays reachable otherwise."""
        if token == FOREIGN:
            return True
        if token not in known:
            position, region = self.lifetimes.at[op], self.lifetimes.region[op]
            known[token] = any(self.lifetimes.used_after(v, position, region) for v in self._members.get(token, ()))
        return known[token]


def _is_nothing(constant: Const) -> bool:
    """Whether a constant has no memory: a number, or what stands for a variable that is not assigned."""
    return isinstance(constant.type, Scalar) or constant is UNDEFINED or constant.value is None


class _Groups:
    """Carried slots partitioned by whether their memory may be the same."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def find(self, k: int) -> int:
        while self.parent[k] != k:
            k = self.parent[k]
        return k

    def merge(self, tokens: list[Tokens]) -> bool:
        """Merge the slots whose tokens meet; whether anything changed."""
        first: dict[int, int] = {}
        changed = False
        for k, slot in enumerate(tokens):
            for token in slot:
                a, b = self.find(first.setdefault(token, k)), self.find(k)
                if a != b:
                    self.parent[max(a, b)] = min(a, b)
                    changed = True
        return changed
