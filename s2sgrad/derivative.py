"""A derivative of a Python function, as an object: :class:`DerivativeFunction`.

It finds out what is asked of it and has :mod:`s2sgrad.pipeline` compile it. What users call to make one is in
:mod:`s2sgrad.api` and :mod:`s2sgrad.operators`.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, cached_property, lru_cache, wraps
from types import MethodType
from typing import Any, Protocol, TypeAlias, overload

from s2sgrad.argnums import Which
from s2sgrad.backends.options import Backend, Numba, chosen
from s2sgrad.callees import AnyCallee, Extended, show_path, take_apart
from s2sgrad.dispatch import Dispatcher, Specialisation
from s2sgrad.entry import MISS
from s2sgrad.errors import ArgnumsError, ArgumentCountError, S2SGradError
from s2sgrad.labels import LabelledArgument
from s2sgrad.sources import note_origin
from s2sgrad.wanted import Kind

Argnums: TypeAlias = int | Sequence[int]
Argnames: TypeAlias = str | Sequence[str]
Function: TypeAlias = Callable[..., Any]


@cache
def compiler() -> Any:
    """:mod:`s2sgrad.pipeline`, loaded when the first derivative is compiled: it is most of the package.

    A program whose derivatives are all in the cache never loads it.
    """
    pipeline = importlib.import_module("s2sgrad.pipeline")
    lowering()
    return pipeline


@cache
def lowering() -> Any:
    """:mod:`s2sgrad.operators.lowering`, loaded with the compiler: how it lowers calls of what makes derivatives."""
    return importlib.import_module("s2sgrad.operators.lowering")


@cache
def persistence() -> Any:
    """:mod:`s2sgrad.persistence`, loaded with the first derivative, too."""
    return importlib.import_module("s2sgrad.persistence")


@cache
def boundary() -> Any:
    """:mod:`s2sgrad.boundary`, loaded when the first pandas object is passed."""
    return importlib.import_module("s2sgrad.boundary")


def refusal(error: Exception) -> Exception:
    """What an error of Numba's says about the primal."""
    if isinstance(error, S2SGradError):
        return error
    found: Exception = importlib.import_module("s2sgrad.backends.compiled").refusal(error)
    return found


class DerivativeFunction:
    """A derivative of a function. Its code is made when it is called, for arguments like those of the call.

    Made by :func:`grad` and its like. As a method it counts its arguments without ``self``.

    :ivar __wrapped__: the primal.
    """

    def __init__(
        self,
        fun: Function,
        kind: Kind,
        argnums: Which = 0,
        has_aux: bool = False,
        primals: int | None = None,
        order: Any = 1,
        backend: Backend = "numpy",
    ) -> None:
        self.__wrapped__ = fun
        self.backend = chosen(backend)
        self.kind = kind
        self.argnums = argnums
        self.has_aux = has_aux
        self.primals = primals
        self.order = order
        self.callee = take_apart(fun)
        self.roots = tuple(map(self.callee.path, self.chosen))
        if len(set(self.roots)) < len(self.roots):
            raise ArgnumsError(f"argnums={argnums} names an argument twice", "name each argument once")
        self.__name__ = f"{kind}_{self.callee.name}"
        self.__qualname__ = getattr(fun, "__qualname__", self.__name__)
        self.__module__ = getattr(fun, "__module__", None) or __name__
        self.__doc__ = "\n\n".join(filter(None, (self._title, inspect.getdoc(fun))))
        self._luggage: dict[str, Any] = {}  # what was compiled in another process
        self.on_arrays: dict[Any, DerivativeFunction] = {}  # this derivative for pandas objects, by their labels
        own = self.__s2sgrad_callee__()
        self.dispatcher = Dispatcher(self._compile, own.bind, own.arity, self.callee.names, self.takes_apart)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        table = self.dispatcher
        try:
            if not kwargs and len(args) == table.arity:  # the same question as in `call`, without another call
                result = table.enter(*args)
                if result is not MISS:
                    return result
            try:
                return table.call(args, kwargs)
            except LabelledArgument:
                pass
            return boundary().call(self, args, kwargs)
        except Exception as error:
            note_origin(error)
            if self.backend != "numpy":
                said = refusal(error)
                if said is not error:
                    raise said from error
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

    def takes_apart(self, position: int) -> bool:
        """Whether an object at a position of the bound arguments is taken apart: it is differentiated in."""
        if position >= len(self.callee.names) or any(root[0] == position for root in self.roots):
            return True
        inner = getattr(self.callee.function, "takes_apart", None)
        return inner is not None and bool(inner(position))

    def _compile(self, args: tuple[Any, ...]) -> Specialisation:
        self.callee.current()  # its code may have been replaced
        options = self.backend if isinstance(self.backend, Numba) else None
        if self.kind in ("vjp", "linearize"):
            split: Specialisation = compiler().compile_split(self, args, options)
            return split
        if options is not None:
            compiled: Specialisation = compiler().compile_with_numba(self, args, options)
            return compiled
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
        names = [f"x{i}_dot" for i in self.chosen]
        if self.kind in ("pullback", "pullbacks"):
            names = [f"{self.callee.name}_bar"]
        elif self.kind == "jet":
            names = [f"x{i}_{m}" for i in self.chosen for m in range(1, self.order + 1)]
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
            "tangent": "Tangent",
            "pullback": "Pullback",
            "jacfwd": "Jacobian",
            "jacrev": "Jacobian",
            "jacobian": "Jacobian",
            "laplacian": "Laplacian",
            "elementwise_grad": "Elementwise derivative",
            "partial": "Partial derivative",
            "vjp": "Value and pullback",
            "linearize": "Value and tangent",
            "jet": "Derivatives along a curve",
            "taylor": "Taylor coefficients",
            "directional": "Directional derivative",
            "hvp": "Product of the Hessian and a vector",
            "vhp": "Product of a vector and the Hessian",
            "pushforwards": "Tangents along several directions",
            "pullbacks": "Pullback of several cotangents",
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
        """The same derivative of the plain function, which has ``self`` in front; in ``hessian`` both derivatives."""
        fun = self.__wrapped__._as_method if isinstance(self.__wrapped__, DerivativeFunction) else self.__wrapped__
        shifted = tuple(i if isinstance(i, str) else i + (i >= 0) for i in self.chosen)
        argnums = shifted if isinstance(self.argnums, tuple) else shifted[0]
        return DerivativeFunction(fun, self.kind, argnums, self.has_aux, None, self.order, self.backend)

    @property
    def chosen(self) -> tuple[int | str, ...]:
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)

    def __reduce__(self) -> Any:
        by_name = by_its_name(self)
        if by_name is not None:
            return by_name
        luggage = self._luggage | persistence().packed(self.dispatcher.table, self.callee.declared)
        return _unpacked, (self.__wrapped__, *self.description, luggage)

    @property
    def description(self) -> tuple[Any, ...]:
        """What is asked of the primal, as the arguments that made this."""
        return self.kind, self.argnums, self.has_aux, self.primals, self.order, self.backend


