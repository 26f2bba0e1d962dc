"""Expressions: a table from syntax to the function that lowers it to a thing."""

from __future__ import annotations

import operator
from typing import Any

import gast

from s2sgrad.frontend import dicts
from s2sgrad.frontend.attributes import attribute, called_attribute
from s2sgrad.frontend.binding import bind, unpack_to
from s2sgrad.frontend.collectors import collector
from s2sgrad.frontend.entries import entries
from s2sgrad.frontend.iteration import comprehension
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.lowerer import EXPRESSIONS, Lowerer
from s2sgrad.frontend.names import load_name
from s2sgrad.frontend.operations import binary, compare, logical_not, truth, unary
from s2sgrad.frontend.structured import run_time_object
from s2sgrad.frontend.subscripts import load_subscript, store_subscript
from s2sgrad.frontend.things import Cell, Closure, DictRef, Generator, ListRef, SliceThing, Thing
from s2sgrad.ir.core import Const, Operand
from s2sgrad.ir.types import OBJECT

BINARY: dict[type, Any] = {
    gast.Add: operator.add,
    gast.Sub: operator.sub,
    gast.Mult: operator.mul,
    gast.Div: operator.truediv,
    gast.FloorDiv: operator.floordiv,
    gast.Mod: operator.mod,
    gast.Pow: operator.pow,
    gast.MatMult: operator.matmul,
    gast.BitAnd: operator.and_,
    gast.BitOr: operator.or_,
    gast.BitXor: operator.xor,
    gast.LShift: operator.lshift,
    gast.RShift: operator.rshift,
}
UNARY: dict[type, Any] = {gast.USub: operator.neg, gast.UAdd: operator.pos, gast.Invert: operator.invert}


def _constant(lo: Lowerer, node: Any) -> Thing:
    return Const(node.value)


def _name(lo: Lowerer, node: Any) -> Thing:
    thing = lo.frame.env.get(node.id)
    if thing is None:
        thing = load_name(lo, node.id, node)
    return thing


def _binary(lo: Lowerer, node: Any) -> Thing:
    left = lo.expr(node.left)
    return binary(lo, BINARY[type(node.op)], left, lo.expr(node.right))


def _unary(lo: Lowerer, node: Any) -> Thing:
    operand = lo.expr(node.operand)
    if isinstance(node.op, gast.Not):
        return logical_not(lo, operand)
    return unary(lo, UNARY[type(node.op)], operand)


def _bool_op(lo: Lowerer, node: Any) -> Thing:
    return _short_circuit(lo, isinstance(node.op, gast.And), node.values)


def _short_circuit(lo: Lowerer, is_and: bool, nodes: list[Any]) -> Thing:
    """``a and b and …``: the rest is evaluated only when ``a`` does not decide."""
    first = lo.expr(nodes[0])
    if len(nodes) == 1:
        return first
    cond = truth(lo, first)
    if isinstance(cond, Const):
        return _short_circuit(lo, is_and, nodes[1:]) if bool(cond.value) is is_and else first
    if is_and:
        return branch(lo, cond, lambda: _short_circuit(lo, is_and, nodes[1:]), lambda: first)
    return branch(lo, cond, lambda: first, lambda: _short_circuit(lo, is_and, nodes[1:]))


def condition(lo: Lowerer, node: Any) -> Operand:
    """The truth of an expression that is only tested, not used: known as soon as one operand decides it."""
    if isinstance(node, gast.BoolOp):
        return _decide(lo, isinstance(node.op, gast.And), node.values)
    return truth(lo, lo.expr(node))


def _decide(lo: Lowerer, is_and: bool, nodes: list[Any]) -> Operand:
    first = condition(lo, nodes[0])
    if len(nodes) == 1:
        return first
    if isinstance(first, Const):
        return _decide(lo, is_and, nodes[1:]) if bool(first.value) is is_and else first
    found: list[Operand] = []

    def rest() -> Operand:
        found.append(_decide(lo, is_and, nodes[1:]))
        return found[0]

    joined = branch(lo, first, *((rest, lambda: first) if is_and else (lambda: first, rest)))
    if found and isinstance(found[0], Const) and bool(found[0].value) is not is_and:
        return found[0]
    return truth(lo, joined)


def _compare(lo: Lowerer, node: Any) -> Thing:
    return _comparisons(lo, lo.expr(node.left), list(zip(node.ops, node.comparators, strict=True)))


def _comparisons(lo: Lowerer, left: Thing, rest: list[tuple[Any, Any]]) -> Thing:
    (op, node), *others = rest
    right = lo.expr(node)
    first = compare(lo, type(op), left, right)
    if not others:
        return first
    cond = truth(lo, first)
    if isinstance(cond, Const):
        return _comparisons(lo, right, others) if cond.value else first
    return branch(lo, cond, lambda: _comparisons(lo, right, others), lambda: first)


def _ternary(lo: Lowerer, node: Any) -> Thing:
    cond = condition(lo, node.test)
    if isinstance(cond, Const):
        return lo.expr(node.body if cond.value else node.orelse)
    return branch(lo, cond, lambda: lo.expr(node.body), lambda: lo.expr(node.orelse))


