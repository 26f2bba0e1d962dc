"""Callables, taken apart: what function runs, what is bound to it already, and how the arguments of a call are bound.

So methods, :func:`functools.partial` objects and callable instances need no care later. The arguments of a call are put
in the order of the function's parameters, one for each: those of ``*args`` are one tuple, those of ``**kwargs`` a dict.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from keyword import iskeyword
from types import CodeType, FunctionType, MethodType
from typing import Any, ClassVar, TypeAlias

import numpy as np

from s2sgrad.errors import ArgnumsError, ArgumentCountError, ArgumentTypeError
from s2sgrad.ir.structures import show_steps, tree_at
from s2sgrad.wrappers import elementwise_function, same_function

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

#: Where a value stands in the arguments: the parameter's position, then keys into containers.
Path: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Callee:
    """A callable taken apart: ``function(*prefix, …, **keywords)``, where ``declared`` has the ``parameters``."""

    function: Callable[..., Any]
    name: str
    parameters: tuple[inspect.Parameter, ...]
    declared: Callable[..., Any]
    prefix: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    _bindings: dict[int, tuple[CodeType, CodeType | None]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def current(self) -> tuple[inspect.Parameter, ...]:
        """The parameters with their present defaults. Raises :class:`ArgumentCountError` if they are others."""
        now = _parameters(self.declared)
        if [(p.name, p.kind) for p in now] != [(p.name, p.kind) for p in self.parameters]:
            raise ArgumentCountError(
                f"the parameters of `{self.name}` were ({_listed(self.parameters)}) when its derivative was made, "
                f"and are ({_listed(now)}) now",
                "make the derivative again",
            )
        return now

    @property
    def names(self) -> list[str]:
        """A name for each bound argument."""
        return [p.name for p in self.parameters]

    @property
    def defaults(self) -> dict[str, Any]:
        """The defaults of parameters that have one."""
        return {p.name: p.default for p in self.parameters if p.default is not p.empty}

    @property
    def kinds(self) -> tuple[Any, ...]:
        """How each parameter is given: by position, by name, many as one."""
        return tuple(p.kind for p in self.parameters)

    @property
    def arity(self) -> int | None:
        """The number of positional arguments that need no binding; None where every call has to be bound."""
        if self.prefix or self.keywords or any(p.kind not in _POSITIONAL for p in self.parameters):
            return None
        return len(self.parameters)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """One argument for each parameter. Raises :class:`ArgumentCountError` where Python would a TypeError."""
        given = {**self.keywords, **kwargs} if self.keywords else kwargs
        quick = self._quick_binding()
        if quick is not None:
            with suppress(TypeError):  # what is wrong with the call is found out below
                bound_quickly: tuple[Any, ...] = quick(*self.prefix, *args, **given)
                return bound_quickly
        signature = inspect.Signature(self.current(), __validate_parameters__=False)
        try:
            bound = signature.bind(*self.prefix, *args, **given)
        except TypeError as error:
            raise self._not_bound(args, kwargs, str(error)) from None
        bound.apply_defaults()
        return tuple(bound.arguments.values())

    def _quick_binding(self) -> Callable[..., tuple[Any, ...]] | None:
        """A function of the same parameters, with their present defaults, that returns one argument for each.

        Python binds the arguments of a call to it a hundred times faster than :class:`inspect.Signature` does. None
        where the parameters are not those of the code of a Python function, or not any more.
        """
        declared = self.declared
        if type(declared) is not FunctionType or declared.__dict__.get("__signature__") is not None:
            return None
        code = declared.__code__
        known = self._bindings.get(id(code))  # which holds the code, so that the id stays its own
        if known is None:
            same = [(p.name, p.kind) for p in _parameters(declared)] == [(p.name, p.kind) for p in self.parameters]
            known = self._bindings[id(code)] = code, _binding_code(self.parameters) if same else None
        made = known[1]
        if made is None:
            return None
        quick = FunctionType(made, _NOTHING, "bind", declared.__defaults__)
        if declared.__kwdefaults__:
            quick.__kwdefaults__ = declared.__kwdefaults__
        return quick

    def _not_bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], why: str) -> ArgumentCountError:
        """Why a call does not fit: an unknown name first, for that is why another one is missing, mostly."""
        free = self.parameters[len(self.prefix) :]
        remedy = f"its parameters are ({_listed(free)})"
        if not any(p.kind is p.VAR_KEYWORD for p in free):
            unknown = [name for name in kwargs if name not in {p.name for p in self.parameters}]
            if unknown:
                close = get_close_matches(unknown[0], [p.name for p in free], n=1)
                remedy = f"did you mean `{close[0]}`? {remedy}" if close else remedy
                return ArgumentCountError(f"{self.name}() got an unexpected keyword argument '{unknown[0]}'", remedy)
        places = [p for p in free if p.kind in _POSITIONAL]
        if len(args) > len(places) and not any(p.kind is p.VAR_POSITIONAL for p in free):
            takes = count_of(len(places), "positional argument")
            why = f"takes {takes}, but {len(args)} {'was' if len(args) == 1 else 'were'} given"
        return ArgumentCountError(f"{self.name}() {why}", remedy)

    def path(self, argnum: int | str) -> Path:
        """Where the positional argument ``argnum`` of a call stands, or one by name. Raises :class:`ArgnumsError`."""
        if isinstance(argnum, str):
            return self._path_of(argnum)
        positional = [p for p in self.parameters if p.kind in _POSITIONAL]
        free = len(positional) - len(self.prefix)
        variadic = any(p.kind is p.VAR_POSITIONAL for p in self.parameters)
        place = argnum + free if argnum < 0 and not variadic else argnum
        if 0 <= place < free:
            return (place + len(self.prefix),)
        if variadic and place >= 0:
            return (len(positional), place - free)
        raise ArgnumsError(
            f"argnums={argnum}, but `{self.name}` has {count_of(free, 'positional argument')}",
            f"count from 0 to {free - 1}" if free > 0 else None,
        )

    def _path_of(self, name: str) -> Path:
        """Where the argument of a name stands: a parameter of its own, or an item of ``**kwargs``."""
        for k, p in enumerate(self.parameters):
            if p.name == name and p.kind in _NAMED and k >= len(self.prefix):
                return (k,)
        for k, p in enumerate(self.parameters):
            if p.kind is p.VAR_KEYWORD and name not in self.names:
                return (k, name)
        free = [p.name for k, p in enumerate(self.parameters) if p.kind in _NAMED and k >= len(self.prefix)]
        close = get_close_matches(name, free, n=1)
        listed = f"its parameters are ({_listed(self.parameters[len(self.prefix) :])})"
        raise ArgnumsError(
            f"argnames names `{name}`, but `{self.name}` has no argument that is given by this name",
            f"did you mean `{close[0]}`? {listed}" if close else listed,
        )


@dataclass(frozen=True, slots=True)
class Extended:
    """A derivative that takes tangents or cotangents (named ``extra``) after the ``primals`` arguments of ``inner``."""

    function: Callable[..., Any]
    name: str
    inner: Callee | Extended
    primals: int
    extra: tuple[str, ...]

    prefix: ClassVar[tuple[Any, ...]] = ()

    @property
    def arity(self) -> int | None:
        """The number of arguments that need no binding; None where those of ``inner`` do."""
        return self.primals + len(self.extra) if self.inner.arity == self.primals else None

    @property
    def names(self) -> list[str]:
        """A name for each bound argument."""
        return [*self.inner.names, *self.extra]

    @property
    def defaults(self) -> dict[str, Any]:
        """None: what has no default follows the arguments that could have one."""
        return {}

    @property
    def kinds(self) -> tuple[Any, ...]:
        """Nothing: all are given by position."""
        return ()

    @property
    def declared(self) -> Callable[..., Any]:
        """The function at the end of the chain."""
        return self.inner.declared

    def current(self) -> tuple[inspect.Parameter, ...]:
        """The parameters of ``inner``."""
        return self.inner.current()

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The arguments of ``inner``, bound, and the extra ones."""
        expected = self.primals + len(self.extra)
        if len(args) != expected:
            raise ArgumentCountError(
                f"{self.name}() takes {count_of(expected, 'argument')}, but {len(args)} were given"
            )
        return (*self.inner.bind(args[: self.primals], kwargs), *args[self.primals :])

    def path(self, argnum: int | str) -> Path:
        """Where an argument of a call stands."""
        if isinstance(argnum, str):
            return self.inner.path(argnum)
        if 0 <= argnum < self.primals:
            return self.inner.path(argnum)
        if self.primals <= argnum < self.primals + len(self.extra):
            return (len(self.inner.names) + argnum - self.primals,)
        raise ArgnumsError(f"argnums={argnum}, but `{self.name}` has {self.primals + len(self.extra)} arguments")


