"""The functions of `itertools`, on items that are known while compiling or in terms of what loops understand.

What combines items (``product``, ``combinations``, …) needs to know them; ``chain``, ``islice``, ``pairwise``,
``repeat``, ``count`` and ``starmap`` also run over arrays and lists of any length.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.calls import ITERATORS, handles
from s2sgrad.frontend.iteration import once
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.operations import binary
from s2sgrad.frontend.subscripts import load_subscript
from s2sgrad.frontend.things import ArrayRef, Cell, ListRef, Once, Range, SliceThing, Thing, Zip
from s2sgrad.ir.core import Const

Args = list[Thing]
Kwargs = dict[str, Thing]


ITERATORS |= {reversed, filter, *(fn for fn in vars(itertools).values() if isinstance(fn, type))}


def _items(lo: Lowerer, thing: Thing, node: Any) -> tuple[Thing, ...]:
    """The items, which have to be known."""
    items = known_items(lo, once(lo, thing))
    if items is None:
        lo.fail("this needs to know while compiling how many items there are", "write nested loops", node)
    return items


def _static(lo: Lowerer, thing: Thing, node: Any) -> Any:
    if not isinstance(thing, Const):
        lo.needs_static(thing, "this has to be known while compiling", "write it as a literal", node)
    return thing.value


def _list(lo: Lowerer, items: tuple[Thing, ...]) -> ListRef:
    cell = Cell()
    lo.heap[cell] = items
    return ListRef(cell)


def _combining(fn: Callable[..., Any]) -> None:
    """``fn(*iterables, size)`` on known items."""

    @handles(fn)
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        sizes = [_static(lo, a, node) for a in (*args[1:], *kwargs.values())]
        return _list(lo, tuple(fn(_items(lo, args[0], node), *sizes)))


for _fn in (itertools.combinations, itertools.combinations_with_replacement, itertools.permutations):
    _combining(_fn)


@handles(itertools.product)
def _product(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    repeat = _static(lo, kwargs.get("repeat", Const(1)), node)
    columns = [_items(lo, a, node) for a in args]
    return _list(lo, tuple(itertools.product(*columns, repeat=repeat)))


@handles(itertools.zip_longest)
def _zip_longest(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    fill = kwargs.get("fillvalue", Const(None))
    columns = [_items(lo, a, node) for a in args]
    return _list(lo, tuple(itertools.zip_longest(*columns, fillvalue=fill)))


@handles(itertools.chain)
def _chain(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    columns = [known_items(lo, once(lo, a)) for a in args]
    if all(c is not None for c in columns):
        return _list(lo, tuple(item for c in columns if c is not None for item in c))
    if all(isinstance(a, ArrayRef) for a in args):
        return lo.call(np.concatenate, [lo.operand(a) for a in args])
    lo.fail("`chain` of lists that only running can count is not supported", "loop over one after the other", node)


@handles(itertools.chain.from_iterable)
def _from_iterable(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return Once(_chain(lo, list(_items(lo, args[0], node)), {}, node), lo.loops)


@handles(itertools.islice)
def _islice(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing = once(lo, args[0])
    bounds = [Const(None), args[1], Const(None)] if len(args) == 2 else [*args[1:], Const(None)][:3]
    if isinstance(thing, Range) and isinstance(thing.stop, Const) and thing.stop.value is None and len(args) == 2:
        end = binary(lo, operator.add, thing.start, binary(lo, operator.mul, thing.step, args[1]))
        return Range(thing.start, end, thing.step)
    items = known_items(lo, thing)
    if items is not None:
        return _list(lo, items[slice(*(_static(lo, b, node) for b in bounds))])
    return load_subscript(lo, thing, SliceThing(*bounds), node)


@handles(itertools.pairwise)
def _pairwise(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    thing = once(lo, args[0])
    items = known_items(lo, thing)
    if items is not None:
        return _list(lo, tuple(itertools.pairwise(items)))
    none = Const(None)
    before = load_subscript(lo, thing, SliceThing(none, Const(-1), none), node)
    after = load_subscript(lo, thing, SliceThing(Const(1), none, none), node)
    return Zip((before, after))


@handles(itertools.count)
def _count(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    start = args[0] if args else kwargs.get("start", Const(0))
    step = args[1] if len(args) > 1 else kwargs.get("step", Const(1))
    return Range(start, Const(None), step)


@handles(itertools.repeat)
def _repeat(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    times = args[1] if len(args) > 1 else kwargs.get("times")
    if times is None:
        lo.fail("`repeat` without an end is not supported", "use the value itself", node)
    return _list(lo, (args[0],) * _static(lo, times, node))


@handles(itertools.cycle)
def _cycle(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    lo.fail("`cycle` is not supported", "index with `k % n`", node)


@handles(itertools.starmap)
def _starmap(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    fn, iterable = args
    return _list(lo, tuple(lo.invoke(fn, list(_items(lo, row, node)), {}, node) for row in _items(lo, iterable, node)))


@handles(itertools.accumulate)
def _accumulate(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    fn = args[1] if len(args) > 1 else kwargs.get("func", Const(operator.add))
    initial = kwargs.get("initial")
    items = known_items(lo, once(lo, args[0]))
    if items is None:
        lo.fail("`accumulate` of items that only running can count is not supported", "use np.cumsum or a loop", node)
    totals: list[Thing] = [] if initial is None else [initial]
    for item in items:
        totals.append(lo.invoke(fn, [totals[-1], item], {}, node) if totals else item)
    return _list(lo, tuple(totals))
