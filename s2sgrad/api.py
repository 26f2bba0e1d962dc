"""Derivatives of Python functions: what users call.

:class:`DerivativeFunction` finds out what is asked of it and has :mod:`s2sgrad.pipeline` compile it; the functions at
the end ask.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, cached_property, lru_cache
from types import MethodType
from typing import Any, Literal, TypeAlias, overload

from s2sgrad.arguments import (
    AnyCallee,
    Extended,
    Kind,
    Which,
    chosen_arguments,
    derivative_like,
    is_differentiable_argument,
    show_path,
    take_apart,
)
from s2sgrad.dispatch import Dispatcher, Specialisation
from s2sgrad.errors import ArgnumsError, ArgumentCountError, StructureMismatch, UnsupportedCall
from s2sgrad.labels import LabelledArgument, check_same_labels, plain
from s2sgrad.sources import note_origin

Argnums: TypeAlias = int | Sequence[int]
Argnames: TypeAlias = str | Sequence[str]
Function: TypeAlias = Callable[..., Any]
Backend: TypeAlias = Literal["numpy"]


@cache
def compiler() -> Any:
    """:mod:`s2sgrad.pipeline`, loaded when the first derivative is compiled: it is most of the package.

    A program whose derivatives are all in the cache never loads it.
    """
    pipeline = importlib.import_module("s2sgrad.pipeline")
    makers = {
        grad: ("grad",),
        value_and_grad: ("value_and_grad",),
        jacfwd: ("jacfwd",),
        jacrev: ("jacrev",),
        hessian: ("jacfwd", "jacrev"),
    }
    pipeline.lower_calls_of(makers, jvp, vjp)
    return pipeline


@cache
def persistence() -> Any:
    """:mod:`s2sgrad.persistence`, loaded with the first derivative, too."""
    return importlib.import_module("s2sgrad.persistence")


@cache
def boundary() -> Any:
    """:mod:`s2sgrad.boundary`, loaded when the first pandas object is passed."""
    return importlib.import_module("s2sgrad.boundary")


class DerivativeFunction:
    """A derivative of a function. Its code is made when it is called, for arguments like those of the call.

    Made by :func:`grad` and its like. As a method it counts its arguments without ``self``.

    :ivar __wrapped__: the primal.
    """

    def __init__(
        self, fun: Function, kind: Kind, argnums: Which = 0, has_aux: bool = False, primals: int | None = None
    ) -> None:
        self.__wrapped__ = fun
        self.kind = kind
        self.argnums = argnums
        self.has_aux = has_aux
        self.primals = primals
        self.callee = take_apart(fun)
        self.roots = tuple(map(self.callee.path, self._chosen))
        if len(set(self.roots)) < len(self.roots):
            raise ArgnumsError(f"argnums={argnums} names an argument twice", "name each argument once")
        self.__name__ = f"{kind}_{self.callee.name}"
        self.__qualname__ = getattr(fun, "__qualname__", self.__name__)
        self.__module__ = getattr(fun, "__module__", None) or __name__
        self.__doc__ = "\n\n".join(filter(None, (self._title, inspect.getdoc(fun))))
        self._luggage: dict[str, Any] = {}  # what was compiled in another process
        self.on_arrays: dict[Any, DerivativeFunction] = {}  # this derivative for pandas objects, by their labels
        own = self.__s2sgrad_callee__()
        self.dispatcher = Dispatcher(self._compile, own.bind, own.arity, self.callee.names)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            try:
                return self.dispatcher.call(args, kwargs)
            except LabelledArgument:
                pass
            return boundary().call(self, args, kwargs)
        except Exception as error:
            note_origin(error)
            raise

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The emitted source for these arguments; without any, that for the arguments of the last call."""
        found = self.specialise(*args, **kwargs) if args or kwargs else self.dispatcher.last
        if found is None:
            raise ArgumentCountError(
                f"{self.__name__} has not been called yet, so there is no source to show",
                "give example arguments: .source(x, y)",
            )
        return found.source

    def specialise(self, *args: Any, **kwargs: Any) -> Specialisation:
        """The compiled code for these arguments, without running it."""
        bound = self.dispatcher.bind(args, kwargs)
        try:
            return self.dispatcher.find(bound)
        except LabelledArgument:
            found: Specialisation = boundary().specialise(self, bound)
            return found

    def _compile(self, args: tuple[Any, ...]) -> Specialisation:
        self.callee.current()  # its code may have been replaced
        if self.kind == "vjp":
            split: Specialisation = compiler().compile_split(self, args)
            return split
        kept = persistence()
        brought = kept.brought(self._luggage, self.callee.declared, args) if self._luggage else None
        made: Specialisation = brought or kept.recalled_or(
            kept.key_of(self, args), lambda: compiler().compile_derivative(self, args)
        )
        return made

    def __s2sgrad_callee__(self) -> AnyCallee:
        """How this function is called: as the primal, with tangents or cotangents behind if it takes them."""
        if self.primals is None:
            return replace(self.callee, function=self, name=self.__name__)
        names = [f"{self.callee.name}_bar"] if self.kind == "pullback" else [f"x{i}_dot" for i in self._chosen]
        return Extended(self, self.__name__, self.callee, self.primals, tuple(names))

    def __s2sgrad_lower__(self, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """How the frontend lowers a call of this function inside another."""
        return compiler().lower_call(self, lo, args, kwargs, node)

    @property
    def __signature__(self) -> inspect.Signature:
        if self.primals is not None:
            raise AttributeError("__signature__")
        return inspect.signature(self.__wrapped__)

    @property
    def _title(self) -> str:
        what = {
            "grad": "Gradient",
            "value_and_grad": "Value and gradient",
            "jvp": "Tangent",
            "pullback": "Pullback",
            "jacfwd": "Jacobian",
            "jacrev": "Jacobian",
            "vjp": "Value and pullback",
        }
        names = ", ".join(f"`{show_path(self.callee, root)}`" for root in self.roots)
        return f"{what[self.kind]} of `{self.callee.name}` with respect to {names}."

    def __repr__(self) -> str:
        compiled = len(list(self.dispatcher))
        state = f"compiled for {compiled} signature{'s' * (compiled != 1)}" if compiled else "not compiled yet"
        return f"<{self._title[:1].lower()}{self._title[1:-1].replace('`', '')}, {state}>"

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        return self if obj is None else MethodType(self._as_method, obj)

    @cached_property
    def _as_method(self) -> DerivativeFunction:
        """The same derivative of the plain function, which has ``self`` in front."""
        shifted = tuple(i if isinstance(i, str) else i + (i >= 0) for i in self._chosen)
        argnums = shifted if isinstance(self.argnums, tuple) else shifted[0]
        return DerivativeFunction(self.__wrapped__, self.kind, argnums, self.has_aux)

    @property
    def _chosen(self) -> tuple[int | str, ...]:
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)

    def __reduce__(self) -> Any:
        found: Any = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:  # it stands where its primal would: decorated
            return self.__qualname__
        luggage = self._luggage | persistence().packed(self.dispatcher.table, self.callee.declared)
        return _unpacked, (self.__wrapped__, self.kind, self.argnums, self.has_aux, self.primals, luggage)


