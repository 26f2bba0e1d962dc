"""Names that are not local variables: enclosing functions, closure cells, globals, builtins.

Modules, functions, classes, strings and the like are static, and guarded: if the name is bound to something
else later, the function is lowered again. Numbers and arrays may change from call to call, so they are
*captured*: read anew by each call of the derivative.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import CellType, MappingProxyType, MethodType
from typing import Any

import gast
import numpy as np

from s2sgrad.errors import MutationError, UndefinedName
from s2sgrad.frontend.effects import check_stable
from s2sgrad.frontend.lowerer import Frame, Later, Lowerer
from s2sgrad.frontend.mentions import mentions_of_all
from s2sgrad.frontend.source import BUILTINS, Scope
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, Thing
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Absent, Capture, Const, Guard, Value
from s2sgrad.ir.types import Array, Dim, Scalar, Type, type_of

NUMBERS = (int, float, complex, np.generic, np.ndarray)


def load_name(lo: Lowerer, name: str, node: Any) -> Thing:
    """A name that is no variable of the current function."""
    frame: Frame | None = lo.frame
    box = box_of(lo.frame, name)
    if box is not None and name in lo.heap[box.cell]:
        return lo.heap[box.cell][name]
    if frame is not None and frame.source is not None and name in local_names(frame):
        what, remedy = f"`{name}` is read before it is assigned", "assign it on every path"
        for owner, names, loop in lo.late:
            if owner is frame and name in names:
                raise Later(loop, UndefinedName(what, remedy, lo.location(node)))
        raises = UnboundLocalError(f"cannot access local variable '{name}' where it is not associated with a value")
        lo.fail(what, remedy, node, UndefinedName, raises)
    while frame is not None:
        if name in frame.env:
            return frame.env[name]
        if BOX + name in frame.env and name in lo.heap[frame.env[BOX + name].cell]:
            return lo.heap[frame.env[BOX + name].cell][name]
        if frame.outer is None:
            break
        frame = frame.outer
    scope = frame.scope if frame is not None else None
    if scope is None:
        lo.fail(f"`{name}` is not defined", "define it before the call", node, UndefinedName)
    return load_from_scope(lo, scope, name, node)


def local_names(frame: Frame) -> frozenset[str]:
    """Names that the function binds itself, so that Python never looks them up elsewhere."""
    if frame.node is None:
        return frozenset()
    cached = _LOCALS.get(frame.node)
    if cached is None:
        found = set() if isinstance(frame.node, gast.Lambda) else mentions_of_all(frame.node.body).stores
        cached = _LOCALS[frame.node] = frozenset(found - _declared(frame).keys())
    return cached


def bind_global(lo: Lowerer, name: str, thing: Thing, node: Any) -> bool:
    """Assign to a variable that the function declares ``global``; False if it does not."""
    if not (lo.sets_globals and _declared(lo.frame).get(name) == "global" and lo.frame.scope is not None):
        check_local(lo, name, node)
        return False
    lo.outside[(id(lo.frame.scope.globals), name)] = thing
    return True


def check_local(lo: Lowerer, name: str, node: Any) -> None:
    """Refuse to assign to a variable that the function declares ``global``, or ``nonlocal`` from outside of what is
    lowered."""
    kind = _declared(lo.frame).get(name)
    if kind is not None and box_of(lo.frame, name) is None:
        lo.fail(f"assigning to the {kind} variable `{name}` is not supported", "return it instead", node, MutationError)


def _declared(frame: Frame) -> dict[str, str]:
    if frame.node is None or isinstance(frame.node, gast.Lambda):
        return {}
    if frame.node not in _DECLARED:
        _DECLARED[frame.node] = mentions_of_all(frame.node.body).declared
    return _DECLARED[frame.node]


# A variable that a nested function assigns is kept in memory, so that branches and loops of either function join it:
# the name, with this before it, is a dict with one entry.
BOX = "%variable "


def make_boxes(lo: Lowerer) -> None:
    """Give memory to the current function's variables that functions inside it assign."""
    frame = lo.frame
    for name in _shared(frame):
        cell = Cell(BOX + name)
        lo.heap[cell] = {name: frame.env.pop(name)} if name in frame.env else {}
        frame.env[BOX + name] = DictRef(cell)