AnyCallee: TypeAlias = Callee | Extended


_NOTHING: dict[str, Any] = {}


def _binding_code(parameters: Sequence[inspect.Parameter]) -> CodeType | None:
    """``def bind(a, /, b, *c, d, **e): return a, b, c, d, e``; None where a name is none in Python (``.0``)."""
    names = [p.name for p in parameters]
    if not all(name.isidentifier() and not iskeyword(name) for name in names):
        return None
    namespace: dict[str, Any] = {}
    exec(f"def bind({_listed(parameters)}): return ({''.join(f'{name}, ' for name in names)})", namespace)
    made: CodeType = namespace["bind"].__code__
    return made


def take_apart(fun: Callable[..., Any]) -> AnyCallee:
    """The function that runs when ``fun`` is called, and what is bound to it already."""
    if not callable(fun):
        raise ArgumentTypeError(
            f"the function to differentiate is of type `{type(fun).__name__}`, which cannot be called",
            "pass a function: grad(f), not grad(f(x))",
        )
    if isinstance(fun, MethodType):  # first, for it has the attributes of its function
        inner = take_apart(fun.__func__)
        if isinstance(inner, Callee):
            return replace(inner, prefix=(*inner.prefix, fun.__self__))
    derived: Callable[[], AnyCallee] | None = getattr(fun, "__s2sgrad_callee__", None)
    if derived is not None:
        return derived()
    if isinstance(fun, functools.partial):
        inner = take_apart(fun.func)
        if isinstance(inner, Callee):
            return replace(inner, prefix=(*inner.prefix, *fun.args), keywords={**inner.keywords, **fun.keywords})
    call = inspect.getattr_static(type(fun), "__call__", None)
    made = same_function(fun) or elementwise_function(fun)
    if made is not None:
        return Callee(fun, getattr(fun, "__name__", made.__name__), _parameters(made), made)
    if inspect.isfunction(call):
        return Callee(call, type(fun).__name__, _parameters(call), call, (fun,))
    return Callee(fun, getattr(fun, "__name__", repr(fun)), _parameters(fun), fun)


