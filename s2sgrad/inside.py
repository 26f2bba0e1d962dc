"""Derivatives that are called inside a function that is itself being lowered.

    def f(x, y):
        return np.sum(grad(g)(x) * y)

``grad(g)`` is known while compiling: a :class:`Derived` thing. Its call lowers ``g`` into a function of its own, whose
parameters are the differentiated leaves and whatever else it uses; derives that; and inlines the result. So the
derivative is ordinary code of ``f`` and can be differentiated with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from s2sgrad.argnums import Which, chosen_arguments
from s2sgrad.arguments import derivative_tree
from s2sgrad.callees import Path, take_apart
from s2sgrad.derivation import derive
from s2sgrad.errors import ArgumentTypeError, MutationError
from s2sgrad.frontend import Lowered
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.rules import thing_of
from s2sgrad.frontend.structured import tree_of
from s2sgrad.frontend.things import ArrayRef, Closure, DictRef, ListRef, Method, Thing
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Const, Function, Value, defined_in, map_tree
from s2sgrad.ir.structures import flatten, same_structure, tree_at
from s2sgrad.ir.types import is_differentiable
from s2sgrad.transforms.pullback import free_values
from s2sgrad.wanted import Kind, Wanted

Things = list[Thing]
Keywords = dict[str, Thing]


@dataclass(frozen=True, slots=True)
class Derived:
    """A derivative of a thing that can be called, like a :class:`~s2sgrad.derivative.DerivativeFunction`.

    ``first``: arguments that are given already.
    """

    fun: Thing
    kind: Kind
    argnums: Which = 0
    has_aux: bool = False
    primals: int | None = None
    order: Any = 1
    first: tuple[Thing, ...] = ()


def call_derived(lo: Lowerer, derived: Derived, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """Inline a call of a derivative."""
    args = [*derived.first, *args]
    arity = len(args) if derived.primals is None else derived.primals
    single = not isinstance(derived.argnums, tuple)
    chosen = derived.argnums if isinstance(derived.argnums, tuple) else (derived.argnums,)
    positions = [_place(lo, derived, which, args[:arity], kwargs, node) for which in chosen]
    whole = {i: tree_of(lo, kwargs[i] if isinstance(i, str) else args[i]) for i in positions}
    operands = {i: derivative_tree(tree, _carries) for i, tree in whole.items()}
    paths: list[Path] = []
    params: list[Value] = []
    given: list[Any] = []
    inner_args: dict[Any, Thing] = {**dict(enumerate(args[:arity])), **kwargs}
    for i in positions:
        leaves = list(flatten(operands[i]))
        for path, x in leaves:
            if not _carries(x):
                name = f"`{i}`" if isinstance(i, str) else i
                what = x.type if isinstance(x, (Value, Const)) else x
                lo.fail(
                    f"argument {name} of the derivative holds {what}, which has no derivative",
                    "pass floats",
                    node,
                    ArgumentTypeError,
                )
            paths.append((i, *path))
            params.append(Value(x.type, x.name if isinstance(x, Value) else None))
            given.append(x)
        fresh = dict(zip([path for path, _ in leaves], params[len(params) - len(leaves) :], strict=True))
        given_as = (fresh.get(path, x) for path, x in flatten(whole[i]))
        inner_args[i] = thing_of(lo, same_structure(whole[i], given_as))
    for i, arg in inner_args.items():
        if i not in positions and isinstance(arg, (ArrayRef, ListRef, DictRef)):
            inner_args[i] = thing_of(lo, tree_of(lo, arg))  # what the primal writes stays its own
    by_position = [arg for i, arg in inner_args.items() if isinstance(i, int)]
    by_name = {i: arg for i, arg in inner_args.items() if isinstance(i, str)}
    primal = lower_inside(lo, derived.fun, params, by_position, by_name, node)
    captured = free_values(primal.body, params)
    primal.params += captured
    shapes = tuple(map_tree(lambda x: x.type, operands[i]) for i in positions)
    wanted = Wanted(derived.kind, tuple((i,) for i in positions), shapes, single, derived.has_aux, arity, derived.order)
    names = tuple((-1, k) for k in range(len(captured)))
    made = derive(Lowered(primal, (*paths, *names)), wanted)
    extra = [tree_at(tree_of(lo, args[path[0]]), path[1:]) for path in made.paths[len(paths) + len(captured) :]]
    return inline(lo, made.function, [*given, *captured, *extra])


CALLEES[Derived] = call_derived


def _place(lo: Lowerer, derived: Derived, which: int | str, args: Things, kwargs: Keywords, node: Any) -> int | str:
    """Where a call gives the argument that ``argnums`` or ``argnames`` chooses: a position, or a keyword."""
    names = _parameter_names(derived.fun)
    if isinstance(which, int):
        place = which + len(args) if which < 0 else which
        if 0 <= place < len(args):
            return place
        if 0 <= place < len(names) and names[place] in kwargs:
            return names[place]
        lo.fail(f"argnums={which}, but there are {len(args)} arguments", "count from 0", node, ArgumentTypeError)
    if which in kwargs:
        return which
    if which in names and names.index(which) < len(args):
        return names.index(which)
    lo.fail(f"argnames names `{which}`, which this call does not give", f"pass {which}=…", node, ArgumentTypeError)


def _parameter_names(fun: Thing) -> list[str]:
    """The names of the parameters that arguments by position belong to, as far as they are known."""
    if isinstance(fun, Derived):
        return _parameter_names(fun.fun)
    if isinstance(fun, Closure):
        return [a.id for a in (*fun.node.args.posonlyargs, *fun.node.args.args)]
    if isinstance(fun, Method) and fun.fn is not None:
        return take_apart(fun.fn).names[1:]
    if isinstance(fun, Const) and callable(fun.value):
        callee = take_apart(fun.value)
        return callee.names[len(callee.prefix) :]
    return []


def lower_inside(lo: Lowerer, fun: Thing, params: list[Value], args: Things, kwargs: Keywords, node: Any) -> Function:
    """The primal as a function of ``params``; values of the code around it are free in it."""
    block = Block()
    lo.varied.update(params)
    heap = dict(lo.heap)
    with lo.inside(block):
        result = tree_of(lo, lo.invoke(fun, args, kwargs, node))
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


def _carries(x: Any) -> bool:
    return isinstance(x, (Value, Const)) and is_differentiable(x.type)


# -- how the functions of the API are lowered ----------------------------------------------------------

Handler = Callable[[Lowerer, Things, Keywords, Any], Thing]


def making(*kinds: Kind) -> Handler:
    """A call such as ``grad(f, argnums=1)``: a derivative of a derivative for several kinds, the outermost first."""

    def handler(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
        names = ("fun", "argnums", "argnames", "has_aux", "backend")
        given = parameters(lo, kinds[0], names, args, kwargs, node)
        if "fun" not in given:
            lo.fail(f"`{kinds[0]}` is used as a decorator here", "decorate functions outside", node)
        fun = given["fun"]
        chosen = (static(lo, given.get(name, Const(None)), node) for name in ("argnums", "argnames"))
        argnums = chosen_arguments(*chosen)
        has_aux = bool(static(lo, given.get("has_aux", Const(False)), node))
        for kind in reversed(kinds):
            fun = Derived(fun, kind, argnums, has_aux)
        return fun

    return handler


def call_vjp(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """``vjp(f, *primals)``: the pullback runs the forward part again; merging common subexpressions undoes that."""
    return _call_split(lo, "vjp", "pullback", args, kwargs, node)


def call_linearize(lo: Lowerer, args: Things, kwargs: Keywords, node: Any) -> Thing:
    """``linearize(f, *primals)``, likewise."""
    return _call_split(lo, "linearize", "tangent", args, kwargs, node)


def _call_split(lo: Lowerer, name: str, later: Kind, args: Things, kwargs: Keywords, node: Any) -> Thing:
    fun, *primals = args
    has_aux = bool(static(lo, kwargs.get("has_aux", Const(False)), node))
    kept = [thing_of(lo, tree_of(lo, x)) if isinstance(x, (ArrayRef, ListRef, DictRef)) else x for x in primals]
    argnums = tuple(i for i, x in enumerate(primals) if _is_differentiable(lo, x))
    if len(argnums) != len(primals):
        lo.fail(f"`{name}` is called with arguments that are not made of floats", "bind them with a lambda", node)
    copies = [thing_of(lo, tree_of(lo, x)) if isinstance(x, (ArrayRef, ListRef, DictRef)) else x for x in primals]
    out = lo.invoke(fun, copies, {}, node)
    derived = Derived(fun, later, argnums, has_aux, len(primals), first=tuple(kept))
    if has_aux:
        value, aux = items(lo, out, node)
        return value, derived, aux
    return out, derived


def _is_differentiable(lo: Lowerer, thing: Thing) -> bool:
    return all(_carries(x) for _, x in flatten(derivative_tree(tree_of(lo, thing), _carries)))


def items(lo: Lowerer, thing: Thing, node: Any) -> list[Thing]:
    if isinstance(thing, tuple):
        return list(thing)
    if isinstance(thing, ListRef) and isinstance(lo.heap[thing.cell], tuple):
        return list(lo.heap[thing.cell])
    return lo.fail("this has to be a tuple", "write (x, y)", node)


def static(lo: Lowerer, thing: Thing, node: Any) -> Any:
    if isinstance(thing, Const):
        return thing.value
    if isinstance(thing, tuple):
        return tuple(static(lo, item, node) for item in thing)
    return lo.fail("options of a derivative have to be known while compiling", "write them as constants", node)


def parameters(
    lo: Lowerer, name: str, names: Sequence[str], args: Things, kwargs: Keywords, node: Any
) -> dict[str, Thing]:
    """The arguments of a call by the names of the parameters; those that are left out are missing."""
    unknown = [key for key in kwargs if key not in names or key in names[: len(args)]]
    if len(args) > len(names) or unknown:
        what = f"an argument `{unknown[0]}`" if unknown else f"{len(args)} arguments"
        lo.fail(f"`{name}` does not take {what} here", f"its parameters are ({', '.join(names)})", node)
    return {**dict(zip(names, args, strict=False)), **kwargs}
