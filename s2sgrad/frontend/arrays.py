"""Calls of functions that the IR calls by name: NumPy, `math`, operators. Views are kept as views."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.frontend.items import owned_lists
from s2sgrad.frontend.layout import is_view, note_layout
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import may_share, raw, store, update, view
from s2sgrad.frontend.subscripts import index_tree
from s2sgrad.frontend.things import ArrayRef, ListRef, Thing
from s2sgrad.ir.core import Const, Tree, Value, leaves
from s2sgrad.ir.primitives import additem
from s2sgrad.ir.types import Array, Scalar, Unknown, is_differentiable
from s2sgrad.rules.memory import is_known_fresh, shares_memory
from s2sgrad.rules.table import rule_of


def primitive(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing]) -> Thing:
    """A call that stays a call in the IR. Its static arguments must be known; its result may be a view."""
    kwargs = dict(kwargs)
    out = kwargs.pop("out", None)
    position = _position_of_out(fn)
    if position is not None and len(args) > position:
        out = args[position]
        behind = zip(_names(fn)[position + 1 :], args[position + 1 :], strict=False)
        kwargs |= {name: a for name, a in behind if not (isinstance(a, Const) and a.value is np._NoValue)}
        args = args[:position]
    if isinstance(out, Const) and out.value is None:
        out = None
    if out is not None:
        return _with_out(lo, fn, args, kwargs, out)
    if isinstance(fn, np.ufunc) and len(args) > fn.nin:
        args, outs = args[: fn.nin], args[fn.nin :]
        return _with_out(lo, fn, args, kwargs, outs[0] if fn.nout == 1 else tuple(outs))
    if not isinstance(fn, np.ufunc):
        args, kwargs = _without_overwriting(fn, args, kwargs)
    if isinstance(fn, np.ufunc) or fn in _TAKES_ARRAYS:
        count = _TAKES_ARRAYS.get(fn, len(args))
        args = [*(_as_array(lo, a) for a in args[:count]), *args[count:]]
    lists = [] if isinstance(fn, np.ufunc) else owned_lists(args)
    operands = [lo.operand(a) for a in args]
    options = {k: lo.operand(v) for k, v in kwargs.items()}
    if options:
        varied = {
            name for name, tree in options.items() if lo.is_varied(tree) or (lo.rule and _may_pass(fn, name, tree))
        }
        operands, options = _positional(fn, operands, options, varied)
    _require_static(lo, fn, operands, options)
    sharing = _sharing(lo, fn, args, options)
    base = args[0] if args else None
    if isinstance(base, ArrayRef) and sharing is not None and not isinstance(lo.read(base).type, Unknown):  # noqa: SIM102
        if sharing == "always" or is_view(lo, fn, base, options):
            return _view(lo, base, fn, operands, options)
    result = note_layout(lo, fn, args, kwargs, lo.call(fn, *operands, **options))
    if sharing is not None:
        _may_be_any_of(result, (*args, *kwargs.values()))
    elif is_known_fresh(fn):
        for memory in lists:
            memory.frozen = None
    return result


def _without_overwriting(fn: Any, args: list[Thing], kwargs: dict[str, Thing]) -> tuple[list[Thing], dict[str, Thing]]:
    """A call that leaves its arguments as they are: ``overwrite_input=True`` allows a function to use their memory,
    which the backward part may need. The result is the same."""
    names = _names(fn) if len(args) > 1 else []
    args = [Const(False) if k < len(names) and _overwrites(names[k]) else a for k, a in enumerate(args)]
    return args, {name: a for name, a in kwargs.items() if not _overwrites(name)}


def _overwrites(name: str) -> bool:
    return name.startswith("overwrite_")


def _may_be_any_of(result: Thing, things: Sequence[Thing]) -> None:
    """Record that the results of a call may be, or be views of, the arrays among its arguments."""
    made = [t for t in (result if isinstance(result, tuple) else (result,)) if isinstance(t, (ArrayRef, ListRef))]
    for thing in things:
        if isinstance(thing, tuple):
            _may_be_any_of(result, thing)
        elif isinstance(thing, ArrayRef):
            for item in made:
                may_share(item.cell, thing.cell)


# How many leading arguments NumPy converts to arrays where they are given as lists or tuples (of ufuncs: all).
_ONE_ARRAY = """sum prod mean max min std var cumsum cumprod median average argmax argmin sort argsort diff ravel
    reshape transpose flip roll clip trace diag repeat tile any all ptp shape ndim size copy"""
_TWO_ARRAYS = "dot matmul outer inner vdot vecdot tensordot kron"
_TAKES_ARRAYS: dict[Any, int] = {
    **{getattr(np, name): 1 for name in _ONE_ARRAY.split()},
    **{getattr(np, name): 2 for name in _TWO_ARRAYS.split()},
    np.linalg.norm: 1,
    np.linalg.det: 1,
    np.linalg.inv: 1,
    np.linalg.solve: 2,
    np.linalg.cross: 2,
}


def _as_array(lo: Lowerer, thing: Thing) -> Thing:
    if isinstance(thing, (ListRef, tuple)):
        return lo.call(np.asarray, lo.operand(thing))
    return thing


def _names(fn: Any) -> list[str]:
    """The names of a function's parameters, if it tells."""
    try:
        return list(inspect.signature(fn).parameters)
    except (ValueError, TypeError):
        return []


