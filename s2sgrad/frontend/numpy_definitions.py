"""NumPy functions that are lowered by what they mean: calls of other functions, or a loop of the user's function.

The definitions themselves are plain functions of the rules; which of them a call needs is decided here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.entering import enter
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.plain import thing_is_varied
from s2sgrad.frontend.things import ListRef, Partial, Thing
from s2sgrad.frontend.vectorized import call_elementwise
from s2sgrad.ir.core import Const
from s2sgrad.rules import calling, padding, signals

Args = list[Thing]
Kwargs = dict[str, Thing]


def _one_by_one(fn: Any) -> Any:
    """``np.atleast_1d(x, y)`` as one call for each array."""

    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        results = tuple(primitive(lo, fn, [x], kwargs) for x in args)
        return results[0] if len(results) == 1 else results

    return handler


for _fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    handles(_fn)(_one_by_one(_fn))

_COMPUTING = ("linear_ramp", "maximum", "mean", "median", "minimum")


@handles(np.pad)
def _pad(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """Modes that compute new entries, and constants that are differentiated, by concatenation."""
    options = dict(kwargs)
    names = ("array", "pad_width", "mode")
    options |= dict(zip(names, args, strict=False))
    mode = options.get("mode", Const("constant"))
    if not isinstance(mode, Const) or not isinstance(mode.value, str):
        lo.fail("`np.pad` with a function for its mode is not supported", "pad with concatenate", node)
    constants = options.get("constant_values", Const(0))
    computes = mode.value in _COMPUTING and thing_is_varied(lo, (options["array"], options.get("end_values", Const(0))))
    if computes or (mode.value == "constant" and thing_is_varied(lo, constants)):
        return enter_definition(lo, padding.padded, [options.pop("array")], options, node)
    positional = [options.pop(name) for name in names if name in options]
    return primitive(lo, np.pad, positional, options)


def enter_definition(lo: Lowerer, definition: Any, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """Enter a definition that calls no function of the user's, as rules are: with loops over axes unrolled."""
    outer, lo.rule = lo.rule, True
    try:
        return enter(lo, definition, args, kwargs, node)
    finally:
        lo.rule = outer


@handles(np.interp)
def _interp(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    period = args[5] if len(args) > 5 else kwargs.get("period", Const(None))
    if isinstance(period, Const) and period.value is None:
        return primitive(lo, np.interp, args[:5], {k: v for k, v in kwargs.items() if k != "period"})
    return enter_definition(lo, signals.periodic_interp, args, kwargs, node)


# -- functions of functions ----------------------------------------------------------------------------


@handles(np.vectorize)
def _vectorize(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    """Making a vectorised function of one that is defined in the lowered code."""
    options = {"otypes": Const(None)} | dict(zip(("pyfunc", "otypes"), args, strict=False)) | kwargs
    otypes = options["otypes"]
    items = known_items(lo, otypes) if isinstance(otypes, (ListRef, tuple)) else None
    if items is not None and all(isinstance(t, Const) for t in items):
        otypes = Const(tuple(t.value for t in items))
    if set(options) - {"pyfunc", "otypes", "doc", "cache"} or not isinstance(otypes, Const):
        lo.fail("`np.vectorize` with a signature or excluded arguments is not supported", "write the loop", node)
    return Partial(Const(_vectorized), (options["pyfunc"], otypes), {})


def _vectorized(*args: Any, **kwargs: Any) -> None:
    """What stands for a vectorised function until it is called."""


@handles(_vectorized)
def _call_vectorized(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
    return call_elementwise(lo, args[0], args[1].value, args[2:], kwargs, node)


def _entering(definition: Any) -> Any:
    def handler(lo: Lowerer, args: Args, kwargs: Kwargs, node: Any) -> Thing:
        return enter(lo, definition, args, kwargs, node)

    return handler


handles(np.apply_along_axis)(_entering(calling.apply_along_axis))
handles(np.fromfunction)(_entering(calling.fromfunction))
handles(np.fromiter)(_entering(calling.fromiter))
