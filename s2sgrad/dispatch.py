"""From a call to the code compiled for it: the table of specialisations.

Code is compiled once per *signature* (:mod:`s2sgrad.signatures`): other lengths and other numbers do not recompile
anything. A call tries the code that served the last one, which checks by itself whether it serves this one too
(:mod:`s2sgrad.entry`): that costs a fraction of a microsecond. Otherwise a signature is made and looked up.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

import numpy as np

from s2sgrad.deep_stack import with_deep_recursion
from s2sgrad.entry import MISS, Body, World, entry, watch
from s2sgrad.errors import AliasError, InternalError, S2SGradError
from s2sgrad.ir.core import OUTSIDE, Absent, Capture, Guard, StaticPlace, Stmt
from s2sgrad.ir.structures import kind_of, opened
from s2sgrad.signatures import Key, mutable_parts, signature_key, static_key


@contextmanager
def _without_collections() -> Iterator[None]:
    """Leave garbage alone: what is made while compiling is alive to the end, and to look through it again and again
    takes a third of the time for large functions."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(frozen=True, slots=True)
class Text:
    """What belongs to an emitted source: its imports and other globals, the statements that its lines come from, and
    the files of the functions that went into it."""

    name: str
    imports: Sequence[str]
    namespace: Mapping[str, Any]
    lines: Mapping[int, Stmt]
    files: Sequence[str]


@dataclass(slots=True)
class Specialisation:
    """Code compiled for one signature.

    ``function``: what was compiled, with the primal's parameters. ``call``: how it is called with one argument for
    each of them, a tuple for ``*args`` and a dict for ``**kwargs``, if not just so.
    ``text``: what ``function`` is made from again in another process.
    ``guards``: what must still hold of the world outside the arguments. ``captures``: variables outside that the
    code reads, by their names in its globals.
    ``static``: the arguments that the code is specialised on by value, or by the lengths of their arrays.
    ``mutated``: positions of the arguments that the primal writes into, and whether into an array.
    ``source``: what was compiled.
    ``body``: the statements of ``call``, if it is made of such.
    ``labels``: where pandas objects stood in the result of the primal: see :mod:`s2sgrad.labels`.
    """

    function: Callable[..., Any]
    guards: tuple[Guard, ...] = ()
    captures: Mapping[str, Capture] = field(default_factory=dict)
    static: tuple[StaticPlace, ...] = ()
    mutated: tuple[tuple[int, bool], ...] = ()
    source: str = ""
    call: Callable[..., Any] | None = None
    text: Text | None = None
    labels: Any = None
    body: Body | None = None
    enter: Callable[..., Any] | None = field(default=None, init=False)
    _holds: Callable[[], bool] | None = field(default=None, init=False)

    @property
    def _world(self) -> World:
        return World(self.guards, self.captures, getattr(self.function, "__globals__", {}))

    def __post_init__(self) -> None:
        if self.captures or any(guard.structure for guard in self.guards):  # the check is of what they are now
            self._holds = watch(self._world)

    def holds(self) -> bool:
        """Whether the world outside the arguments is still as it was."""
        if self._holds is None:  # where `enter` serves, nobody asks
            self._holds = watch(self._world) or _always
        return self._holds()

    def open_for(self, args: Sequence[Any]) -> None:
        """Make ``enter``, the quick way in for calls like this one, if there can be one."""
        if not (self.static or self.mutated):
            self.enter = entry(self.call or self.function, args, self._world, self.body)


def _always() -> bool:
    return True


#: The compiler serves one thread at a time: what two ask for at once is compiled once.
_COMPILING = threading.RLock()


_DISPATCHERS: WeakSet[Dispatcher] = WeakSet()


def forget_compiled() -> None:
    """Compile every derivative again when it is called next: something that all code may depend on has changed."""
    with _COMPILING:
        for dispatcher in list(_DISPATCHERS):
            dispatcher.forget()


