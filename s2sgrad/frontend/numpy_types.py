"""NumPy's questions about types, answered while compiling: ``np.issubdtype(x.dtype, np.floating)``, ``np.result_type``.

The dtype of an array is known from its type, and so is what follows from it. A number that only running knows
takes part by its type, as NumPy's promotion wants it: Python's numbers are weak.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.plain import opaque
from s2sgrad.frontend.things import ListRef, Thing
from s2sgrad.ir.core import Const
from s2sgrad.ir.types import Array, Scalar


class _RunTime(Exception):
    """Only running tells."""


def _type_like(lo: Lowerer, thing: Thing) -> Any:
    """What NumPy takes for a type: a dtype, a class, a Python number as an example of its kind; or several."""
    if isinstance(thing, Const):
        return thing.value
    items = lo.heap[thing.cell] if isinstance(thing, ListRef) else thing
    if isinstance(items, tuple):
        return tuple(_type_like(lo, t) for t in items)
    t = lo.type_of(thing)
    if isinstance(t, Scalar) and t.weak:
        return t.dtype.type(0).item()
    if isinstance(t, (Array, Scalar)):
        return t.dtype
    raise _RunTime


def _ask(fn: Callable[..., Any], lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    try:
        given = [_type_like(lo, a) for a in args], {k: _type_like(lo, v) for k, v in kwargs.items()}
        return Const(fn(*given[0], **given[1]))
    except Exception:  # it raises when it runs, too
        return opaque(lo, fn, args, kwargs, node)


def _common_type(*dtypes: Any) -> type:
    """``np.common_type``, which wants arrays."""
    return np.common_type(*(np.empty(0, dtype) for dtype in dtypes))


handles(np.common_type)(partial(_ask, _common_type))
for _fn in (np.dtype, np.issubdtype, np.isdtype, np.result_type, np.promote_types, np.can_cast, np.finfo, np.iinfo):
    handles(_fn)(partial(_ask, _fn))
