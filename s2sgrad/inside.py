"""Derivatives that are called inside a function that is itself being lowered.

    def f(x, y):
        return np.sum(grad(g)(x) * y)

``grad(g)`` is known while compiling: a :class:`Derived` thing. Its call lowers ``g`` into a function of its own, whose
parameters are the differentiated leaves and whatever else it uses; derives that; and inlines the result. So the
derivative is ordinary code of ``f`` and can be differentiated with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s2sgrad.arguments import Kind, Path, flatten, same_structure
from s2sgrad.derivation import Wanted, derive
from s2sgrad.errors import ArgumentTypeError, MutationError
from s2sgrad.frontend import Lowered
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.rules import thing_of
from s2sgrad.frontend.things import ArrayRef, DictRef, ListRef, Thing
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Const, Function, Value, defined_in, map_tree
from s2sgrad.ir.types import is_differentiable
from s2sgrad.transforms.pullback import free_values

Things = list[Thing]
Keywords = dict[str, Thing]


@dataclass(frozen=True, slots=True)
class Derived:
    """A derivative of a thing that can be called. ``first``: arguments that are given already."""

    fun: Thing
    kind: Kind
    argnums: int | tuple[int, ...] = 0
    has_aux: bool = False
    primals: int | None = None
    first: tuple[Thing, ...] = ()


def call_derived(lo: Lowerer, derived: Derived, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """Inline a call of a derivative."""
    args = [*derived.first, *args]
    arity = len(args) if derived.primals is None else derived.primals
    single = isinstance(derived.argnums, int)
    positions = (derived.argnums,) if isinstance(derived.argnums, int) else derived.argnums
    positions = tuple(i + arity if i < 0 else i for i in positions)
    if any(not 0 <= i < arity for i in positions):
        lo.fail(f"argnums={derived.argnums}, but there are {arity} arguments", "count from 0", node, ArgumentTypeError)
    operands = {i: lo.operand(args[i]) for i in positions}
    paths: list[Path] = []
    params: list[Value] = []
    given: list[Any] = []
    inner_args = list(args[:arity])
    for i in positions:
        leaves = list(flatten(operands[i]))
        for path, x in leaves:
            if not (isinstance(x, (Value, Const)) and is_differentiable(x.type)):
                lo.fail(
                    f"argument {i} of the derivative holds {x.type if isinstance(x, (Value, Const)) else x}, "
                    "which has no derivative",
                    "pass floats",
                    node,
                    ArgumentTypeError,
                )
            paths.append((i, *path))
            params.append(Value(x.type, x.name if isinstance(x, Value) else None))
            given.append(x)
        fresh = iter(params[len(params) - len(leaves) :])
        inner_args[i] = thing_of(lo, same_structure(operands[i], fresh))
    for i, arg in enumerate(inner_args):
        if i not in positions and isinstance(arg, (ArrayRef, ListRef, DictRef)):
            inner_args[i] = thing_of(lo, lo.operand(arg))  # what the primal writes stays its own
    primal = lower_inside(lo, derived.fun, params, inner_args, kwargs, node)
    captured = free_values(primal.body, params)
    primal.params += captured
    shapes = tuple(map_tree(lambda x: x.type, operands[i]) for i in positions)
    wanted = Wanted(derived.kind, tuple((i,) for i in positions), shapes, single, derived.has_aux, arity)
    names = tuple((-1, k) for k in range(len(captured)))
    made = derive(Lowered(primal, (*paths, *names)), wanted)
    extra = [_at(lo.operand(args[path[0]]), path[1:]) for path in made.paths[len(paths) + len(captured) :]]
    return inline(lo, made.function, [*given, *captured, *extra])


CALLEES[Derived] = call_derived


def lower_inside(lo: Lowerer, fun: Thing, params: list[Value], args: Things, kwargs: Keywords, node: Any) -> Function:
    """The primal as a function of ``params``; values of the code around it are free in it."""
    block = Block()
    lo.varied.update(params)
    heap = dict(lo.heap)
    with lo.inside(block):
        result = lo.operand(lo.invoke(fun, args, kwargs, node))
    if any(lo.heap[cell] is not content for cell, content in heap.items() if cell in lo.heap):
        arrays = {id(arg.cell) for arg in args if isinstance(arg, (ArrayRef, ListRef, DictRef))}
        changed = [c for c, content in heap.items() if lo.heap.get(c) is not content and id(c) not in arrays]
        if changed:
            lo.fail(
                "a function that is differentiated here changes an array or a list of the code around it",
                "let it return the new value",
                node,
                MutationError,
            )
    lo.heap.update(heap)
    results: list[Any] = []

    def number(x: Any) -> int:
        results.append(x)
        return len(results) - 1

    out = map_tree(number, result)
    block.results = results
    return Function(getattr(fun, "name", "function"), list(params), block, out)


def inline(lo: Lowerer, function: Function, operands: list[Any]) -> Thing:
    """Append a function's body; its result as a thing."""
    cloner = Cloner(dict(zip(function.params, operands, strict=True)))
    ops = [cloner.op(op) for op in function.body.ops]
    varied = lo.is_varied(tuple(operands))
    lo.builder.block.ops += ops
    if varied:
        lo.varied.update(v for v in defined_in(Block([], ops)) if is_differentiable(v.type))
    leaves = iter([cloner.operand(function.results[k]) for _, k in flatten(function.out)])
    return thing_of(lo, same_structure(function.out, leaves))


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[key]
    return tree


