"""Random well-typed IR: arithmetic on numbers and arrays, updates, stacks, branches, loops that may stop early."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Const, For, Function, If, Operand, Value, While
from s2sgrad.ir.primitives import additem, new_list, pop, push, setitem
from s2sgrad.ir.types import BOOL, FLOAT, INT, Array, Dim, ListOf, Type

ARRAY = Array(np.dtype(np.float64), (Dim("n", plural=True),))
STACK = ListOf(FLOAT)
CONSTANTS = (0, 1, 2, -1, 0.0, 1.0, 0.5, -1.0, 3.0)

Scope = dict[Type, list[Operand]]


class Generator:
    """``adjoint``: whether the operations are derivative code, which passes may simplify."""

    def __init__(self, seed: int, *, adjoint: bool) -> None:
        self.random = random.Random(seed)
        self.builder = Builder(adjoint=adjoint)

    def function(self) -> Function:
        params = [Value(FLOAT, "x"), Value(FLOAT, "y"), Value(ARRAY, "A"), Value(ARRAY, "B"), Value(INT, "n")]
        scope: Scope = {FLOAT: params[:2], ARRAY: params[2:4], INT: [params[4]], STACK: [], BOOL: []}
        self.statements(scope, self.random.randint(3, 12), depth=0)
        results = [self.pick(scope, t) for t in (FLOAT, FLOAT, ARRAY)]
        block = self.builder.block
        block.results = results
        return Function("f", params, block, out=(0, 1, 2))

    def pick(self, scope: Scope, type: Type) -> Operand:
        """A visible value; the later it was made the likelier."""
        if type == STACK and not scope[STACK]:
            return self.builder.typed_call(new_list, STACK)
        if type == BOOL and not scope[BOOL]:
            return self.builder.call(operator.lt, self.pick(scope, FLOAT), self.pick(scope, FLOAT))
        items = scope[type]
        return items[max(self.random.randrange(len(items)), self.random.randrange(len(items)))]

    def number(self, scope: Scope) -> Operand:
        return Const(float(self.random.choice(CONSTANTS))) if self.random.random() < 0.3 else self.pick(scope, FLOAT)

    def statements(self, scope: Scope, count: int, depth: int) -> None:
        for _ in range(count):
            kinds: list[Callable[[Scope], None]] = [self.arithmetic] * 4 + [self.arrays] * 3 + [self.stacks]
            if depth < 3:
                control = (self.branch, self.loop, self.countdown)
                kinds += [lambda scope, make=make: make(scope, depth) for make in control]
            self.random.choice(kinds)(scope)

    def arithmetic(self, scope: Scope) -> None:
        fn = self.random.choice((operator.add, operator.sub, operator.mul, operator.neg, operator.lt))
        args = [self.number(scope) for _ in range(1 if fn is operator.neg else 2)]
        if all(isinstance(x, Const) for x in args):
            args[0] = self.pick(scope, FLOAT)
        self.define(scope, self.builder.call(fn, *args))

    def arrays(self, scope: Scope) -> None:
        a, b, x = self.pick(scope, ARRAY), self.pick(scope, ARRAY), self.number(scope)
        kind = self.random.randrange(7)
        i = self.random.choice((0, 1, -1, self.pick(scope, INT)))
        index = self.random.choice((i, slice(None), slice(1, None), ...))
        call = self.builder.call
        if kind == 0:
            self.define(scope, call(self.random.choice((operator.add, operator.sub, operator.mul)), a, b))
        elif kind == 1:
            self.define(scope, call(self.random.choice((operator.add, operator.sub, operator.mul)), a, x))
        elif kind == 2:
            self.define(scope, self.builder.typed_call(setitem, ARRAY, a, index, x))
        elif kind == 3:
            self.define(scope, self.builder.typed_call(additem, ARRAY, a, index, x))
        elif kind == 4:
            self.define(scope, self.builder.typed_call(additem, ARRAY, a, ..., b))
        elif kind == 5:
            self.define(scope, self.builder.typed_call(np.zeros_like, ARRAY, a))
        else:
            element = self.builder.typed_call(operator.getitem, Array(np.dtype(float), ()), a, i)
            self.define(scope, self.builder.typed_call(float, FLOAT, element))

    def stacks(self, scope: Scope) -> None:
        stack = self.builder.typed_call(push, STACK, self.pick(scope, STACK), self.number(scope))
        if self.random.random() < 0.5:
            results = [Value(STACK), Value(FLOAT)]
            value = self.builder.typed_call(pop, STACK, stack)
            op = self.builder.block.ops[-1]
            op.results = [value, results[1]]
            self.define(scope, results[1])
            stack = value
        self.define(scope, stack)

    def define(self, scope: Scope, value: Value) -> None:
        scope.setdefault(value.type, []).append(value)

    def branch(self, scope: Scope, depth: int) -> None:
        cond = self.pick(scope, BOOL) if self.random.random() < 0.9 else Const(self.random.random() < 0.5)
        types = self.carried_types()
        blocks = [self.block(scope, [], types, depth) for _ in range(2)]
        results = [Value(t) for t in types]
        self.builder.add(If(cond, *blocks, results))
        for value in results:
            self.define(scope, value)

    def loop(self, scope: Scope, depth: int) -> None:
        types = self.carried_types()
        inits = [self.pick(scope, t) for t in types]
        carried = [Value(t) for t in types]
        body = self.block(scope, [Value(INT, "i"), *carried], types, depth, stops=True)
        if carried and self.random.random() < 0.3:
            body.results[0] = carried[0]
        results = [Value(t) for t in types]
        stop = self.random.choice((0, 1, 3))
        self.builder.add(For(Const(0), Const(stop), Const(1), inits, body, results, self.random.random() < 0.5))
        for value in results:
            self.define(scope, value)

    def countdown(self, scope: Scope, depth: int) -> None:
        """A while loop that ends: its first carried value counts down."""
        types = [INT, *self.carried_types()]
        inits = [Const(self.random.randrange(3)), *(self.pick(scope, t) for t in types[1:])]
        cond = Block([Value(t) for t in types])
        with self.builder.inside(cond):
            cond.results = [self.builder.call(operator.gt, cond.params[0], 0)]
        body = self.block(scope, [Value(t) for t in types], types, depth, stops=True)
        with self.builder.inside(body):
            body.results[0] = self.builder.call(operator.sub, body.params[0], 1)
        results = [Value(t) for t in types]
        self.builder.add(While(inits, cond, body, results))
        for value in results[1:]:
            self.define(scope, value)

    def carried_types(self) -> list[Type]:
        return [self.random.choice((FLOAT, FLOAT, ARRAY, STACK)) for _ in range(self.random.randrange(4))]

    def block(self, scope: Scope, params: list[Value], types: list[Type], depth: int, *, stops: bool = False) -> Block:
        inner: Scope = {type: list(values) for type, values in scope.items()}
        for value in params:
            if value.type != INT:  # the counters may be no index
                self.define(inner, value)
        block = Block(params)
        with self.builder.inside(block):
            self.statements(inner, self.random.randrange(4), depth + 1)
            block.results = [self.pick(inner, t) for t in types]
            if stops and self.random.random() < 0.3:
                block.stop = self.pick(inner, BOOL)
        return block
