"""What stands around compiled code: the primal's arguments are taken apart, and its results put together.

Compiled code takes and returns numbers, arrays and lists of them. Structures stay in Python, as do constants among the
results; captured variables are arguments of the code, because Numba takes globals for constants.

Lists of run-time length go in as arrays of their numbers, and come out as lists that Numba keeps to itself
(``numba.typed.List``): one that it had to mirror as a Python list would be made anew, item by item, at each call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.backends.replacements import overloads
from s2sgrad.entry import Body, parameters
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Call, Const, Function, Operand, Tree, Value, uses_in
from s2sgrad.ir.structures import closed, flatten, same_structure, tree_at
from s2sgrad.ir.types import Array, Dim, ListOf, Scalar

Path: TypeAlias = tuple[Any, ...]


def flattened(
    function: Function, paths: Sequence[Path], takes_saved: bool = False
) -> tuple[Function, list[tuple[Path, bool]], list[tuple[Any, bool]]]:
    """The function of what the code reads, captured variables included, that returns what it computes as a tuple.

    :param takes_saved: the lists among the arguments are those that other compiled code returned.
    :returns: the function; and for each of its parameters that is an argument of the primal's, where it is found and
        whether it is a list there; and the same for those that are captured.
    """
    used = {x for x in uses_in(function.body) if isinstance(x, Value)}
    params = [(param, path) for param, path in zip(function.params, paths, strict=True) if param in used]
    captures = [(value, capture) for value, capture in function.captures.items() if value in used]
    builder = Builder(Block())
    given: list[Value] = [*(param for param, _ in params), *(value for value, _ in captures)]
    entering = given if takes_saved else [_entering(x, builder) for x in given]
    is_list = {x: x is not entered for x, entered in zip(given, entering, strict=True)}
    builder.block.ops += function.body.ops
    results: list[Operand] = [_leaving(x, builder) for x in function.body.results if isinstance(x, Value)]
    made = replace(
        function,
        params=entering,
        captures={},
        body=replace(function.body, ops=builder.block.ops, results=results),
        out=0 if isinstance(function.out, int) and len(results) == 1 else tuple(range(len(results))),
        defaults={},
        kinds=(),
        doc=None,
    )
    return made, [(path, is_list[x]) for x, path in params], [(capture, is_list[x]) for x, capture in captures]


def _entering(x: Value, builder: Builder) -> Value:
    """A parameter as it enters compiled code."""
    if not (isinstance(x.type, ListOf) and isinstance(x.type.item, Scalar)):
        return x
    given = Value(Array(x.type.item.dtype, (Dim("items"),)), x.name)
    builder.add(Call(list, (given,), {}, [x]))
    return given


def _leaving(x: Value, builder: Builder) -> Value:
    """A result as it leaves compiled code."""
    return builder.typed_call(overloads().kept_list, x.type, x, name=x.name) if isinstance(x.type, ListOf) else x


def around(
    call: Callable[..., Any],
    function: Function,
    paths: Sequence[tuple[Path, bool]],
    captures: Sequence[tuple[Any, bool]],
    arity: int,
    saved: Collection[int] = (),
) -> Body:
    """Calls compiled code with the primal's arguments: takes them apart, and puts the results together.

        result0_, result1_ = call_(a0_['w'], a0_['b'], array_(a1_), load_())
        return float64_(result0_), {'w': result1_}

    As it runs at each call, it is made for its purpose itself.

    :param function: as it was before it was :func:`flattened`, which gave ``paths`` and ``captures``.
    :param arity: how many arguments there are.
    :param saved: the numbers of the results that are there for other compiled code.
    """
    text = _Text({"call_": call})
    given = [text.argument(*place) for place in paths] + [text.captured(*place) for place in captures]
    results = function.body.results
    computed = [f"result{k}_" for k, x in enumerate(results) if isinstance(x, Value)]
    found = computed[0] if len(computed) == 1 and isinstance(function.out, int) else _tuple_of(computed)
    made = text.result(
        function.out,
        [
            f"result{k}_" if k in saved and isinstance(x, Value) else text.leaf(f"result{k}_", x)
            for k, x in enumerate(results)
        ],
    )
    names = parameters(arity)
    lines = [f"return call_({', '.join(given)})"]
    if made != found:
        lines = [f"{found} = call_({', '.join(given)})", f"return {made}"]
    elif given == names:
        return Body(lines, text.variables, call)
    return Body(lines, text.variables, text.function(names, lines))


def _tuple_of(items: Iterable[str]) -> str:
    return f"({''.join(f'{item}, ' for item in items)})"


class _Text:
    """The text of a function, and the objects that it names."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables

    def name(self, value: Any, hint: str) -> str:
        """A name for an object."""
        name = f"{hint}_{len(self.variables)}_"
        self.variables[name] = value
        return name

    def function(self, names: Sequence[str], lines: Sequence[str]) -> Callable[..., Any]:
        scope = dict(self.variables)
        exec("\n    ".join([f"def enter({', '.join(names)}):", *lines]), scope)
        made: Callable[..., Any] = scope["enter"]
        return made

    def argument(self, path: Path, is_list: bool) -> str:
        """The part of an argument at a path, as compiled code takes it."""
        root, *steps = path
        part = f"a{root}_"
        if steps:
            part = f"{self.name(tree_at, 'part')}({part}, {self.name(tuple(steps), 'path')})"
        return self._entering(part, is_list)

    def captured(self, capture: Any, is_list: bool) -> str:
        """A captured variable, as compiled code takes it."""
        return self._entering(f"{self.name(capture.load, 'load')}()", is_list)

    def _entering(self, part: str, is_list: bool) -> str:
        return f"{self.name(np.array, 'array')}({part})" if is_list else part

    def leaf(self, name: str, x: Operand) -> str:
        """A result as NumPy's code has it: Numba returns Python's numbers for NumPy's.

        Where types do not tell whether a float is Python's, it is NumPy's, which is one of Python's as well.
        """
        if isinstance(x, Const):
            return self.name(x.value, "c")
        if isinstance(x.type, ListOf):
            return f"{self.name(list, 'list')}({name})"
        if isinstance(x.type, Scalar) and not x.type.weak and (x.type.dtype == np.float64 or not x.type.mixed):
            return f"{self.name(x.type.dtype.type, 'number')}({name})"
        return name

    def result(self, out: Tree, leaves: Sequence[str]) -> str:
        """What is returned, made of its leaves."""
        if isinstance(out, int):
            return leaves[out]
        if type(out) is tuple:
            return _tuple_of(self.result(item, leaves) for item in out)
        if type(out) is list:
            return f"[{', '.join(self.result(item, leaves) for item in out)}]"
        if type(out) is dict:
            items = [f"{self.name(key, 'key')}: {self.result(item, leaves)}" for key, item in out.items()]
            return f"{{{', '.join(items)}}}"
        tree, parts = self.name(out, "tree"), _tuple_of(leaves[k] for _, k in flatten(out))
        return f"{self.name(_structured, 'structured')}({tree}, {parts})"


def _structured(tree: Any, leaves: tuple[Any, ...]) -> Any:
    return closed(same_structure(tree, iter(leaves)))
