"""Random programs: both modes against each other and against numerical differentiation, to second order."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import pytest

from s2sgrad.ir.core import Block, Function, Operand, Value
from s2sgrad.ir.primitives import setitem
from s2sgrad.ir.types import BOOL, FLOAT, INT, Type
from tests.optimize.random_programs import ARRAY, STACK, Generator, Scope
from tests.transforms.checking import check


class Smooth(Generator):
    """Programs whose results depend on much of what they compute, nonlinearly."""

    def function(self) -> Function:
        params = [Value(FLOAT, "x"), Value(FLOAT, "y"), Value(ARRAY, "A"), Value(ARRAY, "B"), Value(INT, "n")]
        scope: Scope = {FLOAT: params[:2], ARRAY: params[2:4], INT: [params[4]], STACK: [], BOOL: []}
        self.statements(scope, self.random.randint(6, 20), depth=0)
        block = self.builder.block
        block.results = [self.total(scope[FLOAT]), self.pick(scope, FLOAT), self.total(scope[ARRAY])]
        return Function("f", params, block, out=(0, 1, 2))

    def total(self, values: list[Operand]) -> Operand:
        total = values[-1]
        for value in values[-4:-1]:
            total = self.builder.call(operator.add, total, value)
        return total

    def arithmetic(self, scope: Scope) -> None:
        fn = self.random.choice((np.sin, np.tanh, np.sum, *[None] * 5))
        if fn is None:
            super().arithmetic(scope)
        else:
            operand = self.pick(scope, ARRAY if fn is np.sum else FLOAT)
            self.define(scope, self.builder.typed_call(fn, FLOAT, operand))

    def arrays(self, scope: Scope) -> None:
        call = self.builder.call
        fn = self.random.choice((np.sin, np.tanh, setitem, setitem, setitem, *[None] * 5))
        if fn is None:
            super().arrays(scope)
        elif fn is setitem:
            a, i = self.pick(scope, ARRAY), self.random.choice((0, 1, -1, self.pick(scope, INT)))
            index = self.random.choice((i, slice(None), slice(1, None)))
            update = self.random.choice((operator.add, operator.sub, operator.mul))
            entry = call(update, call(operator.getitem, a, index), self.number(scope))
            self.define(scope, self.builder.typed_call(setitem, ARRAY, a, index, entry))
        else:
            self.define(scope, call(fn, self.pick(scope, ARRAY)))

    def statements(self, scope: Scope, count: int, depth: int) -> None:
        for _ in range(count):
            kinds: list[Callable[[Scope], None]] = [self.arithmetic] * 4 + [self.arrays] * 4
            if self.random.random() < 0.15:
                kinds = [self.stacks]
            if depth < 3:
                control = (self.branch, self.loop, self.countdown)
                kinds += [lambda scope, make=make: make(scope, depth) for make in control]
            self.random.choice(kinds)(scope)

    def block(self, scope: Scope, params: list[Value], types: list[Type], depth: int, *, stops: bool = False) -> Block:
        inner: Scope = {type: list(values) for type, values in scope.items()}
        for value in params:
            if value.type != INT:
                self.define(inner, value)
        block = Block(params)
        with self.builder.inside(block):
            self.statements(inner, self.random.randrange(1, 7), depth + 1)
            block.results = [self.pick(inner, t) for t in types]
            if stops and self.random.random() < 0.3:
                block.stop = self.pick(inner, BOOL)
        return block


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_first_order(first: int) -> None:
    for seed in range(first, first + 20):
        check_random(seed, order=1)


@pytest.mark.parametrize("first", range(200, 260, 10))
def test_second_order(first: int) -> None:
    for seed in range(first, first + 10):
        check_random(seed, order=2)


def check_random(seed: int, order: int) -> None:
    rng = np.random.default_rng(seed)
    args = [float(rng.normal()), float(rng.normal()), rng.normal(size=3), rng.normal(size=3), 2]
    with np.errstate(all="ignore"):
        check(Smooth(seed, adjoint=False).function(), args, order=order, seed=seed, numerical=order == 1)
