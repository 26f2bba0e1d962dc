"""Result types of calls: ``infer(fn, args, kwargs) -> Type`` (a tuple of types for several results).

Functions whose shapes follow laws have a type rule, in :mod:`s2sgrad.ir.shapes`, a file per family. Ufuncs and
operators broadcast their shapes symbolically and ask NumPy for the dtype. Other functions of NumPy and SciPy are
run on a witness. What cannot be told is ``Unknown``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, leaves
from s2sgrad.ir.shapes import (
    arrangement,
    containers,
    creation,
    elementwise,
    fft,
    grids,
    indexing,
    joining,
    linalg,
    products,
    reductions,
    scalars,
    selection,
    sorting,
)
from s2sgrad.ir.shapes.elementwise import UFUNC_OF_OPERATOR, broadcast
from s2sgrad.ir.shapes.table import TYPE_RULES, CannotTell, Types, type_rule
from s2sgrad.ir.shapes.witness import run_on_witness
from s2sgrad.ir.types import OBJECT, UNKNOWN, TupleOf, Unknown
from s2sgrad.ir.unset import without_unset
from s2sgrad.stages import stage

FAMILIES = (
    arrangement,
    containers,
    creation,
    elementwise,
    fft,
    grids,
    indexing,
    joining,
    linalg,
    products,
    reductions,
    scalars,
    selection,
    sorting,
)


@stage("inference")
def infer(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Types:
    """The type of ``fn(*args, **kwargs)``; a tuple of types where the call has several results.

    A tuple of one item is a run-time tuple: one result, not several.
    """
    try:
        types = _infer(fn, args, kwargs)
        return TupleOf(types) if isinstance(types, tuple) and len(types) == 1 else types
    except (CannotTell, TypeError):  # TypeError: options that the type rule does not have
        return UNKNOWN


def _infer(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Types:
    args, kwargs = without_unset(fn, args, kwargs)
    rule = TYPE_RULES.get(fn)
    if rule is not None:
        return rule(*args, **kwargs)
    ufunc = fn if isinstance(fn, np.ufunc) else UFUNC_OF_OPERATOR.get(fn)
    if ufunc is not None and ufunc.signature is None and not kwargs and len(args) == ufunc.nin:
        return elementwise.elementwise(fn, ufunc, list(args))
    operands = (*leaves(args), *leaves(kwargs))
    if any(isinstance(x.type, Unknown) or (x.type == OBJECT and not isinstance(x, Const)) for x in operands):
        return UNKNOWN
    return run_on_witness(fn, args, kwargs)


__all__ = ["TYPE_RULES", "UFUNC_OF_OPERATOR", "Types", "broadcast", "infer", "type_rule"]