def box_of(frame: Frame, name: str) -> DictRef | None:
    """The memory of a variable that several functions assign, if this is one."""
    owner: Frame | None = frame
    if _declared(frame).get(name) == "nonlocal":
        owner = frame.outer
        while owner is not None and BOX + name not in owner.env:
            owner = owner.outer
    return None if owner is None else owner.env.get(BOX + name)


def _shared(frame: Frame) -> frozenset[str]:
    """The names that a function binds and that functions inside it declare ``nonlocal``."""
    if frame.node is None or isinstance(frame.node, gast.Lambda):
        return frozenset()
    if frame.node not in _SHARED:
        found = mentions_of_all(frame.node.body).nonlocals - _declared(frame).keys()
        arguments = frame.node.args
        parameters = {a.id for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        _SHARED[frame.node] = frozenset(found & (local_names(frame) | parameters))
    return _SHARED[frame.node]


_SHARED: dict[Any, frozenset[str]] = {}
_LOCALS: dict[Any, frozenset[str]] = {}
_DECLARED: dict[Any, dict[str, str]] = {}


def load_from_scope(lo: Lowerer, scope: Scope, name: str, node: Any) -> Thing:
    """A closure cell, global or builtin."""
    try:
        found = _variable(scope, name)
    except ValueError:
        lo.fail(f"`{name}` is not assigned yet in the enclosing function", "assign it first", node, UndefinedName)
    if found is not None:
        key, value, where = found
    elif name in BUILTINS:
        where = Capture(name, scope.globals, (("global", name),), scope.globals.get("__name__"))
        guard(lo, where, BUILTINS[name])
        return Const(BUILTINS[name])
    else:
        raises = NameError(f"name '{name}' is not defined")
        lo.fail(f"`{name}` is not defined", "define it before the call", node, UndefinedName, raises)
    check_stable(lo, key)
    if key in lo.outside:
        return lo.outside[key]
    if key not in lo.captured:
        lo.captured[key] = capture(lo, value, where)
    return lo.captured[key]


def _variable(scope: Scope, name: str) -> tuple[Any, Any, Capture] | None:
    """What stands for a closure cell or global in tables, its value, and where it is. ValueError: an empty cell."""
    if name in scope.closure:
        cell: CellType = scope.closure[name]
        return (id(cell), name), cell.cell_contents, Capture(name, cell, (("attribute", "cell_contents"),))
    if name in scope.globals:
        namespace = scope.globals
        where = Capture(name, namespace, (("item", name),), namespace.get("__name__"))
        return (id(namespace), name), namespace[name], where
    return None


def variable_outside(lo: Lowerer, name: str) -> tuple[Any, Any, Capture] | None:
    """The same for a name, if what it stands for here is a variable outside of all that is lowered."""
    frame: Frame | None = lo.frame
    while frame is not None:
        if name in frame.env or BOX + name in frame.env or name in local_names(frame):
            return None
        if frame.outer is None:
            break
        frame = frame.outer
    try:
        return None if frame is None or frame.scope is None else _variable(frame.scope, name)
    except ValueError:
        return None


def capture(lo: Lowerer, value: Any, where: Capture) -> Thing:
    """A global or closure variable as a thing: a run-time value for numbers and arrays, static otherwise."""
    if lo.rule and isinstance(value, (int, float, complex, tuple)):
        return Const(value)
    if where.place in lo.fixed_captures and not isinstance(value, np.ndarray):
        guard(lo, where, value)
        return Const(value)
    if isinstance(value, NUMBERS) and not isinstance(value, (bool, np.bool_)) and type_of(value).is_numeric:
        captured = Value(known_length(captured_type(value, where.place)), where.name)
        lo.captures[captured] = where
        thing = lo.wrap(captured, where.name)
        if isinstance(thing, ArrayRef):
            thing.cell.frozen = f"belongs to the variable `{where.name}` outside of the function"
            thing.cell.outside = captured
        return thing
    if type(value) is tuple:
        items = tuple(_item(lo, v, where, k) for k, v in enumerate(value))
        guard(lo, where, value, structure=True)
        return Const(value) if all(isinstance(t, Const) for t in items) else items
    if type(value) in (list, dict, MappingProxyType) and value:
        keys = range(len(value)) if isinstance(value, list) else list(value)
        content = {k: _item(lo, value[k], where, k) for k in keys}
        cell = Cell(where.name)
        cell.frozen = f"belongs to the variable `{where.name}` outside of the function"
        guard(lo, where, value, structure=True)
        cell.outside = tuple(content.values()) if isinstance(value, list) else content
        lo.heap[cell] = cell.outside
        return ListRef(cell) if isinstance(value, list) else DictRef(cell)
    guard(lo, where, value)
    if type(value) in (list, dict):
        guard(lo, where, value, structure=True)  # it is empty, and has to stay so
    return Const(value)


def guard(lo: Lowerer, where: Capture, value: object, *, structure: bool = False) -> None:
    """What was decided from this object holds only as long as the name stands for it.

    ``structure``: for any container with these keys, in the case of one whose items are looked up themselves.
    """
    if not lo.rule:
        lo.guards.setdefault((where.place, structure), Guard(where, value, structure))


def guard_content(lo: Lowerer, value: set[Any]) -> bool:
    """What was decided from a set from outside holds as long as it has these items; False where that is not checked:
    equality of objects may be anything, and of many items takes its time."""
    if len(value) > _MOST_ITEMS or not all(isinstance(item, _ITEMS) for item in value):
        return False
    guard(lo, Capture("items", value), frozenset(value), structure=True)
    return True


_MOST_ITEMS = 100
_ITEMS = (str, bytes, int, float, type, type(None))


def guard_attribute(lo: Lowerer, owner: Any, name: str) -> None:
    """What was decided from an attribute, or from its absence, holds only as long as it leads to the same.

    A method is made anew by each look-up: its function, and the class that a class method belongs to, are what counts.
    """
    if lo.classes and isinstance(owner, type) and owner in lo.classes:  # what it inherits may come from outside
        owner = next((base for base in owner.__mro__ if name in vars(base) and base not in lo.classes), None)
        if owner is None:
            return
    where = Capture(name, owner, (("attribute", name),))
    value = getattr(owner, name, Absent)
    if isinstance(value, MethodType):
        guard(lo, where.attribute("__func__"), value.__func__)
        if isinstance(value.__self__, type):
            guard(lo, where.attribute("__self__"), value.__self__)
    elif value is getattr(owner, name, Absent):
        guard(lo, where, value)


def _item(lo: Lowerer, value: object, where: Capture, key: Any) -> Thing:
    name = f"{where.name}_{key}" if f"{where.name}_{key}".isidentifier() else where.name
    return capture(lo, value, where.item(name, key))


def captured_type(value: object, place: Hashable) -> Type:
    """The type of an object, its lengths as symbols: whether each is 1 is all that is fixed.

    They are those of the ``place`` where it is found: two objects have attributes of one name.
    """
    t = type_of(value)
    if isinstance(t, Array):
        shape = tuple(1 if n == 1 else Dim(("captured", place, k), plural=True) for k, n in enumerate(t.shape))
        return Array(t.dtype, shape)
    if isinstance(t, Scalar) and t.dtype.kind in "iu":
        return Scalar(t.dtype, t.weak, Dim(("captured", place)))
    return t
