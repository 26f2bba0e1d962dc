"""Recursive functions: they cannot be inlined, and become IR functions of their own.

    def fact(n, x):                          func fact(n: pyi, x: pyf) -> pyf:
        if n == 0:                             …
            return x                →          t = fact n - 1, x
        return n * fact(n - 1, x)              …

A round lowers the body with the result that the last round found. In the first one, paths that need the result of the
recursion are left out (they are *bottom*), so the base cases say what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from s2sgrad.errors import MutationError, UnsupportedCall
from s2sgrad.frontend.flattening import Arguments, freeze, rebuild
from s2sgrad.frontend.lowerer import Bottom, Frame, Lowerer, NeedsStatic
from s2sgrad.frontend.mentions import mentions_of_all
from s2sgrad.frontend.names import box_of
from s2sgrad.frontend.result_memory import ResultMemory, result_memory
from s2sgrad.frontend.slots import lengths_in
from s2sgrad.frontend.statements import run_function
from s2sgrad.frontend.things import Closure, Heap, Method, Partial, Thing
from s2sgrad.frontend.written_arguments import write_back, written_arrays
from s2sgrad.ir.build import known_length
from s2sgrad.ir.core import Block, Call, Function, Operand, Value, defined_in, uses_in
from s2sgrad.ir.types import Array, DictOf, Dim, Length, ListOf, Scalar, TupleOf, Type, is_integer, join

MAX_ROUNDS = 8
MAX_NESTED = 20
MAX_TYPES = 3


@dataclass(eq=False, slots=True)
class Recursive:
    """A recursive function under a signature. ``result``: its result as a thing over the values of its body.

    ``memory``: which variables it may be, or hold a part of, and why it must not be written. ``written``: the arrays
    among the arguments that it writes into: what they hold at the end are results behind its own."""

    function: Function
    signature: Any
    result: Thing = None
    types: list[Type] | None = None
    done: bool = False
    static: frozenset[int] = frozenset()
    memory: ResultMemory = field(default_factory=ResultMemory)
    written: tuple[str, ...] = ()


def is_recursive(lo: Lowerer, frame: Frame, node: Any, name: str) -> bool:
    """Whether a function calls itself by name, or is already being lowered further up.

    One that is given functions may come up again because they call it, and so may one that has been made anew, over
    other variables: that ends by itself, and is inlined."""
    others = [other for other in (lo.frame, *lo.stack) if other.node is node]
    active = len(others)
    made_anew = active and all(other.outer is not frame.outer for other in others)
    if made_anew or (active and any(isinstance(t, (Closure, Method, Partial)) for t in frame.env.values())):
        return active > MAX_NESTED
    return bool(active) or (not isinstance(node, gast.Lambda) and name in _called_names(node))


_CALLED: dict[Any, frozenset[str]] = {}


def _called_names(node: Any) -> frozenset[str]:
    if node not in _CALLED:
        _CALLED[node] = frozenset(mentions_of_all(node.body).called)
    return _CALLED[node]


def call_recursive(lo: Lowerer, frame: Frame, node: Any, name: str) -> Thing:
    """Call a recursive function whose arguments are bound in ``frame``."""
    _check_nesting(lo, node, name)
    variables = frame.env | _free_variables(lo, frame, node)
    arguments = Arguments(lo)
    spec = {n: arguments.flatten(thing, n) for n, thing in variables.items()}
    signature = (
        node,
        freeze(spec),
        *((_argument_type(x, k), x in lo.varied) for k, x in enumerate(arguments.operands)),
    )
    entry = _entry(lo, frame, node, signature, spec, arguments)
    if entry.types is None:
        raise Bottom
    given = _lengths_given(arguments.operands) | {base: Dim(base) for base in lengths_in(lo.captures)}
    results = [Value(known_length(_with_lengths(t, lambda n, _: _at_call(n, given)))) for t in entry.types]
    kept = [x for k, x in enumerate(arguments.operands) if k not in entry.static]
    lo.builder.add(Call(entry.function, tuple(kept), {}, results))
    if any(x in lo.varied for x in arguments.operands if isinstance(x, Value)):
        lo.varied.update(results)
    rest = iter(results)
    result = rebuild(lo, entry.result, rest)
    write_back(lo, {n: variables[n] for n in entry.written}, variables, list(rest))
    entry.memory.note(lo, result, variables)
    return result


def _check_nesting(lo: Lowerer, node: Any, name: str) -> None:
    """Refuse a recursion in which each call has arguments of other types, unless an integer tells where it ends."""
    active = [(signature, frame) for function, signature, frame in lo.recursions if function is node]
    if len({signature for signature, _ in active}) <= MAX_TYPES:
        return
    what, remedy = f"each call of `{name}` by itself has arguments of other types", "write a loop"
    for _, frame in active:
        for thing in frame.env.values():
            if isinstance(thing, Value) and is_integer(thing.type) and thing not in lo.varied:
                lo.needs_static(thing, what, remedy)
    lo.fail(what, remedy)


def _entry(
    lo: Lowerer, frame: Frame, node: Any, signature: Any, spec: dict[str, Any], arguments: Arguments
) -> Recursive:
    """The function for a signature and the values of the arguments that it needs to know while compiling."""
    static: set[int] = lo.static_arguments.setdefault(signature, set())
    while True:
        for k in sorted(static):
            if isinstance(arguments.operands[k], Value):
                lo.needs_static(
                    arguments.operands[k],
                    "a recursive call needs an argument that only running tells",
                    "pass a literal",
                )
        key = (signature, *((k, freeze(arguments.operands[k])) for k in sorted(static)))
        entry: Recursive | None = lo.functions.get(key)
        if entry is not None:
            return entry
        entry = lo.functions[key] = Recursive(Function(node.name, [], Block()), signature, static=frozenset(static))
        try:
            _lower(lo, frame, node, entry, spec, arguments)
        except NeedsMore as more:
            del lo.functions[key]
            static.add(more.position)
        except BaseException:
            del lo.functions[key]
            raise


class NeedsMore(Exception):
    """Another argument must be known while compiling."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def _lower(lo: Lowerer, frame: Frame, node: Any, entry: Recursive, spec: dict[str, Any], arguments: Arguments) -> None:
    """Lower the body until the type of the result settles."""
    operands = arguments.operands
    saved = (lo.builder.block, lo.open_blocks, lo.heap, lo.frame, lo.builder.stmt, lo.node)
    stack = list(lo.stack)
    known = set(lo.functions)
    for _ in range(MAX_ROUNDS):
        for other in lo.functions.keys() - known:  # they were lowered by what the last round knew of this one
            del lo.functions[other]
        block = Block()
        params = [
            Value(known_length(_argument_type(x, k)), name)
            for k, (x, name) in enumerate(zip(operands, arguments.names, strict=True))
        ]
        lo.varied.update(p for p, x in zip(params, operands, strict=True) if x in lo.varied)
        kept = [p for k, p in enumerate(params) if k not in entry.static]
        bound: Iterator[Operand] = iter(
            x if k in entry.static else p for k, (p, x) in enumerate(zip(params, operands, strict=True))
        )
        lo.builder.block, lo.open_blocks, lo.heap = block, [block], Heap()
        env = {n: rebuild(lo, s, bound, n) for n, s in spec.items()}
        outer = None if frame.outer is None else _shadow(frame.outer, env)
        inner = Frame(frame.source, frame.scope, {n: env[n] for n in frame.env}, outer, node, (*frame.key, "recursion"))
        before = lo.heap.copy()
        lo.frame = Frame(None, None)
        lo.recursions.append((node, entry.signature, inner))
        try:
            thing = run_function(lo, inner, node)
        except NeedsStatic as error:
            if error.value not in params:
                raise
            raise NeedsMore(params.index(error.value)) from None
        except Bottom:
            lo.fail(f"`{frame.node.name}` never ends: every path calls it again", "give it a base case")
        finally:
            heap = lo.heap
            lo.recursions.pop()
            lo.builder.block, lo.open_blocks, lo.heap, lo.frame, lo.builder.stmt, lo.node = saved
            lo.stack = list(stack)
        changed = {c for c, content in before.items() if heap[c] is not content}
        written = written_arrays(lo, node.name, env, changed, before, heap, entry.written)
        lo.heap, outer_heap = heap, lo.heap
        memory = result_memory(lo, thing, env, entry.memory)
        results = Arguments(lo)
        lo.builder.block, lo.open_blocks = block, [block]
        entry.result = results.flatten(thing)
        lo.builder.block, lo.open_blocks, lo.heap = saved[0], saved[1], outer_heap
        results.operands += [heap[env[n].cell] for n in written]
        types = [x.type for x in results.operands]
        if entry.types is not None and len(types) == len(entry.types):
            types = [join(a, b) for a, b in zip(entry.types, types, strict=True)]
        types = [_settled(t, k, lengths_in(lo.captures)) for k, t in enumerate(types)]
        block.results = list(results.operands)
        _require_closed(lo, node, block, params)
        entry.function.params, entry.function.body = kept, block
        used = set(uses_in(block))
        entry.function.captures = {v: where for v, where in lo.captures.items() if v in used}
        entry.function.out = tuple(range(len(types))) if len(types) != 1 else 0
        settled = entry.types == types and entry.memory == memory and entry.written == written
        entry.types, entry.memory, entry.written = types, memory, written
        if settled:
            return
    lo.fail("the type of what this recursive function returns does not settle", "return one kind of value", node)