@functools.cache
def _position_of_out(fn: Any) -> int | None:
    """Where a function (other than a ufunc) takes ``out`` as a positional argument."""
    if isinstance(fn, np.ufunc):
        return None
    try:
        parameters = inspect.signature(fn).parameters
    except (ValueError, TypeError):
        return 2 if fn is np.dot else None
    found = parameters.get("out")
    if found is None or found.kind not in (found.POSITIONAL_ONLY, found.POSITIONAL_OR_KEYWORD):
        return None
    return list(parameters).index("out")


def _positional(
    fn: Any, operands: list[Tree], options: dict[str, Tree], varied: set[str]
) -> tuple[list[Tree], dict[str, Tree]]:
    """Keyword arguments in their positions where rules look for them there: those that are ``varied``, and those in
    which the function is jointly linear, of which tangents are to be zero."""
    rule = rule_of(fn)
    linear = rule.wrt if rule is not None and rule.transpose is not None and rule.wrt != (0,) else ()
    if not (varied or linear) or (rule is not None and rule.nondiff):
        return operands, options
    parameters = _parameters(fn)
    wanted = varied | {parameters[k].name for k in linear if k < len(parameters)}
    operands, options = list(operands), dict(options)
    for parameter in parameters[len(operands) :]:
        positional = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if not positional or not wanted & options.keys():
            break
        if parameter.name in options:
            operands.append(options.pop(parameter.name))
        elif parameter.default is not parameter.empty:
            operands.append(Const(parameter.default))
        else:
            break
    return operands, options


def _may_pass(fn: Any, name: str, tree: Tree) -> bool:
    """Whether derivatives may pass through a keyword argument that the rule of ``fn`` takes by position.

    Whether they do, inside of a rule, is only known where its code is differentiated.
    """
    rule = rule_of(fn)
    body = None if rule is None else rule.vjp or rule.partials or rule.transpose
    if body is None or not any(isinstance(x, Value) and is_differentiable(x.type) for x in leaves(tree)):
        return False
    parameter = inspect.signature(body).parameters.get(name)
    return parameter is not None and parameter.kind is parameter.POSITIONAL_OR_KEYWORD


def _parameters(fn: Any) -> list[inspect.Parameter]:
    """The parameters of a function: its own, or where it does not tell them those of its rule."""
    try:
        return list(inspect.signature(fn).parameters.values())
    except (ValueError, TypeError):
        rule = rule_of(fn)
        body = None if rule is None else rule.vjp or rule.partials or rule.transpose
        if rule is None or body is None:
            return []
        return list(inspect.signature(body).parameters.values())[2 if rule.vjp is not None else 1 :]


def _sharing(lo: Lowerer, fn: Any, args: list[Thing], options: dict[str, Tree]) -> str | None:
    """Whether the result shares memory with the first argument: always, maybe, or never (None)."""
    t = lo.type_of(args[0]) if args else None
    static = {k: v.value for k, v in options.items() if isinstance(v, Const)}
    return shares_memory(fn, t.ndim if isinstance(t, Array) else None, static)


def _view(lo: Lowerer, base: ArrayRef, fn: Any, operands: list[Tree], options: dict[str, Tree]) -> Thing:
    """The result as a view of the argument; several results (``np.split``) share memory with it."""
    result = view(base, fn, *operands[1:], **options)
    length = len(lo.builder.block.ops)
    value: Value | None
    try:
        value = lo.read(result)
    except ValueError:  # several results
        del lo.builder.block.ops[length:]
        value = None
    if value is not None and isinstance(value.type, (Array, Unknown)):
        return result
    if value is not None and isinstance(value.type, Scalar):
        return value
    del lo.builder.block.ops[length:]
    results = lo.call(fn, *operands, **options)
    _may_be_any_of(results, (base,))
    return results