def by_its_name(made: Any) -> str | None:
    """The name of what stands where its primal would, for pickling; None unless it is a decorated function."""
    found: Any = sys.modules.get(made.__module__)
    for part in made.__qualname__.split("."):
        found = getattr(found, part, None)
    name: str = made.__qualname__
    return name if found is made else None


def _unpacked(*description: Any) -> DerivativeFunction:
    """A derivative that was pickled: the source that was emitted for it has come with it."""
    *what, luggage = description
    made = DerivativeFunction(*what)
    made._luggage = luggage
    return made


class Maker(Protocol):
    """What makes a derivative of a function; without one, a decorator that does."""

    @overload
    def __call__(
        self,
        fun: Function,
        argnums: Argnums | None = None,
        *,
        argnames: Argnames | None = None,
        has_aux: bool = False,
        backend: Backend = "numpy",
    ) -> DerivativeFunction: ...
    @overload
    def __call__(
        self,
        fun: None = None,
        argnums: Argnums | None = None,
        *,
        argnames: Argnames | None = None,
        has_aux: bool = False,
        backend: Backend = "numpy",
    ) -> Callable[[Function], DerivativeFunction]: ...


def maker(make: Callable[..., DerivativeFunction]) -> Maker:
    """Let ``make(fun, …)`` be called without a function, as a decorator: ``@make``, ``@make(argnums=1)``."""

    @wraps(make)
    def made(fun: Function | None = None, *args: Any, **kwargs: Any) -> Any:
        if fun is None:
            return lambda fun: make(fun, *args, **kwargs)
        return make(fun, *args, **kwargs)

    return made


def pushforward_of(
    fun: Function, argnums: tuple[int | str, ...], primals: int, backend: Backend = "numpy"
) -> DerivativeFunction:
    """The function ``(*primals, *tangents) -> (out, out_dot)``, with a tangent for each of ``argnums``."""
    return shared(fun, "jvp", argnums, False, primals, 1, backend)


def pullback_of(
    fun: Function, argnums: tuple[int | str, ...], primals: int, backend: Backend = "numpy"
) -> DerivativeFunction:
    """The function ``(*primals, out_bar) -> cotangents``, with a cotangent for each of ``argnums``."""
    return shared(fun, "pullback", argnums, False, primals, 1, backend)


def shared(*description: Any) -> DerivativeFunction:
    """One derivative per description, so that its code is compiled once however often it is asked for."""
    try:
        return _remembered(*description)
    except TypeError:  # a callable that is not hashable
        return DerivativeFunction(*description)


_remembered = lru_cache(maxsize=256)(DerivativeFunction)
