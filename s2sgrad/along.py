"""Operators that take points and directions: ``operator(f, primals, tangents)``.

Each is a class below :class:`Along`. ``operator(f)`` is an object that is called with primals and tangents; it shows
its source, is pickled with its code, and may be called inside a function that is differentiated itself.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any, ClassVar

import numpy as np

from s2sgrad.argnums import Which
from s2sgrad.arguments import derivative_like
from s2sgrad.backends.options import Backend, chosen
from s2sgrad.callees import Callee, take_apart
from s2sgrad.derivative import DerivativeFunction, Function, by_its_name, lowering, shared
from s2sgrad.errors import ArgumentCountError, StructureMismatch
from s2sgrad.labels import check_same_labels, plain
from s2sgrad.wanted import Kind


def directions(operator: str, fun: Function, primals: Any, tangents: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The positions of the primals that have a tangent, and these tangents, made to fit their primals.

    Raises :class:`StructureMismatch` if they do not.
    """
    for given, what in ((primals, "primals"), (tangents, "tangents")):
        if not isinstance(given, (tuple, list)):
            raise StructureMismatch(
                f"the {what} of {operator} are of type `{type(given).__name__}`, but have to be a tuple or list",
                f"write {operator}({getattr(fun, '__name__', 'f')}, (x,), (x_dot,))",
            )
    if len(primals) != len(tangents):
        raise StructureMismatch(
            f"{operator} needs a tangent for each primal, but there are {len(primals)} primals and "
            f"{len(tangents)} tangents",
            "pass None for an argument that is kept fixed",
        )
    argnums = tuple(i for i, dot in enumerate(tangents) if dot is not None)
    return argnums, [_tangent(tangents[i], primals[i], f"tangent {i}") for i in argnums]


def _tangent(dot: Any, x: Any, what: str) -> Any:
    """A tangent, made to fit its primal."""
    if _fits(dot, x):
        return dot
    check_same_labels(dot, x, what)
    return derivative_like(plain(dot), plain(x), what)


def _fits(dot: Any, x: Any) -> bool:
    """Whether a tangent needs no adjustment; only floats, arrays and plain structures of them are known to."""
    t = type(x)
    if t is not type(dot):
        return False
    if t is np.ndarray:
        return bool(dot.shape == x.shape and dot.dtype == x.dtype and x.dtype.kind in "fc")
    if t is dict:
        return list(dot) == list(x) and all(map(_fits, dot.values(), x.values()))
    if t is tuple or t is list:
        return len(dot) == len(x) and all(map(_fits, dot, x))
    return t is float


def _all_orders(operator: str, fun: Function, primals: Any, series: Any) -> tuple[tuple[int, ...], int, list[Any]]:
    """The same for a list of derivatives of each primal; with the number of orders."""
    given = [s for s in series if s is not None] if isinstance(series, (tuple, list)) else []
    if not given or not all(isinstance(s, (tuple, list)) and len(s) == len(given[0]) > 0 for s in given):
        raise StructureMismatch(
            f"the series of {operator} have to be a tuple of one list for each primal, all of the same length",
            f"write {operator}({getattr(fun, '__name__', 'f')}, (x,), ([x_1, x_2],))",
        )
    order = len(given[0])
    argnums: tuple[int, ...] = ()
    of_orders = []
    for m in range(order):
        argnums, dots = directions(operator, fun, primals, [None if s is None else s[m] for s in series])
        of_orders.append(dots)
    return argnums, order, [dots[k] for k in range(len(argnums)) for dots in of_orders]


