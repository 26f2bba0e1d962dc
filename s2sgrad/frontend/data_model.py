"""Operators of instances, as Python's data model has them (Language Reference, section 3.3.8).

    a + b        type(a).__add__(a, b); where that is missing or returns NotImplemented, type(b).__radd__(b, a).
                 A subclass that overrides the reflected method is asked first.
    a < b        type(a).__lt__(a, b), then type(b).__gt__(b, a); a subclass is asked first
    a == b       the same with `__eq__`, then identity; `a != b` inverts `__eq__` where there is no `__ne__`
    a += b       type(a).__iadd__(a, b), then a + b

An *instance* here is an object of a class written in Python, a named tuple of such a class, or a constant of one.
"""

from __future__ import annotations

import operator
from types import FunctionType
from typing import Any, NoReturn

from s2sgrad.errors import TypeMismatch
from s2sgrad.frontend.class_members import class_attribute
from s2sgrad.frontend.kinds import describe, python_type, type_name
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import same_memory
from s2sgrad.frontend.names import guard_attribute
from s2sgrad.frontend.stand_ins import OPERATORS, STAND_INS, definitions_of, refuse_of_stand_in
from s2sgrad.frontend.things import ArrayRef, Method, ObjectRef, Record, Thing
from s2sgrad.ir.core import Const, Value
from s2sgrad.ir.types import OBJECT, Scalar

