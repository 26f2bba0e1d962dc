"""From a call to the code compiled for it: signatures, guards, and the table of specialisations.

Code is compiled once per *signature*: what is known of the arguments while compiling. That is the type of
a number, the dtype of an array and which of its axes have length 1, and the structure of a container.
Strings, None and functions count with their value, other objects as themselves. Other lengths and numbers do not
recompile anything.

A call costs a signature and a look-up: about a microsecond. Calls with plain numbers alone are found by
their types directly, which costs a third of that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.errors import UnhashableArgument

Key: TypeAlias = Any  # hashable

#: ``load(name) is expected``: what was static while compiling, still is.
Guard: TypeAlias = tuple[Callable[[str], object], str, object]

NUMBERS: frozenset[type] = frozenset(
    (float, int, bool, complex, *(np.dtype(code).type for code in "?bhilqBHILQefdgFDG")),
)
_BY_VALUE = (str, bytes, FunctionType, BuiltinFunctionType, MethodType, ModuleType, type, np.ufunc, np.dtype)


def signature_key(x: object) -> Key:
    """The key of one argument: equal for arguments that the same code serves."""
    t = type(x)
    if t in NUMBERS:
        return t
    if t is np.ndarray:
        shape = x.shape  # type: ignore[attr-defined]
        return (x.dtype, len(shape)) if 1 not in shape else (x.dtype, tuple([n == 1 for n in shape]))  # type: ignore[attr-defined]
    if t is list and is_long(x):  # type: ignore[arg-type]
        return (list, float)
    if t is tuple or t is list:
        return (t, *map(signature_key, x))  # type: ignore[call-overload]
    if t is dict:
        return (t, tuple(x), *map(signature_key, x.values()))  # type: ignore[arg-type, attr-defined]
    return (t, x) if x is None or isinstance(x, _BY_VALUE) else Identity(x)


def is_long(items: list[object]) -> bool:
    """Whether a list is a run-time list of floats, rather than a structure of so many values."""
    return len(items) > 16 and all(type(x) is float for x in items)


class Identity:
    """An object that counts as itself; a key that holds it keeps it alive, so that its id stays its own."""

    __slots__ = ("object",)

    def __init__(self, object: object) -> None:
        self.object = object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.object is other.object

    def __hash__(self) -> int:
        return id(self.object)


def value_key(x: object) -> Key:
    """The key of an argument that the code is specialised on by value."""
    if isinstance(x, (tuple, list)):
        return (type(x), *map(value_key, x))
    if isinstance(x, dict):
        return (type(x), tuple(x), *map(value_key, x.values()))
    if isinstance(x, np.ndarray):
        return (x.dtype, x.shape, x.tobytes())
    if isinstance(x, (float, complex)):
        return (type(x), repr(x))  # distinguishes 0.0 from -0.0, and nan equals itself
    try:
        hash(x)
    except TypeError:
        name = type(x).__name__
        raise UnhashableArgument(
            f"the code depends on the value of an argument of type `{name}`, which is not hashable",
            f"make `{name}` hashable, or pass what the code needs of it as arguments of their own",
        ) from None
    return (type(x), x)


@dataclass(slots=True)
class Specialisation:
    """Code compiled for one signature.

    ``function``: takes the arguments in the order of the primal's parameters.
    ``guards``: what must still hold of the world outside the arguments. ``captured``: variables outside that the
    code reads, with the signatures that it is compiled for.
    ``static``: positions of the arguments that the code is specialised on by value.
    ``artifact``: what was compiled, for those who want to look at it.
    """

    function: Callable[..., Any]
    guards: tuple[Guard, ...] = ()
    captured: tuple[tuple[Callable[[], object], Key], ...] = ()
    static: tuple[int, ...] = ()
    artifact: Any = None

    def holds(self) -> bool:
        """Whether the world outside the arguments is still as it was."""
        for load, name, expected in self.guards:
            if load(name) is not expected:
                return False
        return not self.captured or all(signature_key(load()) == key for load, key in self.captured)


class Dispatcher:
    """A table of specialisations that compiles what it lacks, once, whichever thread asks first.

    ``compile``: makes a specialisation for arguments, given in the order of the primal's parameters.
    ``bind``: puts the arguments of a call into that order, with the defaults filled in.
    ``arity``: how many positional arguments need no binding (None: every call needs it).
    """

    def __init__(
        self,
        compile: Callable[[tuple[Any, ...]], Specialisation],
        bind: Callable[[tuple[Any, ...], Mapping[str, Any]], tuple[Any, ...]],
        arity: int | None = None,
    ) -> None:
        self.compile = compile
        self.bind = bind
        self.arity = arity
        self.last: Specialisation | None = None
        self._numbers: dict[tuple[type, ...], Specialisation] = {}
        self._table: dict[Key, Specialisation] = {}
        self._static: dict[Key, tuple[int, ...]] = {}
        self._lock = threading.RLock()

    def __iter__(self) -> Iterator[Specialisation]:
        return iter(list(self._table.values()))

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run the code for these arguments."""
        if not kwargs:
            found = self._numbers.get(tuple(map(type, args)))
            if found is not None and found.holds():
                return found.function(*args)
        if kwargs or len(args) != self.arity:
            args = self.bind(args, kwargs)
        return self.find(args).function(*args)

    def find(self, args: tuple[Any, ...]) -> Specialisation:
        """The specialisation for bound arguments."""
        key: Key = tuple(map(signature_key, args))
        static = self._static.get(key)
        if static:
            key = (key, tuple(value_key(args[i]) for i in static))
        found = self._table.get(key)
        return found if found is not None and found.holds() else self._compile(args)

    def _compile(self, args: tuple[Any, ...]) -> Specialisation:
        with self._lock:
            types: Key = tuple(map(signature_key, args))
            static = self._static.get(types, ())
            key = (types, tuple(value_key(args[i]) for i in static)) if static else types
            found = self._table.get(key)
            if found is not None and found.holds():  # another thread was faster
                return found
            made = self.compile(args)
            if not set(made.static) <= set(static):
                # This value took the code somewhere that depends on more arguments: from now on all of them count.
                static = tuple(sorted({*static, *made.static}))
                key = (types, tuple(value_key(args[i]) for i in static))
                self._table = {k: s for k, s in self._table.items() if not _extends(k, types)}
                self._static[types] = static
                self._numbers.pop(tuple(map(type, args)), None)
            self._table[key] = self.last = made
            if not static and len(args) == self.arity and all(type(x) in NUMBERS for x in args):
                self._numbers[tuple(map(type, args))] = made
            return made


def _extends(key: Key, types: Key) -> bool:
    """Whether a key of the table belongs to a signature, with or without values."""
    return key == types or (isinstance(key, tuple) and len(key) == 2 and key[0] == types)
