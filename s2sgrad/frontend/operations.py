"""Operators on things: numbers and arrays become calls, structures and constants are decided now."""

from __future__ import annotations

import operator
from typing import Any

import gast
import numpy as np

from s2sgrad.errors import TypeMismatch
from s2sgrad.frontend.data_model import (
    binary_method,
    call_special,
    compare_instances,
    is_compared,
    same_object,
    truth_of_instance,
    unary_method,
)
from s2sgrad.frontend.dicts import contains, is_keyed
from s2sgrad.frontend.entries import entries, entry
from s2sgrad.frontend.items import as_growing, tuple_item
from s2sgrad.frontend.kinds import describe, type_name
from s2sgrad.frontend.layout import note_layout
from s2sgrad.frontend.lists import extended, list_value, repeated
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.names import guard_content
from s2sgrad.frontend.structured import run_time_object
from s2sgrad.frontend.tables import settled
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    DictRef,
    ListRef,
    ObjectRef,
    Range,
    Record,
    Row,
    SliceThing,
    Static,
    Thing,
)
from s2sgrad.ir.core import Const, Operand, Value
from s2sgrad.ir.types import BOOL, OBJECT, UNKNOWN, Scalar, TupleOf, Unknown

COMPARE: dict[type, Any] = {
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
    gast.Is: operator.is_,
    gast.IsNot: operator.is_not,
}
_FOLDED = (bool, int, str, bytes, frozenset, type(None))


def foldable(*things: Thing) -> bool:
    """Whether an operator on these is computed now: exact for integers and strings (floats keep their spelling)."""
    return all(isinstance(t, Const) and type(t.value) in _FOLDED for t in things)