# Arguments that decide the shape or meaning of a result, and so must be known while compiling.
_STATIC_OPTIONS = {
    "axis",
    "keepdims",
    "axes",
    "dtype",
    "ddof",
    "mode",
    "ord",
    "order",
    "indexing",
    "k",
    "offset",
    "type",
}
_STATIC_AXIS_SECOND = {
    np.sum, np.prod, np.mean, np.max, np.min, np.std, np.var, np.cumsum, np.cumprod, np.all, np.any, np.argmax,
    np.argmin, np.expand_dims, np.squeeze, np.concatenate, np.stack, np.median, np.flip, np.transpose, np.argsort,
    np.sort, np.ptp, np.average,
}  # fmt: skip


def _require_static(lo: Lowerer, fn: Any, operands: list[Tree], options: dict[str, Tree]) -> None:
    named = [(k, v) for k, v in options.items() if k in _STATIC_OPTIONS]
    if len(operands) > 1 and fn in _STATIC_AXIS_SECOND:
        named.append(("axis", operands[1]))
    for name, tree in named:
        for x in leaves(tree):
            if isinstance(x, Value) and isinstance(x.type, Scalar):
                function = getattr(fn, "__name__", str(fn))
                lo.needs_static(x, f"`{name}` of `{function}` must be known while compiling", "pass a literal")


def _with_out(lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing], out: Thing) -> Thing:
    """``fn(…, out=a)`` writes its result into ``a`` and returns ``a``."""
    outs = out if isinstance(out, tuple) else (out,)
    where = kwargs.pop("where", Const(True))
    kwargs.pop("casting", None)  # what would be truncated is refused when it is stored
    if not (isinstance(where, Const) and where.value is True):
        return _with_mask(lo, fn, args, kwargs, outs, where)
    result = primitive(lo, fn, args, kwargs)
    results = result if isinstance(result, tuple) else (result,)
    if len(results) != len(outs):
        lo.fail("`out=` needs an array for each result", "pass a tuple of arrays")
    kept = tuple(_into(lo, target, value) for target, value in zip(outs, results, strict=True))
    return kept if isinstance(result, tuple) else kept[0]


def _into(lo: Lowerer, target: Thing, value: Thing) -> Thing:
    """The array of an `out=` argument, after a result was stored in it; the result itself where there is none."""
    if isinstance(target, Const) and target.value is None:
        return value
    if not isinstance(target, ArrayRef):
        lo.fail("`out=` needs an array", "pass one array")
    store(lo, target, Const(Ellipsis), value)
    return target


def _with_mask(
    lo: Lowerer, fn: Any, args: list[Thing], kwargs: dict[str, Thing], outs: tuple[Thing, ...], where: Thing
) -> Thing:
    """``ufunc(…, out=a, where=mask)`` computes only what the mask selects: elsewhere no operand has a derivative."""
    if len(outs) != 1 or not isinstance(outs[0], ArrayRef):
        lo.fail("`where=` needs one array as `out=`", "pass the array that keeps the other entries")
    (out,) = outs
    if not isinstance(fn, np.ufunc) or fn.signature is not None:
        lo.fail(f"`where=` of `{fn.__name__}` is not supported together with `out=`", "select with `np.where` before")
    shape = lo.operand(primitive(lo, np.shape, [out], {}))

    def full(thing: Thing) -> Any:
        return lo.value(np.broadcast_to, lo.operand(_as_array(lo, thing)), shape)

    mask = lo.operand(full(where))
    chosen = [a if _is_number(lo, a) else lo.call(operator.getitem, full(a), mask) for a in args]
    result = lo.call(fn, *(lo.operand(a) for a in chosen), **{k: lo.operand(v) for k, v in kwargs.items()})
    store(lo, out, mask, result)
    return out


def _is_number(lo: Lowerer, thing: Thing) -> bool:
    return isinstance(thing, (Value, Const)) and isinstance(lo.type_of(thing), Scalar)


def ufunc_at(lo: Lowerer, ufunc: np.ufunc, args: list[Thing], node: Any) -> Thing:
    """``np.add.at(a, index, v)``: unbuffered, every repeated entry counts."""
    ref, index, *rest = args
    if not isinstance(ref, ArrayRef) or ufunc not in (np.add, np.subtract):
        lo.fail(f"`np.{ufunc.__name__}.at` is not supported here", "use np.add.at or np.subtract.at", node)
    value = lo.operand(rest[0])
    if ufunc is np.subtract:
        value = lo.operand(lo.call(np.negative, value))
    tree = index_tree(lo, index)
    update(lo, ref, lambda array: raw(lo, additem, array, tree, value))
    return Const(None)
