"""How calls of functions with custom rules are lowered.

    y = f(x)        ──▶        y = f x        f: an IR function with its rule (:class:`~s2sgrad.ir.core.CustomRule`)

The function, and what its rule is made of, become IR functions of their own. Their parameters are the numbers and
arrays among the arguments and what they read of the code around them. The transforms inline the rule where a derivative
passes (:mod:`s2sgrad.transforms.custom_rules`), and the function where none does.

What ``forward`` returns as residuals is handed to ``backward`` while compiling, whatever it is; what has to be saved of
it are the values that ``backward`` then reads. A rule may call its own function: that calls the same IR function.
"""

from __future__ import annotations

import inspect
import operator
from types import FunctionType
from typing import Any

from s2sgrad.custom import CustomRuled, custom_jvp, custom_vjp
from s2sgrad.custom_leaves import NONE, Called, like, matched, outputs_of
from s2sgrad.errors import CustomRuleError, MutationError
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.calls import INSTANCES
from s2sgrad.frontend.entering import capture_default
from s2sgrad.frontend.flattening import Arguments, rebuild
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.memory import may_share
from s2sgrad.frontend.names import guard_attribute
from s2sgrad.frontend.plain import any_varied
from s2sgrad.frontend.things import ArrayRef, Cell, Thing
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Call, Capture, Const, CustomRule, Function, Operand, Value, walk
from s2sgrad.ir.types import is_differentiable
from s2sgrad.transforms.cotangents import bar_name, derivative_type, dot_name
from s2sgrad.transforms.parts import free_values


