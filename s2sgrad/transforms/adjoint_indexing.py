"""Subscripts, in-place updates and lists, in reverse.

The cotangent of an array that is read by element is one buffer, added to where the element was read. An
update ends the life of what it overwrites: the cotangent of the new value is taken out of the buffer.

    y = getitem x, i           x_bar = additem x_bar, i, y_bar
    b = setitem a, i, v        v_bar = getitem b_bar, i;  a_bar = setitem b_bar, i, 0.0
    t = push s, v              s_bar, v_bar = pop t_bar
    t, v = pop s               s_bar = push t_bar, v_bar
    s = make_list u, v         u_bar = getindex s_bar, 0;  v_bar = getindex s_bar, 1

The cotangent of a dict is a dict, in which what is missing is zero. An entry for a key that the dict does not
have means nothing: whatever puts the key into the dict overwrites it.

``a[i] += v`` is linear in what it overwrites: nothing has to be zeroed, only ``v_bar = b_bar[i]`` read.

An array in a list that is updated in place, ``l[k][i] = v``, is three operations of the IR; its cotangent is updated in
its place, too: ``v_bar = l_bar[k][i]; l_bar[k][i] = 0.0``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.errors import UnsupportedCall
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value, leaves
from s2sgrad.ir.primitives import (
    additem,
    get,
    getindex,
    make_list,
    new_dict,
    new_list,
    pop,
    push,
    setitem,
    surviving,
    without_key,
)
from s2sgrad.ir.types import Array, DictOf, ListOf, Scalar, TupleOf, Type, Unknown, entry_type
from s2sgrad.optimize.rewrite import fits
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.cotangents import bar_name, derivative_type, scale, zero
from s2sgrad.transforms.scopes import Cotangent, Scope, add_structures, as_operand, as_tree

Bars: TypeAlias = "list[Cotangent | None]"


# -- indices -------------------------------------------------------------------------------------


def is_everything(index: Tree) -> bool:
    """``a[...]``, ``a[:]`` or ``a[()]``."""
    if index == ():
        return True
    if isinstance(index, Const):
        return index.value is Ellipsis or index.value == slice(None)
    if isinstance(index, slice):
        return all(isinstance(x, Const) and x.value is None for x in (index.start, index.stop, index.step))
    return False


def added_axes(x: Operand, index: Tree) -> list[int]:
    """The axes of length 1 that ``x[index]`` has more than ``x``, if it is all of ``x``: those of ``x[:, None]``."""
    if not isinstance(index, tuple) or not isinstance(x.type, Array) or not x.type.ndim:
        return []
    axes, at = [], 0
    for item in index:
        if isinstance(item, Const) and item.value is None:
            axes.append(at)
            at += 1
        elif isinstance(item, Const) and item.value is Ellipsis:
            at += x.type.ndim - sum(1 for i in index if is_everything(i)) + 1
        elif isinstance(item, (Const, slice)) and is_everything(item):
            at += 1
        else:
            return []
    return axes


def same_index(a: Tree, b: Tree) -> bool:
    """Whether two index trees certainly select the same entries."""
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and not hasattr(a.value, "shape") and bool(a.value == b.value)
    if isinstance(a, (tuple, list)) and type(a) is type(b):
        return len(a) == len(b) and all(map(same_index, a, b))
    if isinstance(a, slice) and isinstance(b, slice):
        return all(map(same_index, (a.start, a.stop, a.step), (b.start, b.stop, b.step)))
    return a is b


def selects_once(index: Tree) -> bool:
    """Whether no entry is selected twice: integers, slices and masks, but not arrays of integers."""
    if isinstance(index, list):
        return False
    for x in leaves(index):
        if isinstance(x, Const):
            if not (x.value is None or x.value is Ellipsis or isinstance(x.value, (int, slice))):
                return False
        elif not isinstance(x.type, (Scalar, Array)) or (isinstance(x.type, Array) and x.type.dtype.kind != "b"):
            return False
    return True


# -- arrays --------------------------------------------------------------------------------------


def reverse_getitem(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    x, index = call.args
    if r.is_active(x):
        axes = added_axes(x, index)
        if is_everything(index) and (index == () or type(x.type) is type(call.result.type)):
            r.accumulate(scope, x, bars[0])
        elif axes and isinstance(bars[0], Value) and fits(bars[0], call.result.type):
            dropped = tuple(0 if k in axes else slice(None) for k in range(axes[-1] + 1))
            r.accumulate(scope, x, r.builder.call(operator.getitem, bars[0], dropped))
        else:
            add_at(r, scope, x, index, bars[0])


def add_at(r: Reverse, scope: Scope, x: Value, index: Tree, bar: Any) -> None:
    """``x_bar[index] += bar``."""
    buffer = scope.current(x)
    if buffer is None:
        buffer = zero(r.builder, x, bar_name(x))
    buffer = writable(r, buffer, x)
    r.put(scope, x, r.builder.typed_call(additem, derivative_type(x.type), buffer, index, bar, name=bar_name(x)))


def writable(r: Reverse, bar: Any, x: Operand) -> Any:
    """The cotangent of an array without axes may be a number: to be written into, it has to be an array."""
    if isinstance(x.type, Array) and not x.type.ndim and isinstance(bar.type, Scalar):
        return r.builder.typed_call(np.asarray, Array(bar.type.dtype, ()), bar)
    return bar


def read_at(r: Reverse, buffer: Any, index: Tree) -> Operand:
    """``buffer[index]``."""
    if isinstance(buffer.type, ListOf):
        return r.builder.typed_call(getindex, entry_type(buffer.type, index), buffer, index)
    if isinstance(buffer.type, DictOf):
        return r.builder.typed_call(get, buffer.type.item, buffer, index, Const(0.0))
    if is_everything(index):
        whole: Operand = buffer
        return whole
    value: Operand = r.builder.call(operator.getitem, buffer, index)
    return value


def write_at(r: Reverse, buffer: Any, index: Tree, value: Tree, a: Operand) -> Operand:
    buffer = writable(r, buffer, a)
    return r.builder.typed_call(setitem, derivative_type(a.type), buffer, index, value, name=bar_name(a))


def reverse_setitem(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    a, index, v = call.args
    rest = _before_store(r, a, index, v, bars[0], scope)
    if r.is_active(a) and rest is not None:
        r.accumulate(scope, a, rest)


def _before_store(r: Reverse, a: Operand, index: Tree, v: Tree, buffer: Any, scope: Scope) -> Any:
    """The cotangent of ``a``, out of that of ``setitem(a, index, v)``; ``v`` gets its part. None: it is zero."""
    update = None if isinstance(a.type, ListOf) else _augmented(r, a, index, v)
    if update is not None:
        _reverse_augmented(r, update, index, buffer, scope)
        return buffer
    steps = _steps_in_place(r, a, index, v)
    if steps:
        return _before_steps(r, a, index, steps, buffer, scope)
    if not is_everything(index):
        buffer = writable(r, buffer, a)
    if any(map(r.is_active, leaves(v))):
        container = isinstance(a.type, (ListOf, DictOf))
        stored = container or is_everything(index) or selects_once(index)
        v_bar = read_at(r, buffer, index) if stored else r.builder.call(surviving, buffer, index)
        r.contribute(scope, v, v_bar, broadcasts=not container)
    if not r.is_active(a) or (is_everything(index) and not isinstance(a.type, DictOf)):
        return None
    nothing: Tree = Const(0.0)
    if isinstance(a.type, ListOf) and not isinstance(entry_type(a.type, index), Scalar):
        nothing = as_tree(r.builder, None, read_at(r, a, index))
    return write_at(r, buffer, index, nothing, a)


def _steps_in_place(r: Reverse, a: Operand, index: Tree, v: Tree) -> list[Call]:
    """The updates of the array ``a[index]`` of a list that lead to ``v``, the last one first, if that is all of it."""
    if not isinstance(a.type, ListOf) or not isinstance(a.type.item, Array):
        return []
    steps: list[Call] = []
    made = _definition(r, v)
    while made is not None and made.fn in (setitem, additem) and r.structure.uses.get(made.result) == 1:
        steps.append(made)
        made = _definition(r, made.args[0])
    found = made is not None and made.fn is getindex and made.args[0] is a and same_index(made.args[1], index)
    return steps if found else []


def _definition(r: Reverse, x: Tree) -> Call | None:
    made = r.structure.definition.get(x) if isinstance(x, Value) else None
    return made if isinstance(made, Call) else None


def _before_steps(r: Reverse, a: Operand, index: Tree, steps: list[Call], buffer: Any, scope: Scope) -> Any:
    """The cotangent of a list before one of its arrays was updated in place: that of the array stays where it is."""
    bar: Any = read_at(r, buffer, index)
    for step in steps:
        x, where, v = step.args
        if step.fn is setitem:
            rest = _before_store(r, x, where, v, bar, scope)
            bar = r.builder.call(np.zeros_like, bar) if rest is None else rest
        elif any(map(r.is_active, leaves(v))):
            r.contribute(scope, v, read_at(r, bar, where), broadcasts=True)
    return write_at(r, buffer, index, bar, a)


def _augmented(r: Reverse, a: Operand, index: Tree, v: Tree) -> Call | None:
    """The addition (subtraction, multiplication, division) of ``a[index] += t``, if that is what ``v`` comes from.

    The entry read and the sum must be used for nothing else, and the index must select no entry twice.
    """
    definition = r.structure.definition
    if (
        not isinstance(v, Value)
        or r.structure.uses.get(v) != 1
        or not (isinstance(a.type, DictOf) or selects_once(index))
    ):
        return None
    update = definition.get(v)
    if not isinstance(update, Call) or update.fn not in _AUGMENTED:
        return None
    entry = update.args[0]
    if not isinstance(entry, Value) or entry is update.args[1] or v.type != entry.type:
        return None
    if is_everything(index) and not isinstance(a.type, DictOf):
        return update if entry is a else None
    read = definition.get(entry)
    entries = (getindex, get) if isinstance(a.type, DictOf) else (operator.getitem,)
    if not isinstance(read, Call) or read.fn not in entries or r.structure.uses.get(entry) != 1:
        return None
    return update if read.args[0] is a and same_index(read.args[1], index) else None


_AUGMENTED = (operator.add, operator.sub)


def _reverse_augmented(r: Reverse, update: Call, index: Tree, buffer: Any, scope: Scope) -> None:
    t = update.args[1]
    if r.is_active(t):
        t_bar: Operand | None = read_at(r, buffer, index)
        if update.fn is operator.sub:
            t_bar = scale(r.builder, t_bar, Const(-1.0))  # type: ignore[arg-type]
        r.contribute(scope, t, t_bar, broadcasts=True)


def reverse_additem(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    a, index, v = call.args
    if any(map(r.is_active, leaves(v))):
        r.contribute(scope, v, read_at(r, bars[0], index), broadcasts=True)
    r.accumulate(scope, a, bars[0])


# -- lists ---------------------------------------------------------------------------------------


def reverse_getindex(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    items, index = call.args
    bar = bars[0]
    if not r.is_active(items) or bar is None:
        return
    if isinstance(items.type, TupleOf):
        if not (isinstance(index, Const) and isinstance(index.value, int)):
            raise UnsupportedCall("the items of a tuple are selected by a computed index", "use a list", call.stmt)
        slots: list[Cotangent | None] = [None] * len(items.type.items)
        slots[index.value] = bar
        r.accumulate(scope, items, tuple(slots))
    elif isinstance(items.type, ListOf) and isinstance(entry_type(items.type, index), (TupleOf, ListOf)):
        _add_structure_at(r, scope, items, index, as_tree(r.builder, bar, call.result))
    else:
        add_at(r, scope, items, index, as_tree(r.builder, bar, call.result))


def _add_structure_at(r: Reverse, scope: Scope, items: Value, index: Tree, bar: Tree) -> None:
    """``items_bar[index] += bar`` for a list of tuples or lists, item by item."""
    buffer = scope.current(items)
    if buffer is None:
        buffer = zero(r.builder, items, bar_name(items))
    assert isinstance(items.type, ListOf)
    new = add_structures(r.builder, bar, read_at(r, buffer, index), entry_type(items.type, index))
    r.put(scope, items, write_at(r, buffer, index, new, items))


def reverse_push(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    stack, v = call.args
    buffer = bars[0]
    assert isinstance(buffer, Value) and isinstance(call.result.type, ListOf)
    rest = Value(buffer.type, bar_name(stack))
    item = call.result.type.item
    v_bar = Value(derivative_type(item), bar_name(v) if isinstance(v, Value) else None)
    r.builder.add(Call(pop, (buffer,), {}, [rest, v_bar]))
    r.accumulate(scope, stack, rest)
    _hand_out(r, scope, v, v_bar, item)


def _hand_out(r: Reverse, scope: Scope, v: Tree, v_bar: Value, t: Type) -> None:
    """Contribute the cotangent of a run-time item to the tree of operands that it was made of."""
    if isinstance(v, Value):
        r.contribute(scope, v, v_bar, broadcasts=False)
    elif isinstance(v, (tuple, list)):
        assert isinstance(t, (TupleOf, ListOf))
        for k, x in enumerate(v):
            inner = t.items[k] if isinstance(t, TupleOf) else t.item
            if any(map(r.is_active, leaves(x))):
                part = r.builder.typed_call(getindex, _item_type(x, inner), v_bar, Const(k), name=bar_name(x))
                _hand_out(r, scope, x, part, inner)


def _item_type(x: Tree, t: Type) -> Type:
    """The type of the cotangent of an item ``x`` of a list whose items are of type ``t``.

    Of unknown items, that of a list is a list: it is copied as one before it is taken apart.
    """
    known = isinstance(t, Unknown) and isinstance(x, Value) and isinstance(x.type, (ListOf, TupleOf, DictOf))
    return x.type if known else derivative_type(t)


def reverse_make_list(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    """``[a, b]`` as a run-time list."""
    (bar,) = bars
    t = call.result.type
    assert isinstance(bar, Value) and isinstance(t, ListOf)
    if isinstance(t.item, Unknown) and len(call.args) > 1:
        parts = [Value(_item_type(x, t.item), bar_name(x) if isinstance(x, Value) else None) for x in call.args]
        r.builder.add(Call(tuple, (bar,), {}, parts))
        for x, part in zip(call.args, parts, strict=True):
            r.contribute(scope, x, part, broadcasts=False)
    else:
        _hand_out(r, scope, list(call.args), bar, t)


def reverse_pop(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    (stack,) = call.args
    if not r.is_active(stack):
        return
    rest, v = call.results
    buffer = as_operand(r.builder, bars[0], rest)
    item = as_tree(r.builder, bars[1], v)
    r.accumulate(scope, stack, r.builder.typed_call(push, stack.type, buffer, item, name=bar_name(stack)))


def reverse_tuple(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    """``tuple((a, b))``: the run-time tuple that a loop carries; or, with several results, unpacking a list."""
    (items,) = call.args
    if len(call.results) > 1:
        if r.is_active(items):
            parts = [as_tree(r.builder, bar, x) for bar, x in zip(bars, call.results, strict=True)]
            r.accumulate(scope, items, r.builder.typed_call(make_list, items.type, *parts, name=bar_name(items)))
        return
    bar = bars[0]
    if isinstance(bar, tuple) and isinstance(items, tuple):
        for x, x_bar in zip(items, bar, strict=True):
            r.contribute(scope, x, x_bar, broadcasts=False)


def reverse_get(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    """``items.get(key, c)``: where the key is missing, its cotangent means nothing."""
    items, key, _ = call.args
    if r.is_active(items) and bars[0] is not None:
        add_at(r, scope, items, key, as_tree(r.builder, bars[0], call.result))


def reverse_without_key(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    items, key = call.args
    if r.is_active(items):
        buffer = as_operand(r.builder, bars[0], call.result)
        r.accumulate(scope, items, write_at(r, buffer, key, Const(0.0), items))


def reverse_nothing(r: Reverse, call: Call, bars: Bars, scope: Scope) -> None:
    """A new list has no operands."""


SPECIAL: dict[Any, Callable[[Reverse, Call, Bars, Scope], None]] = {
    operator.getitem: reverse_getitem,
    setitem: reverse_setitem,
    additem: reverse_additem,
    getindex: reverse_getindex,
    push: reverse_push,
    make_list: reverse_make_list,
    pop: reverse_pop,
    new_list: reverse_nothing,
    new_dict: reverse_nothing,
    get: reverse_get,
    without_key: reverse_without_key,
    tuple: reverse_tuple,
}
