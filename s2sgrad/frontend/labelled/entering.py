"""Entering a function with stand-ins for its pandas arguments, and leaving it with arrays and labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sgrad.frontend.labelled import things
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ArrayRef, Cell, DictRef, ListRef, Thing
from s2sgrad.ir.core import Const
from s2sgrad.labels import FrameLabel, IndexLabel, SeriesLabel


def lower_on_arrays(made: Any, lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """Lower the function that ``made`` (a :class:`s2sgrad.boundary.OnArrays`) is made of."""
    positional, keywords = _spread(made.callee.parameters, made.labels_of_arguments)
    enter = _Entering(lo)
    args = [enter.thing(arg, label) for arg, label in zip(args, positional, strict=True)]
    kwargs = {name: enter.thing(arg, keywords[name]) for name, arg in kwargs.items()}
    result = lo.invoke(Const(made.callee.function), args, kwargs, node)
    lo.labels = _labels(lo, result)
    return _unlabelled(lo, result)


def _spread(parameters: Any, labels: tuple[Any, ...]) -> tuple[list[Any], dict[str, Any]]:
    """Labels for each positional argument and each keyword, where ``labels`` has one for each parameter."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for parameter, label in zip(parameters, labels, strict=True):
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional.extend(label)
        elif parameter.kind is parameter.VAR_KEYWORD:
            keywords.update(label)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            keywords[parameter.name] = label
        else:
            positional.append(label)
    return positional, keywords


class _Entering:
    """Makes stand-ins, all with one index."""

    def __init__(self, lo: Lowerer) -> None:
        self.lo = lo
        self.index: Any = None

    def thing(self, thing: Thing, label: Any) -> Thing:
        """What stands for an argument."""
        lo = self.lo
        if label is None or isinstance(thing, Const):
            return thing
        if isinstance(label, SeriesLabel):
            return things.make_series(lo, self.array(thing), self.shared(label.index, thing), label.name)
        if isinstance(label, FrameLabel):
            columns = {name: self.array(lo.heap[thing.cell][name]) for name in label.columns}
            numbers = [values for values in columns.values() if isinstance(values, ArrayRef)]
            if not numbers:
                things.refuse(lo, "a DataFrame without a column of numbers is not supported", "pass its columns")
            return things.make_frame(lo, columns, self.shared(label.index, numbers[0]))
        if isinstance(thing, tuple):
            return tuple(self.thing(item, part) for item, part in zip(thing, label, strict=True))
        if isinstance(thing, ListRef) and isinstance(lo.heap[thing.cell], tuple):
            items = zip(lo.heap[thing.cell], label, strict=True)
            return ListRef(self.cell(thing, tuple(self.thing(item, part) for item, part in items)))
        if isinstance(thing, DictRef):
            return DictRef(self.cell(thing, {k: self.thing(x, label[k]) for k, x in lo.heap[thing.cell].items()}))
        return thing

    def cell(self, like: ListRef | DictRef, content: Any) -> Cell:
        """A container of stand-ins in the place of one of arrays, which nobody has written into."""
        cell = Cell(like.cell.owner)
        self.lo.heap[cell] = content
        return cell

    def array(self, thing: Thing) -> Thing:
        if isinstance(thing, ArrayRef):
            thing.cell.frozen = things.OF_CALLER
        return thing

    def shared(self, label: IndexLabel, values: Thing) -> Any:
        if self.index is None:
            self.index = things.make_index(self.lo, label, values)
        return self.index


def _mapped(lo: Lowerer, f: Callable[[Thing], Any], thing: Thing) -> Any:
    """The structure of a result, with what stands in it replaced."""
    if type(thing) is tuple:
        return tuple(_mapped(lo, f, item) for item in thing)
    if isinstance(thing, ListRef) and isinstance(lo.heap[thing.cell], tuple):
        return [_mapped(lo, f, item) for item in lo.heap[thing.cell]]
    if isinstance(thing, DictRef):
        return {key: _mapped(lo, f, item) for key, item in lo.heap[thing.cell].items()}
    return f(thing)


def _labels(lo: Lowerer, result: Thing) -> Any:
    """The labels of a result; None if there are none."""

    def label(thing: Thing) -> Any:
        if things.is_series(thing):
            return SeriesLabel(things.name_of(lo, thing), _index(lo, thing))
        if things.is_frame(thing):
            return FrameLabel(tuple(things.columns_of(lo, thing)), _index(lo, thing))
        return None

    labels = _mapped(lo, label, result)
    return labels if _any(labels) else None


def _any(labels: Any) -> bool:
    if isinstance(labels, (tuple, list)):
        return any(map(_any, labels))
    return any(map(_any, labels.values())) if isinstance(labels, dict) else labels is not None


def _index(lo: Lowerer, thing: Thing) -> IndexLabel:
    label = things.label_of(lo, things.part(lo, thing, "index"))
    if label.shared and any(type(step) is object for step in label.steps):
        things.refuse(
            lo, "a Series of which only running tells the index cannot be returned", "return its `.to_numpy()`"
        )
    return label


def _unlabelled(lo: Lowerer, result: Thing) -> Thing:
    """The result with arrays in place of Series, and dicts of them in place of DataFrames."""
    if things.is_series(result):
        return things.part(lo, result, "values")
    if things.is_frame(result):
        return things.part(lo, result, "data")
    if type(result) is tuple:
        return tuple(_unlabelled(lo, item) for item in result)
    if isinstance(result, ListRef) and isinstance(lo.heap[result.cell], tuple):
        lo.heap[result.cell] = tuple(_unlabelled(lo, item) for item in lo.heap[result.cell])
    elif isinstance(result, DictRef):
        lo.heap[result.cell] = {key: _unlabelled(lo, item) for key, item in lo.heap[result.cell].items()}
    return result
