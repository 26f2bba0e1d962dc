"""The way into compiled code: two small functions made for it, one for the world outside and one for the arguments too.

    def holds():                                       def enter(a0, a1):
        try:                                               if type(a0) is float and type(a1) is float:
            c0 = SCALE                                         try:
            held = np is v1 and type(c0) is v0                     …
        except leads_nowhere:                                  except leads_nowhere:
            return False                                           return MISS
        if held:                                               if held:
            variables['SCALE'] = c0                                variables['SCALE'] = c0
            return True                                            return function(a0, a1)
        return False                                       return MISS

`holds` checks the guards, and hands the variables that the code reads from outside their present values. `enter` runs
the code if these hold and the arguments are such as it is compiled for. As both run on each call they are compiled
themselves, and as functions of the primal's module: a name of it is then looked up as cheaply as in the primal, by
Python's own cache, and what else they need are variables of the function around them.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from types import FunctionType, MappingProxyType
from typing import Any, Final

import numpy as np

from s2sgrad.ir.core import Absent, Capture, Guard, Present
from s2sgrad.ir.structures import Fields, kind_of, slots_of
from s2sgrad.signatures import NUMBERS, Identity, signature_key
from s2sgrad.stages import stage

#: What :func:`entry` returns for a call that the code is not compiled for.
MISS: Final = object()

_LEADS_NOWHERE = (AttributeError, LookupError, NameError, TypeError, ValueError)


class World:
    """What code depends on beside its arguments.

    ``captures``: where variables from outside are found, by their names in ``variables``: the globals of the code.
    """

    def __init__(self, guards: Sequence[Guard], captures: Mapping[str, Capture], variables: dict[str, Any]) -> None:
        self.guards = guards
        self.captures = captures
        self.variables = variables

    def __bool__(self) -> bool:
        return bool(self.guards or self.captures)

    def namespace(self) -> dict[str, Any]:
        """The globals of the module in which most of it is looked up."""
        places = [*(guard.where for guard in self.guards), *self.captures.values()]
        modules = {id(place.root): place.root for place in places if _is_namespace(place.root)}
        counts = Counter(id(place.root) for place in places)
        found: dict[str, Any] = max(modules.values(), key=lambda root: counts[id(root)], default={})
        return found


def _is_namespace(root: object) -> bool:
    """Whether these are globals from which Python goes on to the builtins."""
    if type(root) is not dict:
        return False
    there = root.get("__builtins__")
    return there is builtins or there is vars(builtins)


@stage("entry")
def watch(world: World) -> Callable[[], bool] | None:
    """The check of the world outside; None if the code does not depend on it."""
    if not world:
        return None
    code = _Code(world.namespace())
    return code.function("holds", [], [*code.world(world, "False"), "return True"])


@stage("entry")
@dataclass(frozen=True, slots=True)
class Body:
    """The statements that call code with the arguments ``a0_``, ``a1_``, …; all names in them end in ``_``, and so do
    those of the objects that they need. ``call``: a function of them.
    """

    lines: Sequence[str]
    names: Mapping[str, Any]
    call: Callable[..., Any]


def parameters(arity: int) -> list[str]:
    """What arguments are called in such statements."""
    return [f"a{k}_" for k in range(arity)]


def entry(
    function: Callable[..., Any], args: Sequence[Any], world: World, body: Body | None = None
) -> Callable[..., Any] | None:
    """``function`` for arguments of the signature of ``args``; :data:`MISS` for others, and for another world.

    None where the signature is not found out more cheaply in this way. ``body``: the statements of the function, which
    saves its call.
    """
    code = _Code(world.namespace())
    names = parameters(len(args))
    conditions = [code.signature(name, arg) for name, arg in zip(names, args, strict=True)]
    if any(condition is None for condition in conditions):
        return None
    tests = [f"if not ({condition}): return MISS_" for condition in conditions if condition]
    before = [*tests, *code.world(world, "MISS_")]
    if body is not None:
        code.names.update(body.names)
        return code.function("enter", names, [*before, *body.lines])
    return code.function("enter", names, [*before, f"return {code.name('function', function)}({', '.join(names)})"])


class _Code:
    """Expressions, and the objects that they name. Names of ours end in ``_``, so that none hides one of the module's.

    ``globals``: of the module that names are looked up in.
    """

    def __init__(self, globals: dict[str, Any]) -> None:
        self.globals = globals
        self.names: dict[str, Any] = {"type_": type, "len_": len, "ndarray_": np.ndarray, "MISS_": MISS}

    def function(self, name: str, parameters: Sequence[str], lines: Sequence[str]) -> Callable[..., Any]:
        text = [
            f"def around({', '.join(self.names)}):",
            f"    def {name}({', '.join(parameters)}):",
            *(f"        {line}" for line in lines),
            f"    return {name}",
        ]
        namespace: dict[str, Any] = {}
        exec(compile("\n".join(text), f"<s2sgrad {name}>", "exec"), namespace)
        made = namespace["around"](**self.names)
        return FunctionType(made.__code__, self.globals, name, None, made.__closure__)

    def name(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}_"
        self.names[name] = value
        return name

    # -- the world outside -------------------------------------------------------------------------

    def world(self, world: World, otherwise: str) -> list[str]:
        """Statements that return ``otherwise`` where the world has changed, and hand over the variables."""
        if not world:
            return []
        conditions = [self.guard(guard) for guard in world.guards]
        loads: list[str] = []
        stores: list[str] = []
        variables = self.name("variables", world.variables)
        for name, capture in world.captures.items():
            value = f"c{len(stores)}_"
            loads.append(f"    {value} = {self.path(capture)}")
            conditions.append(self.same_kind(value, capture.load()))
            stores.append(f"{variables}[{name!r}] = {value}")
        return [
            "try:",
            *loads,
            f"    if not ({' and '.join(conditions)}): return {otherwise}",
            f"except {self.name('nowhere', _LEADS_NOWHERE)}:",
            f"    return {otherwise}",
            *stores,
        ]

    def path(self, where: Capture) -> str:
        steps = where.steps
        if where.root is self.globals and steps and steps[0][0] in ("global", "item") and _is_name(steps[0][1]):
            text, steps = str(steps[0][1]), steps[1:]
        else:
            text = self.name("r", where.root)
        for step in steps:
            text = self.step(text, *step)
        return text

    def step(self, text: str, kind: str, key: Any) -> str:
        if kind == "item":
            return f"{text}[{self.key(key)}]"
        if kind == "global":
            return f"({text}[{key!r}] if {key!r} in {text} else {self.name('b', vars(builtins))}[{key!r}])"
        return f"{text}.{key}" if _is_name(key) else f"getattr({text}, {key!r})"

    def key(self, key: Any) -> str:
        return repr(key) if type(key) in (str, int) else self.name("s", key)

    def guard(self, guard: Guard) -> str:
        expected = guard.expected
        if expected is Absent or expected is Present:
            *steps, (_, name) = guard.where.steps
            found = f"hasattr({self.path(replace(guard.where, steps=tuple(steps)))}, {name!r})"
            return found if expected is Present else f"not {found}"
        found = self.path(guard.where)
        if not guard.structure:
            return f"{found} is {self.name('v', expected)}"
        if isinstance(expected, frozenset):
            return f"{found} == {self.name('v', expected)}"
        kind = f"type_({found}) is {self.name('v', type(expected))}"
        if isinstance(expected, (dict, MappingProxyType)):
            return f"{kind} and {self.name('list', list)}({found}) == {self.name('v', list(expected))}"
        return f"{kind} and len_({found}) == {len(expected)}"

    def same_kind(self, value: str, now: Any) -> str:
        """The condition that a variable is of the kind that it is now."""
        if type(now) in NUMBERS:
            return f"type_({value}) is {self.name('v', type(now))}"
        return f"{self.name('key', signature_key)}({value}) == {self.name('v', signature_key(now))}"

    # -- arguments -----------------------------------------------------------------------------------

    def signature(self, x: str, arg: Any) -> str | None:
        """The condition that ``x`` has the signature of ``arg``; None if it cannot be told so simply."""
        t = type(arg)
        if t in NUMBERS:
            return f"type_({x}) is {self.name('t', t)}"
        if t is np.ndarray:
            lengths = f"len_(s_ := {x}.shape) == {arg.ndim}"
            if arg.ndim == 1:
                lengths = f"{x}.ndim == 1 and len_({x}) {'==' if 1 in arg.shape else '!='} 1"
            elif 1 in arg.shape:
                ones = (f"s_[{k}] {'==' if n == 1 else '!='} 1" for k, n in enumerate(arg.shape))
                lengths = " and ".join([lengths, *ones])
            elif arg.ndim:
                lengths += " and 1 not in s_"
            return f"type_({x}) is ndarray_ and {x}.dtype is {self.name('d', arg.dtype)} and {lengths}"
        if t in (dict, tuple, list) and len(arg) <= 16:
            return self.container(x, arg)
        if t is Fields and len(arg.parts) <= 16:
            return self.object(x, arg)
        if arg is None or t is str or (t not in (list, dict, tuple, Fields) and type(signature_key(arg)) is Identity):
            return f"{x} is {self.name('v', arg)}"
        return None

    def container(self, x: str, arg: Any) -> str | None:
        keys = list(arg) if type(arg) is dict else range(len(arg))
        same = f"len_({x}) == {len(arg)}"
        if type(arg) is dict:
            same = f"{self.name('list', list)}({x}) == {self.name('k', keys)}"
        items = [self.signature(f"{x}[{self.key(key)}]", arg[key]) for key in keys]
        if any(item is None for item in items):
            return None
        return " and ".join([f"type_({x}) is {self.name('t', type(arg))}", same, *filter(None, items)])

    def object(self, x: str, arg: Fields) -> str | None:
        if slots_of(arg.cls):
            return None
        same = f"type_({x}) is {self.name('t', arg.cls)}"
        if kind_of(arg.cls) == "object":
            same += f" and {x}.__dict__.keys() == {self.name('k', {key.name for key in arg.parts})}"
        items = [self.signature(f"{x}.{key.name}", item) for key, item in arg.parts.items()]
        if any(item is None for item in items):
            return None
        return " and ".join([same, *filter(None, items)])


def _is_name(key: Any) -> bool:
    """Whether code can name it, as something that is not ours."""
    return type(key) is str and key.isidentifier() and not iskeyword(key) and not key.endswith("_")