class Along:
    """What an operator makes of a function: ``along(primals, tangents)``.

    :ivar __wrapped__: the primal.
    """

    operator: ClassVar[str]
    series: ClassVar[bool] = False  # a list of tangents of each primal, one for each order

    def __init__(self, fun: Function, order: int = 1, backend: Backend = "numpy") -> None:
        self.__wrapped__ = fun
        self.order = order
        self.backend = chosen(backend)
        name = take_apart(fun).name
        self.__name__ = f"{self.operator}_{name}"
        self.__qualname__ = getattr(fun, "__qualname__", self.__name__)
        self.__module__ = getattr(fun, "__module__", None) or __name__
        self.__doc__ = "\n\n".join(filter(None, (f"`{self.operator}` of `{name}`.", inspect.getdoc(fun))))
        self._made: dict[Any, DerivativeFunction] = {}
        self._last: DerivativeFunction | None = None

    @classmethod
    @abstractmethod
    def derivative(cls, make: Callable[..., Any], fun: Any, argnums: tuple[int, ...], primals: int, order: int) -> Any:
        """The function ``(*primals, *tangents) -> …``, with a tangent for each of ``argnums``.

        :param make: makes a derivative of ``fun``, with the arguments of :class:`DerivativeFunction`.
        """

    @staticmethod
    def result(raw: Any, argnums: tuple[int, ...], primals: int, nothing: Any = None) -> Any:
        """What is returned, for what :meth:`derivative` returns; ``nothing`` stands for what is not there."""
        return raw

    def __call__(self, primals: Any, tangents: Any) -> Any:
        derivative, args, argnums = self._prepared(primals, tangents)
        self._last = derivative
        return self.result(derivative(*args), argnums, len(primals))

    def __get__(self, obj: object, owner: type | None = None) -> Along:
        """As a method, the operator of the bound method: ``self`` is no primal."""
        return self if obj is None else along(type(self), MethodType(self.__wrapped__, obj), self.order, self.backend)

    def source(self, primals: Any = None, tangents: Any = None) -> str:
        """The emitted source for these primals and tangents; without any, that for those of the last call."""
        if primals is not None:
            derivative, args, _ = self._prepared(primals, tangents)
            return derivative.source(*args)
        if self._last is None:
            raise ArgumentCountError(
                f"{self.__name__} has not been called yet, so there is no source to show",
                "give example arguments: .source((x,), (x_dot,))",
            )
        return self._last.source()

    def _prepared(self, primals: Any, tangents: Any) -> tuple[DerivativeFunction, list[Any], tuple[int, ...]]:
        """The derivative for these primals and tangents, its arguments, and which primals have a tangent."""
        order = self.order
        if self.series:
            argnums, order, dots = _all_orders(self.operator, self.__wrapped__, primals, tangents)
        else:
            argnums, dots = directions(self.operator, self.__wrapped__, primals, tangents)
        key = argnums, len(primals), order
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self.derivative(self._make, self.__wrapped__, *key)
        return found, [*primals, *dots], argnums

    def _make(
        self, fun: Function, kind: Kind, argnums: Which, has_aux: bool, primals: int, order: Any = 1
    ) -> DerivativeFunction:
        return shared(fun, kind, argnums, has_aux, primals, order, self.backend)

    def __repr__(self) -> str:
        return f"<{self.operator} of {take_apart(self.__wrapped__).name}>"

    def __reduce__(self) -> Any:
        return by_its_name(self) or (_unpacked, (type(self), self.__wrapped__, self.order, self.backend, self._made))

    def __s2sgrad_callee__(self) -> Callee:
        """How this is called: with a tuple of primals and a tuple of tangents."""
        parameters = tuple(inspect.signature(_parameters).parameters.values())
        return Callee(self, self.__name__, parameters, _parameters)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(_parameters)

    def __s2sgrad_lower__(self, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """How the frontend lowers a call of this inside another function."""
        return lowering().lower_along(self, lo, args, kwargs, node)


def _parameters(primals: Any, tangents: Any) -> None:
    """How the objects of this module are called."""


def _unpacked(
    cls: type[Along], fun: Function, order: int, backend: Backend, made: dict[Any, DerivativeFunction]
) -> Along:
    along = cls(fun, order, backend)
    along._made = made
    return along


def along(cls: type[Along], fun: Function, order: int = 1, backend: Backend = "numpy") -> Along:
    """One object for each operator and function, so that code is compiled once however often it is asked for."""
    chosen(backend)
    try:
        made: Along = _remembered(cls, fun, order, backend)
        return made
    except TypeError:  # a callable that is not hashable
        return cls(fun, order, backend)


_remembered: Any = lru_cache(maxsize=256)(lambda cls, *options: cls(*options))


def applied(
    cls: type[Along], fun: Function, primals: Any, tangents: Any, order: int = 1, backend: Backend = "numpy"
) -> Any:
    """What a call of an operator returns: the operator of ``fun``, or its result where points are given."""
    if primals is None and tangents is None:
        return along(cls, fun, order, backend)
    return along(cls, fun, order, backend)(primals, tangents)