def _require_closed(lo: Lowerer, node: Any, block: Block, params: list[Value]) -> None:
    """Refuse a function that reads, through a function it calls, variables that are not among its parameters."""
    known = {*params, *lo.captures, *defined_in(block)}
    free = next((x for x in uses_in(block) if isinstance(x, Value) and x not in known), None)
    if free is not None:
        lo.fail(
            f"the recursive function `{node.name}` calls a function that reads "
            + (f"`{free.name}`" if free.name else "a variable")
            + " of the code around it",
            "pass the value as an argument",
            error=UnsupportedCall,
        )


def _settled(t: Type, k: int, known: frozenset[Any]) -> Type:
    """The type of result ``k``: lengths that the body works out differ from call to call, and get a symbol each."""

    def settled(n: Length, place: Hashable) -> Length:
        steady = isinstance(n, int) or n.base in known or (isinstance(n.base, tuple) and n.base[0] == "argument")
        return n if steady else Dim(("returned", k, place))

    return _with_lengths(t, settled)


def _lengths_given(operands: list[Operand]) -> dict[Hashable, Length]:
    """What the symbols for the lengths of parameters stand for in a call."""
    given: dict[Hashable, Length] = {}
    for k, x in enumerate(operands):

        def note(n: Length, place: Hashable, k: int = k) -> Length:
            given["argument", k, place] = n
            return n

        _with_lengths(x.type, note)
    return given


