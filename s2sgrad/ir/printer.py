"""The IR as text, for people: ``s2sgrad show --stage ir``, tests, error reports.

    func logistic(r: pyf, x: pyf, n: pyi) -> pyf:
      x.3: pyf = for i in range(n) carry x.1 = x:
        t1: pyf = mul r, x.1
        t2: pyf = sub 1.0, x.1
        x.2: pyf = mul t1, t2
        yield x.2
      return x.3

Names are the author's, made unique by numbers in the order of definition; a value without one is ``t1``, ``t2``, ….
The text depends on nothing but the function: no ids, no addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Op, Tree, Try, Value, While, defined_in
from s2sgrad.ir.structures import NO_DERIVATIVE, Fields
from s2sgrad.ir.types import type_of


def dump(function: Function) -> str:
    """The textual form of a function."""
    return _Printer(function).text()


def describe(op: Op) -> str:
    """One line that names an operation (for messages): what it calls and which values it defines."""
    names = ", ".join(v.name or "_" for v in op.results)
    what = function_name(op.fn) if isinstance(op, Call) else type(op).__name__.lower()
    where = f" (line {op.stmt.line}: {op.stmt.text})" if op.stmt is not None else ""
    return f"{names} = {what}{where}" if names else f"{what}{where}"


def function_name(fn: Any) -> str:
    """A short name: ``mul`` for ``operator.mul``, ``tanh`` for ``np.tanh``, ``linalg.inv`` for ``np.linalg.inv``."""
    if isinstance(fn, Function):
        return fn.name
    name = getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None) or type(fn).__name__
    module = getattr(fn, "__module__", None) or ""
    return f"{module.removeprefix('numpy.')}.{name}" if module in ("numpy.linalg", "numpy.fft") else str(name)


class _Printer:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.names: dict[Value, str] = {}
        authors = {v.name for v in (*function.params, *function.captures, *defined_in(function.body))}
        self.taken: set[str] = {name for name in authors if name is not None}
        self.used: dict[str, int] = {}
        self.temporaries = 0
        self.lines: list[str] = []

    def text(self) -> str:
        function = self.function
        params = self.define(function.params)
        self.lines.append(f"func {function.name}({params}) -> {self.out(function.out)}:")
        for value, capture in function.captures.items():
            self.lines.append(f"  {self.define([value])} = capture {capture.name}")
        self.block(function.body, "  ", "return")
        return "\n".join(self.lines) + "\n"

    def out(self, tree: Tree) -> str:
        """The structure that is returned, with types for indices."""
        if isinstance(tree, int):
            return str(self.function.body.results[tree].type)
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{k!r}: {self.out(item)}" for k, item in tree.items()) + "}"
        if isinstance(tree, Fields):
            return f"{tree.cls.__name__}({', '.join(f'{k.name}={self.out(t)}' for k, t in tree.parts.items())})"
        if tree is NO_DERIVATIVE:
            return "none"
        items = ", ".join(map(self.out, tree))
        if isinstance(tree, list):
            return f"[{items}]"
        return f"({items},)" if len(tree) == 1 else f"({items})"

    # -- names

    def define(self, values: list[Value]) -> str:
        return ", ".join(f"{self.name(v)}: {v.type}" for v in values)

    def name(self, value: Value) -> str:
        """The name of a value; a new one where it is met for the first time."""
        if value not in self.names:
            self.names[value] = self.fresh(value.name)
        return self.names[value]

    def fresh(self, hint: str | None) -> str:
        if hint is None:
            while True:
                self.temporaries += 1
                if (name := f"t{self.temporaries}") not in self.taken:
                    return name
        number = self.used.get(hint, -1) + 1
        self.used[hint] = number
        return f"{hint}.{number}" if number else hint

    # -- blocks and operations

    def block(self, block: Block, indent: str, end: str) -> None:
        for op in block.ops:
            self.op(op, indent)
        words = [end, ", ".join(map(self.operand, block.results))] if block.results else []
        if block.stop is not None:
            words += [*([] if words else [end]), f"stop {self.operand(block.stop)}"]
        if block.diverges:
            words = ["diverges"]
        if words or not block.ops:
            self.lines.append(indent + " ".join(words or [end]))

    def op(self, op: Op, indent: str) -> None:
        if isinstance(op, Call):
            effect = "effect " if op.effect else ""
            self.lines.append(f"{indent}{self.results(op)}{effect}{self.call(op)}")
            return
        at, inner = len(self.lines), indent + "  "
        if isinstance(op, If):
            header = f"if {self.operand(op.cond)}:"
            self.block(op.then, inner, "yield")
            self.lines.append(f"{indent}else:")
            self.block(op.orelse, inner, "yield")
        elif isinstance(op, For):
            header = self.for_header(op)
            self.block(op.body, inner, "yield")
        elif isinstance(op, While):
            header = f"while{self.carry(op.cond.params, op)}:"
            self.block(op.cond, inner, "test")
            self.lines.append(f"{indent}do{self.carry(op.body.params, None)}:")
            self.block(op.body, inner, "yield")
        elif isinstance(op, Try):
            header = "try:"
            self.block(op.body, inner, "yield")
            names = ", ".join(e.__name__ for e in op.exceptions)
            self.lines.append(f"{indent}except {names} as {self.define(op.handler.params)}:")
            self.block(op.handler, inner, "yield")
        else:
            bound = f" as {self.define(op.body.params)}" if op.body.params else ""
            header = f"with {self.call(op.context)}{bound}:"
            self.block(op.body, inner, "yield")
        self.lines.insert(at, f"{indent}{self.results(op)}{header}")

    def results(self, op: Op) -> str:
        return f"{self.define(op.results)} = " if op.results else ""

    def call(self, op: Call) -> str:
        args = [self.tree(x) for x in op.args] + [f"{k}={self.tree(x)}" for k, x in op.kwargs.items()]
        return " ".join([function_name(op.fn), ", ".join(args)]).rstrip()

    def for_header(self, op: For) -> str:
        bounds = [op.start, op.stop, op.step]
        if _is_literal(op.step, 1):
            bounds = [op.stop] if _is_literal(op.start, 0) else [op.start, op.stop]
        indices = f"range({', '.join(map(self.operand, bounds))})"
        indices = f"reversed({indices})" if op.reverse else indices
        if op.checkpoints is not None:
            indices = f"checkpointed({indices}, {', '.join(map(self.operand, op.settings[3:]))})"
        return f"for {self.name(op.index)} in {indices}{self.carry(op.carried, op)}:"

    def carry(self, params: list[Value], op: For | While | None) -> str:
        """`` carry x.1 = x``; without ``op``, only the parameters."""
        if not params:
            return ""
        if op is None:
            return " " + ", ".join(map(self.name, params))
        return " carry " + ", ".join(
            f"{self.name(p)} = {self.operand(x)}" for p, x in zip(params, op.inits, strict=True)
        )

    # -- operands

    def operand(self, x: Any) -> str:
        return literal(x.value) if isinstance(x, Const) else self.name(x)

    def tree(self, tree: Tree) -> str:
        return "".join(self.pieces(tree))

    def pieces(self, tree: Tree) -> Iterator[str]:
        if isinstance(tree, (Value, Const)):
            yield self.operand(tree)
        elif isinstance(tree, slice):
            start, stop, step = (self._bound(x) for x in (tree.start, tree.stop, tree.step))
            yield f"{start}:{stop}" + (f":{step}" if step else "")
        elif isinstance(tree, dict):
            yield "{" + ", ".join(f"{k!r}: {self.tree(item)}" for k, item in tree.items()) + "}"
        else:
            items = ", ".join(map(self.tree, tree))
            comma = "," if len(tree) == 1 and isinstance(tree, tuple) else ""
            yield f"({items}{comma})" if isinstance(tree, tuple) else f"[{items}]"

    def _bound(self, x: Any) -> str:
        return "" if isinstance(x, Const) and x.value is None else self.operand(x)


def literal(value: Any) -> str:
    """The text of a constant: Python's for literals, a description for other objects."""
    if value is Ellipsis:
        return "..."
    if isinstance(value, np.ndarray):
        return f"array({value.tolist()})" if value.size <= 8 else f"<array {type_of(value)}>"
    if isinstance(value, np.generic):
        return f"{value.dtype.name}({value.item()!r})"
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        items = ", ".join(map(literal, value))
        comma = "," if len(value) == 1 and isinstance(value, tuple) else ""
        return f"({items}{comma})" if isinstance(value, tuple) else f"[{items}]"
    if isinstance(value, type) or callable(value):
        return function_name(value)
    text = repr(value)
    return f"<{type(value).__name__}>" if re.search(r"0x[0-9a-f]+|\n", text) else text


def _is_literal(x: Any, value: int) -> bool:
    return isinstance(x, Const) and type(x.value) is int and x.value == value