_BINARY_METHODS: dict[Any, tuple[str, str]] = {
    operator.add: ("__add__", "__radd__"),
    operator.sub: ("__sub__", "__rsub__"),
    operator.mul: ("__mul__", "__rmul__"),
    operator.truediv: ("__truediv__", "__rtruediv__"),
    operator.floordiv: ("__floordiv__", "__rfloordiv__"),
    operator.mod: ("__mod__", "__rmod__"),
    operator.pow: ("__pow__", "__rpow__"),
    operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.lshift: ("__lshift__", "__rlshift__"),
    operator.rshift: ("__rshift__", "__rrshift__"),
    operator.and_: ("__and__", "__rand__"),
    operator.or_: ("__or__", "__ror__"),
    operator.xor: ("__xor__", "__rxor__"),
    divmod: ("__divmod__", "__rdivmod__"),
}
_COMPARISONS: dict[Any, tuple[str, str]] = {
    operator.lt: ("__lt__", "__gt__"),
    operator.le: ("__le__", "__ge__"),
    operator.gt: ("__gt__", "__lt__"),
    operator.ge: ("__ge__", "__le__"),
    operator.eq: ("__eq__", "__eq__"),
    operator.ne: ("__ne__", "__ne__"),
}
_UNARY_METHODS: dict[Any, str] = {operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__"}
_SYMBOLS: dict[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "** or pow()",
    operator.matmul: "@",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    divmod: "divmod()",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}
_NOT_IMPLEMENTED = Const(NotImplemented)
_PYTHON_NUMBERS: dict[str, type] = {"b": bool, "i": int, "u": int, "f": float, "c": complex}


def special(lo: Lowerer, thing: Thing, name: str) -> FunctionType | None:
    """The method of this name that the class of an instance has, if it is written in Python."""
    if isinstance(thing, ObjectRef):
        cls: Any = definitions_of(thing.cls)
    elif isinstance(thing, Record) or (isinstance(thing, Const) and not isinstance(thing.value, type)):
        cls = python_type(lo, thing)
    else:
        return None
    found = class_attribute(lo, cls, name)
    if not isinstance(found, FunctionType) or (isinstance(thing, Const) and _is_of_scipy(found)):
        return None
    guard_attribute(lo, cls, name)
    return found


def _is_of_scipy(method: FunctionType) -> bool:
    """Whether SciPy defines an operator: sparse matrices that are constants are operands of the operator's own rule."""
    return method.__module__.partition(".")[0] == "scipy"


def is_compared(lo: Lowerer, fn: Any, thing: Thing) -> bool:
    """Whether how a thing compares is up to its class."""
    if isinstance(thing, ObjectRef):
        return True
    names = {*_COMPARISONS[fn], "__eq__"} if fn is operator.ne else set(_COMPARISONS[fn])
    return any(special(lo, thing, name) is not None for name in names)


def call_special(lo: Lowerer, thing: Thing, name: str, args: list[Thing], node: Any = None) -> Thing | None:
    """``type(thing).name(thing, *args)``; None where its class has no such method written in Python."""
    found = special(lo, thing, name)
    return None if found is None else lo.invoke(Method(thing, name, found), args, {}, node)


def binary_method(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing | None:
    """``a op b`` by the methods of an instance among them; None where there are none and neither is an object."""
    for thing in (a, b):
        if isinstance(thing, ObjectRef) and thing.cls in OPERATORS:
            return OPERATORS[thing.cls][0](lo, fn, a, b)
    names = _BINARY_METHODS.get(fn)
    forward = special(lo, a, names[0]) if names is not None else None
    reflected = special(lo, b, names[1]) if names is not None else None
    kinds = python_type(lo, a), python_type(lo, b)
    tries = []
    if names is not None and forward is not None:
        tries.append((a, names[0], forward, b))
    if names is not None and reflected is not None and kinds[0] is not kinds[1]:
        overrides = _is_subclass(kinds[1], kinds[0]) and reflected is not special(lo, a, names[1])
        tries.insert(0 if overrides else len(tries), (b, names[1], reflected, _as_numpy_gives_it(lo, a, b)))
    found = _first(lo, tries)
    if found is not None or not (isinstance(a, ObjectRef) or isinstance(b, ObjectRef)):
        return found
    _refuse_of_stand_ins(lo, _BINARY_METHODS.get(fn, (str(fn),))[0], a, b)
    what = _SYMBOLS.get(fn, getattr(fn, "__name__", str(fn)))
    _refuse(lo, what, a, b, f"unsupported operand type(s) for {what}: {{!r}} and {{!r}}")


def compare_instances(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing | None:
    """``a < b``, ``a == b``, … by the methods of an instance among them; None where neither says how it compares."""
    for thing in (a, b):
        if isinstance(thing, ObjectRef) and thing.cls in OPERATORS:
            return OPERATORS[thing.cls][0](lo, fn, a, b)
    first, second = _COMPARISONS[fn]
    asked = [(a, first, b), (b, second, a)]
    if _is_subclass(python_type(lo, b), python_type(lo, a)):
        asked.reverse()
    for thing, name, other in asked:
        found = _comparison(lo, fn, thing, name, _as_numpy_gives_it(lo, other, thing) if thing is b else other)
        if found is not None:
            return found
    if not (isinstance(a, ObjectRef) or isinstance(b, ObjectRef)):
        return None
    _refuse_of_stand_ins(lo, _COMPARISONS[fn][0], a, b)
    if fn in (operator.eq, operator.ne):
        return Const(same_object(lo, a, b) is (fn is operator.eq))
    what = _SYMBOLS[fn]
    _refuse(lo, what, a, b, f"{what!r} not supported between instances of {{!r}} and {{!r}}")


def _comparison(lo: Lowerer, fn: Any, thing: Thing, name: str, other: Thing) -> Thing | None:
    """What one of the two says to a comparison; None for NotImplemented."""
    found = special(lo, thing, name)
    if found is None and fn is operator.ne and _inverts_equality(lo, thing):
        equal = _comparison(lo, operator.eq, thing, "__eq__", other)
        return None if equal is None else lo.invoke(Const(operator.not_), [equal], {})
    if found is None:
        return None
    if _is_generated(found):
        return _compare_fields(lo, thing, name, other)
    return _first(lo, [(thing, name, found, other)])


def _inverts_equality(lo: Lowerer, thing: Thing) -> bool:
    """Whether `!=` is left to ``object.__ne__`` of a class that has an ``__eq__``."""
    cls = python_type(lo, thing)
    plain = cls is not None and class_attribute(lo, cls, "__ne__") is vars(object)["__ne__"]
    return plain and special(lo, thing, "__eq__") is not None


def _is_generated(fn: FunctionType) -> bool:
    """Whether `dataclass` has made a method."""
    return fn.__code__.co_filename.startswith("<")


def _compare_fields(lo: Lowerer, thing: Thing, name: str, other: Thing) -> Thing | None:
    """The comparisons that `dataclass` makes: of the fields as tuples, between instances of one class."""
    if not (isinstance(thing, ObjectRef) and isinstance(other, ObjectRef)) or thing.cls is not other.cls:
        return None
    cls: Any = thing.cls
    names = [f.name for f in cls.__dataclass_fields__.values() if f.compare and f._field_type.name == "_FIELD"]
    fields = [tuple(lo.heap[ref.cell][n] for n in names) for ref in (thing, other)]
    return lo.invoke(Const(getattr(operator, name)), fields, {})


def inplace_method(lo: Lowerer, fn: Any, a: Thing, b: Thing) -> Thing | None:
    """``a op= b`` for an instance; None where neither has a method for it."""
    if isinstance(a, ObjectRef) and a.cls in OPERATORS:
        operate, in_place = OPERATORS[a.cls]
        return in_place(lo, a, operate(lo, fn, a, b))
    name = f"__i{fn.__name__.strip('_')}__"
    found = special(lo, a, name)
    made = None if found is None else _first(lo, [(a, name, found, b)])
    return binary_method(lo, fn, a, b) if made is None else made


def unary_method(lo: Lowerer, fn: Any, a: Thing) -> Thing | None:
    """``-a``, ``+a``, ``~a`` of an instance; None where its class has no method for it."""
    return call_special(lo, a, _UNARY_METHODS[fn], [])


def truth_of_instance(lo: Lowerer, thing: Thing) -> Thing | None:
    """What decides the truth value of an instance; None for a named tuple that leaves it to its length."""
    if isinstance(thing, ObjectRef) and thing.cls in OPERATORS:
        kind = thing.cls.__name__
        ambiguous = f"The truth value of a {kind} is ambiguous. Use a.empty, a.bool(), a.item(), a.any() or a.all()."
        lo.fail(f"a pandas {kind} has no truth value", "use `.any()` or `.all()`", raises=ValueError(ambiguous))
    if isinstance(thing, ObjectRef):
        for name in ("__bool__", "__len__"):
            guard_attribute(lo, definitions_of(thing.cls), name)
    found = call_special(lo, thing, "__bool__", [])
    if found is not None:
        if python_type(lo, found) is not bool and not lo.builder.block.diverges:
            message = f"__bool__ should return bool, returned {type_name(lo, found)}"
            lo.fail("`__bool__` does not return a bool", "write `bool(…)`", None, TypeMismatch, TypeError(message))
        return found
    found = call_special(lo, thing, "__len__", [])
    if found is None and isinstance(thing, ObjectRef):
        return Const(True)
    return found


def same_object(lo: Lowerer, a: Thing, b: Thing) -> bool:
    """``a is b`` for things in memory. Where one may or may not be the other, only running tells."""
    x, y = getattr(a, "cell", None), getattr(b, "cell", None)
    if x is None or y is None or type(a) is not type(b):
        return False
    if x is not y and (same_memory(x, y) or (x.given and y.given)):
        lo.fail("whether these are one object is only known when it runs", "compare what they hold, or a flag")
    return x is y


# -- the protocol ----------------------------------------------------------------------------------------


def _first(lo: Lowerer, tries: list[tuple[Thing, str, FunctionType, Thing]]) -> Thing | None:
    """The first answer that is not NotImplemented."""
    for thing, name, fn, other in tries:
        answer = lo.invoke(Method(thing, name, fn), [other], {})
        if isinstance(answer, Value) and answer.type == OBJECT and "NotImplemented" in fn.__code__.co_names:
            lo.fail(
                f"whether `{fn.__qualname__}` returns NotImplemented is only known when it runs",
                "decide it by the class of the operand",
            )
        if not (isinstance(answer, Const) and answer.value is NotImplemented):
            return answer
    return None


def _is_subclass(cls: type | None, other: type | None) -> bool:
    return cls is not None and other is not None and cls is not other and issubclass(cls, other)


def _as_numpy_gives_it(lo: Lowerer, left: Thing, right: Thing) -> Thing:
    """What the reflected method of ``right`` is called with, for a left operand that may be NumPy's.

    NumPy leaves an operator to instances whose class says so, by ``__array_ufunc__ = None`` or a priority. Otherwise it
    treats them as entries of an array of objects: a number becomes Python's; an array is refused."""
    t = lo.type_of(left)
    if not isinstance(left, ArrayRef) and (not isinstance(t, Scalar) or t.weak):
        return left
    cls: Any = python_type(lo, right)
    guard_attribute(lo, cls, "__array_ufunc__")
    guard_attribute(lo, cls, "__array_priority__")
    ufunc = getattr(cls, "__array_ufunc__", _NOT_IMPLEMENTED)
    priority = getattr(cls, "__array_priority__", -1e6)
    if ufunc is None or (ufunc is _NOT_IMPLEMENTED and priority > (0.0 if isinstance(left, ArrayRef) else -1e6)):
        return left
    if isinstance(left, ArrayRef) or ufunc is not _NOT_IMPLEMENTED:
        lo.fail(
            f"NumPy's own operator takes {describe(right)} here as an entry of an array of objects",
            f"set `__array_ufunc__ = None` in `{cls.__name__}`, or write it on the left",
        )
    assert isinstance(t, Scalar)
    number: Thing = lo.call(_PYTHON_NUMBERS[t.dtype.kind], lo.operand(left))
    return number


def _refuse_of_stand_ins(lo: Lowerer, name: str, *things: Thing) -> None:
    """Refuse an operator of a class of the library's that the definitions of ours lack."""
    for thing in things:
        if isinstance(thing, ObjectRef) and thing.cls in STAND_INS:
            refuse_of_stand_in(lo, thing, name, None)


def _refuse(lo: Lowerer, what: str, a: Thing, b: Thing, message: str) -> NoReturn:
    kinds = python_type(lo, a), python_type(lo, b)
    raises = None if None in kinds else TypeError(message.format(type_name(lo, a), type_name(lo, b)))
    lo.fail(
        f"`{what}` of {describe(a)} and {describe(b)} is not supported",
        "use numbers and arrays",
        None,
        TypeMismatch,
        raises,
    )