def _at_call(n: Length, given: Mapping[Hashable, Length]) -> Length:
    """A length of a result, in a call: that of an argument, or one that no other call shares."""
    if isinstance(n, int):
        return n
    return given[n.base] + n.offset if n.base in given else Dim(object())


def _with_lengths(t: Type, change: Callable[[Length, Hashable], Length], at: Hashable = ()) -> Type:
    """A type with other lengths: ``change(length, where it stands)``. Which lengths integers are is left out."""
    match t:
        case Scalar():
            return replace(t, length=None)
        case Array():
            return Array(t.dtype, tuple(change(n, (at, axis)) for axis, n in enumerate(t.shape)))
        case ListOf():
            return ListOf(_with_lengths(t.item, change, (at, "item")))
        case DictOf():
            return DictOf(t.key, _with_lengths(t.item, change, (at, "item")))
        case TupleOf():
            return TupleOf(tuple(_with_lengths(item, change, (at, k)) for k, item in enumerate(t.items)))
    return t


def _shadow(outer: Frame, env: dict[str, Thing]) -> Frame:
    """The enclosing frame with its variables replaced by parameters, for its functions too."""
    shadow = Frame(outer.source, outer.scope, {}, outer.outer, outer.node, outer.key)
    for name, thing in (outer.env | env).items():
        if isinstance(thing, Closure) and thing.frame is outer:
            thing = Closure(thing.node, shadow, thing.defaults, thing.name)
        shadow.env[name] = thing
    return shadow


def _argument_type(x: Operand, k: int) -> Type:
    """The type of parameter ``k``: lengths differ from call to call, so they are symbols of its own."""
    return _with_lengths(x.type, lambda _, place: Dim(("argument", k, place)))


def _free_variables(lo: Lowerer, frame: Frame, node: Any) -> dict[str, Thing]:
    """Variables of enclosing functions that the body (or a function next to it) reads."""
    found: dict[str, Thing] = {}
    pending = [node]
    seen: set[int] = set()
    while pending:
        n = pending.pop()
        for name in {m.id for m in gast.walk(n) if isinstance(m, gast.Name)}:
            if box_of(frame, name) is not None or (frame.outer is not None and box_of(frame.outer, name) is not None):
                lo.fail(
                    f"a recursive function uses `{name}`, which a function inside another assigns by `nonlocal`",
                    "pass it as an argument, and return it",
                    node,
                    MutationError,
                )
            outer = frame.outer
            while outer is not None and name not in outer.env:
                outer = outer.outer
            if outer is None or name in frame.env or name in found:
                continue
            thing = outer.env[name]
            if isinstance(thing, Closure):
                if id(thing) not in seen:
                    seen.add(id(thing))
                    pending.append(thing.node)
            else:
                found[name] = thing
    return dict(sorted(found.items()))