class Dispatcher:
    """A table of specialisations that compiles what it lacks, once, whichever thread asks first.

    ``compile``: makes a specialisation for arguments, given in the order of the primal's parameters, with structures
    opened (:mod:`s2sgrad.ir.structures`).
    ``bind``: puts the arguments of a call into that order, with the defaults filled in.
    ``arity``: how many positional arguments need no binding (None: every call needs it).
    ``names``: of the primal's arguments, those that must not share memory with one that is written into.
    ``apart``: whether the argument at a position is taken apart where it is an object.
    """

    def __init__(
        self,
        compile: Callable[[tuple[Any, ...]], Specialisation],
        bind: Callable[[tuple[Any, ...], Mapping[str, Any]], tuple[Any, ...]],
        arity: int | None = None,
        names: Sequence[str] = (),
        apart: Callable[[int], bool] = lambda k: False,
    ) -> None:
        self.compile = compile
        self.bind = bind
        self.arity = arity
        self.names = names
        self.apart = apart
        self.last: Specialisation | None = None
        self.enter: Callable[..., Any] = _no_entry  # the quick way into the code that served last
        self._entered: int | None = None  # with so many arguments
        self.table: dict[Key, Specialisation] = {}
        self._static: dict[Key, tuple[StaticPlace, ...]] = {}
        _DISPATCHERS.add(self)

    def forget(self) -> None:
        """Compile again from now on."""
        self.enter, self.last = _no_entry, None
        self.table, self._static = {}, {}

    def __iter__(self) -> Iterator[Specialisation]:
        return iter(list(self.table.values()))

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run the code for these arguments."""
        if kwargs or len(args) != self.arity:
            args = self.bind(args, kwargs)
        if len(args) == self._entered:
            result = self.enter(*args)
            if result is not MISS:
                return result
        return self.run(self.find(args), args)

    def run(self, found: Specialisation, args: tuple[Any, ...]) -> Any:
        """Run a specialisation for the bound arguments that it was found for."""
        if found.mutated:
            self._refuse_read_only(found, args)
            self._refuse_shared_memory(found, args)
        return (found.call or found.function)(*args)

    def find(self, args: tuple[Any, ...]) -> Specialisation:
        """The specialisation for bound arguments."""
        args = tuple([opened(x, self.apart(k)) for k, x in enumerate(args)])
        key: Key = tuple(map(signature_key, args))
        static = self._static.get(key)
        if static:
            key = (key, tuple(static_key(args, place) for place in static))
        found = self.table.get(key)
        if found is None or not found.holds():
            found = with_deep_recursion(self._compile, args)
        if self.arity is None or len(args) == self.arity:
            self.enter, self._entered = found.enter or _no_entry, len(args)
        return found

    def _made(self, args: tuple[Any, ...]) -> Specialisation:
        """Compile; what goes wrong is said in terms of s2sgrad, whatever it is."""
        try:
            return self.compile(args)
        except (S2SGradError, RecursionError, MemoryError, OSError):
            raise
        except (AssertionError, AttributeError, IndexError, KeyError, TypeError) as error:
            what = f"compiling this ended in {type(error).__name__}: {error}"
            raise InternalError(what, "this is a fault of s2sgrad, please report it") from error

    def _compile(self, args: tuple[Any, ...]) -> Specialisation:
        with _COMPILING, _without_collections():
            types: Key = tuple(map(signature_key, args))
            static = self._static.get(types, ())
            key = (types, tuple(static_key(args, place) for place in static)) if static else types
            found = self.table.get(key)
            if found is not None and found.holds():  # another thread was faster
                return found
            made = self._made(args)
            if not set(made.static) <= set(static):
                # This value took the code somewhere that depends on more arguments: from now on all of them count.
                static = tuple(sorted({*static, *made.static}, key=repr))
                key = (types, tuple(static_key(args, place) for place in static))
                self.table = {k: s for k, s in self.table.items() if not _extends(k, types)}
                self._static[types] = static
                self.enter = _no_entry
            if not static:
                made.open_for(args)
            self.table[key] = self.last = made
            return made

    def _refuse_read_only(self, found: Specialisation, args: tuple[Any, ...]) -> None:
        """Raise what the primal would as it writes into an array that may not be written (the code has copied it)."""
        for k, into_array in found.mutated:
            for part in mutable_parts(args[k], self.apart(k)) if into_array else ():
                if isinstance(part, np.ndarray) and not part.flags.writeable:
                    raise ValueError("assignment destination is read-only")

    def _refuse_shared_memory(self, found: Specialisation, args: tuple[Any, ...]) -> None:
        """Raise :class:`AliasError` if what the primal writes into is part of another argument, too.

        The code is compiled for arguments that have nothing in common: an update of one would not show in the other.
        """
        arguments = [(k, f"argument `{name}`") for k, name in enumerate(self.names)]
        inside = [(k, name, part) for k, name in arguments for part in mutable_parts(args[k], self.apart(k))]
        places = [*found.captures.values(), *(guard.where for guard in found.guards if guard.expected is not Absent)]
        outside = [
            (-1, f"the variable `{place.name}`", part)
            for place in places
            for step in place.way()
            for part in ((step,) if _is_container(step) else mutable_parts(step, False))
        ]
        named = getattr(found.function, "__globals__", {})  # objects that it only writes into are there
        outside += [(-1, f"`{name}`", x) for name, x in named.items() if _is_container(x)]
        for i, (k, writes, written) in enumerate(inside):
            if (k, isinstance(written, np.ndarray)) in found.mutated:
                for j, (_, reads, part) in enumerate([*inside, *outside]):
                    if i != j and _share_memory(written, part):
                        raise AliasError(
                            f"{writes}, which the function writes into, may share memory with {reads}",
                            "pass a copy of it, such as x.copy()",
                        )
            if OUTSIDE in found.mutated and any(written is part for _, _, part in outside):
                raise AliasError(
                    f"{writes} holds an object that the function also reaches from outside, and writes into",
                    "let it reach the object by its argument only",
                )


def _is_container(x: object) -> bool:
    """Whether this is told from others by its identity."""
    cls: Any = type(x)
    return cls in (list, dict) or kind_of(cls) == "object"


def _no_entry(*args: Any) -> Any:
    return MISS


def _share_memory(x: object, y: object) -> bool:
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return np.may_share_memory(x, y)
    return x is y


def _extends(key: Key, types: Key) -> bool:
    """Whether a key of the table belongs to a signature, with or without values."""
    return key == types or (isinstance(key, tuple) and len(key) == 2 and key[0] == types)