def _unpacked(*description: Any) -> DerivativeFunction:
    """A derivative that was pickled: the source that was emitted for it has come with it."""
    *what, luggage = description
    made = DerivativeFunction(*what)
    made._luggage = luggage
    return made


# -- what users call ---------------------------------------------------------------------------------


@overload
def grad(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction: ...
@overload
def grad(
    fun: None = None,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> Callable[[Function], DerivativeFunction]: ...
def grad(
    fun: Function | None = None,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction | Callable[[Function], DerivativeFunction]:
    """The gradient of a function that returns one number.

    Also a decorator: ``@grad``, ``@grad(argnums=(0, 1))``.

    :param fun: the primal; its arguments are numbers, arrays, and nested tuples, lists and dicts of them.
    :param argnums: the positions of the arguments to differentiate in: one, or several for a tuple of gradients
        (default: the first).
    :param argnames: their names, instead or as well (then behind those by position): also of keyword-only parameters.
    :param has_aux: ``fun`` returns ``(number, aux)``; the derivative returns ``(gradient, aux)``.
    :returns: a function of the same arguments; its result has the structure of the differentiated arguments.
    :raises ArgumentTypeError: when called with an argument to differentiate in that is not made of floats.
    :raises NonScalarOutput: when called, if ``fun`` does not return one number.
    """
    return _maker("grad", fun, chosen_arguments(argnums, argnames), has_aux, backend)


@overload
def value_and_grad(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction: ...
@overload
def value_and_grad(
    fun: None = None,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> Callable[[Function], DerivativeFunction]: ...
def value_and_grad(
    fun: Function | None = None,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction | Callable[[Function], DerivativeFunction]:
    """Like :func:`grad`, but returns ``(value, gradient)``, and ``((value, aux), gradient)`` with ``has_aux``."""
    return _maker("value_and_grad", fun, chosen_arguments(argnums, argnames), has_aux, backend)


def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of ``fun`` at ``primals``, and its derivative along ``tangents`` (forward mode).

    :param tangents: one for each primal, of its structure and shapes; None for one that is kept fixed.
    :returns: ``(out, out_dot)``; where a part of the result carries no derivative, its tangent is zero.
    :raises StructureMismatch: if a tangent does not look like its primal.
    """
    for given, what in ((primals, "primals"), (tangents, "tangents")):
        if not isinstance(given, (tuple, list)):
            raise StructureMismatch(
                f"the {what} of jvp are of type `{type(given).__name__}`, but have to be a tuple or list",
                f"write jvp({getattr(fun, '__name__', 'f')}, (x,), (x_dot,))",
            )
    if len(primals) != len(tangents):
        raise StructureMismatch(
            f"jvp needs a tangent for each primal, but there are {len(primals)} primals and {len(tangents)} tangents",
            "pass None for an argument that is kept fixed",
        )
    argnums = tuple(i for i, dot in enumerate(tangents) if dot is not None)
    for i in argnums:
        check_same_labels(tangents[i], primals[i], f"tangent {i}")
    dots = [derivative_like(plain(tangents[i]), plain(primals[i]), f"tangent {i}") for i in argnums]
    out, out_dot = pushforward_of(fun, argnums, len(primals))(*primals, *dots)
    return out, out_dot


def vjp(fun: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of ``fun`` at ``primals``, and the function that pulls cotangents back through it (reverse mode).

    :param has_aux: ``fun`` returns ``(out, aux)``, and only ``out`` is differentiated.
    :returns: ``(out, pullback)``, or ``(out, pullback, aux)``. ``pullback(out_bar)``, where ``out_bar`` has the
        structure and the shapes of ``out``, returns a tuple with a cotangent for each primal; None for those that
        are not made of floats.
    """
    argnums = tuple(i for i, x in enumerate(primals) if is_differentiable_argument(plain(x)))
    out, back = _shared(fun, "vjp", argnums, has_aux, None)(*primals)
    out, *aux = out if has_aux else (out,)

    return out, _Pullback(out, back, argnums, len(primals)), *aux


class _Pullback:
    """What :func:`vjp` returns to pull cotangents back through a function; it holds what one call has saved."""

    def __init__(self, out: Any, back: Any, argnums: tuple[int, ...], primals: int) -> None:
        self._out = out
        self._back = back
        self._argnums = argnums
        self._primals = primals

    def __call__(self, out_bar: Any) -> tuple[Any, ...]:
        check_same_labels(out_bar, self._out, "the cotangent")
        bars = iter(self._back(derivative_like(plain(out_bar), plain(self._out), "the cotangent")))
        return tuple(next(bars) if i in self._argnums else None for i in range(self._primals))

    def __reduce__(self) -> Any:
        raise TypeError(
            "the pullback that vjp returns cannot be pickled: it holds what one call has saved. Pickle the function "
            "and its arguments, and call vjp again; derivatives such as grad(fun) can be pickled"
        )


def jacfwd(fun: Function, argnums: Argnums | None = None, *, argnames: Argnames | None = None) -> DerivativeFunction:
    """The Jacobian of a function, made by columns in forward mode: for few inputs and many outputs.

    :returns: a function of the same arguments. Where ``fun`` returns an array of shape ``S``, the derivative in an
        array of shape ``T`` has shape ``S + T``; nested results and arguments are mirrored.
    """
    return DerivativeFunction(fun, "jacfwd", chosen_arguments(argnums, argnames))


def jacrev(fun: Function, argnums: Argnums | None = None, *, argnames: Argnames | None = None) -> DerivativeFunction:
    """The Jacobian of a function, made by rows in reverse mode: for many inputs and few outputs. See :func:`jacfwd`."""
    return DerivativeFunction(fun, "jacrev", chosen_arguments(argnums, argnames))


def hessian(fun: Function, argnums: Argnums | None = None, *, argnames: Argnames | None = None) -> DerivativeFunction:
    """The matrix of second derivatives: the forward Jacobian of the reverse Jacobian."""
    return jacfwd(jacrev(fun, argnums, argnames=argnames), argnums, argnames=argnames)


def pushforward_of(fun: Function, argnums: tuple[int, ...], primals: int) -> DerivativeFunction:
    """The function ``(*primals, *tangents) -> (out, out_dot)``, with a tangent for each of ``argnums``."""
    return _shared(fun, "jvp", argnums, False, primals)


def pullback_of(fun: Function, argnums: tuple[int, ...], primals: int, has_aux: bool = False) -> DerivativeFunction:
    """The function ``(*primals, out_bar) -> cotangents``, with a cotangent for each of ``argnums``."""
    return _shared(fun, "pullback", argnums, has_aux, primals)


def _maker(
    kind: Kind, fun: Function | None, argnums: Which, has_aux: bool, backend: str
) -> DerivativeFunction | Callable[[Function], DerivativeFunction]:
    if backend != "numpy":
        raise UnsupportedCall(f"backend {backend!r} is not available", 'the backend is "numpy"')
    if fun is None:
        return lambda fun: DerivativeFunction(fun, kind, argnums, has_aux)
    return DerivativeFunction(fun, kind, argnums, has_aux)


def _shared(*description: Any) -> DerivativeFunction:
    """One derivative per description, so that its code is compiled once however often it is asked for."""
    try:
        return _remembered(*description)
    except TypeError:  # a callable that is not hashable
        return DerivativeFunction(*description)


_remembered = lru_cache(maxsize=256)(DerivativeFunction)