def call_custom(lo: Lowerer, fn: CustomRuled, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call of a function with a custom rule; one that no differentiated value enters is a call of the function."""
    if not (lo.rule or any_varied(lo, args, kwargs)):
        return lo.invoke(Const(fn.fun), args, kwargs, node)
    for attribute in ("fun", "fwd", "bwd", "jvp", "jvps"):
        guard_attribute(lo, fn, attribute)
    call = Called(lo, fn, _positional(lo, fn, args, kwargs, node), node)
    if not fn.has_rule:
        how = "f.defvjp(forward, backward)" if isinstance(fn, custom_vjp) else "f.defjvp(rule)"
        call.fail(f"`{fn.__name__}` has no rule yet", f"give it one: {how}")
    key = call.key
    for other_key, other in lo.customs:
        if other_key == key:
            return _add_call(call, other, [])
    lo.customs.append((key, call))
    heap = dict(lo.heap)
    try:
        shared, effect = _lower_function(call)
        rule = call.function.rule = CustomRule(len(call.params), ())
        blocks = [*(_lower_vjp(call, rule) if fn.fwd is not None else ()), *_lower_jvp(call, rule)]
    finally:
        lo.customs.pop()
    if any(lo.heap[cell] is not content for cell, content in heap.items()):
        lo.fail(f"`{fn.__name__}` changes an array or a list of the code around it", "return it", node, MutationError)
    captured = _close(call, blocks)
    thing = _add_call(call, call, captured, effect)
    for made in lo.cells_of([thing]):
        for cell in shared:
            may_share(made, cell)
    return thing


INSTANCES[custom_vjp] = call_custom
INSTANCES[custom_jvp] = call_custom


# -- arguments -----------------------------------------------------------------------------------------


def _positional(lo: Lowerer, fn: CustomRuled, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> list[Thing]:
    """The arguments by position, defaults filled in."""
    try:
        signature = inspect.signature(fn.fun)
    except ValueError:
        if kwargs:
            lo.fail(f"`{fn.__name__}` does not tell the names of its parameters", "pass arguments by position", node)
        return args
    parameters = signature.parameters.values()
    if any(p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in parameters):
        what = f"`{fn.__name__}` has a custom rule and takes arguments by keyword only"
        lo.fail(what, "take them by position, too", node, CustomRuleError)
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        lo.fail(f"{fn.__name__}() {error}", "check its parameters", node, raises=TypeError(f"{fn.__name__}() {error}"))
    made: list[Thing] = []
    for name, p in signature.parameters.items():
        if p.kind is p.VAR_POSITIONAL:
            made += bound.get(name, ())
        else:
            made.append(bound[name] if name in bound else _default(lo, fn.fun, name, p.default))
    return made


def _default(lo: Lowerer, fun: Any, name: str, value: Any) -> Thing:
    if isinstance(fun, FunctionType) and fun.__defaults__ is not None:
        code = fun.__code__
        k = code.co_varnames.index(name) - code.co_argcount + len(fun.__defaults__)
        return capture_default(lo, Capture(name, fun, (("attribute", "__defaults__"), ("item", k))))
    return Const(value)


# -- the function and its rule ---------------------------------------------------------------------------


def _lower_function(call: Called) -> tuple[set[Cell], bool]:
    """The function's own code. Returns the memory that its result may share, and whether it has effects."""
    lo, block = call.lo, call.function.body
    lo.varied.update(call.params)
    inner = call.things()
    memory = lo.cells_of(inner)
    before = set(lo.heap) - memory
    contents = {cell: lo.heap[cell] for cell in memory if cell in lo.heap}
    with lo.inside(block):
        thing = lo.invoke(Const(call.fn.fun), inner, {}, call.node)
        flat = Arguments(lo, f"`{call.fn.__name__}`, which has a custom rule,")
        call.result = flat.flatten(thing)
    if any(lo.heap[cell] is not content for cell, content in contents.items()):
        what = f"`{call.fn.__name__}`, which has a custom rule, writes into an argument"
        lo.fail(what, "let it return the new value", call.node, MutationError)
    call.results = block.results = flat.operands
    call.types = [x.type for x in flat.operands]
    made = lo.cells_of([thing])
    reached = made | {other for cell in made for other in cell.aliases}
    shared = reached & before
    if reached & memory:
        shared |= lo.cells_of(call.args)
    return shared, any(isinstance(op, Call) and op.effect for op in walk(block))


def _lower_vjp(call: Called, rule: CustomRule) -> list[Block]:
    """The forward and the backward part."""
    lo, fn = call.lo, call.fn
    assert call.results is not None
    forward, backward = Block(), Block()
    with lo.inside(forward):
        pair = known_items(lo, _run(call, fn.fwd, call.things()))
        if pair is None or len(pair) != 2:
            call.fail(f"the forward part of `{fn.__name__}` does not return a pair", "return out, residuals")
        forward.results = outputs_of(call, pair[0], "forward part")
    outputs = [k for k, x in enumerate(call.results) if _has_derivative(x)]
    bars = [Value(derivative_type(call.types[k]), bar_name(call.results[k])) for k in outputs]
    lo.varied.update(bars)
    with lo.inside(backward):
        leaves = iter(like(call.results, dict(zip(outputs, bars, strict=True))))
        given = [*call.static(), pair[1], rebuild(lo, call.result, leaves)]
        backward.results = _cotangents(call, _run(call, fn.bwd, given))
    rule.outputs = tuple(outputs)
    rule.forward = Function(f"{fn.__name__}_forward", [], forward)
    rule.backward = Function(f"{fn.__name__}_backward", bars, backward)
    return [forward, backward]


def _cotangents(call: Called, thing: Thing) -> list[Operand]:
    """The cotangents that a backward part returns: one for each input."""
    name = call.fn.__name__
    specs = [spec for spec in call.specs if spec is not None]
    items = known_items(call.lo, thing) if not isinstance(thing, ArrayRef) else None
    if items is None:
        what = f"the backward part of `{name}` does not return a tuple of cotangents"
        call.fail(what, "return one for each argument: `return (x_bar,)`")
    if len(items) != len(specs):
        what = f"the backward part of `{name}` returns {len(items)} cotangents for {len(specs)} arguments"
        call.fail(what, "return one for each argument that is differentiated; None where there is no derivative")
    found = [bar for spec, item in zip(specs, items, strict=True) for bar in matched(call, spec, item, "cotangent")]
    return [found[k] for k in call.inputs]


def _lower_jvp(call: Called, rule: CustomRule) -> list[Block]:
    """The tangent."""
    lo, fn = call.lo, call.fn
    assert call.results is not None
    if fn.jvp is None and not fn.jvps:
        return []
    block = Block()
    dots = [Value(derivative_type(p.type), dot_name(p)) for p in call.params]
    lo.varied.update(dots)
    outputs = [k for k, x in enumerate(call.results) if _has_derivative(x)]
    with lo.inside(block):
        if fn.jvp is not None:
            things = call.things()
            primals = tuple(t for t, spec in zip(things, call.specs, strict=True) if spec is not None)
            pair = known_items(lo, _run(call, fn.jvp, [*call.static(), primals, tuple(call.derivatives(dots))]))
            if pair is None or len(pair) != 2:
                call.fail(f"the rule of `{fn.__name__}` does not return a pair", "return out, out_dot")
            results = outputs_of(call, pair[0], "rule")
            found = matched(call, call.result, pair[1], "tangent")
        else:
            results, found = _sum_of_tangents(call, fn, dots)
        block.results = [*results, *(found[k] for k in outputs)]
    rule.outputs = tuple(outputs)
    rule.tangent = Function(f"{fn.__name__}_tangent", dots, block)
    return [block]


def _sum_of_tangents(call: Called, fn: CustomRuled, dots: list[Value]) -> tuple[list[Operand], list[Operand]]:
    """What ``defjvps`` says: a tangent for each argument, to be added up."""
    lo, given = call.lo, call.derivatives(dots)
    if len(fn.jvps) != len(given):
        call.fail(f"defjvps gives `{fn.__name__}` {len(fn.jvps)} rules for {len(given)} arguments", "give one for each")
    things = call.things()
    out = lo.invoke(Const(fn), things, {}, call.node)
    total: list[Operand] = [NONE] * len(call.types)
    for jvp, dot in zip(fn.jvps, given, strict=True):
        if jvp is not None:
            term = matched(call, call.result, _run(call, jvp, [dot, out, *things]), "tangent")
            total = [_sum(lo, a, b) for a, b in zip(total, term, strict=True)]
    return outputs_of(call, out, "function"), total


def _sum(lo: Lowerer, a: Operand, b: Operand) -> Operand:
    if a is NONE or (isinstance(b, Const) and b.value is None):
        return b if a is NONE else a
    return lo.value(operator.add, a, b)


def _run(call: Called, fn: Any, args: list[Thing]) -> Thing:
    return call.lo.invoke(Const(fn), args, {}, call.node)


def _has_derivative(x: Operand) -> bool:
    return isinstance(x, Value) and is_differentiable(x.type)


# -- the call ----------------------------------------------------------------------------------------------


def _close(call: Called, blocks: list[Block]) -> list[Value]:
    """Make what the function and its rule read of the code around them parameters; returns it."""
    rule, function = call.function.rule, call.function
    assert rule is not None
    tangent, forward, backward = rule.tangent, rule.forward, rule.backward
    captured = dict.fromkeys(free_values(function.body, call.params))
    if tangent is not None:
        captured.update(dict.fromkeys(free_values(tangent.body, [*call.params, *tangent.params])))
    if forward is not None and backward is not None:
        captured.update(dict.fromkeys(free_values(forward.body, call.params)))
        made = {*call.params, *(v for op in forward.body.ops for v in op.results)}
        captured.update((v, None) for v in free_values(backward.body, backward.params) if v not in made)
    extra = list(captured)
    for block in blocks:
        for op in walk(block):
            if isinstance(op, Call) and op.fn is function:
                op.args = (*op.args, *extra)
    params = [*call.params, *extra]
    function.params, function.out = params, tuple(range(len(function.results)))
    if tangent is not None:
        tangent.params = [*params, *tangent.params]
    if forward is not None and backward is not None:
        saved = free_values(backward.body, backward.params)
        forward.params = params
        forward.body.results = [*forward.body.results, *saved]
        backward.params = [*saved, *backward.params]
    return extra


def _add_call(call: Called, known: Called, captured: list[Value], effect: bool = False) -> Thing:
    """The call itself; ``known``: the call for which the IR function was made."""
    lo = call.lo
    if known.results is None:
        call.fail(f"`{call.fn.__name__}`, which has a custom rule, calls itself", "call a plain function")
    kept = [isinstance(x, Value) for x in known.results]
    results = [Value(known_length(t)) for t in known.types]
    given = [call.operands[k] for k in call.inputs]
    lo.builder.add(Call(known.function, (*given, *captured), {}, results, effect=effect))
    lo.varied.update(v for v in results if is_differentiable(v.type))
    leaves = iter([v if k else x for v, x, k in zip(results, known.results, kept, strict=True)])
    return rebuild(lo, known.result, leaves)
