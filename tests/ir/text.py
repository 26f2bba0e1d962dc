"""Reads the textual form of the IR (:mod:`s2sgrad.ir.printer`), so that tests of passes are text before and after.

Every operation is derivative code (``adjoint``), unless its line ends in ``# author``.
"""

from __future__ import annotations

import ast
import operator
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.core import UNDEFINED, Block, Call, Capture, Const, For, Function, If, Op, Tree, Value, While, With
from s2sgrad.ir.infer import infer
from s2sgrad.ir.types import BOOL, COMPLEX, FLOAT, INT, OBJECT, Array, Dim, ListOf, Scalar, TupleOf, Type, Unknown

WEAK = {"pyf": FLOAT, "pyi": INT, "pyb": BOOL, "pyc": COMPLEX, "object": OBJECT}


def parse(text: str, **functions: Any) -> Function:
    """The function that ``text`` describes. ``functions``: what names of calls mean beyond Python's and NumPy's."""
    return _Parser(text, functions).function()


def parse_type(text: str) -> Type:
    text = text.strip()
    if text in WEAK:
        return WEAK[text]
    if text.startswith("any"):
        return Unknown(text[3:] or None)
    if text.startswith("list["):
        return ListOf(parse_type(text[5:-1]))
    if text.startswith("("):
        return TupleOf(tuple(map(parse_type, split(text[1:-1]))))
    dtype, bracket, shape = text.partition("[")
    if not bracket:
        return Scalar(np.dtype(dtype))
    return Array(np.dtype(dtype), tuple(map(_length, split(shape[:-1]))))


def _length(text: str) -> int | Dim:
    if text.isdigit():
        return int(text)
    base, offset = re.fullmatch(r"(\w+)([+-]\d+)?", text).groups()  # type: ignore[union-attr]
    return Dim(base, int(offset or 0), plural=True)


def split(text: str) -> list[str]:
    """The items between commas, brackets respected."""
    items, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return [item.strip() for item in items if item.strip()]


def function_named(name: str, functions: dict[str, Any]) -> Any:
    if name in functions:
        return functions[name]
    if name.startswith("np."):
        return operator.attrgetter(name[3:])(np)
    for module in (primitives, operator, np):
        try:
            return operator.attrgetter(name)(module)
        except AttributeError:
            continue
    return {"len": len, "print": print}[name]


