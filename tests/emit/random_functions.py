"""Random IR that is hard to print in place: views, writes through views, saved arrays, sums that continue a name."""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.core import Block, Call, Const, Function, If, Operand, Value, defined_in
from s2sgrad.ir.primitives import additem, getindex, new_list, pop, push, setitem
from s2sgrad.ir.types import BOOL, FLOAT, INT, UNKNOWN, Array, Dim, ListOf
from tests.optimize.random_programs import ARRAY, STACK, Generator, Scope

N = Dim("n", plural=True)
MATRIX = Array(np.dtype(np.float64), (N, N))
ARRAYS = ListOf(ARRAY)
NAMES = ("x", "y", "A", "B", "u", "s", "row", None, None, None)


class Sharing(Generator):
    """Functions of ``x, y, A, B, M, n`` that return two numbers, an array and a matrix."""

    def function(self) -> Function:
        params = [Value(FLOAT, "x"), Value(FLOAT, "y"), Value(ARRAY, "A"), Value(ARRAY, "B"), Value(MATRIX, "M")]
        params.append(Value(INT, "n"))
        scope: Scope = {FLOAT: params[:2], ARRAY: params[2:4], MATRIX: [params[4]], INT: [params[5]]}
        scope |= {STACK: [], ARRAYS: [], BOOL: []}
        self.statements(scope, self.random.randint(3, 14), depth=0)
        block = self.builder.block
        block.results = [self.pick(scope, t) for t in (FLOAT, ARRAY, ARRAY, MATRIX)]
        function = Function("f", params, block, out=(0, 1, 2, 3))
        for value in defined_in(block):
            value.name = value.name or self.random.choice(NAMES)
        return function

    def pick(self, scope: Scope, type: object) -> Operand:
        if type == ARRAYS and not scope[ARRAYS]:
            return self.builder.typed_call(new_list, ARRAYS)
        return super().pick(scope, type)  # type: ignore[arg-type]

    def carried_types(self):
        kinds = (FLOAT, ARRAY, ARRAY, MATRIX, MATRIX, STACK, ARRAYS, BOOL)
        return [self.random.choice(kinds) for _ in range(self.random.randrange(5))]

    def block(self, scope, params, types, depth, *, stops=False):
        block = super().block(scope, params, types, depth, stops=stops)
        if stops and BOOL in types and self.random.random() < 0.6:
            block.stop = block.results[types.index(BOOL)]  # what stops the loop is known after it
        return block

    def arrays(self, scope: Scope) -> None:
        kinds = (super().arrays, self.view, self.view, self.element, self.through, self.save, self.take, self.whole)
        kinds += (self.total, self.row, self.choose, self.unknown)
        self.random.choice(kinds)(scope)

    def index(self, scope: Scope) -> Operand:
        return self.random.choice((Const(0), Const(1), Const(-1), self.pick(scope, INT)))

    def view(self, scope: Scope) -> None:
        make = self.builder.typed_call
        m, a = self.pick(scope, MATRIX), self.pick(scope, ARRAY)
        kind = self.random.randrange(8)
        if kind == 0:
            self.define(scope, make(operator.getitem, ARRAY, m, self.index(scope)))
        elif kind == 1:
            self.define(scope, make(operator.getitem, ARRAY, m, (slice(None), self.index(scope))))
        elif kind == 2:
            self.define(scope, make(np.transpose, MATRIX, m))
        elif kind == 3:
            self.define(scope, make(operator.getitem, ARRAY, a, slice(None, None, -1)))
        elif kind == 4:
            self.define(scope, make(np.broadcast_to, MATRIX, a, (3, 3)))
        elif kind == 5:
            self.define(scope, make(np.reshape, ARRAY, a, -1))
        elif kind == 6:
            self.define(scope, make(np.diagonal, ARRAY, m))
        else:
            self.define(scope, make(np.copy, MATRIX, m))

    def element(self, scope: Scope) -> None:
        value = self.builder.typed_call(operator.getitem, Array(np.dtype(float), ()), self.pick(scope, ARRAY), 0)
        self.define(scope, self.builder.typed_call(float, FLOAT, value))

    def row(self, scope: Scope) -> None:
        m, i = self.pick(scope, MATRIX), self.index(scope)
        self.define(scope, self.builder.typed_call(setitem, MATRIX, m, i, self.pick(scope, ARRAY)))

    def through(self, scope: Scope) -> None:
        """A write through a view, as the frontend makes it; now and then with something in between."""
        make = self.builder.typed_call
        m, i = self.pick(scope, MATRIX), self.index(scope)
        row = make(operator.getitem, ARRAY, m, i)
        for _ in range(self.random.randrange(3)):
            row = make(self.random.choice((setitem, additem)), ARRAY, row, self.index(scope), self.number(scope))
            if self.random.random() < 0.2:
                self.define(scope, row)
        if self.random.random() < 0.2:
            self.arithmetic(scope)
            self.define(scope, make(operator.add, MATRIX, m, 1.0))
        self.define(scope, make(setitem, MATRIX, m, i, row))

    def whole(self, scope: Scope) -> None:
        make = self.builder.typed_call
        a, b = self.pick(scope, ARRAY), self.pick(scope, ARRAY)
        index = self.random.choice((slice(1, None), slice(None), ..., self.index(scope)))
        if isinstance(index, Const) or not isinstance(index, (slice, type(...))):
            old = make(operator.getitem, Array(np.dtype(float), ()), a, index)
            new = make(operator.mul, old.type, old, self.number(scope))
        elif index == slice(1, None):
            old = make(operator.getitem, Array(np.dtype(float), (Dim("m"),)), a, index)
            new = make(operator.add, old.type, old, make(operator.getitem, old.type, b, slice(None, -1)))
        else:
            new = make(operator.sub, ARRAY, a, b)
        self.define(scope, make(setitem, ARRAY, a, index, new))

    def save(self, scope: Scope) -> None:
        self.define(scope, self.builder.typed_call(push, ARRAYS, self.pick(scope, ARRAYS), self.pick(scope, ARRAY)))

    def take(self, scope: Scope) -> None:
        items = self.builder.typed_call(push, ARRAYS, self.pick(scope, ARRAYS), self.pick(scope, ARRAY))
        if self.random.random() < 0.5:
            self.define(scope, self.builder.typed_call(getindex, ARRAY, items, -1))
            self.define(scope, items)
        else:
            rest, value = Value(ARRAYS), Value(ARRAY)
            self.builder.add(Call(pop, (items,), {}, [rest, value]))
            self.define(scope, rest)
            self.define(scope, value)

    def total(self, scope: Scope) -> None:
        """A sum that continues a variable."""
        a, b = self.pick(scope, ARRAY), self.pick(scope, ARRAY)
        if isinstance(a, Value) and a.name is None:
            a.name = "t_bar"
        fn = self.random.choice((operator.add, operator.sub))
        self.define(scope, self.builder.typed_call(fn, ARRAY, a, b, name=getattr(a, "name", None)))

    def choose(self, scope: Scope) -> None:
        """An If that is an expression."""
        a, b = self.pick(scope, FLOAT), self.pick(scope, FLOAT)
        then, orelse = Block(), Block()
        with self.builder.inside(then):
            then.results = [self.builder.call(operator.add, a, b)]
        with self.builder.inside(orelse):
            orelse.results = [b]
        result = Value(FLOAT)
        self.builder.add(If(self.pick(scope, BOOL), then, orelse, [result]))
        self.define(scope, result)

    def unknown(self, scope: Scope) -> None:
        value = self.builder.typed_call(operator.add, UNKNOWN, self.pick(scope, ARRAY), self.number(scope))
        self.define(scope, self.builder.typed_call(np.asarray, ARRAY, value))
