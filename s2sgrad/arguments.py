"""From the arguments of a call to the parameters of the primal: binding, ``argnums``, types.

A callable is first taken apart into the Python function that runs and what is bound to it already, so
that methods, :func:`functools.partial` objects and callable instances need no care later. The arguments of
a call are then put in the order of that function's parameters, one for each: those of ``*args`` are one
tuple, those of ``**kwargs`` one dict.
"""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MethodType
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from s2sgrad.errors import ArgnumsError, ArgumentCountError, ArgumentTypeError, StructureMismatch
from s2sgrad.ir.structures import NO_DERIVATIVE, Fields, closed, flatten, opened, same_structure, show_steps, tree_at
from s2sgrad.ir.types import OBJECT, Array, Dim, ListOf, Scalar, Type, is_differentiable, type_of
from s2sgrad.labels import Opaque
from s2sgrad.signatures import repeated_number
from s2sgrad.wrappers import elementwise_function, same_function

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

#: Where a value stands in the arguments: the parameter's position, then keys into containers.
Path: TypeAlias = tuple[Any, ...]

#: The arguments that a derivative is taken in, by position or name: one, or several for a tuple of derivatives.
Which: TypeAlias = "int | str | tuple[int | str, ...]"

#: The kinds of derivative: see :mod:`s2sgrad.derivation`.
Kind: TypeAlias = Literal[
    "grad",
    "value_and_grad",
    "jvp",
    "tangent",
    "pullback",
    "vjp",
    "linearize",
    "hvp",
    "vhp",
    "jacfwd",
    "jacrev",
    "jet",
    "taylor",
    "directional",
    "jacobian",
    "laplacian",
    "elementwise_grad",
    "partial",
    "pushforwards",
    "pullbacks",
]


@dataclass(frozen=True, slots=True)
class Callee:
    """A callable taken apart: ``function(*prefix, …, **keywords)``, where ``declared`` has the ``parameters``."""

    function: Callable[..., Any]
    name: str
    parameters: tuple[inspect.Parameter, ...]
    declared: Callable[..., Any]
    prefix: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)

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
        signature = inspect.Signature(self.current(), __validate_parameters__=False)
        try:
            bound = signature.bind(*self.prefix, *args, **{**self.keywords, **kwargs})
        except TypeError as error:
            raise self._not_bound(args, kwargs, str(error)) from None
        bound.apply_defaults()
        return tuple(bound.arguments.values())

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
            takes = _count(len(places), "positional argument")
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
            f"argnums={argnum}, but `{self.name}` has {_count(free, 'positional argument')}",
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
            raise ArgumentCountError(f"{self.name}() takes {_count(expected, 'argument')}, but {len(args)} were given")
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


def _count(n: int, noun: str) -> str:
    return f"{n or 'no'} {noun}{'' if n == 1 else 's'}"


def chosen_arguments(argnums: Any, argnames: Any) -> Which:
    """The arguments that ``argnums`` and ``argnames`` choose, those by position first; 0 if neither is given."""
    if argnames is None:
        return checked_argnums(0 if argnums is None else argnums)
    names = argnames if isinstance(argnames, str) else _checked_argnames(argnames)
    if argnums is None:
        return names
    numbers = checked_argnums(argnums)
    return (*_several(numbers), *_several(names))


def _several(which: Which) -> tuple[int | str, ...]:
    return which if isinstance(which, tuple) else (which,)


def _checked_argnames(argnames: Any) -> tuple[str, ...]:
    if not isinstance(argnames, Sequence) or not all(isinstance(name, str) for name in argnames):
        raise ArgnumsError(
            f"argnames={argnames!r} is no name of an argument, and no sequence of them",
            'write argnames="x" or argnames=("x", "y")',
        )
    return tuple(argnames)


def checked_argnums(argnums: Any) -> int | tuple[int, ...]:
    """``argnums`` as an int or a tuple of them. Raises :class:`ArgnumsError` for anything else."""
    if _is_position(argnums):
        return operator.index(argnums)
    if isinstance(argnums, Sequence) and not isinstance(argnums, (str, bytes)):
        for number in argnums:
            if not _is_position(number):
                raise ArgnumsError(f"argnums={argnums!r} holds {number!r}, which is no position", _COUNTED)
        return tuple(map(operator.index, argnums))
    raise ArgnumsError(f"argnums={argnums!r} is no position of an argument, and no sequence of them", _COUNTED)


_COUNTED = "arguments are counted from 0: argnums=1, argnums=(0, 1)"


def _is_position(x: object) -> bool:
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


# -- what is known of arguments while compiling -----------------------------------------------------