# -- how the functions of the API are lowered ----------------------------------------------------------

Handler = Callable[[Lowerer, Things, Keywords, Any], Thing]


def making(*kinds: Kind) -> Handler:
    """A call such as ``grad(f, argnums=1)``: a derivative of a derivative for several kinds, the outermost first."""

    def handler(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
        fun, *rest = args
        argnums = _static(lo, rest[0] if rest else kwargs.get("argnums", Const(0)), node)
        argnums = argnums if isinstance(argnums, int) else tuple(argnums)
        has_aux = bool(_static(lo, kwargs.get("has_aux", Const(False)), node))
        for kind in reversed(kinds):
            fun = Derived(fun, kind, argnums, has_aux)
        return fun

    return handler


def call_jvp(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """``jvp(f, primals, tangents)``."""
    fun, primals, tangents = args
    points, dots = _items(lo, primals, node), _items(lo, tangents, node)
    argnums = tuple(i for i, dot in enumerate(dots) if not (isinstance(dot, Const) and dot.value is None))
    derived = Derived(fun, "jvp", argnums, False, len(points))
    return call_derived(lo, derived, [*points, *(dots[i] for i in argnums)], {}, node)


def call_vjp(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """``vjp(f, *primals)``: the pullback runs the forward part again; merging common subexpressions undoes that."""
    fun, *primals = args
    has_aux = bool(_static(lo, kwargs.get("has_aux", Const(False)), node))
    kept = [thing_of(lo, lo.operand(x)) if isinstance(x, (ArrayRef, ListRef, DictRef)) else x for x in primals]
    argnums = tuple(i for i, x in enumerate(primals) if _is_differentiable(lo, x))
    if len(argnums) != len(primals):
        lo.fail("`vjp` is called with arguments that are not made of floats", "bind them with a lambda", node)
    copies = [thing_of(lo, lo.operand(x)) if isinstance(x, (ArrayRef, ListRef, DictRef)) else x for x in primals]
    out = lo.invoke(fun, copies, {}, node)
    pullback = Derived(fun, "pullback", argnums, has_aux, len(primals), tuple(kept))
    if has_aux:
        value, aux = _items(lo, out, node)
        return value, pullback, aux
    return out, pullback


def _is_differentiable(lo: Lowerer, thing: Thing) -> bool:
    return all(isinstance(x, (Value, Const)) and is_differentiable(x.type) for _, x in flatten(lo.operand(thing)))


def _items(lo: Lowerer, thing: Thing, node: Any) -> list[Thing]:
    if isinstance(thing, tuple):
        return list(thing)
    if isinstance(thing, ListRef) and isinstance(lo.heap[thing.cell], tuple):
        return list(lo.heap[thing.cell])
    return lo.fail("this has to be a tuple", "write (x, y)", node)


def _static(lo: Lowerer, thing: Thing, node: Any) -> Any:
    if isinstance(thing, Const):
        return thing.value
    if isinstance(thing, tuple):
        return tuple(_static(lo, item, node) for item in thing)
    return lo.fail("options of a derivative have to be known while compiling", "write them as constants", node)
