"""A call of a function with a custom rule: its arguments, its result, and the derivatives of both, leaf by leaf."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from s2sgrad.custom import CustomRuled
from s2sgrad.errors import CustomRuleError
from s2sgrad.frontend.binding import known_items
from s2sgrad.frontend.flattening import Arguments, freeze, rebuild
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ArrayRef, DictRef, ObjectRef, Thing
from s2sgrad.ir.core import Block, Const, Function, Operand, Value
from s2sgrad.ir.types import Array, Scalar, Type, is_differentiable, join

NONE = Const(None)


@dataclass(eq=False)
class Called:
    """A call of a function with a custom rule.

    ``specs``: the structure of each argument, None for one that is not differentiated; ``operands``: the leaves of all;
    ``inputs``: the positions in ``operands`` of those that may be differentiated, for which there are ``params``.
    ``result``, ``results``: the structure of what the function returns, and its leaves.
    """

    lo: Lowerer
    fn: CustomRuled
    args: list[Thing]
    node: Any
    specs: list[Any] = field(default_factory=list)
    operands: list[Operand] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    params: list[Value] = field(default_factory=list)
    function: Function = field(default_factory=lambda: Function("function", [], Block()))
    result: Any = None
    results: list[Operand] | None = None
    types: list[Type] = field(default_factory=list)

    def __post_init__(self) -> None:
        arguments = Arguments(self.lo, f"`{self.fn.__name__}`, which has a custom rule,")
        names = _names(self.fn, len(self.args))
        for k, (thing, name) in enumerate(zip(self.args, names, strict=True)):
            self.specs.append(None if k in self.fn.nondiff else arguments.flatten(thing, name))
        self.operands = arguments.operands
        for k, x in enumerate(self.operands):
            if isinstance(x, Value) and is_differentiable(x.type):
                self.inputs.append(k)
                self.params.append(Value(x.type, arguments.names[k]))
        self.function.name = self.fn.__name__

    @property
    def key(self) -> Any:
        """Equal for calls of the same IR function."""
        leaves = tuple(
            x.type if k in self.inputs else _static_key(x) if isinstance(x, Const) else x
            for k, x in enumerate(self.operands)
        )
        others = tuple(_static_key(a) for a, spec in zip(self.args, self.specs, strict=True) if spec is None)
        return self.fn, freeze(tuple(self.specs)), leaves, others

    def things(self) -> list[Thing]:
        """The arguments for the function's own code: parameters in place of what is differentiated."""
        inner = self._leaves(self.params)
        return [
            thing if spec is None else rebuild(self.lo, spec, inner)
            for thing, spec in zip(self.args, self.specs, strict=True)
        ]

    def derivatives(self, values: Sequence[Operand]) -> list[Thing]:
        """Tangents in the structure of the differentiated arguments."""
        leaves = iter(like(self.operands, dict(zip(self.inputs, values, strict=True))))
        return [rebuild(self.lo, spec, leaves) for spec in self.specs if spec is not None]

    def _leaves(self, params: Sequence[Value]) -> Iterator[Operand]:
        given = dict(zip(self.inputs, params, strict=True))
        return iter([given.get(k, x) for k, x in enumerate(self.operands)])

    def static(self) -> list[Thing]:
        """The arguments that are not differentiated."""
        return [thing for thing, spec in zip(self.args, self.specs, strict=True) if spec is None]

    def fail(self, what: str, remedy: str) -> NoReturn:
        self.lo.fail(what, remedy, self.node, CustomRuleError)


def like(leaves: Sequence[Operand], derivatives: dict[int, Operand]) -> list[Operand]:
    """Derivatives in place of leaves: of a number that is known zero, of what has none None."""
    return [
        derivatives[k] if k in derivatives else Const(0.0) if is_differentiable(x.type) else NONE
        for k, x in enumerate(leaves)
    ]


def _names(fn: CustomRuled, count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(fn.fun).parameters.values())
    except ValueError:
        parameters = []
    names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL][:count]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
    return names + [f"{rest}_{k}" for k in range(count - len(names))]


def _static_key(thing: Thing) -> Any:
    if isinstance(thing, Const):
        return type(thing.value), repr(thing.value)
    return id(thing)


# -- what a rule returns ---------------------------------------------------------------------------------


def outputs_of(call: Called, thing: Thing, part: str) -> list[Operand]:
    """What a part of the rule returns in place of the function's result."""
    name = call.fn.__name__
    assert call.results is not None
    flat = Arguments(call.lo, f"`{name}`, which has a custom rule,")
    same = freeze(flat.flatten(thing)) == freeze(call.result)
    if not same or not all(map(_alike, call.types, (x.type for x in flat.operands))):
        what = f"the {part} of `{name}` returns another kind of value than `{name}` does"
        call.fail(what, "let it return the same value, and beside it what the derivative needs")
    call.types = [join(t, x.type) for t, x in zip(call.types, flat.operands, strict=True)]
    return flat.operands


def _alike(a: Type, b: Type) -> bool:
    """Whether a value of type ``b`` may stand for one of type ``a``."""
    if isinstance(a, (Array, Scalar)) and isinstance(b, (Array, Scalar)):
        ranks = [t.ndim if isinstance(t, Array) else 0 for t in (a, b)]
        return a.dtype == b.dtype and ranks[0] == ranks[1]
    return type(a) is type(b) or (a.is_numeric and b.is_numeric)


def matched(call: Called, spec: Any, thing: Thing, what: str) -> list[Operand]:
    """The leaves of a derivative, in the order of those of what it belongs to; None for a part stands for all of it."""
    lo = call.lo
    if isinstance(thing, Const) and thing.value is None:
        return [NONE] * _count(spec)
    if spec == "leaf":
        if isinstance(thing, ArrayRef):
            return [lo.read(thing)]
        if isinstance(thing, (Value, Const)):
            return [thing]
        _unlike(call, what)
    if not isinstance(spec, tuple):  # known while compiling: no derivative
        return []
    kind, *items = spec
    content: Any = items[0] if len(items) == 1 else None
    if kind == "tuple" or (isinstance(kind, tuple) and kind[0] == "record"):
        return _all_matched(call, items, known_items(lo, thing), what)
    if content == "leaf":
        operand = lo.operand(thing)
        return [operand] if isinstance(operand, Value) else _unlike(call, what)
    if isinstance(content, tuple):
        return _all_matched(call, content[1:], known_items(lo, thing), what)
    found = lo.heap[thing.cell] if isinstance(thing, (DictRef, ObjectRef)) else None
    if not isinstance(found, dict) or set(found) != set(content):
        _unlike(call, what)
    return _all_matched(call, list(content.values()), [found[key] for key in content], what)


def _all_matched(call: Called, specs: Sequence[Any], things: Sequence[Thing] | None, what: str) -> list[Operand]:
    if things is None or len(things) != len(specs):
        _unlike(call, what)
    return [x for spec, thing in zip(specs, things, strict=True) for x in matched(call, spec, thing, what)]


def _unlike(call: Called, what: str) -> NoReturn:
    whose = "its argument" if what == "cotangent" else "the result"
    call.fail(
        f"the rule of `{call.fn.__name__}` returns a {what} that has another structure than {whose}",
        f"return it in the structure of {whose}; None stands for a part without a derivative",
    )


def _count(spec: Any) -> int:
    """How many leaves there are."""
    if isinstance(spec, str):
        return int(spec == "leaf")
    if isinstance(spec, dict):
        return sum(map(_count, spec.values()))
    return sum(map(_count, spec[1:])) if isinstance(spec, tuple) else 0
