"""Values of a loop that can be read from an array after the loop, instead of being saved.

A backward part runs when the forward part is over. What the forward part has read from a place of an array, or stored
in it, is still there if nothing has been written to that place since, however the array was updated elsewhere:

    L.9 = for i in range(n) carry L = L.0:             in the backward part:
      for j in range(i):
        t = getitem L.5, (j, j)                        t = getitem L.9, (j, j)
        v = truediv s, t
        L.6 = setitem L.5, (i, j), v                   v = getitem L.9, (i, j)

A read is followed through the later versions of the array, from the iteration outwards to the last version, for as long
as no write meets its place (:mod:`s2sgrad.ir.places`). Versions are immutable values, so memory that is shared is no
concern here: whoever writes to the memory of the last version makes a copy of it, unless it is dead by then.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace

from s2sgrad.ir.core import Block, Call, Const, For, Op, Operand, Tree, Try, Value, While, map_tree, walk
from s2sgrad.ir.places import INTEGER_ARITHMETIC, Loop, Places, entries, is_python_integer
from s2sgrad.ir.primitives import getindex, setitem
from s2sgrad.ir.types import Array, ListOf, Scalar, Type
from s2sgrad.optimize.sharing import is_basic_index, same_tree
from s2sgrad.transforms.lineages import Lineages, Write
from s2sgrad.transforms.structure import Structure

#: More writes than these are not looked into, nor more versions followed in one block.
_MOST_WRITES = 24


class _Late(Exception):
    """Something of an index is not known before a value."""


class Rereading:
    """What can be read again, in one function. ``overwritten``: versions whose memory an update may be printed into."""

    def __init__(self, structure: Structure, overwritten: set[Value]) -> None:
        self.structure = structure
        self.overwritten = overwritten
        self.places = Places(structure)
        self.lineages = Lineages(structure)
        self._stores: dict[Value, list[Call]] | None = None
        self._sources: dict[Value, tuple[Call, ...]] = {}

    def source(self, v: Value) -> tuple[Call, ...]:
        """The calls that read ``v`` again in the backward part; none if it cannot be read."""
        if v not in self._sources:
            self._sources[v] = self._read(v) or self._stored(v)
        return self._sources[v]

    def _read(self, v: Value) -> tuple[Call, ...]:
        op = self.structure.definition.get(v)
        if not isinstance(op, Call) or op.fn not in (operator.getitem, getindex) or len(op.results) != 1:
            return ()
        return self._from_last(v, op.args[0], op.args[1], op)

    def _stored(self, v: Value) -> tuple[Call, ...]:
        """What has been stored in an array of its own type is there as it was; a Python number is made one again."""
        for op in self._stores_of(v):
            if self.structure.home[op.result] is self.structure.home[v] and self._keeps_type(op):
                convert = _python_class(v.type) if isinstance(op.args[0].type, Array) else None
                read = v if convert is None else Value(Scalar(op.args[0].type.dtype))
                found = self._from_last(read, op.result, op.args[1], op)
                index = self._before(op.args[1], v) if found else None
                if index is None:
                    continue
                calls = (*index[1], replace(found[0], args=(found[0].args[0], index[0])))
                return calls if convert is None else (*calls, Call(convert, (read,), {}, [v], op.stmt))
        return ()

    def _stores_of(self, v: Value) -> Sequence[Call]:
        if self._stores is None:
            self._stores = {}
            for op in walk(self.structure.body):
                if isinstance(op, Call) and op.fn is setitem and isinstance(op.args[2], Value):
                    self._stores.setdefault(op.args[2], []).append(op)
        return self._stores.get(v, ())

    def _keeps_type(self, store: Call) -> bool:
        """Whether reading what has been stored gives what it was: no conversion, and no broadcasting."""
        array, index, v = store.args
        if not isinstance(array.type, Array):
            return isinstance(array.type, ListOf) and not isinstance(index, tuple) and _same(array.type.item, v.type)
        if isinstance(v.type, Scalar):
            whole = len(entries(index)) == array.type.ndim and not any(isinstance(e, slice) for e in entries(index))
            return whole and v.type.dtype == array.type.dtype and not v.type.mixed
        return isinstance(v.type, Array) and v.type.dtype == array.type.dtype and self._fills(store)

    def _fills(self, store: Call) -> bool:
        """Whether an array has the shape of the places that it is stored in: that of what was read from there."""
        array, index, v = store.args
        origin = self.lineages.origin(array)
        return any(
            isinstance(op, Call)
            and op.fn is operator.getitem
            and op.result.type == v.type
            and same_tree(op.args[1], index)
            and self.lineages.origin(op.args[0]) is origin
            for op in self.structure.home[store.result].ops
        )

    def _from_last(self, v: Value, array: Operand, index: Tree, op: Call) -> tuple[Call, ...]:
        if not isinstance(array, Value) or not isinstance(array.type, (Array, ListOf)) or not is_basic_index(index):
            return ()
        block = self.structure.home[op.results[0]]
        last = self._last(array, index, block)
        if last is None or self.structure.loop[self.structure.home[last]] is self.structure.loop[block]:
            return ()
        fn = operator.getitem if isinstance(last.type, Array) else getindex
        return (Call(fn, (last, index), {}, [v], op.stmt),)

    def _before(self, index: Tree, v: Value) -> tuple[Tree, list[Call]] | None:
        """An index made of what is there before ``v``, and the arithmetic that makes it.

        What stands in ``a[i + 1] = v`` is computed after ``v``; that a value is only made of earlier ones keeps the
        order in which values are computed again free of cycles."""
        made: list[Call] = []
        known: dict[Value, Value] = {}

        def earlier(x: Operand) -> Operand:
            if isinstance(x, Const) or self._is_before(x, v):
                return x
            if x not in known:
                op = self.structure.definition.get(x)
                if not isinstance(op, Call) or op.fn not in INTEGER_ARITHMETIC or not is_python_integer(x):
                    raise _Late
                args = tuple([earlier(a) for a in op.args])
                known[x] = Value(x.type, x.name)
                made.append(Call(op.fn, args, {}, [known[x]], op.stmt))
            return known[x]

        try:
            return map_tree(earlier, index), made
        except _Late:
            return None

    def _is_before(self, x: Value, v: Value) -> bool:
        """Whether ``x`` is there when ``v`` is computed, or comes from outside of the loop."""
        home = self.structure.home[x]
        if self.structure.loop[home] is not self.structure.loop[self.structure.home[v]]:
            return True
        return self.structure.position[x] < self.structure.position[v]

    # -- following versions ------------------------------------------------------------------------

    def _last(self, array: Value, index: Tree, block: Block) -> Value | None:
        """The last version in which a place is as it was in ``array``, if it may be read in the backward part."""
        x, at = array, self.structure.home[array]
        while True:
            x, complete = self._within(x, index, block, at)
            if not complete or at is self.structure.body:
                break
            op, outer = self.structure.owner[at]
            result = self._outwards(x, index, block, op, at)
            if result is None:
                break
            x, at = result, outer
        return None if x in self.overwritten or not _same(x.type, array.type) else x

    def _within(self, x: Value, index: Tree, block: Block, at: Block) -> tuple[Value, bool]:
        """The last version in the block ``at``; False if it has later ones, in which the place may be another."""
        for _ in range(_MOST_WRITES):
            if x not in self.overwritten and at is self.structure.body:
                return x, True
            steps = self.lineages.following.get(x, ())
            following = [step for step in steps if self.structure.home[step.after] is at]
            if not following:
                return x, True
            if len(following) > 1 or not self._survives(index, block, following[0].writes, at, None):
                return x, False
            x = following[0].after
        return x, False

    def _outwards(self, x: Value, index: Tree, block: Block, op: Op, inner: Block) -> Value | None:
        """The result that a version becomes at the end of the operation whose block it is in."""
        if isinstance(op, Try) or x not in inner.results:
            return None
        k = inner.results.index(x)
        if isinstance(op, (For, While)):
            if inner is not op.body:
                return None
            writes = self.lineages.carried(op, k)
            if writes is None or not self._survives(index, block, writes, inner, op):
                return None
        return op.results[k]

    def _survives(self, index: Tree, block: Block, writes: Sequence[Write], at: Block, later: Loop | None) -> bool:
        """Whether none of these writes, executed later, is to the place. ``later``: in a later iteration of that loop;
        otherwise in the same execution of the block ``at``."""
        if len(writes) > _MOST_WRITES:
            return False
        around = set(self.places.loops(at))
        for write in writes:
            if write.index is None:
                if not self.places.is_from_start(index, block):
                    return False
                continue
            primed = [loop for loop in self.places.loops(write.block) if loop not in around or loop is later]
            if self.places.meet(index, block, write.index, write.block, primed, later):
                return False
        return True


def _python_class(t: Type) -> type | None:
    """The class of a Python number that NumPy's numbers are not of."""
    return t.classes[0] if isinstance(t, Scalar) and t.weak else None


def _same(a: Type, b: Type) -> bool:
    """Whether values of two types are of one class, for Python and NumPy alike."""
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return a == b and a.classes == b.classes
    if isinstance(a, Array) and isinstance(b, Array):
        return a.dtype == b.dtype and a.ndim == b.ndim
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return _same(a.item, b.item)
    return a == b
