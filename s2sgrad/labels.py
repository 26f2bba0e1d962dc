"""pandas at the boundary: objects with labels taken apart into arrays, and put together again.

Compiled code knows arrays only. All Series and DataFrames of a call have one index, so that pandas would align nothing;
a Series enters as its array, a DataFrame as a dict of them, and what comes out gets the index back. What is left of
the objects while compiling are *labels* (:class:`SeriesLabel`, :class:`FrameLabel`) in the places where they stood.

Nothing here imports pandas: who passes a Series has imported it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.errors import StructureMismatch


@dataclass(frozen=True, slots=True)
class IndexLabel:
    """Which index a Series has: the one that all arguments share (``cls``: its class), taken apart by ``steps``.

    Other indices are those of ``pd.Series(array)``: ``shared`` is False, ``steps`` holds what tells the lengths apart.
    """

    cls: type
    steps: tuple[Any, ...] = ()
    shared: bool = True

    def of(self, index: Any) -> Any:
        """That index, from the one that the arguments share; None for pandas' own numbering."""
        if not self.shared:
            return None
        for step in self.steps:
            index = index[slice(*step)]
        return index


@dataclass(frozen=True, slots=True)
class SeriesLabel:
    """In the place of a Series."""

    name: Any
    index: IndexLabel


@dataclass(frozen=True, slots=True)
class FrameLabel:
    """In the place of a DataFrame."""

    columns: tuple[Any, ...]
    index: IndexLabel


class Opaque:
    """A Series of something else than numbers: it is passed on as it is."""

    __slots__ = ("object",)

    def __init__(self, object: Any) -> None:
        self.object = object


class LabelledArgument(Exception):
    """A signature was asked for of an argument that has to be taken apart first."""


def is_labelled(x: object) -> bool:
    """Whether this is a Series or a DataFrame."""
    pandas: Any = sys.modules.get("pandas")
    return pandas is not None and type(x) in (getattr(pandas, "Series", None), getattr(pandas, "DataFrame", None))


def has_labels(tree: Any) -> bool:
    """Whether there is a Series or DataFrame in nested tuples, lists and dicts."""
    return any(map(is_labelled, _leaves(tree)))


def _leaves(tree: Any) -> Iterator[Any]:
    if type(tree) in (tuple, list, dict):
        for item in tree.values() if type(tree) is dict else tree:
            yield from _leaves(item)
    else:
        yield tree


def _mapped(f: Any, tree: Any) -> Any:
    if type(tree) in (tuple, list):
        return type(tree)(_mapped(f, item) for item in tree)
    if type(tree) is dict:
        return {key: _mapped(f, item) for key, item in tree.items()}
    return f(tree)


def shared_index(arguments: Any) -> Any:
    """The index of all pandas objects among arguments. Raises :class:`StructureMismatch` if they have several."""
    objects = [x for x in _leaves(arguments) if is_labelled(x) and not _is_opaque(x)]
    first: Any = objects[0].index if objects else None
    for x in objects[1:]:
        if not (type(x.index) is type(first) and x.index.equals(first)):
            raise StructureMismatch(
                "the Series and DataFrames of this call have different indices, which pandas would align",
                "give them one index before the call, such as y.reindex(x.index)",
            )
    return first


def plain(tree: Any) -> Any:
    """Nested arguments with arrays in place of Series, and dicts of arrays in place of DataFrames."""
    return _mapped(_plain, tree) if "pandas" in sys.modules else tree


def _plain(x: Any) -> Any:
    if not is_labelled(x):
        return x
    if x.ndim == 2:
        if not x.columns.is_unique:
            raise StructureMismatch("a DataFrame has two columns of one name", "rename them")
        return {name: _plain(x[name]) for name in x.columns}
    return Opaque(x) if _is_opaque(x) else x.to_numpy()


def _is_opaque(x: Any) -> bool:
    return x.ndim == 1 and not (isinstance(x.dtype, np.dtype) and x.dtype.kind in "fciub")


def opened(tree: Any) -> Any:
    """:func:`plain` arguments with the objects that are passed on as they are."""
    return _mapped(lambda x: x.object if type(x) is Opaque else x, tree)


def labels_of(tree: Any) -> Any:
    """Nested arguments with labels in place of Series and DataFrames, and None in place of all else."""

    def label(x: Any) -> Any:
        if not is_labelled(x) or _is_opaque(x):
            return None
        index = IndexLabel(type(x.index))
        return SeriesLabel(x.name, index) if x.ndim == 1 else FrameLabel(tuple(x.columns), index)

    return _mapped(label, tree)


def labelled(tree: Any, labels: Any, index: Any) -> Any:
    """Nested results with Series and DataFrames where there are labels for them."""
    if labels is None:
        return tree
    if isinstance(labels, SeriesLabel):
        return sys.modules["pandas"].Series(np.asarray(tree), index=labels.index.of(index), name=labels.name)
    if isinstance(labels, FrameLabel):
        return sys.modules["pandas"].DataFrame(tree, index=labels.index.of(index), columns=list(labels.columns))
    if isinstance(labels, dict):
        return {key: labelled(tree[key], label, index) for key, label in labels.items()}
    return type(labels)(labelled(item, label, index) for item, label in zip(tree, labels, strict=True))


def check_same_labels(given: Any, model: Any, what: str) -> None:
    """Raise :class:`StructureMismatch` if a tangent or cotangent has other labels than what it belongs to."""
    if "pandas" not in sys.modules:
        return
    for x, y in zip(_leaves(given), _leaves(model), strict=False):
        same = not (is_labelled(x) and is_labelled(y)) or (type(x) is type(y) and x.index.equals(y.index))
        if not same or (is_labelled(x) and x.ndim == 2 and list(x.columns) != list(y.columns)):
            raise StructureMismatch(f"{what} has other labels than what it belongs to", "give it the same index")


def key_of(labels: Any) -> Any:
    """A hashable key of labels."""
    if type(labels) in (tuple, list):
        return (type(labels), *map(key_of, labels))
    if type(labels) is dict:
        return (dict, *((key, key_of(label)) for key, label in labels.items()))
    return labels