def _parameters(fun: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    if isinstance(fun, np.ufunc):
        names = ["x"] if fun.nin == 1 else [f"x{i + 1}" for i in range(fun.nin)]
        return tuple(inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names)
    try:
        return tuple(inspect.signature(fun, follow_wrapped=False).parameters.values())
    except ValueError:  # some built-in functions do not tell
        return (inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),)


def _listed(parameters: Sequence[inspect.Parameter]) -> str:
    """Parameters as in a ``def``, without their defaults."""
    bare = [p.replace(default=p.empty, annotation=p.empty) for p in parameters]
    return str(inspect.Signature(bare, __validate_parameters__=False))[1:-1]


def count_of(n: int, noun: str) -> str:
    """``no items``, ``1 item``, ``2 items``."""
    return f"{n or 'no'} {noun}{'' if n == 1 else 's'}"


def argument_at(callee: AnyCallee, args: Any, root: Path) -> Any:
    """The argument that ``argnums`` names, of those that are bound. Raises :class:`ArgnumsError` if it is not there.

    The items of ``*args`` are what may be missing.
    """
    try:
        return tree_at(args, root)
    except KeyError:
        raise ArgnumsError(
            f"argnames names `{root[-1]}`, which this call does not pass to `{callee.name}`",
            f"pass it: {root[-1]}=…",
        ) from None
    except IndexError:
        given = f"{callee.names[root[0]]} has {count_of(len(args[root[0]]), 'item')} in this call"
        raise ArgnumsError(
            f"argnums names an argument of `{callee.name}` that this call does not give by position: *{given}",
            "pass it by position, or name another in argnums",
        ) from None


def show_path(callee: AnyCallee, path: Path) -> str:
    """A path as the author would write it: ``params['W'][0]``."""
    return callee.names[path[0]] + show_steps(path[1:])
