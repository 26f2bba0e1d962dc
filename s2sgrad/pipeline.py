"""The compiler: a function and the derivative that is asked of it in, the code that computes it out.

    source → lower → transform → optimise → emit → compile

:func:`compile_derivative` is that line, and a newcomer who follows what it calls knows the house. The functions that
users call (:mod:`s2sgrad.api`) load this module when the first derivative is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import s2sgrad.callbacks
import s2sgrad.checkpointing.lowering
import s2sgrad.control_calls
import s2sgrad.custom_calls
import s2sgrad.implicit_calls  # noqa: F401 - these tell the frontend how calls of certain functions are lowered
from s2sgrad.argnums import Which
from s2sgrad.arguments import carries_derivative, check_differentiable, derivative_tree, independent, type_tree
from s2sgrad.backends.compiled import compile_function, explained
from s2sgrad.backends.options import Numba
from s2sgrad.callees import AnyCallee, Path, argument_at
from s2sgrad.derivation import derive, split
from s2sgrad.dispatch import Specialisation, Text
from s2sgrad.emit import Module, compile_module
from s2sgrad.emit import emit as emit_function
from s2sgrad.emit.outline import DEEPEST, nesting, outline
from s2sgrad.frontend import Lowered
from s2sgrad.frontend import lower as lower_primal
from s2sgrad.inside import Derived, call_derived
from s2sgrad.interface import like_the_primal
from s2sgrad.ir.clone import clone_function
from s2sgrad.ir.core import Capture, Const, Function
from s2sgrad.ir.structures import Fields, flatten, tree_at
from s2sgrad.optimize.contractions.products import products
from s2sgrad.optimize.inplace import inplace
from s2sgrad.optimize.inverses import inverses
from s2sgrad.optimize.merging import merge_functions
from s2sgrad.optimize.pipeline import optimize
from s2sgrad.signatures import mutable_parts
from s2sgrad.sources import by_position
from s2sgrad.transforms.buffers import settle_buffers
from s2sgrad.transforms.checkpoints import without_checkpoints
from s2sgrad.transforms.custom_rules import without_rules
from s2sgrad.wanted import Kind, Wanted


class Derivative(Protocol):
    """What is asked for: see :class:`s2sgrad.api.DerivativeFunction`."""

    __wrapped__: Any
    kind: Kind
    argnums: Which
    roots: tuple[Path, ...]
    has_aux: bool
    primals: int | None
    order: Any
    callee: AnyCallee

    @property
    def description(self) -> tuple[Any, ...]: ...

    def __s2sgrad_callee__(self) -> AnyCallee: ...
    def takes_apart(self, position: int) -> bool: ...


def compile_split(derivative: Derivative, args: tuple[Any, ...], options: Numba | None = None) -> Specialisation:
    """The code of ``vjp`` and ``linearize``: a function that returns the value, and what is called later.

    :param options: of Numba, for machine code.
    """
    lowered, wanted = _primal(derivative, args)
    first, second, places = split(lowered, wanted)
    forward: Callable[..., Any]
    later: Callable[..., Any]
    captures: Mapping[str, Capture]
    if options is None:
        module = emit(derivative, first)
        forward = compile_module(module)
        call = by_position(forward)
        rest = _in_text(second)
        later = compile_module(rest)
        captures, text = module.captures, f"{module.source}\n\n{rest.source}"
    else:
        _, saved = first.function.out
        forward, module, body = compile_function(first.function, first.paths, len(args), options.flags, saved)
        call = body.call
        apart = [(k,) for k in range(len(second.params))]
        _, rest, body = compile_function(second, apart, len(apart), options.flags, takes_saved=True)
        later = explained(body.call)
        captures = {capture.name: capture for capture in first.function.captures.values()}
        text = f"{module.text}\n\n{rest.text}"

    def run(*args: Any) -> Any:
        out, saved = call(*args)
        outside = [capture.load() for capture in captures.values()]
        given = [part for k, arg in enumerate(args) for part in mutable_parts(arg, derivative.takes_apart(k))]
        return out, Later(later, independent(saved, [*given, *mutable_parts((out, outside))]), places, rest.source)

    return Specialisation(forward, first.guards, captures, first.static, first.mutated, text, run, labels=first.labels)


@dataclass(frozen=True, slots=True)
class Later:
    """The part of a derivative that is called later, with what one call has saved.

    ``places``: where in its arguments the parameters of ``function`` stand that follow what is saved.
    """

    function: Callable[..., Any]
    saved: tuple[Any, ...]
    places: tuple[Path, ...]
    source: str

    def __call__(self, *args: Any) -> Any:
        return self.function(*self.saved, *[tree_at(args, place) for place in self.places])


def compile_derivative(derivative: Derivative, args: tuple[Any, ...]) -> Specialisation:
    """The code for arguments like these."""
    lowered = lower(derivative, args)
    module = emit(derivative, lowered)
    function = compile_module(module)
    known = (lowered.guards, module.captures, lowered.static, lowered.mutated, module.source)
    files = [source.filename for source in lowered.sources]
    text = Text(module.name, module.imports, module.namespace, module.lines, files)
    return Specialisation(function, *known, by_position(function), text, lowered.labels)


def compile_with_numba(derivative: Derivative, args: tuple[Any, ...], options: Numba) -> Specialisation:
    """The code for arguments like these, as machine code."""
    lowered = lower(derivative, args)
    function, module, body = compile_function(
        lowered.function, lowered.paths, len(derivative.__s2sgrad_callee__().names), options.flags
    )
    captures = {capture.name: capture for capture in lowered.function.captures.values()}
    known = (lowered.guards, captures, lowered.static, lowered.mutated, module.text)
    return Specialisation(function, *known, body.call, None, lowered.labels, body)


def lower(
    derivative: Derivative, args: tuple[Any, ...], types: tuple[Any, ...] | None = None, wrt: Sequence[Path] = ()
) -> Lowered:
    """The derivative in IR, for bound arguments; ``wrt``: those that it will be differentiated in itself."""
    return derive(*_primal(derivative, args, types, wrt))


def _primal(
    derivative: Derivative, args: tuple[Any, ...], types: tuple[Any, ...] | None = None, wrt: Sequence[Path] = ()
) -> tuple[Lowered, Wanted]:
    """The primal in IR, and what is asked of it."""
    callee = derivative.callee
    types = tuple(map(type_tree, args, derivative.__s2sgrad_callee__().names)) if types is None else types
    arity = len(callee.names)
    trees = tuple(derivative_tree(argument_at(callee, types, root), carries_derivative) for root in derivative.roots)
    single = not isinstance(derivative.argnums, tuple)
    wanted = Wanted(derivative.kind, derivative.roots, trees, single, derivative.has_aux, arity, derivative.order)
    for root, tree in zip(derivative.roots, trees, strict=True):
        if type(tree) is Fields and not any(carries_derivative(leaf) for _, leaf in flatten(tree)):
            check_differentiable(callee, root, tree)
    for path in wanted.leaves():
        check_differentiable(callee, path, tree_at(types, path))
    active = list(dict.fromkeys([*wanted.leaves(), *(path for path in wrt if path[0] < arity)]))
    return lower_callee(callee, args[:arity], types[:arity], active), wanted


def lower_callee(callee: AnyCallee, args: tuple[Any, ...], types: tuple[Any, ...], wrt: list[Path]) -> Lowered:
    """The IR of a function for bound arguments of these types; ``wrt``: those that derivatives are taken in."""
    function: Any = callee.function
    if hasattr(function, "on_arrays"):  # a derivative itself
        return lower(function, args, types, wrt)
    return lower_primal(function, args, types, wrt)


def emit(derivative: Derivative, lowered: Lowered) -> Module:
    """The source of a derivative in IR."""
    callee = derivative.__s2sgrad_callee__()

    def finish(function: Function) -> Function:
        return like_the_primal(function, lowered.paths, callee.names, callee.defaults, callee.kinds)

    return _in_text(lowered.function, finish)


def _in_text(function: Function, finish: Callable[[Function], Function] = lambda function: function) -> Module:
    """The text of a function, in several functions if Python could not read it in one."""
    function = products(inverses(settle_buffers(optimize(without_checkpoints(without_rules(function))))))
    whole = clone_function(function) if nesting(function.body) > DEEPEST else None
    module = emit_function(finish(merge_functions(inplace(function, buffers=True))))
    if whole is None or module.depth <= DEEPEST:
        return module
    return emit_function(finish(merge_functions(inplace(outline(whole), buffers=True))))


# -- derivatives inside functions that are lowered -----------------------------------------------------


def lower_call(derivative: Derivative, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
    """How the frontend lowers a call of a derivative that was made outside."""
    asked = derivative.kind, derivative.argnums, derivative.has_aux, derivative.primals, derivative.order
    derived = Derived(Const(derivative.__wrapped__), *asked)
    return call_derived(lo, derived, args, kwargs, node)