def axis_length(*path: Any) -> Dim:
    """The length, not 1, of an axis of an argument: its name, the way to the array in it, and the axis."""
    return Dim(("axis", *path), plural=True)


def type_tree(x: object, name: str, *path: Any) -> Any:
    """An opened argument with each number and array replaced by its type; other leaves stay as they are.

    ``name`` and the ``path`` within that argument name the lengths of its axes: each is 1, or one symbol for a length
    that is not 1.
    """
    if type(x) is tuple:
        return tuple(type_tree(item, name, *path, i) for i, item in enumerate(x))
    if type(x) is list and repeated_number(x):
        return ListOf(type_of(x[0]))
    if type(x) is list:
        return [type_tree(item, name, *path, i) for i, item in enumerate(x)]
    if type(x) is dict:
        return {key: type_tree(item, name, *path, key) for key, item in x.items()}
    if type(x) is Fields:
        parts = {key: type_tree(item, name, *path, key) for key, item in x.parts.items()}
        return Fields(x.cls, parts)
    if type(x) is Opaque:
        return OBJECT
    t = type_of(x)
    if isinstance(x, np.ndarray) and type(x) not in (np.ndarray, np.memmap):
        what = f"argument `{name}` is a `{type(x).__name__}`, a kind of array with rules of its own"
        plain = f"{name}.filled(…)" if isinstance(x, np.ma.MaskedArray) else f"np.asarray({name})"
        raise ArgumentTypeError(what, f"pass {plain}")
    if isinstance(t, Array):
        return Array(t.dtype, tuple(1 if n == 1 else axis_length(name, *path, k) for k, n in enumerate(t.shape)))
    return t if t.is_numeric else x


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
        given = f"{callee.names[root[0]]} has {_count(len(args[root[0]]), 'item')} in this call"
        raise ArgnumsError(
            f"argnums names an argument of `{callee.name}` that this call does not give by position: *{given}",
            "pass it by position, or name another in argnums",
        ) from None


def show_path(callee: AnyCallee, path: Path) -> str:
    """A path as the author would write it: ``params['W'][0]``."""
    return callee.names[path[0]] + show_steps(path[1:])


def carries_derivative(leaf: object) -> bool:
    """Whether a leaf of a type tree is a float or complex number, or such an array."""
    return isinstance(leaf, Type) and is_differentiable(leaf)


def check_differentiable(callee: AnyCallee, path: Path, leaf: object) -> None:
    """Raise :class:`ArgumentTypeError` unless a leaf of a type tree carries a derivative."""
    if carries_derivative(leaf):
        return
    name = show_path(callee, path)
    remedy = f"pass {name} as float, or leave it out of argnums"
    if isinstance(leaf, ListOf):
        remedy = f"pass floats in {name}, or leave it out of argnums"
    elif isinstance(leaf, Array):
        remedy = f"pass {name}.astype(float), or leave it out of argnums"
    elif isinstance(leaf, np.ndarray) and leaf.dtype.names:
        remedy = f"pass its fields as arguments of their own, such as {name}[{leaf.dtype.names[0]!r}]"
    elif isinstance(leaf, np.ndarray):
        remedy = f"pass {name}.astype(float), if it holds numbers, or leave it out of argnums"
    raise ArgumentTypeError(f"argument `{name}` of `{callee.name}` is {_in_words(leaf)}: it has no derivative", remedy)


def derivative_tree(tree: Any, carries: Callable[[Any], bool]) -> Any:
    """A tree without what carries no derivative in objects; what does not carry one elsewhere stays."""
    return _derivative_tree(tree, carries, False)


def _derivative_tree(tree: Any, carries: Callable[[Any], bool], inside: bool) -> Any:
    t = type(tree)
    if t is Fields:
        parts = {key: _derivative_tree(item, carries, True) for key, item in tree.parts.items()}
        if any(item is not NO_DERIVATIVE for item in parts.values()):
            return Fields(tree.cls, parts)
        return NO_DERIVATIVE if inside else tree
    if t in (tuple, list, dict):
        items = [_derivative_tree(x, carries, inside) for x in (tree.values() if t is dict else tree)]
        if inside and all(item is NO_DERIVATIVE for item in items):
            return NO_DERIVATIVE
        return dict(zip(tree, items, strict=True)) if t is dict else t(items)
    return NO_DERIVATIVE if tree is NO_DERIVATIVE or (inside and not carries(tree)) else tree


def is_differentiable_argument(x: object) -> bool:
    """Whether an argument consists of floats, complex numbers, arrays of them, and objects that hold some."""
    leaves = [leaf for _, leaf in flatten(derivative_tree(opened(x), _is_float))]
    return bool(leaves) and all(map(_is_float, leaves))