def binary(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing:
    """``a op b``."""
    if isinstance(a, (Value, ArrayRef)) and isinstance(b, (Value, ArrayRef, Const)) and not _is_tuple_value(a):
        return note_layout(lo, fn, [a, b], {}, lo.call(fn, lo.operand(a), lo.operand(b)))
    a, b = settled(lo, a), settled(lo, b)
    if foldable(a, b):
        try:
            return Const(fn(a.value, b.value))
        except Exception:
            return lo.call(fn, a, b)
    if not (isinstance(a, Const) and isinstance(b, Const)):  # which Python computes
        found = binary_method(lo, fn, a, b)
        if found is not None:
            return found
    a, b = expand(lo, a), expand(lo, b)
    if isinstance(a, Const) and isinstance(a.value, (str, bytes)) and fn is operator.mod:
        return lo.builder.typed_call(fn, OBJECT, a, run_time_object(lo, b))
    if isinstance(a, tuple) and isinstance(b, tuple) and fn is operator.add:
        return a + b
    if _may_repeat(lo, a, b) or _may_repeat(lo, b, a):
        return _by_python(lo, fn, a, b)
    if _is_array_like(lo, a) or _is_array_like(lo, b):
        xs = [lo.call(np.asarray, lo.operand(t)) if isinstance(t, (ListRef, tuple)) else t for t in (a, b)]
        return lo.call(fn, *(lo.operand(x) for x in xs))
    for items, times in ((a, b), (b, a)):
        if fn is operator.mul and isinstance(items, (tuple, ListRef)):
            return _repeat(lo, items, times)
    if isinstance(a, ListRef) and isinstance(b, ListRef) and fn is operator.add:
        return _concatenate(lo, a, b)
    if isinstance(a, (ListRef, tuple)) or isinstance(b, (ListRef, tuple)):
        symbol = getattr(fn, "__name__", str(fn))
        lo.fail(f"`{symbol}` of {describe(a)} and {describe(b)} is not supported", "use numbers and arrays")
    return lo.call(fn, lo.operand(a), lo.operand(b))


def _is_array_like(lo: Lowerer, thing: Thing) -> bool:
    """Whether NumPy's operators take over: an array, or one of NumPy's floats."""
    if isinstance(thing, Value) and isinstance(thing.type, Scalar):
        return not thing.type.weak and thing.type.dtype.kind in "fc"
    return isinstance(thing, ArrayRef)


def _may_repeat(lo: Lowerer, items: Thing, other: Thing) -> bool:
    """Whether only running tells if an operator on this list or tuple is Python's (``[0.0] * n``) or NumPy's."""
    return (
        isinstance(items, (tuple, ListRef))
        and isinstance(lo.type_of(other), Unknown)
        and not lo.is_varied(lo.operand(other))  # what carries a derivative is no count, and no list
    )


def _by_python(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing:
    """``a op b`` left as it is, for what carries no derivative."""
    operands = lo.operand(a), lo.operand(b)
    if lo.is_varied(operands):
        lo.fail(
            "only running tells whether this repeats or joins lists, or computes with arrays",
            "write `np.array(…)` around the list, or make the count an argument",
        )
    lo.relied_on_inactive = True
    return lo.wrap(lo.builder.typed_call(fn, UNKNOWN, *operands))


def expand(lo: Lowerer, thing: Thing) -> Thing:
    """A shape (a run-time tuple of known length) as a tuple of its items; anything else as it is."""
    if _is_tuple_value(thing):
        return tuple(tuple_item(lo, thing, k) for k in range(len(thing.type.items)))
    if isinstance(thing, Const) and type(thing.value) is tuple:
        return tuple(map(Const, thing.value))
    return thing


def _is_tuple_value(thing: Thing) -> bool:
    return isinstance(thing, Value) and isinstance(thing.type, TupleOf)


def _repeat(lo: Lowerer, items: Thing, times: Thing) -> Thing:
    """``[0.0] * n`` and ``(a, b) * 2``."""
    content = items if isinstance(items, tuple) else lo.heap[items.cell]
    if isinstance(times, Const) and isinstance(content, tuple) and (isinstance(items, tuple) or times.value <= 64):
        content = content * times.value
        if isinstance(items, tuple):
            return content
        cell = Cell()
        lo.heap[cell] = content
        return ListRef(cell)
    if isinstance(items, tuple):
        lo.needs_static(times, "the length of a tuple must be known while compiling", "use a list")
    value = content if isinstance(content, Value) else as_growing(lo, content)
    return lo.wrap(repeated(lo, value, lo.operand(times)))


def _concatenate(lo: Lowerer, a: ListRef, b: ListRef) -> Thing:
    x, y = lo.heap[a.cell], lo.heap[b.cell]
    if isinstance(x, tuple) and isinstance(y, tuple):
        cell = Cell()
        lo.heap[cell] = x + y
        return ListRef(cell)
    total = extended(lo, list_value(lo, a), b)
    assert total is not None
    total.name = None
    return lo.wrap(total)


def unary(lo: Lowerer, fn: Any, a: Thing) -> Thing:
    """``-a``, ``+a``, ``~a``."""
    if isinstance(a, Const) and isinstance(a.value, (int, float, complex)):
        return Const(fn(a.value))
    found = unary_method(lo, fn, a)
    if found is not None:
        return found
    if isinstance(a, (ObjectRef, ListRef, DictRef, tuple)):
        kind = type_name(lo, a)
        raises = TypeError(f"bad operand type for unary {_UNARY_SYMBOLS[fn]}: {kind!r}")
        lo.fail(f"{describe(a)} has no sign", "use numbers and arrays", None, TypeMismatch, raises)
    return lo.call(fn, lo.operand(a))


_UNARY_SYMBOLS: dict[Any, str] = {operator.neg: "-", operator.pos: "+", operator.invert: "~"}


def logical_not(lo: Lowerer, a: Thing) -> Thing:
    cond = truth(lo, a)
    if isinstance(cond, Const):
        return Const(not cond.value)
    return lo.builder.typed_call(operator.not_, BOOL, cond)


def truth(lo: Lowerer, thing: Thing) -> Operand:
    """The truth value of a thing: known now (a Const), or an operand to be tested at run time."""
    thing = settled(lo, thing)
    if isinstance(thing, Const) and (not isinstance(thing.value, set) or guard_content(lo, thing.value)):
        return Const(bool(thing.value))
    if isinstance(thing, (ObjectRef, Record)):
        decides = truth_of_instance(lo, thing)
        if decides is not None:
            return truth(lo, decides)
    if isinstance(thing, tuple):
        return Const(bool(thing))
    if isinstance(thing, (ListRef, DictRef)):
        content = lo.heap[thing.cell]
        if isinstance(thing, DictRef) and not is_keyed(lo, thing):
            entries(lo, thing)
        return content if isinstance(content, Value) else Const(bool(content))
    if isinstance(thing, (Value, ArrayRef, Const)):
        operand: Operand = lo.operand(thing)
        return operand
    if isinstance(thing, Static):
        return Const(True)
    lo.fail(f"{describe(thing)} has no truth value here", "compare it explicitly")


def compare(lo: Lowerer, op: type, a: Thing, b: Thing) -> Thing:
    """One comparison ``a op b``."""
    if op in (gast.Is, gast.IsNot) and any(isinstance(t, Row) for t in (a, b)):
        return _row_identity(lo, a, b, op is gast.IsNot)
    a, b = settled(lo, a), settled(lo, b)
    if op in (gast.In, gast.NotIn):
        return _membership(lo, a, b, op is gast.NotIn)
    fn = COMPARE[op]
    if op in (gast.Is, gast.IsNot):
        return _identity(lo, fn, a, b)
    if isinstance(a, Const) and isinstance(b, Const):
        return _compare_constants(lo, fn, a, b)
    if is_compared(lo, fn, a) or is_compared(lo, fn, b):
        found = compare_instances(lo, fn, a, b)
        if found is not None:
            return found
    x, y = expand(lo, a), expand(lo, b)
    if isinstance(x, tuple) and isinstance(y, tuple) and op in (gast.Eq, gast.NotEq):
        return _tuple_equal(lo, x, y, op is gast.NotEq)
    held = isinstance(a, (ListRef, DictRef)) or isinstance(b, (ListRef, DictRef))
    if held and op in (gast.Eq, gast.NotEq) and (isinstance(b, Const) or isinstance(a, Const)):
        return Const(op is gast.NotEq)
    if (isinstance(x, Static) and not isinstance(x, Const)) or (isinstance(y, Static) and not isinstance(y, Const)):
        if op not in (gast.Eq, gast.NotEq):
            lo.fail(f"{describe(a)} and {describe(b)} have no order", "compare numbers", error=TypeMismatch)
        if type(x) is type(y) and isinstance(x, _COMPARED_BY_CONTENT):
            lo.fail(f"comparing {describe(x)} with another is not supported", "compare what they hold")
        return Const(fn(x, y))
    return lo.call(fn, lo.operand(a), lo.operand(b))


_COMPARED_BY_CONTENT = (Range, SliceThing)


def _compare_constants(lo: Lowerer, fn: Any, a: Const, b: Const) -> Thing:
    """Decided now for what cannot change: what can be hashed. The rest is asked again by each call."""
    if type(a.value).__hash__ is not None and type(b.value).__hash__ is not None:
        try:
            answer = fn(a.value, b.value)
        except Exception:
            return lo.call(fn, a, b)
        if isinstance(answer, (bool, np.bool_)):
            return Const(bool(answer))
    return lo.call(fn, a, b)


def _tuple_equal(lo: Lowerer, x: tuple[Thing, ...], y: tuple[Thing, ...], negate: bool) -> Thing:
    if len(x) != len(y):
        return Const(negate)
    result: Thing = Const(True)
    for p, q in zip(x, y, strict=True):
        same = True if _is_one_number(p, q) else _known_equal(p, q)
        if same is None:
            equal = compare(lo, gast.Eq, p, q)
            if isinstance(equal, Const):
                same = bool(equal.value)
            else:
                both = equal if isinstance(result, Const) else lo.call(operator.and_, result, lo.operand(equal))
                result = both
                continue
        if not same:
            return Const(negate)
    return logical_not(lo, result) if negate else result


def _is_one_number(p: Thing, q: Thing) -> bool:
    """Whether these are one object: containers take what is identical for equal, be it NaN."""
    return p is q and isinstance(p, Value) and isinstance(p.type, Scalar)


def _known_equal(p: Thing, q: Thing) -> bool | None:
    """Equal lengths are known to be equal while compiling."""
    if isinstance(p, Const) and isinstance(q, Const):
        return bool(p.value == q.value)
    lengths = [t.type.length for t in (p, q) if isinstance(t, Value) and isinstance(t.type, Scalar)]
    if len(lengths) == 2 and lengths[0] is not None and lengths[0] == lengths[1]:
        return True
    return None


def _row_identity(lo: Lowerer, a: Thing, b: Thing, negate: bool) -> Thing:
    """``row is thing``: never a number or None."""
    if isinstance(a, (Row, ListRef)) and isinstance(b, (Row, ListRef)):
        lo.fail("whether these are one list is only known when it runs", "compare their positions")
    return Const(negate)


def _identity(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing:
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(fn(a.value, b.value))
    for x, y in ((a, b), (b, a)):
        if isinstance(y, Const) and y.value is None and not (isinstance(x, Value) and x.type == OBJECT):
            unknown = isinstance(x, ArrayRef) and not hasattr(lo.read(x).type, "dtype")
            if not unknown:
                return Const(fn is operator.is_not)
    if isinstance(a, ArrayRef) and isinstance(b, ArrayRef) and a.cell is b.cell and a.path == b.path:
        return Const(fn is operator.is_)
    if {type(a), type(b)} == {ObjectRef, Const}:  # an object that was made here is none from outside
        return Const(fn is operator.is_not)
    if isinstance(a, (ListRef, DictRef, ObjectRef)) and type(a) is type(b):
        return Const(same_object(lo, a, b) is (fn is operator.is_))
    return lo.builder.typed_call(fn, BOOL, lo.operand(a), lo.operand(b))


def _membership(lo: Lowerer, a: Thing, b: Thing, negate: bool) -> Thing:
    if isinstance(b, ObjectRef):
        answer = call_special(lo, b, "__contains__", [a])
        if answer is None:
            lo.fail("`in` needs a `__contains__` of the object's class", "define it")
        cond = truth(lo, answer)
        found_in = cond if isinstance(cond, Const) else lo.builder.typed_call(bool, BOOL, cond)
        return logical_not(lo, found_in) if negate else found_in
    if isinstance(b, DictRef):
        if isinstance(a, Const):
            if not is_keyed(lo, b):
                return Const((entry(lo, b, a.value) is not None) is not negate)
        elif not is_keyed(lo, b) and not entries(lo, b):
            return Const(negate)
        found_key = contains(lo, b, a)
        return logical_not(lo, found_key) if negate else found_key
    if isinstance(a, Const) and isinstance(b, Const) and isinstance(b.value, (tuple, str, frozenset, range, bytes)):
        return Const((a.value in b.value) is not negate)
    if isinstance(a, Const) and isinstance(b, Const) and isinstance(b.value, set) and guard_content(lo, b.value):
        return Const((a.value in b.value) is not negate)
    content = lo.heap[b.cell] if isinstance(b, ListRef) else expand(lo, b)
    if isinstance(content, tuple):
        found: Thing = Const(False)
        for item in content:
            if _is_one_number(a, item) or (isinstance(a, ObjectRef) and same_object(lo, a, item)):
                return Const(not negate)
            same = compare(lo, gast.Eq, a, item)
            if isinstance(same, Const):
                if same.value:
                    return Const(not negate)
                continue
            found = same if isinstance(found, Const) else lo.call(operator.or_, lo.operand(found), lo.operand(same))
        return logical_not(lo, found) if negate else found
    container = content if isinstance(content, Value) else lo.operand(b)
    result = lo.builder.typed_call(operator.contains, BOOL, container, lo.operand(a))
    return logical_not(lo, result) if negate else result