def _call(lo: Lowerer, node: Any) -> Thing:
    if isinstance(node.func, gast.Attribute):
        kept = collector(lo, node.func) if lo.customs else None
        callee = kept or called_attribute(lo, lo.expr(node.func.value), node.func.attr, node.func)
    else:
        callee = lo.expr(node.func)
    args: list[Thing] = []
    for a in node.args:
        if isinstance(a, gast.Starred):
            args.extend(unpack_to(lo, lo.expr(a.value), None, a))
        else:
            args.append(lo.expr(a))
    kwargs: dict[str, Thing] = {}
    for k in node.keywords:
        if k.arg is not None:
            kwargs[k.arg] = lo.expr(k.value)
            continue
        mapping = lo.expr(k.value)
        if isinstance(mapping, Const) and mapping.value == {}:
            continue
        if not isinstance(mapping, DictRef) or dicts.is_keyed(lo, mapping):
            lo.fail("`**` needs a dict with known keys", "pass the keywords one by one", k.value)
        kwargs.update(entries(lo, mapping))
    lo.node = node
    return lo.invoke(callee, args, kwargs, node)


def _items(lo: Lowerer, nodes: list[Any]) -> tuple[Thing, ...]:
    items: list[Thing] = []
    for n in nodes:
        if isinstance(n, gast.Starred):
            items.extend(unpack_to(lo, lo.expr(n.value), None, n))
        else:
            items.append(lo.expr(n))
    return tuple(items)


def _tuple(lo: Lowerer, node: Any) -> Thing:
    return _items(lo, node.elts)


def _list(lo: Lowerer, node: Any) -> Thing:
    return new_list_of(lo, _items(lo, node.elts))


def new_list_of(lo: Lowerer, items: tuple[Thing, ...]) -> ListRef:
    cell = Cell()
    lo.heap[cell] = items
    return ListRef(cell)


def _dict(lo: Lowerer, node: Any) -> Thing:
    made = dicts.new_dict_of(lo, {})
    for k, v in zip(node.keys, node.values, strict=True):
        if k is not None:
            key = lo.expr(k)
            store_subscript(lo, made, key, lo.expr(v), k)
            continue
        inner = lo.expr(v)
        if not isinstance(inner, DictRef):
            lo.fail("`**` needs a dict", "write the keys out", v)
        dicts.updated(lo, made, inner, v)
    return made


def _lambda(lo: Lowerer, node: Any) -> Thing:
    return closure(lo, node, "<lambda>")


def closure(lo: Lowerer, node: Any, name: str) -> Closure:
    """A function defined here; its defaults are evaluated now."""
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    defaults = {
        a.id: lo.expr(d) for a, d in zip(positional[len(positional) - len(args.defaults) :], args.defaults, strict=True)
    }
    defaults |= {a.id: lo.expr(d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}
    return Closure(node, lo.frame, defaults, name)


def _subscript(lo: Lowerer, node: Any) -> Thing:
    container = lo.expr(node.value)
    return load_subscript(lo, container, lo.expr(node.slice), node)


def _slice(lo: Lowerer, node: Any) -> Thing:
    parts = [Const(None) if n is None else lo.expr(n) for n in (node.lower, node.upper, node.step)]
    return SliceThing(*parts)


def _attribute(lo: Lowerer, node: Any) -> Thing:
    return collector(lo, node) or attribute(lo, lo.expr(node.value), node.attr, node)


def _named(lo: Lowerer, node: Any) -> Thing:
    thing = lo.expr(node.value)
    bind(lo, node.target, thing)
    return thing


def _joined_string(lo: Lowerer, node: Any) -> Thing:
    """An f-string: text when all is known, else formatted at run time."""
    template: list[str] = []
    things: list[Thing] = []
    for part in node.values:
        if isinstance(part, gast.Constant):
            template.append(str(part.value).replace("{", "{{").replace("}", "}}"))
            continue
        conversion = "" if part.conversion in (-1, None) else "!" + chr(part.conversion)
        spec = ""
        if part.format_spec is not None:
            inner = _joined_string(lo, part.format_spec)
            if not isinstance(inner, Const):
                lo.fail("a computed format specification is not supported", "use a literal one", node)
            spec = ":" + str(inner.value)
        template.append("{" + conversion + spec + "}")
        things.append(lo.expr(part.value))
    text = "".join(template)
    if all(isinstance(t, Const) for t in things):
        return Const(text.format(*(t.value for t in things)))
    operands = [run_time_object(lo, t) for t in things]
    return lo.builder.typed_call(str.format, OBJECT, text, *operands)


def _generator(lo: Lowerer, node: Any) -> Thing:
    return Generator(node, lo.frame, lo.loops)


def _set(lo: Lowerer, node: Any) -> Thing:
    items = _items(lo, node.elts)
    if all(isinstance(t, Const) for t in items):
        return Const(frozenset(t.value for t in items))
    lo.fail("a set of run-time values is not supported", "use a list or a tuple", node)


EXPRESSIONS |= {
    gast.Constant: _constant,
    gast.Name: _name,
    gast.BinOp: _binary,
    gast.UnaryOp: _unary,
    gast.BoolOp: _bool_op,
    gast.Compare: _compare,
    gast.IfExp: _ternary,
    gast.Call: _call,
    gast.Tuple: _tuple,
    gast.List: _list,
    gast.Dict: _dict,
    gast.Set: _set,
    gast.Lambda: _lambda,
    gast.Subscript: _subscript,
    gast.Slice: _slice,
    gast.Attribute: _attribute,
    gast.NamedExpr: _named,
    gast.JoinedStr: _joined_string,
    gast.ListComp: comprehension,
    gast.DictComp: comprehension,
    gast.GeneratorExp: _generator,
}