@dataclass
class _Parser:
    text: str
    functions: dict[str, Any]
    env: dict[str, Any] = field(default_factory=lambda: {"undefined": UNDEFINED})

    def function(self) -> Function:
        lines = [line for line in self.text.splitlines() if line.strip()]
        shift = len(lines[0]) - len(lines[0].lstrip())
        self.lines = [line[shift:] for line in lines]
        self.at = 1
        name, params, out = re.fullmatch(r"func (\w+)\((.*)\) -> (.*):", self.lines[0]).groups()  # type: ignore[union-attr]
        function = Function(name, [self.define(p) for p in split(params)], Block())
        while self.at < len(self.lines) and " = capture " in self.lines[self.at]:
            target, source = self.lines[self.at].split(" = capture ")
            function.captures[self.define(target)] = Capture(source, None, (("name", source),))
            self.at += 1
        function.body = self.block(2, "return")
        count = len(function.body.results)
        function.out = tuple(range(count)) if out.startswith("(") else 0
        return function

    def define(self, text: str) -> Value:
        name, _, type = text.strip().partition(": ")
        hint = None if re.fullmatch(r"t\d+", name) else name.split(".")[0]
        self.env[name] = Value(parse_type(type or "any"), hint)
        return self.env[name]  # type: ignore[no-any-return]

    def block(self, indent: int, end: str, params: list[Value] | None = None) -> Block:
        block = Block(params or [])
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if len(line) - len(line.lstrip()) < indent:
                break
            self.at += 1
            line = line.strip()
            if line == "diverges":
                block.diverges = True
                break
            if re.match(rf"{end}\b", line):
                results, _, stop = line[len(end) :].partition("stop ")
                block.results = [self.operand(x) for x in split(results)]
                block.stop = self.operand(stop) if stop else None
                break
            block.ops.append(self.op(line, indent))
        return block

    def op(self, line: str, indent: int) -> Op:
        line, author, _ = line.partition("# author")
        line = line.strip()
        match = re.fullmatch(r"((?:[\w.]+(?:: (?:[\w]+(?:\[[^\]]*\])?|\([^=]*?\)))?(?:, )?)+) = (.*)", line)
        targets, rest = (split(match[1]), match[2]) if match else ([], line)
        op: Op
        inferred: tuple[Type, ...] = ()
        inner = indent + 2
        if rest.startswith("if "):
            cond = self.operand(rest[3:-1])
            then = self.block(inner, "yield")
            self.at += 1
            op = If(cond, then, self.block(inner, "yield"))
        elif rest.startswith("for "):
            pattern = r"for (\w[\w.]*) in (reversed\()?range\((.*?)\)\)?(?: carry (.*))?:"
            index, reverse, bounds, carry = re.fullmatch(pattern, rest).groups()  # type: ignore[union-attr]
            numbers = [self.operand(x) for x in split(bounds)]
            start, stop = (Const(0), numbers[0]) if len(numbers) == 1 else numbers[:2]
            step = numbers[2] if len(numbers) == 3 else Const(1)
            params, inits = self.carry(carry, targets)
            body = self.block(inner, "yield", [self.define(f"{index}: pyi"), *params])
            op = For(start, stop, step, inits, body, reverse=bool(reverse))
        elif rest.startswith("while"):
            carry = rest[len("while carry ") : -1]
            params, inits = self.carry(carry, targets)
            cond_block = self.block(inner, "test", params)
            names = self.lines[self.at].strip()[2:-1]
            self.at += 1
            params = [self.define(f"{n}: {v.type}") for n, v in zip(split(names), params)]
            op = While(inits, cond_block, self.block(inner, "yield", params))
        elif rest.startswith("with "):
            context, _, bound = rest[5:-1].partition(" as ")
            call = self.call(context)
            call.results = []
            op = With(call, self.block(inner, "yield", [self.define(bound)] if bound else []))
        else:
            op = self.call(rest)
            types = infer(op.fn, op.args, op.kwargs) if targets else ()
            inferred = types if isinstance(types, tuple) else (types,)
        op.adjoint = not author
        op.results = [self.define(t) for t in targets]
        for target, value, type in zip(targets, op.results, inferred):
            if ": " not in target:
                value.type = type
        return op

    def carry(self, text: str | None, targets: list[str]) -> tuple[list[Value], list[Any]]:
        pairs = [pair.split(" = ") for pair in split(text or "")]
        inits = [self.operand(init) for _, init in pairs]
        types = [t.partition(": ")[2] for t in targets]
        return [self.define(f"{name}: {type}") for (name, _), type in zip(pairs, types)], inits

    def call(self, text: str) -> Call:
        effect = text.startswith("effect ")
        name, _, args = text.removeprefix("effect ").partition(" ")
        positional = [x for x in split(args) if not re.match(r"\w+=", x)]
        keywords = [x.split("=", 1) for x in split(args) if re.match(r"\w+=", x)]
        operands = tuple(self.tree(x) for x in positional)
        fn = function_named(name, self.functions)
        return Call(fn, operands, {k: self.tree(v) for k, v in keywords}, effect=effect)

    def operand(self, text: str) -> Any:
        text = text.strip()
        return self.env[text] if text in self.env else Const(... if text == "..." else ast.literal_eval(text))

    def tree(self, text: str) -> Tree:
        if text.startswith("(") and text.endswith(")"):
            return tuple(self.tree(x) for x in split(text[1:-1]))
        if text.startswith("[") and text.endswith("]"):
            return [self.tree(x) for x in split(text[1:-1])]
        if re.fullmatch(r"[\w.+-]*:[\w.+-]*(:[\w.+-]*)?", text):
            bounds = [self.operand(x) if x else Const(None) for x in text.split(":")]
            return slice(*bounds, *([Const(None)] if len(bounds) == 2 else []))
        return self.operand(text)