def _is_float(leaf: object) -> bool:
    return _kind(leaf) in ("f", "c")


def _kind(leaf: object) -> str:
    """``"f"`` for real numbers and arrays, ``"c"`` for complex ones."""
    t = type_of(leaf)
    return t.dtype.kind if isinstance(t, (Scalar, Array)) else ""


def derivative_like(given: Any, model: object, what: str) -> Any:
    """A tangent or cotangent for ``model``; real numbers where ``model`` is complex become complex numbers.

    Raises :class:`StructureMismatch` unless ``given`` has the structure of ``model``, and its shapes.
    """
    model = derivative_tree(opened(model), _is_float)
    given = _without(opened(given), model)
    _check_like(given, model, what)
    pairs = zip(flatten(given), flatten(model), strict=True)
    return closed(same_structure(given, iter([_as_complex(x) if _kind(y) == "c" else x for (_, x), (_, y) in pairs])))


def _without(given: Any, model: Any) -> Any:
    """A tree without what ``model`` has no derivative in."""
    if model is NO_DERIVATIVE:
        return NO_DERIVATIVE
    if type(given) is Fields and type(model) is Fields and given.parts.keys() == model.parts.keys():
        return Fields(given.cls, {key: _without(given[key], item) for key, item in model.parts.items()})
    if type(given) is type(model) is dict and given.keys() == model.keys():
        return {key: _without(item, model[key]) for key, item in given.items()}
    if type(given) is type(model) and type(given) in (tuple, list) and len(given) == len(model):
        return type(given)(map(_without, given, model))
    return given


def _as_complex(x: Any) -> Any:
    if _kind(x) == "c":
        return x
    return x.astype(np.result_type(x, np.complex64)) if isinstance(x, (np.ndarray, np.generic)) else complex(x)


def _check_like(given: object, model: object, what: str) -> None:
    have, want = list(flatten(given)), list(flatten(model))
    other = type(given) is not type(model) and (len(want) != 1 or Fields in (type(given), type(model)))
    if [path for path, _ in have] != [path for path, _ in want] or other or _classes(given) != _classes(model):
        raise StructureMismatch(f"{what} is nested otherwise than what it belongs to", "nest it in the same way")
    for (path, x), (_, y) in zip(have, want, strict=True):
        where = what + show_steps(path)
        if _kind(y) not in ("f", "c"):
            continue
        if _kind(x) == "c" and _kind(y) == "f":
            raise StructureMismatch(f"{where} is complex, but what it belongs to is real", "pass its real part")
        if _kind(x) not in ("f", "c"):
            raise StructureMismatch(f"{where} is {_in_words(type_of(x))}, not a float", "pass floats, such as 1.0")
        if np.shape(x) != np.shape(y):
            raise StructureMismatch(
                f"{where} has shape {np.shape(x)}, but what it belongs to has shape {np.shape(y)}",
                "a tangent or cotangent has the shape of its value",
            )


def _classes(tree: Any) -> list[type]:
    """The classes of the objects in a tree."""
    if type(tree) is Fields:
        return [tree.cls, *(cls for item in tree.parts.values() for cls in _classes(item))]
    items = tree.values() if type(tree) is dict else tree if type(tree) in (tuple, list) else ()
    return [cls for item in items for cls in _classes(item)]


def independent(saved: Any, parts: Sequence[Any]) -> Any:
    """``saved`` with copies of the arrays and lists among ``parts``, so that they can change unnoticed."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    lists = {id(part) for part in parts}

    def own(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return x.copy() if any(np.may_share_memory(x, array) for array in arrays) else x
        if type(x) in (tuple, list):
            items = [own(item) for item in x]
            same = id(x) not in lists and all(map(operator.is_, items, x))
            return x if same else type(x)(items)
        return {key: own(item) for key, item in x.items()} if type(x) is dict else x

    return own(saved)


def _in_words(leaf: object) -> str:
    if isinstance(leaf, Fields):
        return with_article(leaf.cls.__name__)
    if isinstance(leaf, Array):
        return f"an array of {leaf.dtype}"
    if isinstance(leaf, Scalar):
        name = leaf.dtype.type(0).item().__class__.__name__ if leaf.weak else str(leaf.dtype)
        return with_article(name)
    if isinstance(leaf, ListOf):
        return f"a list whose items are each {_in_words(leaf.item)}"
    if isinstance(leaf, Type):
        return f"of type {leaf}"
    if isinstance(leaf, np.ndarray):
        return f"a structured array ({leaf.dtype})" if leaf.dtype.names else f"an array of {leaf.dtype}"
    return "None" if leaf is None else with_article(type(leaf).__name__)


def with_article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
