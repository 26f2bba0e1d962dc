"""The way into compiled code: two small functions made for it, one for the world outside and one for the arguments.

    def holds():                                                  def enter(a0, a1):
        try:                                                          if type(a0) is float and type(a1) is float:
            c0 = r0['SCALE']                                              if holds():
            if r1['np'] is v1 and type(c0) is v0:                             return function(a0, a1)
                variables['SCALE'] = c0                               return MISS
                return True
        except leads_nowhere:
            pass
        return False

`holds` checks the guards, and hands the variables that the code reads from outside their present values. `enter` runs
the code if the arguments are such as it is compiled for. As both run on each call they are compiled themselves: a check
costs as much as the look-up that it consists of.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from s2sgrad.ir.core import Absent, Capture, Guard, Present
from s2sgrad.ir.structures import Fields, kind_of, slots_of
from s2sgrad.signatures import NUMBERS, signature_key

#: What :func:`entry` returns for a call that the code is not compiled for.
MISS: Final = object()

_LEADS_NOWHERE = (AttributeError, LookupError, TypeError, ValueError)


def watch(
    guards: Sequence[Guard], captures: Mapping[str, Capture], variables: dict[str, Any]
) -> Callable[[], bool] | None:
    """The check of the world outside; None if the code does not depend on it.

    :param captures: where variables from outside are found, by their names in ``variables``: the globals of the code.
    """
    if not guards and not captures:
        return None
    code = _Code()
    conditions = [code.guard(guard) for guard in guards]
    loads, stores = [], []
    for name, capture in captures.items():
        value = code.name("c", None)
        loads.append(f"        {value} = {code.path(capture)}")
        conditions.append(code.same_kind(value, capture.load()))
        stores.append(f"            variables[{name!r}] = {value}")
    lines = [
        "def holds():",
        "    try:",
        *loads,
        f"        if {' and '.join(conditions)}:",
        *stores,
        "            return True",
        "    except leads_nowhere:",
        "        pass",
        "    return False",
    ]
    return code.function("holds", lines, variables=variables, leads_nowhere=_LEADS_NOWHERE, key=signature_key)


def entry(
    function: Callable[..., Any], args: Sequence[Any], holds: Callable[[], bool] | None
) -> Callable[..., Any] | None:
    """``function`` for arguments of the signature of ``args``; :data:`MISS` for others, and where ``holds`` says no.

    None where the signature is not found out more cheaply in this way.
    """
    code = _Code()
    names = [f"a{k}" for k in range(len(args))]
    conditions = [code.signature(name, arg) for name, arg in zip(names, args, strict=True)]
    if any(condition is None for condition in conditions):
        return None
    arguments = ", ".join(names)
    tests = [*filter(None, conditions), *(["holds()"] if holds is not None else [])]
    lines = [
        f"def enter({arguments}):",
        f"    if {' and '.join(tests) or True}:",
        f"        return function({arguments})",
        "    return MISS",
    ]
    return code.function("enter", lines, function=function, holds=holds, MISS=MISS, ndarray=np.ndarray)


class _Code:
    """Expressions, and the objects that they name."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def function(self, name: str, lines: list[str], **names: Any) -> Callable[..., Any]:
        namespace = self.names | names
        exec(compile("\n".join(lines), f"<s2sgrad {name}>", "exec"), namespace)
        made: Callable[..., Any] = namespace[name]
        return made

    def name(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    # -- the world outside -------------------------------------------------------------------------

    def path(self, where: Capture) -> str:
        text = self.name("r", where.root)
        for step in where.steps:
            text = self.step(text, *step)
        return text

    def step(self, text: str, kind: str, key: Any) -> str:
        if kind == "item":
            return f"{text}[{self.key(key)}]"
        if kind == "global":
            return f"({text}[{key!r}] if {key!r} in {text} else {self.name('b', vars(builtins))}[{key!r}])"
        return f"{text}.{key}" if key.isidentifier() and not iskeyword(key) else f"getattr({text}, {key!r})"

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
        kind = f"type({found}) is {self.name('v', type(expected))}"
        if isinstance(expected, (dict, MappingProxyType)):
            return f"{kind} and list({found}) == {self.name('v', list(expected))}"
        return f"{kind} and len({found}) == {len(expected)}"

    def same_kind(self, value: str, now: Any) -> str:
        """The condition that a variable is of the kind that it is now."""
        if type(now) in NUMBERS:
            return f"type({value}) is {self.name('v', type(now))}"
        return f"key({value}) == {self.name('v', signature_key(now))}"

    # -- arguments -----------------------------------------------------------------------------------

    def signature(self, x: str, arg: Any) -> str | None:
        """The condition that ``x`` has the signature of ``arg``; None if it cannot be told so simply."""
        t = type(arg)
        if t in NUMBERS:
            return f"type({x}) is {self.name('t', t)}"
        if t is np.ndarray:
            lengths = f"len(s := {x}.shape) == {arg.ndim}"
            if 1 in arg.shape:
                ones = (f"s[{k}] {'==' if n == 1 else '!='} 1" for k, n in enumerate(arg.shape))
                lengths = " and ".join([lengths, *ones])
            elif arg.ndim:
                lengths += " and 1 not in s"
            return f"type({x}) is ndarray and {x}.dtype is {self.name('d', arg.dtype)} and {lengths}"
        if t in (dict, tuple, list) and len(arg) <= 16:
            return self.container(x, arg)
        if t is Fields and len(arg.parts) <= 16:
            return self.object(x, arg)
        if arg is None or t is str:
            return f"{x} is {self.name('v', arg)}"
        return None

    def container(self, x: str, arg: Any) -> str | None:
        keys = list(arg) if type(arg) is dict else range(len(arg))
        same = f"list({x}) == {self.name('k', keys)}" if type(arg) is dict else f"len({x}) == {len(arg)}"
        items = [self.signature(f"{x}[{self.key(key)}]", arg[key]) for key in keys]
        if any(item is None for item in items):
            return None
        return " and ".join([f"type({x}) is {self.name('t', type(arg))}", same, *filter(None, items)])

    def object(self, x: str, arg: Fields) -> str | None:
        if slots_of(arg.cls):
            return None
        same = f"type({x}) is {self.name('t', arg.cls)}"
        if kind_of(arg.cls) == "object":
            same += f" and {x}.__dict__.keys() == {self.name('k', {key.name for key in arg.parts})}"
        items = [self.signature(f"{x}.{key.name}", item) for key, item in arg.parts.items()]
        if any(item is None for item in items):
            return None
        return " and ".join([same, *filter(None, items)])
